"""Google's JSON, turned into our values; the only place that knows its field names.

proto3 leaves out whatever has its default value, so no field is sure to be there, and an empty list
is an answer of `{}`. int64 come as strings, smaller numbers as numbers; both are read everywhere. A
value of a wrong type is taken as absent, since one odd field must not hide a photo.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from gphotosfs.errors import BadAnswerError
from gphotosfs.model import Album, AlbumId, ItemId, MediaItem, MediaKind, Page, Processing

# Partial responses: `nextPageToken` has to be named, or paging is lost.
# https://developers.google.com/photos/library/guides/best-practices and the reference, section 1.1
ITEM_FIELDS: Final = "id,description,productUrl,baseUrl,mimeType,filename,mediaMetadata"
ITEMS_PAGE_FIELDS: Final = f"nextPageToken,mediaItems({ITEM_FIELDS})"
ALBUMS_PAGE_FIELDS: Final = (
    "nextPageToken,albums(id,title,productUrl,isWriteable,mediaItemsCount,coverPhotoMediaItemId)"
)
BATCH_FIELDS: Final = f"mediaItemResults(status,mediaItem({ITEM_FIELDS}))"

Members = Mapping[str, Any]
"""A JSON object whose members may be anything."""

_RFC_3339: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_NS: Final = 1_000_000_000
# Whatever is larger is no number of Google's, and would not fit into SQLite either.
_INT64_MAX: Final = 2**63 - 1
_INTEGER: Final = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """A page of media items, and apart from them their base URLs, which are secrets."""

    page: Page[MediaItem]
    base_urls: Mapping[ItemId, str]


def albums_page(answer: object) -> Page[Album]:
    """A page of albums.list.

    Raises:
        BadAnswerError: the answer is no JSON object.
    """
    page = _page(answer)
    albums = tuple(_album(row) for row in _objects(page, "albums") if _text(row, "id"))
    return Page(albums, _text(page, "nextPageToken") or None)


def items_page(answer: object) -> ItemsPage:
    """A page of mediaItems.list or .search.

    Raises:
        BadAnswerError: the answer is no JSON object.
    """
    page = _page(answer)
    rows = [row for row in _objects(page, "mediaItems") if _text(row, "id")]
    return ItemsPage(
        Page(tuple(_item(row) for row in rows), _text(page, "nextPageToken") or None),
        _base_urls(rows),
    )


def batch(answer: object) -> ItemsPage:
    """What mediaItems.batchGet found; ids with an error in place of an item are not in it.

    Raises:
        BadAnswerError: the answer is no JSON object.
    """
    results = _objects(_page(answer), "mediaItemResults")
    rows = [
        row for row in (_members(result, "mediaItem") for result in results) if _text(row, "id")
    ]
    return ItemsPage(Page(tuple(_item(row) for row in rows)), _base_urls(rows))


def time_ns(text: str) -> int | None:
    """An RFC 3339 time as nanoseconds since 1970, exactly; None if it is none.

    datetime keeps microseconds only, hence by hand. A leap second is the first of the next minute.
    """
    if (match := _RFC_3339.fullmatch(text)) is None:
        return None
    year, month, day, hour, minute, second = (int(match[n]) for n in range(1, 7))
    if hour > 23 or minute > 59 or second > 60:
        return None
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    offset_s = 0
    if match[8]:
        offset_s = (int(match[9]) * 60 + int(match[10])) * (60 if match[8] == "+" else -60)
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset_s
    return seconds * _NS + int((match[7] or "").ljust(9, "0"))


def _page(answer: object) -> Members:
    if not isinstance(answer, dict):
        raise BadAnswerError("Google's answer is not a JSON object")
    return answer


def _item(row: Members) -> MediaItem:
    metadata = _members(row, "mediaMetadata")
    photo, video = _members(metadata, "photo"), _members(metadata, "video")
    mime_type = _text(row, "mimeType")
    is_video = "video" in metadata or mime_type.startswith("video/")
    camera = video if is_video else photo
    return MediaItem(
        id=ItemId(_text(row, "id")),
        filename=_text(row, "filename"),
        mime_type=mime_type,
        kind=MediaKind.VIDEO if is_video else MediaKind.PHOTO,
        created_ns=time_ns(_text(metadata, "creationTime")),
        width=_integer(metadata, "width"),
        height=_integer(metadata, "height"),
        description=_text(row, "description"),
        product_url=_text(row, "productUrl"),
        camera_make=_text(camera, "cameraMake"),
        camera_model=_text(camera, "cameraModel"),
        focal_length_mm=_number(photo, "focalLength"),
        aperture_f=_number(photo, "apertureFNumber"),
        iso=_integer(photo, "isoEquivalent"),
        exposure_s=_duration_s(photo, "exposureTime"),
        fps=_number(video, "fps"),
        processing=_processing(video),
    )


def _album(row: Members) -> Album:
    return Album(
        id=AlbumId(_text(row, "id")),
        title=_text(row, "title"),
        item_count=_integer(row, "mediaItemsCount") or 0,
        cover_item_id=_text(row, "coverPhotoMediaItemId"),
        product_url=_text(row, "productUrl"),
        is_writeable=row.get("isWriteable") is True,
    )


def _base_urls(rows: list[Members]) -> dict[ItemId, str]:
    pairs = ((_text(row, "id"), _text(row, "baseUrl")) for row in rows)
    return {ItemId(item): url for item, url in pairs if url}


def _processing(video: Members) -> Processing:
    # Absent or UNSPECIFIED says nothing; then the bytes' own answer will tell.
    match video.get("status"):
        case "PROCESSING":
            return Processing.PROCESSING
        case "FAILED":
            return Processing.FAILED
        case _:
            return Processing.READY


def _objects(members: Members, name: str) -> Iterator[Members]:
    rows = members.get(name)
    return (row for row in rows if isinstance(row, dict)) if isinstance(rows, list) else iter(())


def _members(members: Members, name: str) -> Members:
    value = members.get(name)
    return value if isinstance(value, dict) else {}


def _text(members: Members, name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        return ""
    # JSON can spell half a surrogate pair ("\ud800"), which neither UTF-8 nor SQLite can hold.
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _integer(members: Members, name: str) -> int | None:
    value = members.get(name)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _INT64_MAX:
        return None
    return value


def _number(members: Members, name: str) -> float | None:
    value = members.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _duration_s(members: Members, name: str) -> float | None:
    text = _text(members, name)
    try:
        seconds = float(text.removesuffix("s")) if text.endswith("s") else None
    except ValueError:
        return None
    return seconds if seconds is not None and math.isfinite(seconds) else None
