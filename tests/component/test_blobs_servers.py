"""The cache over a source that does as it likes: early ends, no lengths, bytes that changed."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from gphotosfs.errors import (
    ContentChangedError,
    DeadlineError,
    OfflineError,
    ServerTroubleError,
)
from gphotosfs.model import BlobSize
from tests.blob_world import KIB, MIB, World, whole
from tests.fake_source import Behaviour, film, photo, some_bytes

A, B = photo("a"), photo("b")
FILM = film("f")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "cache")


async def test_everything_instead_of_a_range_is_kept(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[FILM] = some_bytes(20 * MIB)
    world.source.behave = lambda _request: Behaviour(ignores_range=True)
    async with world.cache() as cache:
        reader = await cache.open(FILM, 20 * MIB, is_video=True)
        assert await reader.read(19 * MIB, 64 * KIB) == content[19 * MIB :][: 64 * KIB]
        for offset in range(0, 20 * MIB, MIB):
            assert await reader.read(offset, MIB) == content[offset : offset + MIB]
        reader.close()
    assert len(world.source.log) == 1
    assert world.source.sent_bytes == len(content)


async def test_a_head_answered_with_everything_is_read_on(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[FILM] = some_bytes(20 * MIB)
    world.source.behave = lambda _request: Behaviour(ignores_range=True)
    async with world.cache() as cache:
        assert await whole(cache, FILM, None, 128 * KIB) == content
    assert len(world.source.log) == 1


@pytest.mark.parametrize("size", [100 * KIB, 512 * KIB, 3 * MIB + 5])
async def test_without_a_length_open_waits_for_the_end(
    world: World, size: int, autojump_clock: MockClock
) -> None:
    content = world.source.contents[FILM] = some_bytes(size)
    world.source.behave = lambda _request: Behaviour(ignores_range=True, hides_length=True)
    async with world.cache() as cache:
        assert await whole(cache, FILM, None, 128 * KIB) == content
    assert len(world.source.log) == 1
    assert world.learned == [(FILM, BlobSize(size, False))]


async def test_without_a_length_the_end_of_the_range_says_nothing(
    world: World, autojump_clock: MockClock
) -> None:
    """As many bytes as asked for might be all or not: one more request tells."""
    content = world.source.contents[FILM] = some_bytes(256 * KIB)
    world.source.behave = lambda _request: Behaviour(ignores_range=True, hides_length=True)
    async with world.cache() as cache:
        assert await whole(cache, FILM, None, 128 * KIB) == content
    assert len(world.source.log) == 2


async def test_without_a_length_an_impatient_open_leaves_the_download_going(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[FILM] = some_bytes(3 * MIB)
    world.source.behave = lambda _request: Behaviour(ignores_range=True, hides_length=True)
    world.source.piece_s = 0.1
    async with world.cache() as cache:
        with trio.move_on_after(3) as patience:
            await cache.open(FILM, None, is_video=True)
        assert patience.cancelled_caught
        assert await whole(cache, FILM, None, 128 * KIB) == content
    assert len(world.source.log) == 1


async def test_an_answer_that_ends_early_is_an_error_and_not_kept(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(MIB)
    world.source.behave = lambda _request: Behaviour(stops_after=300 * KIB)
    async with world.cache() as cache:
        reader = await cache.open(A, MIB, is_video=False)
        with pytest.raises(ServerTroubleError):
            await reader.read(0, MIB)
        world.source.behave = lambda _request: Behaviour()
        cache.forget_failures()
        assert await reader.read(0, MIB) == content
        reader.close()
    assert world.source.ranges[1] == (256 * KIB, None)


async def test_a_failure_is_remembered_for_a_moment(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[A] = some_bytes(MIB)
    world.source.behave = lambda _request: Behaviour(error=OfflineError("no network"))
    async with world.cache() as cache:
        for _ in range(3):
            with pytest.raises(OfflineError):
                await cache.open(A, None, is_video=False)
        assert len(world.source.log) == 1
        await trio.sleep(6)
        world.source.behave = lambda _request: Behaviour()
        (await cache.open(A, None, is_video=False)).close()
    assert len(world.source.log) == 2


async def test_a_reader_that_gave_up_is_told_at_once_the_next_time(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[A] = some_bytes(MIB)
    world.source.behave = lambda _request: Behaviour(stalls_after=0)
    async with world.cache() as cache:
        reader = await cache.open(A, MIB, is_video=False)
        with trio.move_on_after(30):
            await reader.read(0, 128 * KIB)
        reader.gave_up()
        with pytest.raises(DeadlineError):
            await reader.read(0, 4 * KIB)
        assert trio.current_time() == pytest.approx(30)
        reader.close()


async def test_a_bug_in_a_fetch_is_told_to_its_reader_alone(
    world: World, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    world.source.contents[B] = some_bytes(MIB)
    async with world.cache() as cache:
        with pytest.raises(Exception, match="a bug"):
            await cache.open(A, None, is_video=False)
        (await cache.open(B, None, is_video=False)).close()
    assert "bug in a fetch" in caplog.text


# --- versions -----------------------------------------------------------------------------------


async def test_a_changed_blob_is_stale_to_its_reader_and_new_to_others(
    world: World, autojump_clock: MockClock
) -> None:
    old = world.source.contents[A] = some_bytes(3 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(A, None, is_video=False)
        await reader.read(0, 64 * KIB)
        new = world.source.contents[A] = some_bytes(2 * MIB, seed=1)
        with pytest.raises(ContentChangedError):
            await reader.read(MIB, 64 * KIB)
        assert await reader.read(0, 64 * KIB) == old[: 64 * KIB]
        assert await whole(cache, A, 3 * MIB, 128 * KIB) == new
        reader.close()
    assert world.learned == [(A, BlobSize(3 * MIB, False)), (A, BlobSize(2 * MIB, True))]
    async with world.cache() as cache:
        assert await whole(cache, A, None, 128 * KIB) == new


async def test_a_length_that_was_probed_elsewhere_ends_the_old_version(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[A] = some_bytes(MIB)
    async with world.cache() as cache:
        await whole(cache, A, None, 128 * KIB)
    new = world.source.contents[A] = some_bytes(2 * MIB, seed=1)
    async with world.cache() as cache:
        cache.note_size(A, MIB)
        assert cache.known_bytes(A) == MIB
        cache.note_size(A, 2 * MIB)
        assert await whole(cache, A, 2 * MIB, 128 * KIB) == new
