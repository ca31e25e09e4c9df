"""Google's JSON as the reference shows it."""

import pytest

from gphotosfs.errors import BadAnswerError
from gphotosfs.google import picker_wire, wire
from gphotosfs.model import Album, AlbumId, ItemId, MediaItem, MediaKind, Processing


def test_a_photo_with_everything() -> None:
    answer = {
        "mediaItems": [
            {
                "id": "A1",
                "description": "Beach",
                "productUrl": "https://photos.google.com/lr/photo/A1",
                "baseUrl": "https://lh3.googleusercontent.com/lr/secret",
                "mimeType": "image/jpeg",
                "filename": "IMG_0001.JPG",
                "mediaMetadata": {
                    "creationTime": "2024-02-29T23:59:59.123456789Z",
                    "width": "4032",
                    "height": "3024",
                    "photo": {
                        "cameraMake": "Pear",
                        "cameraModel": "9",
                        "focalLength": 4.25,
                        "apertureFNumber": 1.8,
                        "isoEquivalent": 100,
                        "exposureTime": "0.008333333s",
                    },
                },
            }
        ],
        "nextPageToken": "more",
    }

    decoded = wire.items_page(answer)

    assert decoded.page.next_page_token == "more"
    assert decoded.base_urls == {"A1": "https://lh3.googleusercontent.com/lr/secret"}
    assert decoded.page.items == (
        MediaItem(
            id=ItemId("A1"),
            filename="IMG_0001.JPG",
            mime_type="image/jpeg",
            created_ns=1709251199123456789,
            width=4032,
            height=3024,
            description="Beach",
            product_url="https://photos.google.com/lr/photo/A1",
            camera_make="Pear",
            camera_model="9",
            focal_length_mm=4.25,
            aperture_f=1.8,
            iso=100,
            exposure_s=0.008333333,
        ),
    )


def test_an_empty_list_is_an_empty_object() -> None:
    assert wire.items_page({}).page.items == ()
    assert wire.items_page({}).page.next_page_token is None
    assert wire.albums_page({}).items == ()


def test_an_answer_that_is_no_object_is_bad() -> None:
    with pytest.raises(BadAnswerError):
        wire.items_page([])


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": 503, "status": "UNAVAILABLE"}},
        {"mediaItems": [{"id": "a"}], "nextPageToken": 7},
        {"mediaItems": [{"id": "a"}], "nextPageToken": {"token": "b"}},
        {"mediaItems": {"id": "a"}},
        {"mediaItems": "a", "nextPageToken": "b"},
    ],
)
def test_what_would_end_a_listing_too_early_is_no_page(answer: object) -> None:
    """An end is believed: all that did not come until then counts as deleted."""
    for decode in (wire.items_page, picker_wire.items_page):
        with pytest.raises(BadAnswerError):
            decode(answer)


def test_an_item_of_which_only_the_id_is_known() -> None:
    assert wire.items_page({"mediaItems": [{"id": "x"}]}).page.items == (MediaItem(id=ItemId("x")),)


def test_an_item_without_an_id_is_skipped() -> None:
    assert wire.items_page({"mediaItems": [{"filename": "a.jpg"}, None, 3]}).page.items == ()


def test_a_video_that_is_still_processed() -> None:
    row = {"id": "v", "mediaMetadata": {"video": {"fps": 29.97, "status": "PROCESSING"}}}

    (item,) = wire.items_page({"mediaItems": [row]}).page.items

    assert item.kind is MediaKind.VIDEO
    assert item.processing is Processing.PROCESSING
    assert item.fps == 29.97


def test_an_album_counts_its_items_in_a_string() -> None:
    rows = [{"id": "a", "title": "Rome", "mediaItemsCount": "12", "isWriteable": True}, {"id": "b"}]

    assert wire.albums_page({"albums": rows}).items == (
        Album(id=AlbumId("a"), title="Rome", item_count=12, is_writeable=True),
        Album(id=AlbumId("b")),
    )


def test_a_batch_leaves_out_what_google_does_not_know() -> None:
    found = {"mediaItem": {"id": "a", "baseUrl": "https://lh3.googleusercontent.com/x"}}
    unknown = {"status": {"code": 3, "message": "Invalid media item ID."}}

    assert [*wire.batch({"mediaItemResults": [found, unknown]}).base_urls] == ["a"]


def test_an_item_is_unknown_only_where_google_says_so() -> None:
    """What is taken for unknown is no longer shown, so an item that had bad luck must not be."""
    ids = [ItemId(one) for one in "abcdef"]
    results = [
        {"mediaItem": {"id": "a"}},
        {"status": {"code": 3, "message": "Invalid media item ID."}},
        {"status": {"code": 5}},
        {"status": {"code": 13, "message": "Internal error encountered."}},
        {"status": "?"},
        {},
    ]

    assert wire.unknown({"mediaItemResults": results}, ids) == {"b", "c"}


@pytest.mark.parametrize("answer", [{}, {"mediaItemResults": [{}]}, {"error": {}}, []])
def test_a_batch_that_does_not_answer_for_each_item_says_of_none_that_it_is_unknown(
    answer: object,
) -> None:
    with pytest.raises(BadAnswerError):
        wire.unknown(answer, [ItemId("a"), ItemId("b")])


@pytest.mark.parametrize(
    "text, ns",
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.5Z", 500_000_000),
        ("1826-01-01T00:00:00Z", -4544208000 * 10**9),
        ("9999-12-31T23:59:59.999999999Z", 253402300799999999999),
        ("1970-01-01T01:00:00+01:00", 0),
        ("2016-12-31T23:59:60Z", 1483228800 * 10**9),
        ("0000-01-01T00:00:00Z", None),
        ("1970-01-01", None),
        ("", None),
    ],
)
def test_times_are_whole_nanoseconds(text: str, ns: int | None) -> None:
    assert wire.time_ns(text) == ns
