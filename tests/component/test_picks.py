"""What a person picks appears in the tree, with its bytes here for good."""

from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.sign_in.oauth import PICK, READ
from tests.component.core_kit import content, everything_seen, listing, running_core, walk
from tests.component.google_kit import small_library, unix_now_s
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
