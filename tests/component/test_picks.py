"""What a person picks appears in the tree, with its bytes here for good."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.app.core import Core
from gphotosfs.catalog import picks
from gphotosfs.simulator.items import Item
from gphotosfs.simulator.oauth import PICK, READ
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import Seen, content, everything_seen, listing, running_core, walk
from tests.component.google_kit import small_library, unix_now_s

TODAY = date(2026, 11, 22)
FOREIGN = 99
"""The number of a client that is not ours: the Library API does not show what it uploaded."""

Clock = trio.testing.MockClock


@pytest.fixture
def photos() -> SimulatedGoogle:
    """Ten photos of ours and thirty that only the Picker shows."""
    photos = SimulatedGoogle(small_library(items=40), unix_time=unix_now_s)
    for item in list(photos.world.items())[10:]:
        photos.world.edit_item(item.id, owner=FOREIGN)
    # A refresh runs in a thread, which a clock that jumps would outrun.
    photos.options.access_token_life_s = 1e8
    return photos


def some(photos: SimulatedGoogle, count: int, *, ours: bool = False) -> list[Item]:
    """The newest items that are ours, or are not."""
    found = (item for item in photos.world.items() if (item.owner != FOREIGN) is ours)
    return [item for item, _ in zip(found, range(count), strict=False)]


def the_bytes(photos: SimulatedGoogle, item: Item) -> bytes:
    return photos.world.bytes_of(item.id, "dv" if item.is_video else "d")


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await trio.sleep(0.5)


async def begun(core: Core, photos: SimulatedGoogle, items: list[Item], name: str = "") -> str:
    """A pick in which a person has ticked these; its name."""
    described = await core.picks.begin(name, TODAY)
    photos.picker.pick(photos.picker.youngest(), [item.id for item in items])
    chosen: str = described["name"]
    return chosen


async def picked(core: Core, photos: SimulatedGoogle, items: list[Item], name: str = "") -> str:
    """The same, seen through to its end."""
    chosen = await begun(core, photos, items, name)
    await until(lambda: core.picks.state(chosen)["state"] == "over")
    return chosen


def session_calls(photos: SimulatedGoogle) -> list[str]:
    return [
        row.method + " " + row.path.partition("/v1/")[2].partition("/")[0]
        for row in photos.log
        if "photospicker" in row.host
    ]


async def test_picks_get_their_directory_and_their_bytes(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    items = some(photos, 12)
    async with running_core(tmp_path, photos) as core:
        name = await picked(core, photos, items)
        shown = await listing(core, f"picked/{name}")
        found = {path: await content(core, f"picked/{name}/{path}") for path in shown}

    assert name == "2026-11-22"
    assert sorted(found.values()) == sorted(the_bytes(photos, item) for item in items)
    assert all(node.size_is_exact for node in shown.values())
    assert {n: node.size_bytes for n, node in shown.items()} == {
        n: len(b) for n, b in found.items()
    }
    assert photos.picker.sessions == {}, "the session was not deleted"


async def test_reading_what_is_here_asks_nobody(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    (item,) = some(photos, 1)
    async with running_core(tmp_path, photos) as core:
        await picked(core, photos, [item], "Trip")
    photos.log.clear()
    async with running_core(tmp_path, photos) as core:
        (name,) = await listing(core, "picked/Trip")
        assert await content(core, f"picked/Trip/{name}") == the_bytes(photos, item)
        assert photos.log == []


async def test_polling_goes_at_googles_pace(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    photos.options.poll_interval_s = 20.0
    async with running_core(tmp_path, photos) as core:
        await core.picks.begin("", TODAY)
        await trio.sleep(101)
        assert session_calls(photos) == ["POST sessions"] + ["GET sessions"] * 6
        assert core.picks.state("2026-11-22")["state"] == "waiting"


async def test_a_page_that_nobody_uses_is_given_up_when_google_says(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    photos.options.pick_timeout_s = 60.0
    async with running_core(tmp_path, photos) as core:
        await core.picks.begin("", TODAY)
        await until(lambda: not core.picks.all())
        assert list(await listing(core, "picked")) == ["README.txt"]
        assert photos.picker.sessions == {}
        await trio.sleep(100)

    assert 12 <= session_calls(photos).count("GET sessions") <= 14


async def test_nothing_ticked_leaves_nothing(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        await begun(core, photos, [])
        await until(lambda: not core.picks.all())
        assert list(await listing(core, "picked")) == ["README.txt"]
        assert b"gphotosfs pick" in await content(core, "picked/README.txt")
        assert photos.picker.sessions == {}


async def test_a_pick_of_many_pages_is_listed_whole(tmp_path: Path, autojump_clock: Clock) -> None:
    photos = SimulatedGoogle(small_library(items=250, days=3), unix_time=unix_now_s)
    photos.options.short_pages = True
    items = [item for item in photos.world.items() if not item.is_video][:220]
    for item in items:
        photos.world.edit_item(item.id, owner=FOREIGN)
    async with running_core(tmp_path, photos) as core:
        name = await picked(core, photos, items)
        assert len(await listing(core, f"picked/{name}")) == 220


async def test_names(tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock) -> None:
    items = some(photos, 4)
    async with running_core(tmp_path, photos) as core:
        for item, name in zip(items, ("", "", "a/b", "."), strict=True):
            await picked(core, photos, [item], name)
        assert list(await listing(core, "picked")) == [
            "2026-11-22", "2026-11-22 (2)", "a／b", "．",
        ]  # fmt: skip
        with pytest.raises(errors.ConfigError, match="choose another"):
            await core.picks.begin("a/b", TODAY)
        assert len(photos.picker.sessions) == 0


# --- together with the Library --------------------------------------------------------------------


async def test_a_photo_that_the_library_shows_too_is_one_photo(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    ours, theirs = some(photos, 3, ours=True), some(photos, 3)
    photos.world.edit_item(ours[0].id, description="by the sea")
    async with running_core(tmp_path, photos) as core:
        before = await listing(core, "media/all")
        name = await picked(core, photos, [*ours, *theirs])
        shown = await listing(core, f"picked/{name}")
        after = await listing(core, "media/all")
        inodes = {node.inode for node in shown.values()}
        inode = before[ours[0].filename].inode
        assert await core.tree.attribute(inode, b"user.gphotos.description") == b"by the sea"
        assert await core.tree.attribute(inode, b"user.gphotos.source") == b"library"

    assert len(after) == len(before) + 3
    assert {before[item.filename].inode for item in ours} < inodes
    assert inodes <= {node.inode for node in after.values()}
    assert all(node.links == 5 for node in shown.values())


async def test_picked_twice_is_one_photo_fetched_once(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    (item,) = [item for item in some(photos, 5) if not item.is_video][:1]
    async with running_core(tmp_path, photos) as core:
        await picked(core, photos, [item], "first")
        await picked(core, photos, [item], "second")
        (first,) = (await listing(core, "picked/first")).values()
        (second,) = (await listing(core, "picked/second")).values()

    assert first.inode == second.inode
    assert len(photos.requests("media")) == 1


async def test_picks_stay_in_media_whatever_the_library_lists(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    theirs = some(photos, 5)
    async with running_core(tmp_path, photos) as core:
        await picked(core, photos, theirs)
        whole = await walk(core, "media")
        await everything_seen(core)
        await core.refresh("media")
        await trio.sleep(8000)
        photos.log.clear()
        assert await walk(core, "media") == whole

    names = {path.rpartition("/")[2] for path in whole if path.startswith("media/all/")}
    assert len(names) == 15
    assert {item.filename for item in theirs} < names
    assert not [row for row in photos.log if "batchGet" in row.path]


async def test_media_shows_picks_before_the_library_was_listed(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    (item,) = some(photos, 1)
    assert item.created_ns is not None
    async with running_core(tmp_path, photos) as core:
        await picked(core, photos, [item])
        assert len(await listing(core, "media/all")) == 11
        assert item.filename in {
            path.rpartition("/")[2] for path in await walk(core, "media/by-day")
        }


async def test_a_picked_photo_that_the_library_loses_stays(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    kept, lost = some(photos, 2, ours=True)
    expected = the_bytes(photos, kept)
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        name = await picked(core, photos, [kept])
        photos.world.remove_item(kept.id)
        photos.world.remove_item(lost.id)
        await core.refresh("media")
        await everything_seen(core)
        shown = await listing(core, "media/all")
        assert kept.filename in shown
        assert lost.filename not in shown
        assert await content(core, f"media/all/{kept.filename}") == expected
        await core.picks.remove(name)
        assert kept.filename not in await listing(core, "media/all")


async def test_a_picked_photo_that_the_library_comes_to_show_stays_one(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    (item,) = some(photos, 1)
    async with running_core(tmp_path, photos) as core:
        name = await picked(core, photos, [item])
        before = await listing(core, "media/all")
        photos.world.edit_item(item.id, owner=photos.client.number)
        await core.refresh("media")
        assert await listing(core, "media/all") == before
        await core.picks.remove(name)
        assert item.filename in await listing(core, "media/all")
        assert await content(core, f"media/all/{item.filename}") == the_bytes(photos, item)


# --- what can go wrong ----------------------------------------------------------------------------


async def test_before_the_bytes_are_here_they_are_read_through_the_session(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    (item,) = [item for item in some(photos, 5) if not item.is_video][:1]
    photos.faults.add("status", kind="media", times=8)
    async with running_core(tmp_path, photos) as core:
        name = await begun(core, photos, [item])
        await until(lambda: core.picks.state(name)["problem"])
        photos.faults.clear()
        (file,) = await listing(core, f"picked/{name}")
        inode = await core.tree.resolve(f"picked/{name}/{file}")
        assert await core.tree.attribute(inode, b"user.gphotos.bytes") == b"coming"
        assert await content(core, f"picked/{name}/{file}") == the_bytes(photos, item)
        await until(lambda: core.picks.state(name)["state"] == "over")
        assert await core.tree.attribute(inode, b"user.gphotos.bytes") == b"kept"


async def test_what_the_sessions_end_cut_off_is_shown_as_such(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    here, lost = [item for item in some(photos, 8) if not item.is_video][:2]
    photos.faults.add("status", kind="media", status=403, skip=1, times=None)
    async with running_core(tmp_path, photos) as core:
        name = await begun(core, photos, [here, lost])
        await until(lambda: core.picks.state(name)["here"] == 1)
        photos.picker.expire()
        core.picks.try_again()
        await until(lambda: core.picks.state(name)["state"] == "over")
        state = core.picks.state(name)
        shown = await listing(core, f"picked/{name}")
        readable, broken = [], []
        for file in shown:
            try:
                readable.append(await content(core, f"picked/{name}/{file}"))
            except errors.CutOffError:
                broken.append(file)
        inode = shown[broken[0]].inode
        assert await core.tree.attribute(inode, b"user.gphotos.bytes") == b"lost"
        assert (await core.tree.stat(inode)).size_bytes > 0

    assert (state["items"], state["here"], state["lost"]) == (2, 1, 1)
    assert readable in ([the_bytes(photos, here)], [the_bytes(photos, lost)])
    assert len(broken) == 1


async def test_what_was_cut_off_can_be_picked_again(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    (item,) = some(photos, 1)
    async with running_core(tmp_path, photos) as core:
        photos.faults.add("status", kind="media", status=403, times=None)
        name = await begun(core, photos, [item])
        await until(lambda: core.picks.state(name)["problem"])
        photos.picker.expire()
        await until(lambda: core.picks.state(name)["lost"] == 1)
        photos.faults.clear()
        await picked(core, photos, [item], "again")
        (file,) = await listing(core, f"picked/{name}")
        assert await content(core, f"picked/{name}/{file}") == the_bytes(photos, item)
        assert core.picks.state(name)["lost"] == 0


async def test_a_download_that_was_cut_short_is_continued_after_a_restart(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    film = next(item for item in photos.world.items() if item.is_video)
    photos.world.edit_item(film.id, owner=FOREIGN)
    total = len(the_bytes(photos, film))
    async with running_core(tmp_path, photos) as core:
        # The redirect's target stalls behind two megabytes: the mount ends meanwhile.
        photos.faults.add("stall", kind="redirected", bytes=2 << 20)
        name = await begun(core, photos, [film])
        await until(lambda: core.picks.state(name)["size_bytes"] >= 2 << 20)
        assert core.picks.state(name)["here"] == 0
    photos.log.clear()
    async with running_core(tmp_path, photos) as core:
        await until(lambda: core.picks.state(name)["state"] == "over")
        (file,) = await listing(core, f"picked/{name}")
        assert await content(core, f"picked/{name}/{file}") == the_bytes(photos, film)

    sent = sum(row.bytes_sent for row in photos.requests("redirected"))
    assert total - (2 << 20) <= sent < total


async def test_a_film_that_is_still_processed_is_waited_for(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    film = next(item for item in photos.world.items() if item.is_video)
    photos.world.edit_item(film.id, owner=FOREIGN, status="PROCESSING")
    async with running_core(tmp_path, photos) as core:
        name = await begun(core, photos, [film])
        await until(lambda: core.picks.state(name)["problem"])
        photos.world.edit_item(film.id, status="READY")
        await until(lambda: core.picks.state(name)["state"] == "over")
        (file,) = await listing(core, f"picked/{name}")
        assert await content(core, f"picked/{name}/{file}") == the_bytes(photos, film)


async def test_a_film_that_google_could_not_process_holds_up_nothing(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    film = next(item for item in photos.world.items() if item.is_video)
    photos.world.edit_item(film.id, owner=FOREIGN, status="FAILED")
    async with running_core(tmp_path, photos) as core:
        name = await picked(core, photos, [film])
        assert core.picks.state(name)["lost"] == 1
        assert photos.picker.sessions == {}


async def test_a_photo_that_can_not_be_had_holds_up_no_other(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    items = [item for item in some(photos, 9) if not item.is_video]
    async with running_core(tmp_path, photos) as core:
        photos.world.remove_item(items[0].id)
        photos.options.session_life_s = 3000.0
        name = (await core.picks.begin("", TODAY))["name"]
        photos.picker.youngest().picked = [item.number for item in items]
        await until(lambda: core.picks.state(name)["here"] == len(items) - 1)
        assert core.picks.state(name)["state"] == "fetching"
        await until(lambda: core.picks.state(name)["state"] == "over")
        assert core.picks.state(name)["lost"] == 1
        calls_made = session_calls(photos)

    assert calls_made.count("GET mediaItems") < 15, "it was asked for without a pause"


@pytest.mark.parametrize("effect", ["reset", "truncate", "wrong_length", "html"])
async def test_broken_answers_are_asked_for_again(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock, effect: Any
) -> None:
    items = [item for item in some(photos, 12) if not item.is_video]
    photos.faults.add(effect, kind="media", times=6, bytes=70_000)
    async with running_core(tmp_path, photos) as core:
        name = await picked(core, photos, items)
        shown = await listing(core, f"picked/{name}")
        found = [await content(core, f"picked/{name}/{file}") for file in shown]

    assert sorted(found) == sorted(the_bytes(photos, item) for item in items)


async def test_without_a_network_a_pick_waits_and_goes_on(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    items = some(photos, 6)
    async with running_core(tmp_path, photos) as core:
        name = await begun(core, photos, items)
        await until(lambda: core.picks.state(name)["items"] == 6)
        photos.faults.add("reset", times=None)
        await trio.sleep(1800)
        photos.faults.clear()
        core.picks.try_again()
        await until(lambda: core.picks.state(name)["state"] == "over")
        assert core.picks.state(name)["lost"] == 0


async def test_a_page_that_was_left_open_is_watched_again_after_a_restart(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    (item,) = some(photos, 1)
    async with running_core(tmp_path, photos) as core:
        name = (await core.picks.begin("Trip", TODAY))["name"]
    photos.picker.pick(photos.picker.youngest(), [item.id])
    async with running_core(tmp_path, photos) as core:
        await until(lambda: core.picks.state(name)["state"] == "over")
        assert list(await listing(core, "picked/Trip")) == [item.filename]


# --- removing -------------------------------------------------------------------------------------


def files_in(folder: Path) -> list[str]:
    return [name for _, _, names in os.walk(folder / "data/default/picked") for name in names]


async def test_removing_a_pick_deletes_its_bytes_and_nothing_else(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    both, one = [item for item in some(photos, 8) if not item.is_video][:2]
    seen = Seen()
    async with running_core(tmp_path, photos, seen=seen) as core:
        await picked(core, photos, [both], "stays")
        await picked(core, photos, [both, one], "goes")
        freed_bytes = await core.picks.remove("goes")
        assert list(await listing(core, "picked")) == ["stays"]
        shown = await listing(core, "media/all")
        assert await content(core, f"media/all/{both.filename}") == the_bytes(photos, both)
        with pytest.raises(errors.NoEntryError):
            await core.picks.remove("goes")

    assert freed_bytes == len(the_bytes(photos, one))
    assert len(files_in(tmp_path)) == 1
    assert both.filename in shown
    assert one.filename not in shown
    assert b"goes" in [name for _, name, _ in seen.vanished]


async def test_removing_a_pick_that_is_under_way_ends_its_session(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    photos.faults.add("stall", kind="media", bytes=100_000, times=None)
    async with running_core(tmp_path, photos) as core:
        name = await begun(core, photos, some(photos, 6))
        await until(lambda: core.picks.state(name)["size_bytes"])
        await core.picks.remove(name)
        assert core.picks.all() == []
        assert core.gauges()["picks"] == 0

    assert photos.picker.sessions == {}
    assert files_in(tmp_path) == []


async def test_a_removal_that_a_crash_interrupted_is_finished(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    both, one = [item for item in some(photos, 8) if not item.is_video][:2]
    async with running_core(tmp_path, photos) as core:
        await picked(core, photos, [both], "stays")
        name = await picked(core, photos, [both, one], "goes")
        row = picks.pick_named(core.store.read, name.encode())
        assert row is not None
        await core.store.write(picks.hide_pick, row)
        assert len(files_in(tmp_path)) == 2
    async with running_core(tmp_path, photos) as core:
        await trio.sleep(1)
        assert [pick["name"] for pick in core.picks.all()] == ["stays"]
        assert await content(core, f"picked/stays/{both.filename}") == the_bytes(photos, both)

    assert len(files_in(tmp_path)) == 1


async def test_another_client_id_leaves_the_picks_of_the_first_alone(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    (item,) = some(photos, 1)
    async with running_core(tmp_path, photos) as core:
        await picked(core, photos, [item], "first")
    former, photos.client = photos.client, photos.new_client()
    async with running_core(tmp_path, photos) as core:
        assert core.picks.all() == []
        await picked(core, photos, [item], "second")
        await core.picks.remove("second")
    photos.client = former
    async with running_core(tmp_path, photos) as core:
        assert await content(core, f"picked/first/{item.filename}") == the_bytes(photos, item)


# --- sign-in --------------------------------------------------------------------------------------


async def test_a_sign_in_without_the_picker_says_so(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    photos.client = photos.new_client((READ,))
    async with running_core(tmp_path, photos) as core:
        with pytest.raises(errors.PermissionRefusedError):
            await core.picks.begin("", TODAY)
        assert core.picks.all() == []


async def test_a_sign_in_for_the_picker_alone_shows_picks_and_asks_no_library(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    photos.client = photos.new_client((PICK,))
    (item,) = some(photos, 1)
    async with running_core(tmp_path, photos) as core:
        assert list(await listing(core, "albums")) == ["README.txt"]
        await picked(core, photos, [item])
        assert list(await listing(core, "media/all")) == [item.filename]
        assert list(await listing(core, "favorites")) == ["README.txt"]

    assert not [row for row in photos.log if "photoslibrary" in row.host]
