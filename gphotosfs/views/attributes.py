"""Extended attributes: what is known of an item or an album beyond name, size and time.

Those that begin otherwise than with `user.gphotos.` are the ones that file managers and indexers know:
https://www.freedesktop.org/wiki/CommonExtendedAttributes/, and `user.xdg.tags` of KDE's Baloo.
"""

from collections.abc import Mapping
from typing import Any

from gphotosfs.catalog.entries import ItemRow
from gphotosfs.catalog.store import Row
from gphotosfs.catalog.takeout import FoundAlbum
from gphotosfs.model import ItemSource, is_preview, original_of


def of_item(
    item: ItemRow, details: Mapping[str, Any], *, exact: bool, bytes_state: str
) -> dict[bytes, bytes]:
    """The attributes of a photo or video.

    `exact` says whether its size is known, `bytes_state` where the bytes of a picked one are.
    """
    values = {f"user.gphotos.{name}": value for name, value in details.items()}
    values["user.gphotos.source"] = item.source
    values["user.gphotos.bytes"] = bytes_state
    values["user.gphotos.processing"] = item.processing if item.processing != "ready" else ""
    values["user.gphotos.size_is_estimate"] = "" if exact else "1"
    values["user.mime_type"] = item.mime_type
    if is_preview(item.inode):
        values["user.gphotos.preview_of"] = str(original_of(item.inode))  # as `find -inum` takes it
    values["user.xdg.comment"] = details.get("description", "")
    values["user.xdg.origin.url"] = details.get("url", "")
    # Dolphin, Baloo and caja-xattr-tags split at every comma, and keep the blanks.
    values["user.xdg.tags"] = str(details.get("people", "")).replace(", ", ",")
    return _encoded(values)


def of_album(album: Row) -> dict[bytes, bytes]:
    """The attributes of an album's directory."""
    return _encoded(
        {
            "user.gphotos.id": album["id"],
            "user.gphotos.title": album["title"],
            "user.gphotos.url": album["product_url"],
            "user.gphotos.source": ItemSource.LIBRARY,
            "user.xdg.origin.url": album["product_url"],
        }
    )


def of_takeout_album(album: FoundAlbum) -> dict[bytes, bytes]:
    """The attributes of the directory of an album in archives; they name no address of it."""
    return _encoded(
        {
            "user.gphotos.title": album.title,
            "user.gphotos.description": album.description,
            "user.gphotos.source": ItemSource.TAKEOUT,
            "user.xdg.comment": album.description,
        }
    )


def _encoded(values: Mapping[str, Any]) -> dict[bytes, bytes]:
    return {
        name.encode(): (f"{value:g}" if isinstance(value, float) else str(value)).encode(
            "utf-8", "replace"
        )
        for name, value in values.items()
        if value not in ("", None)
    }
