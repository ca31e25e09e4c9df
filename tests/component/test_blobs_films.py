"""Films in the cache: one stream for who watches, one range for who seeks."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.blob_world import KIB, MIB, World, whole
from tests.fake_source import film, photo, some_bytes

A = photo("a")
FILM = film("f")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "cache")


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
