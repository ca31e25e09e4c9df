"""The tree over the simulated Google, as fuse/ asks it."""

from pathlib import Path

import pytest
import trio

from gphotosfs import errors
from gphotosfs.model import ROOT
from gphotosfs.simulator.faults import Effect
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import (
    Seen,
    byte_requests,
    calls,
    content,
    everything_seen,
    listing,
    running_core,
    walk,
)
from tests.component.google_kit import small_library


@pytest.fixture
def photos() -> SimulatedGoogle:
    return SimulatedGoogle(small_library(items=250, album_sizes=[120, 3]))


def dated(photos: SimulatedGoogle) -> list[str]:
    """The items that a search by days finds."""
    return [i.id for i in photos.world.items() if i.created_ns is not None and not i.archived]


async def test_the_root_shows_the_tree(tmp_path: Path, photos: SimulatedGoogle) -> None:
    async with running_core(tmp_path, photos) as core:
        assert list(await listing(core)) == [
            "albums", "media", "favorites", "videos", "recent", "picked",
        ]  # fmt: skip
        assert list(await listing(core, "media")) == ["all", "by-year", "by-month", "by-day"]
    assert photos.log == []


async def test_a_listing_costs_a_call_a_page_and_then_none(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    """Fresh listings, also after a restart, are answered from the catalogue."""
    large = max(photos.world.albums(), key=lambda album: len(album.members))
    async with running_core(tmp_path, photos) as core:
        await listing(core, "albums")
        assert calls(photos) == 1
        first = await listing(core, f"albums/{large.title}")
        assert calls(photos) == 3
        assert await listing(core, f"albums/{large.title}") == first
    async with running_core(tmp_path, photos) as core:
        assert await listing(core, f"albums/{large.title}") == first
    assert calls(photos) == 3
    assert len(first) == 120


async def test_the_first_entries_arrive_after_one_page(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.api_latency_s = 1.0
    async with running_core(tmp_path, photos) as core:
        directory = await core.tree.resolve("media/all")
        began = trio.current_time()
        entries = await core.tree.entries(directory, None)
        assert trio.current_time() - began == pytest.approx(1.0)
        assert len(entries) == 100


async def test_who_goes_through_a_known_directory_lets_others_be_served_in_between(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    """A file manager's thumbnails held up everybody for half a second in a library of a million."""
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        directory = await core.tree.resolve("media/all")
        first = await core.tree.entries(directory, None, 10)
        with trio.testing.assert_checkpoints():
            assert await core.tree.entries(directory, first[-1].cookie)


async def test_one_photo_is_one_inode_in_every_view(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    async with running_core(tmp_path, photos, include_archived=True) as core:
        await walk(core)
        await everything_seen(core)
        files = await walk(core)
        assert files.pop("picked/README.txt").size_bytes > 0
        by_inode: dict[int, set[str]] = {}
        for path, node in files.items():
            by_inode.setdefault(node.inode, set()).add(path)
            assert node.links == len({p for p, n in files.items() if n.inode == node.inode})
        albums_of = {
            item.id: [a for a in photos.world.albums() if item.number in a.members]
            for item in photos.world.items()
        }
        assert len(by_inode) == 250
        for paths in by_inode.values():
            assert len([p for p in paths if p.startswith("media/all/")]) == 1
            assert len([p for p in paths if p.startswith("media/by-day/")]) <= 1
        assert sum(len(a) for a in albums_of.values()) == 123


async def test_the_timeline_costs_a_call_a_page_whatever_view_is_looked_at(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    async with running_core(tmp_path, photos) as core:
        await walk(core, "media/by-day")
        await walk(core, "media/by-month")
        await walk(core, "media/by-year")
        await walk(core, "media/all")
    assert calls(photos) == 4  # three pages, and one to learn the oldest day


async def test_files_have_googles_bytes(tmp_path: Path, photos: SimulatedGoogle) -> None:
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        for item in [photos.world.at(n) for n in range(0, 250, 10)]:
            node = await core.tree.lookup(
                await core.tree.resolve("media/all"), item.filename.encode()
            )
            assert node is not None
            variant = "dv" if item.is_video else "d"
            data = await content(core, f"media/all/{item.filename}")
            assert data == photos.world.bytes_of(item.id, variant)


async def test_stat_is_exact_and_each_size_is_asked_for_once(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    async with running_core(tmp_path, photos) as core:
        nodes = await listing(core, "media/all")
        for node in nodes.values():
            assert not node.size_is_exact
            assert node.size_bytes > 0
        assert byte_requests(photos) == 0
        for node in nodes.values():
            assert (await core.tree.stat(node.inode)).size_is_exact
        assert byte_requests(photos) == len(nodes)
    async with running_core(tmp_path, photos) as core:
        nodes = await listing(core, "media/all")
        assert all(node.size_is_exact for node in nodes.values())
        sizes = {
            photos.world.size_of(i.id, "dv" if i.is_video else "d") for i in photos.world.items()
        }
        assert {node.size_bytes for node in nodes.values()} <= sizes
    assert byte_requests(photos) == len(nodes)


async def test_an_ls_l_asks_for_many_sizes_at_a_time(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """250 files one after another, as `ls -l` asks: about ⌈250 / 32⌉ round trips, not 250."""
    photos = SimulatedGoogle(small_library(kinds={"image/jpeg": 1}))
    photos.options.media_latency_s = 0.1
    async with running_core(tmp_path, photos) as core:
        nodes = await listing(core, "media/all")
        began = trio.current_time()
        for node in nodes.values():
            assert (await core.tree.stat(node.inode)).size_is_exact
        assert trio.current_time() - began < 0.1 * (250 / 32 + 4)


async def test_a_new_album_holds_ls_for_five_seconds_at_most(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    """What is not known by then is an estimate; the probes go on behind."""
    photos.options.media_latency_s = 3.0
    async with running_core(tmp_path, photos) as core:
        nodes = await listing(core, "media/all")
        began = trio.current_time()
        for node in nodes.values():
            await core.tree.stat(node.inode)
        assert trio.current_time() - began <= 5.1
        await trio.sleep(60)
        assert all(n.size_is_exact for n in (await listing(core, "media/all")).values())


async def test_a_name_in_a_directory_never_listed_is_found_page_by_page(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    newest = next(iter(photos.world.items()))
    async with running_core(tmp_path, photos) as core:
        directory = await core.tree.resolve("media/all")
        assert await core.tree.lookup(directory, newest.filename.encode()) is not None
        assert calls(photos) == 1
        assert await core.tree.lookup(directory, b"no such name") is None
        assert calls(photos) == 4


async def test_an_empty_root_view_explains_itself(tmp_path: Path) -> None:
    world = small_library(items=1, album_sizes=[])
    world.remove_item(world.at(0).id)
    photos = SimulatedGoogle(world)
    async with running_core(tmp_path, photos) as core:
        for path in ("albums", "favorites", "videos", "recent", "media/all", "media/by-day"):
            assert list(await listing(core, path)) == ["README.txt"]
            assert b"gphotosfs login" in await content(core, f"{path}/README.txt")


async def test_a_stale_listing_is_shown_at_once_and_renewed_behind(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    seen = Seen()
    async with running_core(tmp_path, photos, seen=seen) as core:
        await listing(core, "media/all")
        await everything_seen(core)
        before = await listing(core, "media/all")
        asked = calls(photos)
        await trio.sleep(400)
        photos.world.add_item(filename="new.jpg", created_ns=1_795_348_800_000_000_000)
        assert await listing(core, "media/all") == before
        await trio.sleep(1)
        after = await listing(core, "media/all")
        assert set(after) - set(before) == {"new.jpg"}
        assert calls(photos) == asked + 1
        assert b"new.jpg" in {name for _, name in seen.appeared}


async def test_an_unchanged_album_is_not_listed_again(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    album = photos.world.albums()[0]
    async with running_core(tmp_path, photos) as core:
        before = await listing(core, f"albums/{album.title}")
        asked = calls(photos)
        await trio.sleep(400)
        await listing(core, f"albums/{album.title}")
        await trio.sleep(1)
        assert calls(photos) == asked + 1  # albums.list alone
        gone = photos.world.at(album.members[0]).id
        photos.world.remove_from_album(album.id, gone)
        await trio.sleep(400)
        await listing(core, f"albums/{album.title}")
        await trio.sleep(1)
        after = await listing(core, f"albums/{album.title}")
        assert set(before) - set(after) == {photos.world.item(gone).filename}


async def test_a_listing_that_breaks_is_an_error_and_goes_on_from_its_page(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    """Half a listing is never shown as whole, and what landed is not fetched again."""
    photos.faults.add("status", kind="api", skip=1, times=None, status=400)
    async with running_core(tmp_path, photos) as core:
        with pytest.raises(errors.RemoteError):
            await listing(core, "media/all")
    photos.faults.clear()
    asked = calls(photos)
    async with running_core(tmp_path, photos) as core:
        assert len(await listing(core, "media/all")) == len(dated(photos))
    assert calls(photos) - asked == 2


EFFECTS: tuple[Effect, ...] = ("repeat_token", "empty_pages")


@pytest.mark.parametrize("effect", EFFECTS)
async def test_a_listing_without_end_is_an_error(
    tmp_path: Path, photos: SimulatedGoogle, effect: Effect
) -> None:
    photos.faults.add(effect, kind="api", times=None)
    async with running_core(tmp_path, photos) as core:
        with pytest.raises(errors.BadAnswerError):
            await listing(core, "media/all")
    assert calls(photos) <= 502


async def test_known_directories_are_shown_without_a_network(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    async with running_core(tmp_path, photos) as core:
        before = await listing(core, "media/by-year")
    photos.faults.add("reset", times=None)
    async with running_core(tmp_path, photos) as core:
        assert await listing(core, "media/by-year") == before
        with pytest.raises(errors.RemoteError):
            await listing(core, "favorites")


async def test_nested_albums_are_directories(tmp_path: Path) -> None:
    world = small_library(items=10, album_sizes=[])
    ids = [item.id for item in world.items()]
    for title in ("Trips/Paris", "Trips/Rome", "Home"):
        world.new_album(title, ids[:3])
    photos = SimulatedGoogle(world)
    async with running_core(tmp_path, photos) as core:
        assert set(await listing(core, "albums")) == {"Trips／Paris", "Trips／Rome", "Home"}
        inode = (await listing(core, "albums"))["Trips／Paris"].inode
    async with running_core(tmp_path, photos, nest_albums=True) as core:
        assert set(await listing(core, "albums")) == {"Trips", "Home"}
        assert set(await listing(core, "albums/Trips")) == {"Paris", "Rome"}
        assert (await listing(core, "albums/Trips"))["Paris"].inode == inode
        assert len(await listing(core, "albums/Trips/Paris")) == 3
    async with running_core(tmp_path, photos) as core:
        assert set(await listing(core, "albums")) == {"Trips／Paris", "Trips／Rome", "Home"}


async def test_extended_attributes_tell_what_google_knows(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    item = photos.world.edit_item(next(iter(photos.world.items())).id, description="Grüße")
    async with running_core(tmp_path, photos) as core:
        inode = await core.tree.resolve(f"media/all/{item.filename}")
        names = await core.tree.attribute_names(inode)
        found = {name: await core.tree.attribute(inode, name) for name in names}
        assert found[b"user.gphotos.id"].decode() == item.id
        assert found[b"user.xdg.comment"].decode() == "Grüße"
        assert found[b"user.xdg.origin.url"] == found[b"user.gphotos.url"]
        assert found[b"user.mime_type"].decode() == item.mime_type
        assert found[b"user.gphotos.width"].decode() == str(item.width)
        with pytest.raises(errors.NoAttributeError):
            await core.tree.attribute(inode, b"user.nothing")


async def test_dot_and_dot_dot_are_found_by_number(tmp_path: Path, photos: SimulatedGoogle) -> None:
    """The NFS server has nothing but a number and asks with these."""
    async with running_core(tmp_path, photos) as core:
        media = await core.tree.resolve("media")
        control = await core.tree.lookup(ROOT, b".gphotosfs")
        assert control is not None
        for directory in (media, control.inode):
            for name, inode in ((b".", directory), (b"..", ROOT)):
                node = await core.tree.lookup(directory, name)
                assert node is not None
                assert node.inode == inode


async def test_a_large_timeline_is_listed_in_ranges_side_by_side(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """5,000 items: 50 pages, at most 3 calls more a range and 2, in far fewer round trips."""
    photos = SimulatedGoogle(small_library(items=5000, album_sizes=[]))
    photos.options.api_latency_s = 1.0
    async with running_core(tmp_path, photos) as core:
        began = trio.current_time()
        found = await listing(core, "media/all")
        assert len(found) == len(dated(photos))
        assert trio.current_time() - began < 16
        searches = [row for row in photos.log if row.path == "/v1/mediaItems:search"]
        ranges = {str(row.body["filters"]["dateFilter"]) for row in searches if row.body}
        assert len(ranges) >= 3
        assert len(searches) <= 50 + 3 * len(ranges) + 2


async def test_an_interrupted_timeline_goes_on_where_it_was(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = SimulatedGoogle(small_library(items=3000, album_sizes=[]))
    photos.options.api_latency_s = 1.0
    async with running_core(tmp_path, photos) as core:
        directory = await core.tree.resolve("media/all")
        await core.tree.entries(directory, None)
        await trio.sleep(2.5)
    asked = calls(photos)
    assert asked > 8
    async with running_core(tmp_path, photos) as core:
        assert len(await listing(core, "media/all")) == len(dated(photos))
    assert calls(photos) - asked <= 30 - asked + 3 * 9 + 2


async def test_what_no_search_by_day_finds_is_found_by_the_slow_look(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    """Items without capture time, uploads with an old date, and deletions."""
    undated = photos.world.add_item(filename="undated.jpg", created_ns=None)
    async with running_core(tmp_path, photos) as core:
        assert "undated.jpg" not in await listing(core, "media/all")
        assert not core.status()["library"]["undated_items_looked_for"]
        await everything_seen(core)
        first = await listing(core, "media/all")
        assert "undated.jpg" in first
        assert len(first) == len(dated(photos)) + sum(
            1 for i in photos.world.items() if i.created_ns is None
        )
        late = photos.world.add_item(filename="late.jpg", created_ns=1_400_000_000 * 10**9)
        gone = photos.world.at(10)
        photos.world.remove_item(gone.id)
        await trio.sleep(4 * 3600)
        second = await listing(core, "media/all")
        assert set(second) - set(first) == {late.filename}
        assert set(first) - set(second) == {gone.filename}
        assert late.filename in await listing(core, "media/by-day/2014/2014-05-13")
        assert second["undated.jpg"] == first["undated.jpg"]
    assert photos.world.item(undated.id)


async def test_archived_items_are_shown_as_the_option_says(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    item = photos.world.edit_item(photos.world.at(7).id, archived=True)
    async with running_core(tmp_path / "without", photos) as core:
        await listing(core, "media/all")
        await everything_seen(core)
        assert item.filename not in await listing(core, "media/all")
    async with running_core(tmp_path / "with", photos, include_archived=True) as core:
        assert item.filename in await listing(core, "media/all")
