"""Pins when something goes wrong, or is interrupted: what is pinned stays so, and goes on."""

import errno
import logging
import os
from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs.app.core import Core
from gphotosfs.blobs.eviction import Limits, room_bytes
from gphotosfs.catalog import pins
from gphotosfs.config import Amount
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.views.pins import tidied
from tests.component.core_kit import byte_requests, content, listing, running_core
from tests.component.picks_kit import until
from tests.component.pins_kit import (
    State,
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
)

Clock = trio.testing.MockClock


@pytest.fixture
def photos() -> SimulatedGoogle:
    return a_library()


async def stuck(core: Core, path: str) -> State:
    """Wait until something holds up everything."""
    while not (found := await state(core, path))["obstacle"]:
        await trio.sleep(0.5)
    return found


# --- the network ---------------------------------------------------------------------------------


async def test_without_a_network_a_pin_waits_and_goes_on_by_itself(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        photos.faults.add("reset", times=None)
        await begun(core, "media/all")
        found = await stuck(core, "media/all")
        assert (found["obstacle"], found["state"], found["here"]) == ("network", "fetching", 0)
        assert found["problem"]
        await trio.sleep(3600)
        photos.faults.clear()
        photos.log.clear()
        await here(core, "media/all")
        found = await state(core, "media/all")

    assert (found["problem"], found["obstacle"]) == ("", "")
    assert byte_requests(photos) == 40


async def test_a_directory_that_was_never_listed_is_listed_when_the_network_is_back(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    photos.faults.add("reset", times=None)
    async with running_core(tmp_path, photos) as core:
        await begun(core, "favorites")
        found = await stuck(core, "favorites")
        assert (found["state"], found["obstacle"], found["items"]) == ("listing", "network", 0)
        await trio.sleep(600)
        photos.faults.clear()
        await here(core, "favorites")
        assert (await state(core, "favorites"))["items"] > 0


async def test_a_retry_storm_is_none(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        photos.faults.add("status", kind="media", status=503, times=None)
        await begun(core, "media/all")
        await trio.sleep(600)
        photos.log.clear()
        await trio.sleep(3600)

    assert byte_requests(photos) < 40 * 30, "an hour of it"


@pytest.mark.parametrize("effect", ["reset", "truncate", "wrong_length", "html"])
async def test_broken_answers_are_asked_for_again(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock, effect: str
) -> None:
    photos.faults.add(effect, kind="media", times=6, bytes=70_000)  # type: ignore[arg-type]
    async with running_core(tmp_path, photos) as core:
        await pinned(core, "media/all")
        assert sorted((await contents(core, "media/all")).values()) == all_bytes(photos)


async def test_a_photo_that_can_not_be_had_holds_up_no_other(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        photos.world.remove_item(next(iter(photos.world.items())).id)
        await begun(core, "media/all")
        await trio.sleep(200)
        found = await state(core, "media/all")
        photos.log.clear()
        await trio.sleep(600)

    assert (found["here"], found["failed"], found["obstacle"]) == (39, 1, "")
    assert "no longer" in found["problem"]
    assert len(photos.log) < 10, "it was asked for without a pause"


async def test_a_film_that_is_still_processed_is_waited_for(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    film = next(item for item in photos.world.items() if item.is_video)
    photos.world.edit_item(film.id, status="PROCESSING")
    async with running_core(tmp_path, photos) as core:
        await begun(core, "videos")
        await trio.sleep(100)
        assert (await state(core, "videos"))["failed"] == 1
        photos.world.edit_item(film.id, status="READY")
        await trio.sleep(4000)
        await here(core, "videos")


# --- the quota -----------------------------------------------------------------------------------


@pytest.mark.parametrize("is_watched, share", [(True, 0.95), (False, 0.8)])
async def test_a_pin_takes_its_share_of_the_days_quota(
    tmp_path: Path,
    photos: SimulatedGoogle,
    autojump_clock: Clock,
    is_watched: bool,
    share: float,
) -> None:
    """What nobody waits for leaves a fifth of the day, a command that does only the reserve."""
    async with running_core(tmp_path, photos, quota_byte_requests=20) as core:
        await listing(core, "media/all")
        top = await core.tree.resolve("media/all")
        await core.store.write(pins.begin_pin, top, "media/all", 0)
    photos.log.clear()
    async with running_core(tmp_path, photos, quota_byte_requests=20) as core:
        while (await state(core, "media/all"))["obstacle"] != "quota":
            if is_watched:
                core.pins.states([])
            await trio.sleep(0.5)
        used = 20 - core.google.status().byte_requests_left

    assert used == byte_requests(photos) == 20 * share


# --- the disk ------------------------------------------------------------------------------------


async def test_what_does_not_fit_comes_when_there_is_room(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    """The share that stays free is as large as the disk: nothing fits besides."""
    async with running_core(tmp_path, photos, cache_min_free=Amount(share=1.0)) as core:
        await begun(core, "media/all")
        found = await stuck(core, "media/all")
        assert (found["obstacle"], found["here"]) == ("disk", 0)
        assert "no room" in found["problem"]
        assert byte_requests(photos) == 0
    async with running_core(tmp_path, photos) as core:
        await here(core, "media/all")


async def test_a_disk_that_refuses_is_told_and_tried_again(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    (tmp_path / "data").mkdir()
    async with running_core(tmp_path, photos) as core:
        folder = core.kept._folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.write_text("in the way")
        await begun(core, "favorites")
        found = await stuck(core, "favorites")
        assert found["obstacle"] == "disk"
        assert os.strerror(errno.ENOTDIR) in found["problem"]
        folder.unlink()
        await here(core, "favorites")


# --- ends ----------------------------------------------------------------------------------------


async def test_a_download_that_was_cut_short_goes_on_after_a_restart(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    film = next(item for item in photos.world.items() if item.is_video)
    path, total = f"videos/{film.filename}", len(the_bytes(photos, film))
    async with running_core(tmp_path, photos) as core:
        await listing(core, "videos")
        photos.faults.add("stall", kind="redirected", bytes=2 << 20)
        await begun(core, path)
        while (await state(core, path))["size_bytes"] < 1 << 20:
            await trio.sleep(0.1)
        await trio.sleep(3)
    photos.log.clear()
    async with running_core(tmp_path, photos) as core:
        await here(core, path)
        assert await content(core, path) == the_bytes(photos, film)

    assert bytes_sent(photos) <= total - (2 << 20) + (256 << 10)


async def test_an_unpinning_that_was_cut_short_is_finished_after_a_restart(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        await pinned(core, "favorites")
        (pin,) = pins.pins(core.store.read)
        await core.store.write(pins.hide_pin, pin)
    assert kept_in(tmp_path)
    async with running_core(tmp_path, photos) as core:
        await until(lambda: not pins.pins(core.store.read))
        assert kept_in(tmp_path) == []


async def test_a_file_that_was_lost_from_the_disk_is_fetched_again(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    item = next(item for item in photos.world.items() if not item.is_video)
    path = f"media/all/{item.filename}"
    async with running_core(tmp_path, photos) as core:
        await pinned(core, path)
        (file,) = kept_in(tmp_path)
        file.unlink()
        assert await content(core, path) == the_bytes(photos, item)
        await trio.sleep(10)
        await here(core, path)
        assert len(kept_in(tmp_path)) == 1
        assert bytes_sent(photos) <= 2 * len(the_bytes(photos, item))


async def test_a_crash_between_a_file_and_its_note_costs_nothing(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    async with running_core(tmp_path, photos) as core:
        await pinned(core, "favorites")
        await core.store.write(lambda db: db.execute("DELETE FROM kept").rowcount)
    photos.log.clear()
    async with running_core(tmp_path, photos) as core:
        await here(core, "favorites")
        assert (await state(core, "favorites"))["items"] == len(kept_in(tmp_path))

    assert byte_requests(photos) == 0


def test_the_cache_makes_room_for_what_is_pinned(tmp_path: Path) -> None:
    def room(taken_bytes: int, limits: Limits) -> int:
        return room_bytes(tmp_path, tmp_path, limits, taken_bytes)

    reserved, taken_bytes = 1 << 40, 1 << 50
    free = room(0, Limits(limit_bytes=0))
    # Others write to this disk meanwhile.
    nearly = 1 << 38
    assert abs(room(taken_bytes, Limits(0)) - free - taken_bytes) < nearly
    assert abs(room(0, Limits(0, min_free_bytes=reserved)) - free + reserved) < nearly


@pytest.mark.parametrize(
    "given, path",
    [
        ("", ""),
        ("/", ""),
        ("albums//Rome/", "albums/Rome"),
        ("//a", "a"),
        ("./a/../b", "b"),
        (".gphotosfs", ".gphotosfs"),
    ],
)
def test_a_path_has_one_form(given: str, path: str) -> None:
    assert tidied(given) == path


async def test_a_catalogue_that_can_t_be_read_for_a_while_ends_neither_pins_nor_the_mount(
    tmp_path: Path,
    photos: SimulatedGoogle,
    autojump_clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Everything that lives as long as the mount looks things up, whoever asks for it."""
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        await begun(core, "media/all")
        core.store.read.set_progress_handler(lambda: 1, 1)
        await trio.sleep(3600)
        core.store.read.set_progress_handler(None, 1)
        await here(core, "media/all")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
