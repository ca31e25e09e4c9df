"""The cache over a fake source: what is fetched, how often, and who waits for what."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, assert_no_checkpoints

from gphotosfs.blobs.cache import BlobCache
from gphotosfs.errors import (
    ContentChangedError,
    DeadlineError,
    OfflineError,
    ServerTroubleError,
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


# --- films --------------------------------------------------------------------------------------


async def test_a_film_read_from_end_to_end_is_one_stream(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[FILM] = some_bytes(40 * MIB)
    async with world.cache() as cache:
        assert await whole(cache, FILM, None, 128 * KIB) == content
    assert world.source.ranges == [(0, 256 * KIB), (256 * KIB, None)]
    assert world.source.sent_bytes == len(content)


async def test_a_film_that_is_watched_keeps_its_stream(
    world: World, autojump_clock: MockClock
) -> None:
    """A player that reads 1 MiB a second, far slower than the line."""
    world.source.contents[FILM] = some_bytes(60 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(FILM, None, is_video=True)
        for offset in range(0, 60 * MIB, 128 * KIB):
            await reader.read(offset, 128 * KIB)
            await trio.sleep(0.125)
        reader.close()
    assert len(world.source.log) == 2


async def test_the_window_stops_a_stream_that_nobody_follows(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[FILM] = some_bytes(60 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(FILM, None, is_video=True)
        for offset in range(0, MIB, 128 * KIB):
            await reader.read(offset, 128 * KIB)
        await trio.sleep(60)
        assert cache.gauges()["cursors"] == 0
        reader.close()
    assert world.source.sent_bytes < 12 * MIB


async def test_head_tail_head_of_a_film_takes_three_requests(
    world: World, autojump_clock: MockClock
) -> None:
    content = world.source.contents[FILM] = some_bytes(40 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(FILM, 40 * MIB, is_video=True)
        for offset in (0, 39 * MIB + 512 * KIB, 39 * MIB + 800 * KIB, 256 * KIB, 600 * KIB):
            assert await reader.read(offset, 128 * KIB) == content[offset : offset + 128 * KIB]
        reader.close()
    assert [start for start, _ in world.source.ranges] == [0, 39 * MIB + 512 * KIB, 256 * KIB]
    sent = world.source.sent_bytes
    assert sent < 8 * MIB


async def test_a_seek_costs_one_range(world: World, autojump_clock: MockClock) -> None:
    content = world.source.contents[FILM] = some_bytes(60 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(FILM, 60 * MIB, is_video=True)
        for offset in range(30 * MIB, 36 * MIB, 128 * KIB):
            assert await reader.read(offset, 128 * KIB) == content[offset : offset + 128 * KIB]
        reader.close()
    assert [start for start, _ in world.source.ranges] == [30 * MIB]


async def test_fifty_random_reads_fetch_fifty_blocks(
    world: World, autojump_clock: MockClock
) -> None:
    world.source.contents[FILM] = content = some_bytes(51 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(FILM, 51 * MIB, is_video=True)
        places = [(number * 37) % 50 * MIB for number in range(50)]
        for offset in places:
            assert await reader.read(offset, 64 * KIB) == content[offset : offset + 64 * KIB]
        reader.close()
        await trio.sleep(10)
    assert len(world.source.log) <= 50
    assert world.source.sent_bytes <= 50 * 256 * KIB


async def test_what_is_here_is_not_fetched_again(world: World, autojump_clock: MockClock) -> None:
    content = world.source.contents[FILM] = some_bytes(30 * MIB)
    async with world.cache() as cache:
        reader = await cache.open(FILM, 30 * MIB, is_video=True)
        for offset in (10 * MIB, 20 * MIB, 15 * MIB):
            await reader.read(offset, 64 * KIB)
        reader.close()
        await trio.sleep(10)
        assert await whole(cache, FILM, None, 128 * KIB) == content
    assert world.source.sent_bytes == len(content)


# --- servers that do as they like ---------------------------------------------------------------


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
        await trio.sleep(0.1)
        assert cache.gauges()["cursors"] == 1
        assert await reader.read(29 * MIB, MIB) == content[29 * MIB :]
        reader.close()
    assert sum(request.sent_bytes for request in world.source.log if request.key == A) < 15 * MIB


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
