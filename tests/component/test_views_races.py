"""What happens at the same time, or in an awkward order."""

from pathlib import Path

import pytest
import trio

from gphotosfs import errors
from gphotosfs.catalog import entries, listings
from gphotosfs.catalog.places import Changes
from gphotosfs.model import ItemId, ListingKind, MediaItem, Page
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import Seen, calls, listing, running_core
from tests.component.google_kit import small_library


async def test_an_album_that_is_gone_is_no_entry_and_costs_nothing(tmp_path: Path) -> None:
    """A shell may still stand in it."""
    photos = SimulatedGoogle(small_library(items=10, album_sizes=[3]))
    album = photos.world.albums()[0]
    async with running_core(tmp_path, photos) as core:
        directory = await core.tree.resolve(f"albums/{album.title}")
        await listing(core, f"albums/{album.title}")
        photos.world.remove_album(album.id)
        await core.refresh("albums")
        asked = calls(photos)
        with pytest.raises(errors.NoEntryError):
            await core.tree.entries(directory, None)
        assert calls(photos) == asked


async def test_an_album_that_goes_while_it_is_listed_leaves_nothing_behind(tmp_path: Path) -> None:
    """No entry is left in a directory that nobody can come to: it would count as a link."""
    photos = SimulatedGoogle(small_library(items=10, album_sizes=[3]))
    album = photos.world.albums()[0]
    late = Page((MediaItem(id=ItemId("late")),), "more")
    async with running_core(tmp_path, photos) as core:
        directory = await core.tree.resolve(f"albums/{album.title}")
        run = await core.store.write(listings.begin, ListingKind.ALBUM, album.id, directory)
        await core.store.write(listings.apply_items, run, late, 0)
        photos.world.remove_album(album.id)
        await core.refresh("albums")
        with pytest.raises(errors.NoEntryError):
            await core.store.write(listings.apply_items, run, late, 0)
        assert entries.is_empty(core.store.read, directory)


async def test_what_is_new_survives_a_run_that_began_meanwhile(tmp_path: Path) -> None:
    """The top of the timeline is looked at while a run is under way, which ends afterwards."""
    photos = SimulatedGoogle(small_library(items=10))
    new = MediaItem(id=ItemId("new"), filename="new.jpg", created_ns=1_795_348_800_000_000_000)
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        before = listings.listing_of(core.store.read, ListingKind.TIMELINE)
        assert before is not None
        run = await core.store.write(listings.begin, before.kind, before.key, before.home)
        await core.store.write(listings.add_to_timeline, [new], run.revision, 0)
        await core.store.write(listings.add_newest, before, Page((new,)), 0)
        changes = Changes()
        await core.store.write(listings.end_run, run, 0, changes)
        assert "new.jpg" not in {name.decode() for _, name, _ in changes.vanished}


async def test_the_slow_look_waits_for_a_run_that_was_interrupted(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """It would move the revision, and the run's end would take away what the run saw before."""
    photos = SimulatedGoogle(small_library(items=250))
    photos.options.access_token_life_s = 1e9
    async with running_core(tmp_path, photos) as core:
        before = await listing(core, "media/all")
        photos.faults.add("status", kind="api", path="*:search", skip=2, times=None, status=400)
        photos.faults.add(
            "status", kind="api", path="/v1/mediaItems", skip=1, times=None, status=400
        )
        with pytest.raises(errors.RemoteError):
            await core.refresh("media/all")
        await trio.sleep(4000)
        photos.faults.clear()
        await core.refresh("media/all")
        assert await listing(core, "media/all") == before


async def test_a_rename_found_in_a_new_album_is_told_of_everywhere(tmp_path: Path) -> None:
    photos = SimulatedGoogle(small_library(items=10, album_sizes=[3]))
    album = photos.world.albums()[0]
    seen = Seen()
    async with running_core(tmp_path, photos, seen=seen) as core:
        await listing(core, "media/all")
        item = photos.world.at(album.members[0])
        photos.world.edit_item(item.id, filename="renamed.jpg")
        await listing(core, f"albums/{album.title}")
        everything = await core.tree.resolve("media/all")
        assert (everything, b"renamed.jpg") in seen.appeared
        assert (everything, item.filename.encode()) in {(d, n) for d, n, _ in seen.vanished}


async def test_an_exact_size_never_costs_a_stat_its_answer(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """With sizes=exact a silent server ends in an estimate, a little before the deadline."""
    photos = SimulatedGoogle(small_library(items=3))
    async with running_core(tmp_path, photos, sizes="exact", timeout_s=10.0) as core:
        nodes = await listing(core, "media/all")
        photos.faults.add("stall", kind="media", times=None)
        with trio.fail_after(10.0):
            node = await core.tree.stat(next(iter(nodes.values())).inode)
        assert not node.size_is_exact
        assert node.size_bytes > 0


async def test_a_probed_name_costs_nothing_and_an_album_may_bear_it(tmp_path: Path) -> None:
    world = small_library(items=10, album_sizes=[])
    world.new_album(".git", [world.at(0).id])
    photos = SimulatedGoogle(world)
    async with running_core(tmp_path, photos) as core:
        albums = await core.tree.resolve("albums")
        for name in (b".Trash", b".Trash-1000", b".hidden", b"autorun.inf", b".git"):
            assert await core.tree.lookup(albums, name) is None
        assert photos.log == []
        assert list(await listing(core, "albums")) == [".git"]
        assert await core.tree.lookup(albums, b".git") is not None


async def test_a_directory_has_the_time_of_its_newest_item(tmp_path: Path) -> None:
    photos = SimulatedGoogle(small_library(items=30, album_sizes=[3]))
    album = photos.world.albums()[0]
    async with running_core(tmp_path, photos) as core:

        async def time_of(path: str) -> int:
            return core.tree.node(await core.tree.resolve(path)).modified_ns

        await listing(core, "media/all")
        await listing(core, f"albums/{album.title}")
        newest, second, *_ = photos.world.items()
        everywhere = ("", "media", "media/all", "media/by-day", "albums", f"albums/{album.title}")
        for path in everywhere:
            assert await time_of(path) == newest.created_ns
        photos.world.remove_item(newest.id)
        await core.refresh("")
        await core.refresh("media/all")
        await core.refresh(f"albums/{album.title}")
        for path in everywhere:
            assert await time_of(path) == second.created_ns
