import itertools
from typing import Any

import pytest

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


@pytest.mark.parametrize(
    "method, list_name, usual, largest",
    [("mediaItems", "mediaItems", 25, 100), ("albums", "albums", 20, 50)],
)
async def test_pages_have_a_usual_and_a_largest_size(
    method: str, list_name: str, usual: int, largest: int
) -> None:
    photos = SimulatedGoogle(World(items=150, album_sizes=[1] * 60))
    async with calling(photos) as caller:
        unasked = (await caller.get(method)).json()
        greedy = (await caller.get(method, pageSize=1000)).json()
        photos.options.page_size_over_max = "refuse"
        refused = await caller.get(method, pageSize=largest + 1)
        negative = await caller.get(method, pageSize=-1)

    assert len(unasked[list_name]) == usual
    assert len(greedy[list_name]) == largest
    assert refused.status_code == negative.status_code == 400


async def test_every_item_is_listed_once_and_newest_first(
    world: World, photos: SimulatedGoogle
) -> None:
    async with calling(photos) as caller:
        pages = [(await caller.get("mediaItems", pageSize=100)).json()]
        while token := pages[-1].get("nextPageToken"):
            pages.append((await caller.get("mediaItems", pageSize=100, pageToken=token)).json())

    items = [item for page in pages for item in page["mediaItems"]]
    assert [item["id"] for item in items] == ids(world)
    times = [item["mediaMetadata"]["creationTime"] for item in items]
    assert times == sorted(times, reverse=True)
    assert len(photos.log) == 3


@pytest.mark.parametrize(
    "option, value",
    [
        ("empty_page_every", 2),
        ("short_pages", True),
        ("repeat_at_border", True),
        ("last_token_leads_to_nothing", True),
    ],
)
async def test_awkward_pages_hold_the_same_items(
    world: World, photos: SimulatedGoogle, option: str, value: object
) -> None:
    """Empty and short pages, a repeated item, a last token for nothing: no item is lost."""
    async with calling(photos) as caller:
        plain = await caller.pages(pageSize=30, filters={"includeArchivedMedia": True})
        setattr(photos.options, option, value)
        pages = await caller.pages(pageSize=30, filters={"includeArchivedMedia": True})

    found = [item["id"] for page in pages for item in page.get("mediaItems", [])]
    assert list(dict.fromkeys(found)) == ids(world)
    assert len(pages) > len(plain) or len(found) > len(world)


async def test_an_empty_page_has_a_token_and_the_last_answer_may_be_empty(
    photos: SimulatedGoogle,
) -> None:
    photos.options.empty_page_every = 2
    photos.options.last_token_leads_to_nothing = True
    async with calling(photos) as caller:
        pages = await caller.pages(pageSize=100)

    assert set(pages[1]) == {"nextPageToken"}
    assert pages[-1] == {}


async def test_the_item_at_a_page_border_comes_twice(photos: SimulatedGoogle) -> None:
    photos.options.repeat_at_border = True
    async with calling(photos) as caller:
        pages = await caller.pages(pageSize=100)

    assert pages[0]["mediaItems"][-1]["id"] == pages[1]["mediaItems"][0]["id"]


async def test_a_page_token_is_bound_to_its_request(photos: SimulatedGoogle) -> None:
    async with calling(photos) as caller:
        token = (await caller.search(pageSize=10)).json()["nextPageToken"]
        other_size = await caller.search(pageSize=11, pageToken=token)
        other_filter = await caller.search(
            pageSize=10, pageToken=token, filters={"includeArchivedMedia": True}
        )
        nonsense = await caller.search(pageSize=10, pageToken="nonsense")

    assert [other_size.status_code, other_filter.status_code, nonsense.status_code] == [400] * 3


async def test_a_listing_goes_on_though_the_library_changes(
    world: World, photos: SimulatedGoogle
) -> None:
    """What is added or removed between two pages neither hides nor repeats another item."""
    before = ids(world)
    async with calling(photos) as caller:
        first = (await caller.get("mediaItems", pageSize=100)).json()
        world.add_item()
        world.remove_item(first["mediaItems"][99]["id"])
        second = await caller.get("mediaItems", pageSize=100, pageToken=first["nextPageToken"])

    assert [item["id"] for item in second.json()["mediaItems"]] == before[100:200]


async def test_an_album_goes_on_though_it_changes(world: World, photos: SimulatedGoogle) -> None:
    album = world.new_album("Long", ids(world)[:90])
    async with calling(photos) as caller:
        first = (await caller.search(albumId=album.id, pageSize=30)).json()
        world.remove_from_album(album.id, first["mediaItems"][3]["id"])
        second = await caller.search(
            albumId=album.id, pageSize=30, pageToken=first["nextPageToken"]
        )

    assert [item["id"] for item in second.json()["mediaItems"]] == ids(world)[30:60]


async def test_what_is_empty_is_left_out(world: World) -> None:
    """proto3: an empty listing is `{}`; an untitled, empty album shows neither title nor count."""
    photos = SimulatedGoogle(World(items=0))
    async with calling(photos) as caller:
        nothing = (await caller.get("mediaItems")).json()
        photos.world.new_album()
        (album,) = (await caller.get("albums")).json()["albums"]

    assert nothing == {}
    assert set(album) == {"id", "productUrl", "isWriteable"}


async def test_large_integers_are_strings_and_a_photo_without_exif_is_empty(
    world: World, photos: SimulatedGoogle
) -> None:
    item = world.add_item(
        mime_type="image/png",
        camera_make="",
        camera_model="",
        width=12,
        focal_length=0.0,
        aperture=0.0,
        iso=0,
        exposure="",
        height=0,
    )
    album = world.new_album("One", [item.id])
    async with calling(photos) as caller:
        shown = (await caller.get(f"mediaItems/{item.id}")).json()
        shown_album = (await caller.get(f"albums/{album.id}")).json()

    assert shown["mediaMetadata"]["width"] == "12"
    assert "height" not in shown["mediaMetadata"]
    assert shown["mediaMetadata"]["photo"] == {}
    assert shown_album["mediaItemsCount"] == "1"
    assert shown_album["coverPhotoMediaItemId"] == item.id


async def test_batch_get_answers_in_order_and_item_by_item(
    world: World, photos: SimulatedGoogle
) -> None:
    good = ids(world)[:2]
    async with calling(photos) as caller:
        mixed = await caller.get("mediaItems:batchGet", mediaItemIds=[good[1], "bad", good[0]])
        too_many = await caller.get("mediaItems:batchGet", mediaItemIds=ids(world)[:51])
        twice = await caller.get("mediaItems:batchGet", mediaItemIds=[good[0]] * 2)
        full = await caller.get("mediaItems:batchGet", mediaItemIds=ids(world)[:50])
        photos.options.batch_get_fails_whole = True
        failed = await caller.get("mediaItems:batchGet", mediaItemIds=["bad"])

    first, second, third = mixed.json()["mediaItemResults"]
    assert [first["mediaItem"]["id"], third["mediaItem"]["id"]] == [good[1], good[0]]
    assert second == {"status": {"code": 3, "message": "Invalid media item ID."}}
    assert too_many.status_code == twice.status_code == 400
    assert len(full.json()["mediaItemResults"]) == 50
    assert failed.status_code == 500


async def test_a_client_sees_only_what_it_uploaded(world: World, photos: SimulatedGoogle) -> None:
    other = photos.new_client()
    theirs = world.add_item(owner=other.number)
    their_album = world.new_album("Theirs", [theirs.id], owner=other.number)
    async with calling(photos) as mine, calling(photos, other) as caller:
        seen = await caller.found(filters={"includeArchivedMedia": True})
        albums = (await caller.get("albums")).json()["albums"]
        foreign_item = await mine.get(f"mediaItems/{theirs.id}")
        foreign_album = await mine.search(albumId=their_album.id)

    assert seen == [theirs.id]
    assert [album["id"] for album in albums] == [their_album.id]
    assert foreign_item.status_code == 404
    assert foreign_album.json()["error"]["message"] == "Invalid album ID."


async def test_the_fields_mask_cuts_the_answer(photos: SimulatedGoogle) -> None:
    mask = "nextPageToken,mediaItems(id,mediaMetadata/width)"
    async with calling(photos) as caller:
        cut = (await caller.get("mediaItems", fields=mask, pageSize=2)).json()
        without_token = (await caller.get("mediaItems", fields="mediaItems(id)")).json()
        broken = await caller.get("mediaItems", fields="mediaItems(id")

    assert set(cut) == {"nextPageToken", "mediaItems"}
    assert all(set(item) == {"id", "mediaMetadata"} for item in cut["mediaItems"])
    assert set(cut["mediaItems"][0]["mediaMetadata"]) == {"width"}
    assert set(without_token) == {"mediaItems"}
    assert broken.status_code == 400


async def test_unknown_fields_are_refused(photos: SimulatedGoogle) -> None:
    async with calling(photos) as caller:
        in_query = await caller.get("mediaItems", colour="blue")
        in_body = await caller.search(colour="blue")
        in_filter = await caller.search(filters={"colour": "blue"})

    for answer in (in_query, in_body, in_filter):
        assert answer.status_code == 400
        assert "Unknown name" in answer.json()["error"]["message"]


async def test_pages_of_a_million_are_as_quick_to_find_as_of_ten() -> None:
    """A page in the middle is found by its token, not by counting up to it."""
    photos = SimulatedGoogle(World(items=1_000_000, cheap_bytes=True))
    middle = {"dateFilter": {"dates": [{"year": 2021}]}}
    async with calling(photos) as caller:
        first = (await caller.search(filters=middle, pageSize=100)).json()
        second = await caller.search(filters=middle, pageSize=100, pageToken=first["nextPageToken"])

    seen = [i["id"] for page in (first, second.json()) for i in page["mediaItems"]]
    assert len(set(seen)) == 200


async def test_awkward_names_and_times_come_as_they_are() -> None:
    photos = SimulatedGoogle(World(items=10, awkward=True))
    async with calling(photos) as caller:
        pages = await caller.pages(pageSize=100, filters={"includeArchivedMedia": True})
        albums = (await caller.get("albums", pageSize=50)).json()["albums"]

    items = list(itertools.chain.from_iterable(page["mediaItems"] for page in pages))
    names = [item.get("filename") for item in items]
    times = [item["mediaMetadata"].get("creationTime") for item in items]
    assert {None, "..", "same.jpg", "nul\x00byte.jpg", ".hidden"} <= set(names)
    assert names.count("same.jpg") == 3
    assert {
        None,
        "1826-07-01T12:00:00Z",
        "2107-02-07T06:28:16Z",
        "2024-03-01T00:00:00.123Z",
        "2024-03-01T00:00:00.123456789Z",
    } <= set(times)
    assert any("mediaItemsCount" not in album for album in albums)
    assert sum("title" not in album for album in albums) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"filters": []},
        {"filters": {"dateFilter": {"dates": 5}}},
        {"filters": {"dateFilter": {"dates": [{"year": "x"}]}}},
        {"filters": {"includeArchivedMedia": "yes"}},
        {"albumId": 5},
        {"pageSize": True},
        {"pageToken": 5},
    ],
)
async def test_fields_of_a_wrong_type_are_refused(
    photos: SimulatedGoogle, body: dict[str, Any]
) -> None:
    async with calling(photos) as caller:
        answer = await caller.search(**body)

    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
