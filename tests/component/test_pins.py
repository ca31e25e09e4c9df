"""What is pinned is fetched once, kept, and read without asking anybody."""

from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.app.core import Core
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import (
    byte_requests,
    calls,
    content,
    listing,
    running_core,
    walk,
)
from tests.component.picks_kit import a_library_and_more, picked, some
from tests.component.pins_kit import (
    a_library,
    all_bytes,
    begun,
    bytes_sent,
    contents,
    here,
    kept_in,
    pinned,
    state,
    the_bytes,
    unpinned,
)

Clock = trio.testing.MockClock


@pytest.fixture
def photos() -> SimulatedGoogle:
    return a_library()


async def attribute(core: Core, path: str) -> bytes:
    inode = await core.tree.resolve(path)
    return await core.tree.attribute(inode, b"user.gphotos.bytes")


# --- fetched and kept ---------------------------------------------------------------------------


async def test_an_album_costs_a_request_for_each_photo_and_each_byte_once(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    album = photos.world.albums()[0]
    items = [photos.world.at(number) for number in album.members]
    expected = sorted(the_bytes(photos, item) for item in items)
    async with running_core(tmp_path, photos) as core:
        done = await pinned(core, f"albums/{album.title}")
        requests, made, sent = byte_requests(photos), calls(photos), bytes_sent(photos)
        await core.cache.clear()
        photos.log.clear()
        assert sorted((await contents(core, f"albums/{album.title}")).values()) == expected
        assert photos.log == []

    assert requests == len(items)
    assert made == 2, "the list of albums and the album"
    assert sent == sum(map(len, expected)) == done["size_bytes"]
    assert (done["items"], done["here"]) == (len(items), len(items))


async def test_what_was_pinned_needs_no_listing_for_its_addresses(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    """After a restart no base URL is known: one call brings 50, in the order of the fetching."""
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
    photos.log.clear()
    async with running_core(tmp_path, photos) as core:
        await pinned(core, "media/all")

    assert calls(photos) == 1
    assert byte_requests(photos) == 40


async def test_bytes_are_there_without_google_after_a_restart(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        await pinned(core, "media/by-year")
    photos.faults.add("reset", times=None)
    photos.log.clear()
    async with running_core(tmp_path, photos) as core:
        await core.cache.clear()
        found = await contents(core, "media/by-year")
        await trio.sleep(20)
        assert (await state(core, "media/by-year"))["state"] == "here"

    assert sorted(found.values()) == all_bytes(photos)
    assert byte_requests(photos) == 0


async def test_what_the_cache_has_is_not_fetched_again(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        names = list(await listing(core, "media/all"))
        for name in names[::2]:
            await content(core, f"media/all/{name}")
        handle = await core.tree.open(await core.tree.resolve(f"media/all/{names[1]}"))
        await core.tree.read(handle, 0, 4096)
        core.tree.close(handle)
        await pinned(core, "media/all")
        sent = bytes_sent(photos)
        await trio.sleep(5)
        usage = core.cache.usage()

    assert sent == sum(map(len, all_bytes(photos)))
    assert usage.bytes == 0, "what is kept is still cached as well"


async def test_a_program_that_reads_meanwhile_shares_the_fetch(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    film = next(item for item in photos.world.items() if item.is_video)
    photos.options.media_latency_s = 0.05
    photos.options.bytes_per_s = 1_000_000
    async with running_core(tmp_path, photos) as core:
        await listing(core, "videos")
        await begun(core, f"videos/{film.filename}")
        await trio.sleep(1)
        assert await content(core, f"videos/{film.filename}") == the_bytes(photos, film)
        await here(core, f"videos/{film.filename}")

    assert bytes_sent(photos) == len(the_bytes(photos, film))


@pytest.mark.parametrize("path", ["favorites", "media", "recent", "videos", "albums", ""])
async def test_every_directory_can_be_pinned(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock, path: str
) -> None:
    async with running_core(tmp_path, photos) as core:
        done = await pinned(core, path)
        photos.faults.add("reset", times=None)
        await core.cache.clear()
        photos.log.clear()
        inodes = {
            node.inode: file
            for file, node in (await walk(core, path)).items()
            if not file.endswith("README.txt")
        }
        for file in inodes.values():
            await content(core, file)

    assert byte_requests(photos) == 0
    assert done["items"] == len(inodes) > 0
    assert done["path"] == path


async def test_a_single_file_is_pinned(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        name, other = list(await listing(core, "media/all"))[:2]
        done = await pinned(core, f"/media//all/{name}/")
        assert await attribute(core, f"media/all/{name}") == b"kept"
        with pytest.raises(errors.NoAttributeError):
            await attribute(core, f"media/all/{other}")

    assert (done["path"], done["items"]) == (f"media/all/{name}", 1)


async def test_an_album_that_is_named_by_its_id_is_called_by_its_title(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    """As in a mount whose root it is, where the title is not ASCII."""
    album = photos.world.albums()[0]
    async with running_core(tmp_path, photos) as core:
        done = await pinned(core, f"album-id={album.id}")
        assert done["path"] == f"albums/{album.title}"
        await unpinned(core, f"album-id={album.id}")
        assert await core.pins.all() == []


async def test_the_attribute_says_what_is_still_to_come(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    photos.faults.add("reset", kind="media", times=None)
    async with running_core(tmp_path, photos) as core:
        (name, *_) = await listing(core, "media/all")
        await begun(core, f"media/all/{name}")
        await trio.sleep(10)
        assert await attribute(core, f"media/all/{name}") == b"coming"


@pytest.mark.parametrize(
    "path", [".gphotosfs", ".gphotosfs/metrics", "picked/README.txt", "previews/favorites"]
)
async def test_what_is_no_photo_is_not_pinned(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock, path: str
) -> None:
    async with running_core(tmp_path, photos) as core:
        with pytest.raises(errors.ConfigError, match="can't be pinned"):
            await begun(core, "favorites", path)
        assert await core.pins.all() == []


async def test_the_latest_pin_comes_first(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    photos.options.bytes_per_s = 300_000
    async with running_core(tmp_path, photos) as core:
        *_, oldest = await listing(core, "media/all")
        await begun(core, "media/all")
        await trio.sleep(1)
        await pinned(core, f"media/all/{oldest}")
        assert (await state(core, "media/all"))["here"] < 20


# --- what comes later ----------------------------------------------------------------------------


async def test_what_appears_later_is_fetched_although_nobody_looks(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    album = photos.world.albums()[0]
    path = f"albums/{album.title}"
    async with running_core(tmp_path, photos) as core:
        await pinned(core, path)
        await trio.sleep(100)
        item = photos.world.add_item()
        photos.world.add_to_album(album.id, item.id)
        await trio.sleep(4000)
        photos.log.clear()
        assert await content(core, f"{path}/{item.filename}") == the_bytes(photos, item)
        assert byte_requests(photos) == 0


async def test_looking_after_pins_costs_a_call_an_hour(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        await pinned(core, *(f"albums/{album.title}" for album in photos.world.albums()))
        photos.log.clear()
        await trio.sleep(10 * 3600 + 60)

    assert calls(photos) == 10


async def test_a_new_album_is_a_part_of_all_albums(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        await pinned(core, "albums")
        item = photos.world.add_item()
        photos.world.new_album("Later", [item.id])
        await core.refresh("albums")
        await trio.sleep(60)
        photos.log.clear()
        await core.cache.clear()
        assert await content(core, f"albums/Later/{item.filename}") == the_bytes(photos, item)
        assert photos.log == []


async def test_an_empty_album_waits_for_what_comes(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    album = photos.world.new_album("Empty")
    async with running_core(tmp_path, photos) as core:
        done = await pinned(core, "albums/Empty")
        assert (done["items"], done["state"]) == (0, "here")
        photos.world.add_to_album(album.id, photos.world.add_item().id)
        await core.refresh("albums/Empty")
        await trio.sleep(10)
        assert (await state(core, "albums/Empty"))["here"] == 1


# --- unpinning -----------------------------------------------------------------------------------


async def test_unpinning_gives_every_byte_back(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        done = await pinned(core, "favorites")
        assert len(kept_in(tmp_path)) == done["items"]
        assert await unpinned(core, "favorites") == done["size_bytes"]
        assert kept_in(tmp_path) == []
        assert await core.pins.all() == []
        (name, *_) = await listing(core, "favorites")
        with pytest.raises(errors.NoAttributeError):
            await attribute(core, f"favorites/{name}")
        photos.log.clear()
        await content(core, f"favorites/{name}")
        assert bytes_sent(photos) > 0


async def test_what_is_in_two_pins_stays_until_both_are_gone(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        favorites = await pinned(core, "favorites")
        both = await pinned(core, "media/all")
        assert byte_requests(photos) == both["items"]
        await unpinned(core, "media/all")
        assert len(kept_in(tmp_path)) == favorites["items"]
        await unpinned(core, "favorites")
        assert kept_in(tmp_path) == []


async def test_what_was_picked_stays_when_it_is_unpinned_and_the_other_way_round(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = a_library_and_more()
    items = some(photos, 3)
    async with running_core(tmp_path, photos) as core:
        for first, second in (("a", "unpin"), ("b", "remove")):
            await picked(core, photos, items, first)
            photos.log.clear()
            await pinned(core, f"picked/{first}")
            assert byte_requests(photos) == 0
            if second == "unpin":
                assert await unpinned(core, f"picked/{first}") == 0
                assert len(kept_in(tmp_path)) == 3
                await core.picks.remove(first)
            else:
                assert await core.picks.remove(first) == 0
                assert len(kept_in(tmp_path)) == 3
                assert len(await listing(core, "media/all")) == 13
                await unpinned(core, f"picked/{first}")
                assert len(await listing(core, "media/all")) == 10
            assert kept_in(tmp_path) == []


async def test_a_file_that_is_open_is_read_to_its_end(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    item = next(item for item in photos.world.items() if not item.is_video)
    async with running_core(tmp_path, photos) as core:
        await pinned(core, f"media/all/{item.filename}")
        handle = await core.tree.open(await core.tree.resolve(f"media/all/{item.filename}"))
        await unpinned(core, f"media/all/{item.filename}")
        expected = the_bytes(photos, item)
        assert bytes(await core.tree.read(handle, 1000, 1 << 20)) == expected[1000:]
        core.tree.close(handle)


async def test_unpinning_what_is_on_its_way_stops_it(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    photos.options.bytes_per_s = 100_000
    async with running_core(tmp_path, photos) as core:
        await begun(core, "videos")
        await trio.sleep(8)
        assert core.gauges()["pinned_coming"]
        await unpinned(core, "videos")
        assert core.gauges()["pinned_coming"] == 0
        assert kept_in(tmp_path) == []
        await trio.sleep(30)
        assert core.gauges()["cursors"] == 0


async def test_only_what_is_pinned_can_be_unpinned(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        await pinned(core, "favorites")
        (name, *_) = await listing(core, "favorites")
        with pytest.raises(errors.NoEntryError, match="albums is not pinned"):
            await unpinned(core, "albums")
        with pytest.raises(errors.NoEntryError, match="but as a part of favorites"):
            await unpinned(core, f"media/all/{name}")
        assert len(await core.pins.all()) == 1


async def test_a_pin_is_found_by_any_of_its_paths(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        (name, *_) = await listing(core, "favorites")
        await pinned(core, f"favorites/{name}")
        await pinned(core, f"media/all/{name}")
        assert len(await core.pins.all()) == 1
        await unpinned(core, f"favorites/{name}")
        assert await core.pins.all() == []
