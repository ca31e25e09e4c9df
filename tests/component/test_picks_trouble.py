"""Picks when something goes wrong, or is interrupted, or is removed."""

import os
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.catalog import picks
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import Seen, content, listing, running_core
from tests.component.picks_kit import (
    FOREIGN,
    TODAY,
    a_library_and_more,
    begun,
    picked,
    session_calls,
    some,
    the_bytes,
    until,
)

Clock = trio.testing.MockClock


@pytest.fixture
def photos() -> SimulatedGoogle:
    return a_library_and_more()


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
