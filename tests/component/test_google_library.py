"""Listings over the simulated Google: what they ask, and what they hand on."""

from datetime import date
from pathlib import Path

import pytest

from gphotosfs.blobs.source import MediaSource
from gphotosfs.errors import BadAnswerError, RejectedRequestError
from gphotosfs.google.connection import Google
from gphotosfs.model import AlbumId, ItemId, MediaItem, MediaKind, Search
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.views.library import Library
from tests.component.google_kit import connected, small_library


@pytest.fixture
def photos() -> SimulatedGoogle:
    return SimulatedGoogle(small_library(album_sizes=[120, 3]))


@pytest.fixture
async def google(tmp_path: Path, photos: SimulatedGoogle) -> Google:
    return connected(tmp_path, photos)


async def test_it_is_what_the_views_and_the_cache_need(google: Google) -> None:
    """The type checker compares; nobody else would notice before app.py."""
    library: Library = google.library
    media: MediaSource = google.media

    assert library is not None
    assert media is not None


async def all_items(google: Google) -> list[MediaItem]:
    items: list[MediaItem] = []
    token = None
    while True:
        page = await google.library.media_items_page(token)
        items += page.items
        token = page.next_page_token
        if token is None:
            return items


async def test_a_full_listing_takes_as_few_requests_as_pages(
    google: Google, photos: SimulatedGoogle
) -> None:
    """250 items arrive in three requests, each of the largest page allowed."""
    items = await all_items(google)

    assert {item.id for item in items} == {item.id for item in photos.world.items()}
    assert [request.query["pageSize"] for request in photos.log] == ["100"] * 3


async def test_an_item_arrives_with_all_that_google_says(
    google: Google, photos: SimulatedGoogle
) -> None:
    (item, *_) = await all_items(google)
    real = photos.world.item(item.id)

    assert (item.filename, item.mime_type) == (real.filename, real.mime_type)
    assert (item.width, item.height) == (real.width, real.height)
    assert item.created_ns == real.created_ns
    assert (item.kind is MediaKind.VIDEO) == real.is_video
    assert item.camera_model == real.camera_model


async def test_albums_and_their_items(google: Google, photos: SimulatedGoogle) -> None:
    page = await google.library.albums_page()
    large = max(page.items, key=lambda album: album.item_count)
    first = await google.library.album_items_page(large.id)
    second = await google.library.album_items_page(large.id, first.next_page_token)

    assert sorted(album.item_count for album in page.items) == [3, 120]
    assert (len(first.items), len(second.items)) == (100, 20)
    assert second.next_page_token is None
    assert len(photos.log) == 3


async def test_a_search_asks_for_days_order_and_archived(
    google: Google, photos: SimulatedGoogle
) -> None:
    await google.library.search_page(
        Search(
            first_day=date(2020, 1, 31),
            last_day=date(2026, 12, 1),
            oldest_first=True,
            include_archived=True,
        ),
        page_size=1,
    )

    (request,) = photos.log
    assert request.status == 200
    assert request.body == {
        "pageSize": 1,
        "orderBy": "MediaMetadata.creation_time",
        "filters": {
            "dateFilter": {
                "ranges": [
                    {
                        "startDate": {"year": 2020, "month": 1, "day": 31},
                        "endDate": {"year": 2026, "month": 12, "day": 1},
                    }
                ]
            },
            "includeArchivedMedia": True,
        },
    }


async def test_videos_and_favorites_are_searched(google: Google, photos: SimulatedGoogle) -> None:
    videos = await google.library.search_page(Search(videos=True))
    favorites = await google.library.search_page(Search(favorites=True))

    assert {item.kind for item in videos.items} == {MediaKind.VIDEO}
    assert all(photos.world.item(item.id).favorite for item in favorites.items)
    assert favorites.items


async def test_one_request_tells_which_of_fifty_items_are_unknown(
    google: Google, photos: SimulatedGoogle
) -> None:
    known = [ItemId(item.id) for item in photos.world.items()][:49]
    unknown = ItemId("x" * 95)

    assert await google.library.unknown([*known[:20], unknown, *known[20:]]) == {unknown}
    assert len(photos.log) == 1


async def test_an_id_that_fits_no_address_is_rejected_without_asking(
    google: Google, photos: SimulatedGoogle
) -> None:
    with pytest.raises(RejectedRequestError):
        await google.library.unknown([ItemId("x" * 100_000)])
    assert photos.log == []


async def test_an_album_of_another_client_is_a_rejected_request(google: Google) -> None:
    with pytest.raises(RejectedRequestError, match="Invalid album ID"):
        await google.library.album_items_page(AlbumId("AF1Qip"))


@pytest.mark.parametrize("effect", ["html", "garbage"])
async def test_an_answer_that_is_no_json_is_a_bad_answer(
    google: Google, photos: SimulatedGoogle, effect: str
) -> None:
    photos.faults.add(effect, kind="api")  # type: ignore[arg-type] # both are effects

    with pytest.raises(BadAnswerError):
        await google.library.albums_page()


async def test_no_base_url_is_in_what_a_listing_hands_on(
    google: Google, photos: SimulatedGoogle
) -> None:
    page = await google.library.media_items_page()

    assert "googleusercontent" not in repr(page)
    assert len(google.base_urls) == 100
