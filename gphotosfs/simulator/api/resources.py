"""Items and albums as the Library API shows them (reference 1.4 and 1.7)."""

from typing import Any

from gphotosfs.simulator.library.items import SECOND_NS, Item, moment
from gphotosfs.simulator.library.world import Album


def media_item(item: Item, base_url: str) -> dict[str, Any]:
    """A MediaItem. What has its default value is left out, as proto3 does; int64 are strings."""
    return _without_defaults(
        {
            "id": item.id,
            "description": item.description,
            "productUrl": f"https://photos.google.com/lr/photo/{item.id}",
            "baseUrl": base_url,
            "mimeType": item.mime_type,
            "mediaMetadata": _metadata(item),
            "filename": item.filename,
        }
    )


def picked_item(item: Item, base_url: str) -> dict[str, Any]:
    """A PickedMediaItem (reference 4): numbers are numbers here, and it has no description."""
    camera = {"cameraMake": item.camera_make, "cameraModel": item.camera_model}
    metadata = _without_defaults({"width": item.width, "height": item.height} | camera)
    if item.is_video:
        metadata["videoMetadata"] = _without_defaults(
            {"fps": item.fps, "processingStatus": item.status}
        )
    else:
        metadata["photoMetadata"] = _exposure(item)
    file = {
        "baseUrl": base_url,
        "mimeType": item.mime_type,
        "filename": item.filename,
        "mediaFileMetadata": metadata,
    }
    return _without_defaults(
        {
            "id": item.id,
            "createTime": "" if item.created_ns is None else timestamp(item.created_ns),
            "type": "VIDEO" if item.is_video else "PHOTO",
            "mediaFile": _without_defaults(file),
        }
    )


def album(album: Album, count: int, cover_id: str, cover_url: str) -> dict[str, Any]:
    """An Album; `count` are the members that the client sees."""
    return _without_defaults(
        {
            "id": album.id,
            "title": album.title,
            "productUrl": f"https://photos.google.com/lr/album/{album.id}",
            "isWriteable": True,
            "mediaItemsCount": str(count) if count else "",
            "coverPhotoBaseUrl": cover_url,
            "coverPhotoMediaItemId": cover_id,
        }
    )


def timestamp(created_ns: int) -> str:
    """RFC 3339 in UTC with 0, 3, 6 or 9 digits of a second, as protobuf's JSON mapping says."""
    fraction = created_ns % SECOND_NS
    text = moment(created_ns - fraction).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    if not fraction:
        digits = ""
    elif fraction % 1_000_000 == 0:
        digits = f".{fraction // 1_000_000:03}"
    elif fraction % 1000 == 0:
        digits = f".{fraction // 1000:06}"
    else:
        digits = f".{fraction:09}"
    return f"{text}{digits}Z"


def _metadata(item: Item) -> dict[str, Any]:
    common = {
        "creationTime": "" if item.created_ns is None else timestamp(item.created_ns),
        "width": str(item.width) if item.width else "",
        "height": str(item.height) if item.height else "",
    }
    camera = {"cameraMake": item.camera_make, "cameraModel": item.camera_model}
    shown = _without_defaults(common)
    if item.is_video:
        shown["video"] = _without_defaults(camera | {"fps": item.fps, "status": item.status})
    else:
        # Set though empty where there is no EXIF: it says that this is a photo.
        shown["photo"] = _without_defaults(camera) | _exposure(item)
    return shown


def _exposure(item: Item) -> dict[str, Any]:
    return _without_defaults(
        {
            "focalLength": item.focal_length,
            "apertureFNumber": item.aperture,
            "isoEquivalent": item.iso,
            "exposureTime": item.exposure,
        }
    )


def _without_defaults(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", 0, 0.0, False)}
