"""What is on the disk: crashes, damage, limits, trouble."""

import errno
import logging
import shutil
import sqlite3
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from gphotosfs.blobs.cache import BlobCache
from gphotosfs.model import BlobKey
from tests.blob_world import KIB, MIB, World, whole
from tests.fake_source import film, photo, some_bytes

A, B = photo("a"), photo("b")
FILM = film("f")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "cache")


def blob_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("blobs/*/*.blob"))


async def fill(world: World, *keys: BlobKey) -> None:
    """Read blobs whole in a life of their own."""
    async with world.cache() as cache:
        await fill_with(cache, *keys)


async def fill_with(cache: BlobCache, *keys: BlobKey) -> None:
    """Read blobs whole."""
    for key in keys:
        await whole(cache, key, None, 128 * KIB)


# --- crashes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment_s", [0.01, 0.1, 0.2, 0.5, 2.1, 2.3, 4.2])
async def test_a_crash_leaves_a_cache_that_is_right(
    world: World, tmp_path: Path, moment_s: float, autojump_clock: MockClock
) -> None:
    """The folder is copied as it is while a film is fetched, and used by another life."""
    content = world.source.contents[FILM] = some_bytes(60 * MIB)
    world.source.piece_s = 0.005
    copied = tmp_path / "copied"
    async with world.cache() as cache, trio.open_nursery() as nursery:
        nursery.start_soon(whole, cache, FILM, None, 128 * KIB)
        await trio.sleep(moment_s)
        shutil.copytree(world.folder, copied)
        nursery.cancel_scope.cancel()
    async with world.cache(copied) as cache:
        assert await whole(cache, FILM, 60 * MIB, 128 * KIB) == content


async def test_bytes_that_were_committed_survive_a_crash(
    world: World, tmp_path: Path, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(3 * MIB)
    async with world.cache() as cache:
        await whole(cache, A, None, 128 * KIB)
        await trio.sleep(3)
        shutil.copytree(world.folder, tmp_path / "copied")
    requests = len(world.source.log)
    async with world.cache(tmp_path / "copied") as cache:
        assert await whole(cache, A, None, 128 * KIB) == content
    assert len(world.source.log) == requests


async def test_files_that_no_row_knows_are_removed(world: World, autojump_clock: MockClock) -> None:
    world.source.contents[A] = some_bytes(MIB)
    await fill(world, A)
    kept = blob_files(world.folder)
    orphan = world.folder / "blobs" / "7f" / f"{'0' * 30}.blob"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left behind")
    async with world.cache():
        await trio.sleep(60)
    assert blob_files(world.folder) == kept


# --- damage -------------------------------------------------------------------------------------


async def test_a_damaged_block_is_fetched_again_and_never_served(
    world: World, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    content = world.source.contents[A] = some_bytes(3 * MIB)
    await fill(world, A)
    sent = world.source.sent_bytes
    [path] = blob_files(world.folder)
    with path.open("r+b") as file:
        file.seek(MIB + 5)
        file.write(b"\0\0\0")
    async with world.cache() as cache:
        assert await whole(cache, A, None, 128 * KIB) == content
    assert world.source.sent_bytes == sent + 256 * KIB
    assert caplog.text.count("was damaged") == 1
    async with world.cache() as cache:
        assert await whole(cache, A, None, 128 * KIB) == content
    assert world.source.sent_bytes == sent + 256 * KIB


@pytest.mark.parametrize("harm", ["cut", "gone"])
async def test_a_file_that_is_cut_or_gone_is_fetched_again(
    world: World, harm: str, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    content = world.source.contents[A] = some_bytes(3 * MIB)
    await fill(world, A)
    [path] = blob_files(world.folder)
    if harm == "cut":
        with path.open("r+b") as file:
            file.truncate(MIB)
    else:
        path.unlink()
    async with world.cache() as cache:
        assert await whole(cache, A, None, 128 * KIB) == content


async def test_a_damaged_index_is_set_aside(
    world: World, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    content = world.source.contents[A] = some_bytes(3 * MIB)
    await fill(world, A)
    index = world.folder / "blocks.db"
    index.write_bytes(b"This is not a database.".ljust(8192))
    async with world.cache() as cache:
        assert await whole(cache, A, None, 128 * KIB) == content
        await trio.sleep(60)
    assert (world.folder / "blocks.db.damaged").exists()
    assert len(blob_files(world.folder)) == 1
    assert caplog.text.count("set aside") == 1


async def test_an_index_of_another_format_is_emptied(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(MIB)
    await fill(world, A)
    connection = sqlite3.connect(world.folder / "blocks.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    async with world.cache() as cache:
        assert cache.known_bytes(A) is None
        assert await whole(cache, A, None, 128 * KIB) == content


# --- limits -------------------------------------------------------------------------------------


async def test_the_least_recently_used_photos_go_first(
    world: World, autojump_clock: MockClock
) -> None:
    world.limit_bytes = 10 * MIB
    keys = [photo(str(number)) for number in range(15)]
    for number, key in enumerate(keys):
        world.source.contents[key] = some_bytes(MIB, seed=number)
    async with world.cache() as cache:
        for key in keys:
            await whole(cache, key, None, 256 * KIB)
            world.now_s += 600
            await trio.sleep(10)
        assert cache.usage().bytes <= 10 * MIB
        known = [key for key in keys if cache.known_bytes(key) is not None]
    assert known == keys[-len(known) :]
    assert len(known) >= 8
    assert len(blob_files(world.folder)) == len(known)


async def test_a_walk_through_the_library_leaves_what_is_used_every_day(
    world: World, autojump_clock: MockClock
) -> None:
    world.limit_bytes = 10 * MIB
    daily = photo("daily")
    world.source.contents[daily] = some_bytes(MIB)
    async with world.cache() as cache:
        for _ in range(2):
            await whole(cache, daily, None, 256 * KIB)
            await trio.sleep(10)
            world.now_s += 600
        for number in range(12):
            key = photo(str(number))
            world.source.contents[key] = some_bytes(MIB, seed=number)
            await whole(cache, key, None, 256 * KIB)
            world.now_s += 60
            await trio.sleep(10)
        assert cache.known_bytes(daily) == MIB


async def test_a_film_larger_than_the_cache_is_played(
    world: World, autojump_clock: MockClock
) -> None:
    world.limit_bytes = 80 * MIB
    content = world.source.contents[FILM] = some_bytes(160 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(FILM, None, is_video=True)
        for offset in range(0, 160 * MIB, MIB):
            assert await reader.read(offset, MIB) == content[offset : offset + MIB]
            await trio.sleep(0.5)
        reader.close()
        await trio.sleep(10)
        assert cache.usage().bytes <= 80 * MIB
        requests = len(world.source.log)
        reader = await cache.open(FILM, None, is_video=True)
        assert await reader.read(0, MIB) == content[:MIB]
        reader.close()
        assert len(world.source.log) == requests
    async with world.cache() as cache:
        assert await whole(cache, FILM, None, MIB) == content


async def test_what_is_too_old_is_fetched_again(world: World, autojump_clock: MockClock) -> None:
    world.max_age_s = 3600
    world.source.contents[A] = some_bytes(MIB)
    await fill(world, A)
    requests = len(world.source.log)
    world.now_s += 1800
    await fill(world, A)
    assert len(world.source.log) == requests
    world.now_s += 3600
    await fill(world, A)
    assert len(world.source.log) > requests


async def test_what_becomes_too_old_is_dropped_unasked(
    world: World, autojump_clock: MockClock
) -> None:
    world.max_age_s = 3600
    world.source.contents[A] = some_bytes(MIB)
    await fill(world, A)
    async with world.cache():
        world.now_s += 4000
        await trio.sleep(120)
        assert blob_files(world.folder) == []


async def test_clearing_gives_the_space_back_and_leaves_readers_alone(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(3 * MIB)
    world.source.contents[B] = some_bytes(3 * MIB)
    await fill(world, A, B)
    async with world.cache() as cache:
        reader = await cache.open(A, None, is_video=False)
        assert await reader.read(0, MIB) == content[:MIB]
        assert await cache.clear() >= 6 * MIB
        assert cache.usage().bytes == 0
        assert blob_files(world.folder) == []
        assert bytes(await reader.read(0, 3 * MIB)) == content
        reader.close()
        assert await whole(cache, A, None, MIB) == content
        await trio.sleep(10)
        assert cache.usage().blobs == 1
    assert len(blob_files(world.folder)) == 1


# --- trouble ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
async def test_reads_go_on_without_the_disk(
    world: World, code: int, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    content = world.source.contents[FILM] = some_bytes(80 * MIB)
    world.source.contents[A] = some_bytes(MIB)
    async with world.cache() as cache:
        world.disk_error = OSError(code, "made up")
        assert await whole(cache, FILM, None, MIB) == content
        assert cache.gauges()["memory_bytes"] <= 64 * MIB
        assert cache.usage().degraded
        assert caplog.text.count("without the disk") >= 1
        world.disk_error = None
        await trio.sleep(40)
        assert cache.usage().degraded == ""
        await whole(cache, A, None, MIB)
        assert set(cache.gauges().values()) != {None}
        await trio.sleep(5)
        assert cache.usage().bytes >= MIB
        assert cache.gauges()["memory_bytes"] == 0


async def test_a_folder_that_cannot_be_made_is_done_without(
    world: World, tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    content = world.source.contents[A] = some_bytes(MIB)
    (tmp_path / "file").write_text("in the way")
    async with world.cache(tmp_path / "file" / "cache") as cache:
        assert await whole(cache, A, None, 128 * KIB) == content
        assert cache.usage().degraded
        assert await cache.clear() == 0
    assert "without the disk" in caplog.text


async def test_an_index_that_cannot_be_written_costs_nothing_but_the_next_start(
    world: World, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    content = world.source.contents[A] = some_bytes(MIB)
    async with world.cache() as cache:
        blocker = sqlite3.connect(world.folder / "blocks.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        assert await whole(cache, A, None, 128 * KIB) == content
        await trio.sleep(5)
        assert cache.usage().degraded
        blocker.execute("ROLLBACK")
        blocker.close()
        await trio.sleep(60)
        assert cache.usage().degraded == ""
        assert cache.usage().blobs == 1
        assert set(cache.gauges().values()) == {0}


async def test_disk_work_runs_in_threads_unless_told_otherwise(world: World) -> None:
    world.source.first_byte_s = world.source.piece_s = 0
    content = world.source.contents[A] = some_bytes(9 * MIB)
    cache = BlobCache(
        world.folder, world.source, limit_bytes=1 << 30, learned=lambda _key, _size: None
    )
    for _ in range(2):
        async with trio.open_nursery() as nursery:
            await nursery.start(cache.run)
            assert await whole(cache, A, None, 128 * KIB) == content
            nursery.cancel_scope.cancel()
    assert world.source.sent_bytes == len(content)


async def test_a_bug_in_the_care_of_the_disk_costs_the_cache_for_a_while_and_never_the_mount(
    world: World, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody has foreseen it: here there are no threads left."""
    content = world.source.contents[A] = some_bytes(MIB)
    async with world.cache() as cache:
        assert await whole(cache, A, None, 128 * KIB) == content
        world.disk_error = RuntimeError("can't start new thread")
        await trio.sleep(10)
        assert cache.usage().degraded
        world.disk_error = None
        await trio.sleep(60)
        assert not cache.usage().degraded
    assert caplog.text.count("bug in the care of the cache") == 1
    requests = len(world.source.log)
    async with world.cache() as cache:
        assert await whole(cache, A, None, 128 * KIB) == content
    assert len(world.source.log) == requests


async def test_a_folder_that_can_t_be_opened_at_first_is_used_as_soon_as_it_can(
    world: World, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    for key in (A, B, FILM):
        world.source.contents[key] = some_bytes(MIB)
    await fill(world, A)
    asked = len(world.source.log)
    world.folder_error = OSError(errno.ENOSPC, "No space left on device")
    async with world.cache() as cache:
        held = await cache.open(B, None, is_video=False)
        assert await held.read(0, MIB) == world.source.contents[B]
        await trio.sleep(120)
        assert cache.usage().degraded
        world.folder_error = None
        await trio.sleep(60)
        assert not cache.usage().degraded
        await fill_with(cache, FILM, A)
        held.close()
        await trio.sleep(10)
    assert A not in [request.key for request in world.source.log[asked:]]
    assert caplog.text.count("works without the disk") == 1
    requests = len(world.source.log)
    async with world.cache() as cache:
        await fill_with(cache, A, FILM)
    assert len(world.source.log) == requests
