"""The filters of the simulated `mediaItems:search`, and what it refuses."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gphotosfs.simulator.library.items import nanoseconds
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from tests.simulator_kit import calling


def ids(world: World) -> list[str]:
    return [item.id for item in world.items()]


@pytest.fixture
def world() -> World:
    return World(items=250, cheap_bytes=True)


@pytest.fixture
def photos(world: World) -> SimulatedGoogle:
    return SimulatedGoogle(world)


async def test_album_and_filters_exclude_each_other(world: World, photos: SimulatedGoogle) -> None:
    album = world.albums()[0].id
    async with calling(photos) as caller:
        answer = await caller.search(albumId=album, filters={"includeArchivedMedia": True})

    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


async def test_archived_items_are_shown_where_they_are_asked_for(
    world: World, photos: SimulatedGoogle
) -> None:
    """In an album always, in a search only with `includeArchivedMedia`."""
    hidden = world.edit_item(ids(world)[0], archived=True).id
    album = world.new_album("One", [hidden]).id
    async with calling(photos) as caller:
        plain = await caller.found()
        with_archive = await caller.found(filters={"includeArchivedMedia": True})
        in_album = await caller.found(albumId=album)

    assert hidden not in plain
    assert with_archive == ids(world)
    assert in_album == [hidden]


async def test_features_and_media_types_filter(world: World, photos: SimulatedGoogle) -> None:
    favorites = {"featureFilter": {"includedFeatures": ["FAVORITES"]}, "includeArchivedMedia": True}
    videos = {"mediaTypeFilter": {"mediaTypes": ["VIDEO"]}, "includeArchivedMedia": True}
    async with calling(photos) as caller:
        assert await caller.found(filters=favorites) == [i.id for i in world.items() if i.favorite]
        assert await caller.found(filters=videos) == [i.id for i in world.items() if i.is_video]
        assert await caller.found(filters=favorites | videos) == [
            i.id for i in world.items() if i.favorite and i.is_video
        ]


async def test_one_media_type_only(photos: SimulatedGoogle) -> None:
    async with calling(photos) as caller:
        two = await caller.search(filters={"mediaTypeFilter": {"mediaTypes": ["VIDEO", "PHOTO"]}})

    assert two.status_code == 400


@pytest.mark.parametrize(
    "date_filter, matches",
    [
        ({"dates": [{"year": 2022}]}, lambda t: t.year == 2022),
        ({"dates": [{"year": 2022, "month": 6}]}, lambda t: (t.year, t.month) == (2022, 6)),
        ({"dates": [{"month": 6, "day": 9}]}, lambda t: (t.month, t.day) == (6, 9)),
        (
            {
                "ranges": [
                    {"startDate": {"year": 2019, "month": 3}, "endDate": {"year": 2021, "month": 8}}
                ]
            },
            lambda t: (2019, 3) <= (t.year, t.month) <= (2021, 8),
        ),
        (
            {"ranges": [{"startDate": {"year": 2018}, "endDate": {"year": 2019}}]},
            lambda t: 2018 <= t.year <= 2019,
        ),
    ],
)
async def test_date_filters(
    world: World, photos: SimulatedGoogle, date_filter: dict[str, Any], matches: Any
) -> None:
    """Wildcards and inclusive ranges; in both orders, and never an item without a date."""
    world.add_item(created_ns=None)
    world.add_item(created_ns=nanoseconds(datetime(2020, 6, 9, 23, 59, 59, tzinfo=UTC)))
    dated = [item for item in world.items() if item.created_ns is not None]
    wanted = [
        item.id
        for item in dated
        if matches(datetime.fromtimestamp((item.created_ns or 0) / 1e9, UTC))
    ]
    filters = {"dateFilter": date_filter, "includeArchivedMedia": True}
    async with calling(photos) as caller:
        newest_first = await caller.found(filters=filters)
        oldest_first = await caller.found(filters=filters, orderBy="MediaMetadata.creation_time")

    assert wanted
    assert newest_first == wanted
    assert oldest_first == wanted[::-1]


@pytest.mark.parametrize(
    "date_filter",
    [
        {"dates": [{"year": 2020}] * 6},
        {"dates": [{"year": 2020, "day": 3}]},
        {"dates": [{"year": 10000}]},
        {"ranges": [{"startDate": {"year": 2020}, "endDate": {"year": 2020, "month": 3}}]},
    ],
)
async def test_impossible_dates_are_refused(
    photos: SimulatedGoogle, date_filter: dict[str, Any]
) -> None:
    async with calling(photos) as caller:
        answer = await caller.search(filters={"dateFilter": date_filter})

    assert answer.status_code == 400


async def test_an_order_needs_a_date_filter_and_nothing_else(photos: SimulatedGoogle) -> None:
    year = {"dateFilter": {"dates": [{"year": 2022}]}}
    favorites = {"featureFilter": {"includedFeatures": ["FAVORITES"]}}
    order = "MediaMetadata.creation_time desc"
    async with calling(photos) as caller:
        alone = await caller.search(orderBy=order)
        mixed = await caller.search(orderBy=order, filters=year | favorites)
        good = await caller.search(orderBy=order, filters=year | {"includeArchivedMedia": True})

    assert [alone.status_code, mixed.status_code, good.status_code] == [400, 400, 200]
