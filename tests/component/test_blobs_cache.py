"""The cache over a fake source: what is fetched, how often, and what is kept."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, TypeVarTuple, Unpack

import pytest
import trio
import trio.testing

from gphotosfs.blobs.cache import BlobCache
from gphotosfs.model import BlobKey, BlobSize
from tests.fake_source import FakeSource, photo, some_bytes

KIB = 1024
MIB = 1024 * KIB
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def inline(function: Callable[[Unpack[Ts]], T], /, *args: *Ts) -> T:
    """Disk work on the spot: virtual time does not wait for threads."""
    await trio.lowlevel.checkpoint()
    return function(*args)


@dataclass
class World:
    """A cache folder, a source, and the caches that are started on them one after another."""

    folder: Path
    source: FakeSource = field(default_factory=FakeSource)
    learned: list[tuple[BlobKey, BlobSize]] = field(default_factory=list)
    now_s: float = 1_800_000_000.0
    limit_bytes: int = 1 << 30

    @asynccontextmanager
    async def cache(self, folder: Path | None = None) -> AsyncIterator[BlobCache]:
        cache = BlobCache(
            folder or self.folder,
            self.source,
            limit_bytes=self.limit_bytes,
            learned=lambda key, size: self.learned.append((key, size)),
            clock=lambda: self.now_s,
            blocking=inline,
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(cache.run)
            yield cache
            nursery.cancel_scope.cancel()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "cache")


async def whole(cache: BlobCache, key: BlobKey, known_bytes: int | None, step: int) -> bytes:
    """Read a blob from end to end, as `cp` does."""
    reader = await cache.open(key, known_bytes, is_video=key.variant == "dv")
    pieces = [
        bytes(await reader.read(offset, step)) for offset in range(0, reader.size_bytes, step)
    ]
    reader.close()
    return b"".join(pieces)


async def test_a_photo_of_unknown_size_takes_a_head_and_a_rest(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    content = world.source.contents[photo("a")] = some_bytes(3 * MIB + 17)
    async with world.cache() as cache:
        assert await whole(cache, photo("a"), None, 128 * KIB) == content
    assert world.source.ranges == [(0, 256 * KIB), (256 * KIB, None)]
    assert world.source.sent_bytes == len(content)
    assert world.learned == [(photo("a"), BlobSize(len(content), False))]


async def test_a_small_photo_takes_one_request(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    content = world.source.contents[photo("a")] = some_bytes(200 * KIB)
    async with world.cache() as cache:
        assert await whole(cache, photo("a"), None, 64 * KIB) == content
    assert len(world.source.log) == 1
