"""The Library API's JSON, turned into our values; the only place that knows its field names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from gphotosfs.errors import BadAnswerError
from gphotosfs.google.members import (
    Members,
    integer,
    number,
    objects,
    page,
    part,
    seconds,
    text,
    whole,
)
from gphotosfs.model import Album, AlbumId, ItemId, MediaItem, MediaKind, Page, Processing

# Partial responses: `nextPageToken` has to be named, or paging is lost.
# https://developers.google.com/photos/library/guides/best-practices and the reference, section 1.1
ITEM_FIELDS: Final = "id,description,productUrl,baseUrl,mimeType,filename,mediaMetadata"
ITEMS_PAGE_FIELDS: Final = f"nextPageToken,mediaItems({ITEM_FIELDS})"
ALBUMS_PAGE_FIELDS: Final = (
    "nextPageToken,albums(id,title,productUrl,isWriteable,mediaItemsCount,coverPhotoMediaItemId)"
)
BATCH_FIELDS: Final = f"mediaItemResults(status,mediaItem({ITEM_FIELDS}))"

_RFC_3339: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
# google.rpc.Code: INVALID_ARGUMENT, as seen for deleted items, and NOT_FOUND (the reference, section 1.7).
_UNKNOWN: Final = (3, 5)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """A page of media items, and apart from them their base URLs, which are secrets."""

    page: Page[MediaItem]
    base_urls: Mapping[ItemId, str]


def albums_page(answer: object) -> Page[Album]:
    """A page of albums.list.

    Raises:
        BadAnswerError: the answer is no page.
    """
    rows, next_page_token = page(answer, "albums")
    return Page(tuple(_album(row) for row in rows if text(row, "id")), next_page_token)


def items_page(answer: object) -> ItemsPage:
    """A page of mediaItems.list or .search.

    Raises:
        BadAnswerError: the answer is no page.
    """
    found, next_page_token = page(answer, "mediaItems")
    rows = [row for row in found if text(row, "id")]
    return ItemsPage(Page(tuple(_item(row) for row in rows), next_page_token), _base_urls(rows))


def batch(answer: object) -> ItemsPage:
    """What mediaItems.batchGet found; ids with an error in place of an item are not in it.

    Raises:
        BadAnswerError: the answer is no JSON object.
    """
    results = objects(whole(answer), "mediaItemResults")
    rows = [row for row in (part(result, "mediaItem") for result in results) if text(row, "id")]
    return ItemsPage(Page(tuple(_item(row) for row in rows)), _base_urls(rows))


def unknown(answer: object, asked: Sequence[ItemId]) -> set[ItemId]:
    """Those of the ids asked for of which mediaItems.batchGet says that there is no such item.

    What merely could not be had this time is none of them.

    Raises:
        BadAnswerError: the answer has not one result for each id.
    """
    results = list(objects(whole(answer), "mediaItemResults"))
    if len(results) != len(asked):
        raise BadAnswerError("Google's answer has not one result for each item")
    return {
        item
        for item, result in zip(asked, results, strict=True)
        if "mediaItem" not in result and part(result, "status").get("code") in _UNKNOWN
    }


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


def _item(row: Members) -> MediaItem:
    metadata = part(row, "mediaMetadata")
    photo, video = part(metadata, "photo"), part(metadata, "video")
    mime_type = text(row, "mimeType")
    is_video = "video" in metadata or mime_type.startswith("video/")
    camera = video if is_video else photo
    return MediaItem(
        id=ItemId(text(row, "id")),
        filename=text(row, "filename"),
        mime_type=mime_type,
        kind=MediaKind.VIDEO if is_video else MediaKind.PHOTO,
        created_ns=time_ns(text(metadata, "creationTime")),
        width=integer(metadata, "width"),
        height=integer(metadata, "height"),
        description=text(row, "description"),
        product_url=text(row, "productUrl"),
        camera_make=text(camera, "cameraMake"),
        camera_model=text(camera, "cameraModel"),
        focal_length_mm=number(photo, "focalLength"),
        aperture_f=number(photo, "apertureFNumber"),
        iso=integer(photo, "isoEquivalent"),
        exposure_s=seconds(photo, "exposureTime"),
        fps=number(video, "fps"),
        processing=_processing(video),
    )


def _album(row: Members) -> Album:
    return Album(
        id=AlbumId(text(row, "id")),
        title=text(row, "title"),
        item_count=integer(row, "mediaItemsCount") or 0,
        cover_item_id=text(row, "coverPhotoMediaItemId"),
        product_url=text(row, "productUrl"),
        is_writeable=row.get("isWriteable") is True,
    )


def _base_urls(rows: list[Members]) -> dict[ItemId, str]:
    pairs = ((text(row, "id"), text(row, "baseUrl")) for row in rows)
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
