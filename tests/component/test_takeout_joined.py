"""What becomes of a photo from both sources when one of them goes, comes back or is picked."""

from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.catalog.store import Connection
from gphotosfs.model import Inode
from tests.component import picks_kit
from tests.component.archives_kit import attributes_of, content_of, looked_at, names_in
from tests.component.core_kit import (
    Seen,
    byte_requests,
    content,
    everything_seen,
    listing,
    running_core,
)
from tests.component.joining_kit import (
    TAKEN_NS,
    Clock,
    a_google,
    a_photo,
    exported,
    listed,
    moved,
    served,
)


@pytest.mark.parametrize("is_takeout_first", [True, False])
async def test_without_the_archive_a_photo_is_googles_under_its_number(
    tmp_path: Path, is_takeout_first: bool, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(), album=False)
    (item,) = google.world.items()
    archives = exported(google, tmp_path)
    seen = Seen()
    async with running_core(tmp_path, google, seen=seen) as core:
        if not is_takeout_first:
            await listing(core, "media/all")
        await core.takeout.add(archives)
        before = await listed(core)
        seen.renewed.clear()
        handle = await core.tree.open(Inode(before["IMG_0.jpg"]))
        await core.takeout.remove(archives)
        with pytest.raises(errors.ContentChangedError):
            await core.tree.read(handle, 0, 100)
        core.tree.close(handle)
        without = await listed(core)
        own = await content(core, "media/all/IMG_0.jpg")
        told = await attributes_of(core, "media/all/IMG_0.jpg")
        await core.takeout.add(archives)
        # Nobody has to look again: it is the same.
        again = await names_in(core, "media/all")
        back = await content(core, "media/all/IMG_0.jpg")

    assert before == without == again
    assert own == served(google, item)
    assert back != own
    assert told[b"user.gphotos.source"] == b"library"
    assert b"user.gphotos.people" not in told
    assert seen.renewed[0] == before["IMG_0.jpg"]


async def test_what_google_deletes_stays_while_an_archive_has_it(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(0), a_photo(1), album=False)
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        before = await listed(core)
        google.world.remove_item(next(iter(google.world.items())).id)
        without = await listed(core)
        assert b"taken at" in await content(core, "media/all/IMG_1.jpg")
        await core.takeout.remove(archives)
        left = await listed(core)

    assert before == without
    assert left == {"IMG_0.jpg": before["IMG_0.jpg"]}


async def test_the_slow_look_asks_google_for_what_is_joined_by_its_own_id(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(0), a_photo(1), album=False)
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        before = await listed(core)
        await everything_seen(core)
        google.world.remove_item(next(iter(google.world.items())).id)
        # The timeline is only looked at from its top; the slow look finds what has gone.
        await trio.sleep(8000)
        await core.takeout.remove(archives)
        left = await names_in(core, "media/all")

    assert len(before) == 2
    assert left == {"IMG_0.jpg": before["IMG_0.jpg"]}


async def test_a_picked_photo_is_one_with_the_archives_and_keeps_its_own_bytes(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(0, owner=picks_kit.FOREIGN), album=False)
    (item,) = google.world.items()
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        await picks_kit.picked(core, google, [item], "mine")
        before = await names_in(core, "media/all")
        await core.takeout.add(archives)
        await looked_at(core)
        both = await names_in(core, "media/all")
        assert await names_in(core, "picked/mine") == both
        assert b"taken at" in await content(core, "picked/mine/IMG_0.jpg")
        await core.takeout.remove(archives)
        google.log.clear()
        kept = await content(core, "picked/mine/IMG_0.jpg")
        await core.takeout.add(archives)
        await core.picks.remove("mine")
        left = await names_in(core, "media/all")

    assert before == both == left
    assert kept == served(google, item)
    assert byte_requests(google) == 0


async def test_a_pick_of_what_archives_hold_is_brought_and_lands_on_it(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(0, owner=picks_kit.FOREIGN), album=False)
    (item,) = google.world.items()
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        before = await names_in(core, "media/all")
        await picks_kit.picked(core, google, [item], "mine")
        await looked_at(core)
        both = await names_in(core, "media/all"), await names_in(core, "picked/mine")
        await picks_kit.picked(core, google, [item], "again")
        states = [core.picks.state(name) for name in ("mine", "again")]
        await core.takeout.remove(archives)
        kept = await content(core, "media/all/IMG_0.jpg")

    assert both == (before, before)
    assert [(state["items"], state["here"]) for state in states] == [(1, 1), (1, 1)]
    assert kept == served(google, item)


async def test_what_was_not_looked_at_is_looked_at_by_the_next_mount(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(), album=False)
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        moved(archives[0], tmp_path / "elsewhere")
        await listing(core, "media/all")
        await trio.sleep(100)
        unknown = await names_in(core, "media/all")
    moved(tmp_path / "elsewhere", archives[0])
    async with running_core(tmp_path, google) as core:
        known = await listed(core)

    assert len(unknown) == 2
    assert known == {"IMG_0.jpg": min(unknown.values())}


async def test_while_its_archive_is_away_a_photo_is_not_read_from_google(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(), album=False)
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        await listed(core)
    moved(archives[0], tmp_path / "elsewhere")
    async with running_core(tmp_path, google) as core:
        with pytest.raises(errors.ArchiveError):
            await content_of(core, "media/all/IMG_0.jpg")
    moved(tmp_path / "elsewhere", archives[0])
    async with running_core(tmp_path, google) as core:
        again = await content_of(core, "media/all/IMG_0.jpg")

    assert b"taken at" in again
    assert byte_requests(google) == 0


@pytest.mark.parametrize("is_takeout_first", [True, False])
async def test_a_date_that_google_changes_is_followed_when_google_alone_has_the_photo(
    tmp_path: Path, is_takeout_first: bool, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(), album=False)
    (item,) = google.world.items()
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        if not is_takeout_first:
            await listing(core, "media/all")
        await core.takeout.add(archives)
        before = await listed(core)
        google.world.edit_item(item.id, created_ns=TAKEN_NS - 10**18)
        both = await listed(core)
        years = await names_in(core, "media/by-year")
        await core.takeout.remove(archives)
        google.world.edit_item(item.id, created_ns=TAKEN_NS - 2 * 10**18)
        alone = await listed(core)
        year = await names_in(core, "media/by-year")
        inside = await names_in(core, f"media/by-year/{next(iter(year))}")

    assert before == both == alone == inside
    # The archives' word goes first where their number is the older one.
    assert list(years) == (["2023"] if is_takeout_first else ["1992"])
    assert list(year) == ["1960"]


async def test_who_opens_a_file_just_when_its_bytes_become_others_reads_the_new_ones(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(0), a_photo(1), album=False)
    one, other = sorted(google.world.items(), key=lambda item: item.filename)
    handles: list[int] = []

    def switch(db: Connection) -> None:
        db.execute(
            "UPDATE item SET bytes_of = (SELECT inode FROM item WHERE id = ?) WHERE id = ?",
            (other.id, one.id),
        )

    async with running_core(tmp_path, google) as core:
        found = await listing(core, "media/all")
        google.faults.add("stall", kind="media", seconds=5)

        async def open_it() -> None:
            handles.append(await core.tree.open(found["IMG_0.jpg"].inode))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(open_it)
            await trio.sleep(1)
            assert not handles
            await core.store.write(switch)
        data = bytes(await core.tree.read(handles[0], 0, 1 << 17))
        core.tree.close(handles[0])

    assert data == served(google, other)
