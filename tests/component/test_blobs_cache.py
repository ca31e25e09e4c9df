"""The cache over a fake source: what is fetched, how often, and who waits for what."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, assert_no_checkpoints

from gphotosfs.blobs.cache import BlobCache
from gphotosfs.errors import (
    StoreError,
)
from gphotosfs.lanes import Lane
from gphotosfs.model import BlobSize
from tests.blob_world import KIB, MIB, World, whole
from tests.fake_source import Behaviour, film, photo, some_bytes

A, B = photo("a"), photo("b")
FILM = film("f")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "cache")


# --- photos -------------------------------------------------------------------------------------


async def test_a_photo_of_unknown_size_takes_a_head_and_a_rest(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(3 * MIB + 17)
    async with world.cache() as cache:
        assert await whole(cache, A, None, 128 * KIB) == content
    assert world.source.ranges == [(0, 256 * KIB), (256 * KIB, None)]
    assert world.source.sent_bytes == len(content)
    assert world.learned == [(A, BlobSize(len(content), False))]


@pytest.mark.parametrize("known", [True, False])
async def test_a_small_photo_takes_one_request(
    world: World, known: bool, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(256 * KIB)
    async with world.cache() as cache:
        assert await whole(cache, A, len(content) if known else None, 64 * KIB) == content
    assert len(world.source.log) == 1


async def test_a_photo_of_known_size_opens_without_a_request(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[A] = some_bytes(3 * MIB)
    async with world.cache() as cache:
        with assert_no_checkpoints():
            reader = await cache.open(A, 3 * MIB, is_video=False)
        assert reader.size_bytes == 3 * MIB
        reader.close()
    assert world.source.log == []
    assert world.learned == []


async def test_open_waits_for_the_headers_only(world: World, autojump_clock: MockClock) -> None:
    world.source.contents[A] = some_bytes(3 * MIB)
    world.source.piece_s = 10
    async with world.cache() as cache:
        reader = await cache.open(A, None, is_video=False)
        assert trio.current_time() == pytest.approx(world.source.first_byte_s)
        reader.close()


async def test_a_sniffer_fetches_one_block(world: World, autojump_clock: MockClock) -> None:
    world.source.contents[A] = some_bytes(3 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(A, None, is_video=False)
        await reader.read(0, 4 * KIB)
        await reader.read(0, 64 * KIB)
        reader.close()
        await trio.sleep(20)
    assert world.source.sent_bytes == 256 * KIB


async def test_a_sniffer_under_a_larger_kernel_read_ahead_fetches_two_blocks(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[A] = some_bytes(8 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(A, None, is_video=False)
        await reader.read(0, 416 * KIB)
        reader.close()
        await trio.sleep(20)
    assert world.source.sent_bytes == 512 * KIB


@pytest.mark.parametrize("known", [True, False])
async def test_a_walking_reader_takes_one_request_a_photo(
    world: World, known: bool, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(3 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(A, 3 * MIB if known else None, is_video=False, whole=True)
        read = [bytes(await reader.read(at, 128 * KIB)) for at in range(0, 3 * MIB, 128 * KIB)]
        reader.close()
    assert b"".join(read) == content
    assert world.source.ranges == [(0, None)]


async def test_reads_never_go_beyond_the_end(world: World, autojump_clock: MockClock) -> None:
    content = world.source.contents[A] = some_bytes(300 * KIB)
    async with world.cache() as cache:
        reader = await cache.open(A, None, is_video=False)
        assert bytes(await reader.read(290 * KIB, 128 * KIB)) == content[290 * KIB :]
        assert bytes(await reader.read(300 * KIB, 10)) == b""
        assert bytes(await reader.read(1 << 40, 10)) == b""
        reader.close()


async def test_an_empty_blob_is_read_without_a_request(
    world: World, autojump_clock: MockClock
) -> None:
    async with world.cache() as cache:
        assert await whole(cache, A, 0, 4 * KIB) == b""
    assert world.source.log == []


# --- again --------------------------------------------------------------------------------------


async def test_reading_again_costs_nothing_and_no_checkpoint(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(2 * MIB)
    async with world.cache() as cache:
        await whole(cache, A, None, 128 * KIB)
        requests = len(world.source.log)
        reader = await cache.open(A, None, is_video=False)
        with assert_no_checkpoints():
            assert await reader.read(100, 900 * KIB) == content[100 : 100 + 900 * KIB]
        reader.close()
    assert len(world.source.log) == requests


async def test_what_was_just_fetched_is_read_without_a_thread(
    world: World, autojump_clock: MockClock
) -> None:
    """It costs more than the read: on a line that is slower than the disk every read waits."""
    content = world.source.contents[FILM] = some_bytes(8 * MIB)
    async with world.cache() as cache:
        assert await whole(cache, FILM, len(content), 128 * KIB) == content

    assert world.in_threads["read"] == 0


async def test_reading_after_a_restart_costs_nothing(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(20 * MIB)
    async with world.cache() as cache:
        await whole(cache, A, None, 128 * KIB)
    requests = len(world.source.log)
    async with world.cache() as cache:
        assert cache.known_bytes(A) == 20 * MIB
        assert await whole(cache, A, None, 128 * KIB) == content
    assert len(world.source.log) == requests


# --- many readers -------------------------------------------------------------------------------


async def test_many_readers_cost_what_one_does(world: World, autojump_clock: MockClock) -> None:
    content = world.source.contents[A] = some_bytes(3 * MIB)
    results: list[bytes] = []

    async def reading(cache: BlobCache, step: int) -> None:
        results.append(await whole(cache, A, None, step))

    async with world.cache() as cache, trio.open_nursery() as nursery:
        for number in range(16):
            nursery.start_soon(reading, cache, (number + 1) * 32 * KIB)
    assert results == [content] * 16
    assert world.source.sent_bytes == len(content)
    assert len(world.source.log) == 2


async def test_a_cancelled_reader_spoils_nothing(world: World, autojump_clock: MockClock) -> None:
    content = world.source.contents[A] = some_bytes(3 * MIB)
    async with world.cache() as cache:
        first = await cache.open(A, 3 * MIB, is_video=False)
        second = await cache.open(A, 3 * MIB, is_video=False)
        results: list[bytes] = []

        async def reading() -> None:
            results.append(bytes(await second.read(0, MIB)))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(reading)
            with trio.move_on_after(0.01):
                await first.read(0, MIB)
            first.close()
        second.close()
    assert results == [content[:MIB]]
    assert len(world.source.log) == 1


async def test_a_cancelled_opener_spoils_nothing(world: World, autojump_clock: MockClock) -> None:
    world.source.contents[A] = some_bytes(3 * MIB)
    async with world.cache() as cache:
        with trio.move_on_after(0.01):
            await cache.open(A, None, is_video=False)
        reader = await cache.open(A, None, is_video=False)
        assert reader.size_bytes == 3 * MIB
        reader.close()
    assert len(world.source.log) == 1


async def test_a_fetch_nearly_done_is_finished_without_its_reader(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(2 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(A, 2 * MIB, is_video=False)
        with trio.move_on_after(0.065):
            await reader.read(0, MIB)
        reader.close()
        await trio.sleep(1)
        assert await whole(cache, A, None, MIB) == content
    assert len(world.source.log) == 1


async def test_a_large_fetch_without_a_reader_stops(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[A] = some_bytes(30 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(A, 30 * MIB, is_video=False)
        await reader.read(0, MIB)
        reader.close()
        await trio.sleep(10)
        assert cache.gauges()["cursors"] == 0
    assert world.source.sent_bytes < 3 * MIB


async def test_a_stalled_blob_does_not_hold_up_another(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[A] = world.source.contents[B] = content = some_bytes(MIB)
    world.source.behave = lambda request: Behaviour(stalls_after=0 if request.key == A else None)
    async with world.cache() as cache:

        async def stalled() -> None:
            await whole(cache, A, None, 64 * KIB)

        async with trio.open_nursery() as nursery:
            for _ in range(16):
                nursery.start_soon(stalled)
            await trio.sleep(1)
            started_s = trio.current_time()
            assert await whole(cache, B, None, 64 * KIB) == content
            assert trio.current_time() - started_s < 1
            nursery.cancel_scope.cancel()
        assert cache.gauges()["waiters"] == 0


# --- the mount's own fetches --------------------------------------------------------------------


async def test_a_prefetched_photo_is_read_without_waiting(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[A] = some_bytes(3 * MIB)
    async with world.cache() as cache:
        cache.prefetch(A, None)
        cache.prefetch(A, None)
        await trio.sleep(1)
        assert await whole(cache, A, None, 128 * KIB) == content
        cache.prefetch(A, None)
    assert world.source.ranges == [(0, None)]
    assert world.source.log[0].lane is Lane.BACKGROUND


async def test_prefetches_are_dropped_unless_somebody_came_for_them(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[A] = world.source.contents[B] = content = some_bytes(30 * MIB)
    async with world.cache() as cache:
        cache.prefetch(A, 30 * MIB)
        cache.prefetch(B, 30 * MIB)
        await trio.sleep(0.1)
        reader = await cache.open(B, None, is_video=False)
        cache.drop_prefetches()
        assert await reader.read(29 * MIB, MIB) == content[29 * MIB :]
        reader.close()
        await trio.sleep(10)
        assert cache.gauges()["cursors"] == 0
    assert sum(request.sent_bytes for request in world.source.log if request.key == A) < 15 * MIB


async def test_who_comes_soon_for_a_prefetch_that_was_dropped_finds_it_under_way(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[A] = content = some_bytes(30 * MIB)
    async with world.cache() as cache:
        cache.prefetch(A, 30 * MIB)
        await trio.sleep(0.1)
        cache.drop_prefetches()
        await trio.sleep(1)
        assert await whole(cache, A, 30 * MIB, MIB) == content
    assert world.source.ranges == [(0, None)]


async def test_gauges_go_back_to_zero(world: World, autojump_clock: MockClock) -> None:
    world.source.contents[A] = some_bytes(3 * MIB)
    world.source.contents[FILM] = some_bytes(30 * MIB)
    async with world.cache() as cache:
        await whole(cache, A, None, 128 * KIB)
        reader = await cache.open(FILM, None, is_video=True)
        await reader.read(0, 600 * KIB)
        await reader.read(20 * MIB, 600 * KIB)
        reader.close()
        reader.close()
        await trio.sleep(20)
        assert set(cache.gauges().values()) == {0}


async def test_nothing_is_fetched_once_the_cache_is_closed(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[A] = some_bytes(3 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(A, 3 * MIB, is_video=False)
    with pytest.raises(StoreError):
        await reader.read(0, 4 * KIB)
    reader.close()
