"""The Picker API's JSON: every field may be missing, and numbers are numbers."""

from typing import Any

import pytest

from gphotosfs.errors import BadAnswerError
from gphotosfs.google import picker_wire
from gphotosfs.model import ItemId, MediaKind, Processing

SESSION = {
    "id": "s-1",
    "pickerUri": "https://photos.google.com/picker/x",
    "pollingConfig": {"pollInterval": "5s", "timeoutIn": "1799.500s"},
    "expireTime": "2026-11-29T12:00:00Z",
    "pickingConfig": {"maxItemCount": "2000"},
}
PHOTO = {
    "id": "p-1",
    "createTime": "2024-05-03T10:00:00Z",
    "type": "PHOTO",
    "mediaFile": {
        "baseUrl": "https://lh3.googleusercontent.com/lr/secret",
        "mimeType": "image/jpeg",
        "filename": "IMG_1.jpg",
        "mediaFileMetadata": {
            "width": 4032,
            "height": 3024,
            "cameraMake": "Google",
            "cameraModel": "Pixel 8",
            "photoMetadata": {
                "focalLength": 6.9,
                "apertureFNumber": 1.68,
                "isoEquivalent": 50,
                "exposureTime": "0.004s",
            },
        },
    },
}


def test_a_session_that_waits() -> None:
    session = picker_wire.session(SESSION)

    assert session.id == "s-1"
    assert session.page_url == "https://photos.google.com/picker/x"
    assert not session.is_done
    assert (session.poll_interval_s, session.timeout_in_s) == (5.0, 1799.5)
    assert session.expires_ns == 1795953600 * 10**9


def test_a_session_in_which_somebody_has_picked() -> None:
    session = picker_wire.session({"id": "s-1", "mediaItemsSet": True})

    assert session.is_done
    assert session.poll_interval_s is session.timeout_in_s is session.expires_ns is None


@pytest.mark.parametrize("answer", [None, [], {}, {"id": 7}])
def test_an_answer_that_names_no_session(answer: object) -> None:
    with pytest.raises(BadAnswerError):
        picker_wire.session(answer)


def test_a_photo() -> None:
    page = picker_wire.items_page({"mediaItems": [PHOTO], "nextPageToken": "t"})

    (item,) = page.page.items
    assert page.page.next_page_token == "t"
    assert page.base_urls == {ItemId("p-1"): "https://lh3.googleusercontent.com/lr/secret"}
    assert (item.filename, item.mime_type, item.kind) == (
        "IMG_1.jpg",
        "image/jpeg",
        MediaKind.PHOTO,
    )
    assert item.created_ns == 1714730400 * 10**9
    assert (item.width, item.height) == (4032, 3024)
    assert (item.camera_make, item.camera_model) == ("Google", "Pixel 8")
    assert (item.focal_length_mm, item.aperture_f, item.iso, item.exposure_s) == (
        6.9,
        1.68,
        50,
        0.004,
    )
    assert "secret" not in repr(item)


@pytest.mark.parametrize(
    "word, processing",
    [
        ("READY", Processing.READY),
        ("PROCESSING", Processing.PROCESSING),
        ("FAILED", Processing.FAILED),
        ("UNSPECIFIED", Processing.READY),
        (None, Processing.READY),
    ],
)
def test_a_video(word: str | None, processing: Processing) -> None:
    metadata = {"videoMetadata": {"fps": 24, "processingStatus": word}}
    row = {"id": "v-1", "mediaFile": {"mimeType": "video/mp4", "mediaFileMetadata": metadata}}

    (item,) = picker_wire.items_page({"mediaItems": [row]}).page.items

    assert (item.kind, item.fps, item.processing) == (MediaKind.VIDEO, 24.0, processing)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "x"},
        {"id": "x", "mediaFile": None, "type": 3},
        {"id": "x", "mediaFile": {"mediaFileMetadata": "none", "filename": 5, "baseUrl": 1}},
    ],
)
def test_nothing_but_the_id_is_needed(row: Any) -> None:
    page = picker_wire.items_page({"mediaItems": [row, {"type": "PHOTO"}]})

    (item,) = page.page.items
    assert (item.id, item.filename, item.kind) == ("x", "", MediaKind.PHOTO)
    assert page.base_urls == {}


def test_an_empty_page_is_an_empty_object() -> None:
    assert picker_wire.items_page({}).page.items == ()
