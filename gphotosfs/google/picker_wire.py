"""The Picker API's JSON, turned into our values; the only place that knows its field names.

(The reference, section 4: numbers are numbers here, there is no album, no description and no place,
and any field may be missing.)
"""

from gphotosfs.errors import BadAnswerError
from gphotosfs.google.members import Members, integer, number, page, part, seconds, text, whole
from gphotosfs.google.wire import ItemsPage, time_ns
from gphotosfs.model import (
    ItemId,
    MediaItem,
    MediaKind,
    Page,
    PickingSession,
    Processing,
    SessionId,
)


def session(answer: object) -> PickingSession:
    """A PickingSession.

    Raises:
        BadAnswerError: the answer is no JSON object, or names no session.
    """
    row = whole(answer)
    identity = text(row, "id")
    if not identity:
        raise BadAnswerError("Google's answer names no session")
    polling = part(row, "pollingConfig")
    return PickingSession(
        id=SessionId(identity),
        page_url=text(row, "pickerUri"),
        is_done=row.get("mediaItemsSet") is True,
        expires_ns=time_ns(text(row, "expireTime")),
        poll_interval_s=seconds(polling, "pollInterval"),
        timeout_in_s=seconds(polling, "timeoutIn"),
    )


def items_page(answer: object) -> ItemsPage:
    """A page of what was picked.

    Raises:
        BadAnswerError: the answer is no page.
    """
    found, next_page_token = page(answer, "mediaItems")
    rows = [row for row in found if text(row, "id")]
    urls = ((text(row, "id"), text(part(row, "mediaFile"), "baseUrl")) for row in rows)
    return ItemsPage(
        Page(tuple(_item(row) for row in rows), next_page_token),
        {ItemId(item): url for item, url in urls if url},
    )


def _item(row: Members) -> MediaItem:
    file = part(row, "mediaFile")
    metadata = part(file, "mediaFileMetadata")
    photo, video = part(metadata, "photoMetadata"), part(metadata, "videoMetadata")
    mime_type = text(file, "mimeType")
    is_video = (
        row.get("type") == "VIDEO" or "videoMetadata" in metadata or mime_type.startswith("video/")
    )
    return MediaItem(
        id=ItemId(text(row, "id")),
        filename=text(file, "filename"),
        mime_type=mime_type,
        kind=MediaKind.VIDEO if is_video else MediaKind.PHOTO,
        created_ns=time_ns(text(row, "createTime")),
        width=integer(metadata, "width"),
        height=integer(metadata, "height"),
        camera_make=text(metadata, "cameraMake"),
        camera_model=text(metadata, "cameraModel"),
        focal_length_mm=number(photo, "focalLength"),
        aperture_f=number(photo, "apertureFNumber"),
        iso=integer(photo, "isoEquivalent"),
        exposure_s=seconds(photo, "exposureTime"),
        fps=number(video, "fps"),
        processing=_processing(video),
    )


def _processing(video: Members) -> Processing:
    # Absent or UNSPECIFIED says nothing; then the bytes' own answer will tell.
    match video.get("processingStatus"):
        case "PROCESSING":
            return Processing.PROCESSING
        case "FAILED":
            return Processing.FAILED
        case _:
            return Processing.READY
