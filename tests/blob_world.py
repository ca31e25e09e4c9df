"""A cache on a fake source, started and stopped as a test likes, in virtual time."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, TypeVarTuple, Unpack

import trio

from gphotosfs.blobs.cache import BlobCache
from gphotosfs.model import BlobKey, BlobSize
from tests.fake_source import FakeSource

KIB = 1024
MIB = 1024 * KIB
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@dataclass
class World:
    """A cache folder, a source, and the caches that are started on them one after another."""

    folder: Path
    source: FakeSource = field(default_factory=FakeSource)
    learned: list[tuple[BlobKey, BlobSize]] = field(default_factory=list)
    now_s: float = 1_800_000_000.0
    limit_bytes: int = 1 << 30
    max_age_s: float | None = None
    disk_error: Exception | None = None
    """What every write of a block meets, and every commit."""
    folder_error: OSError | None = None
    """What everybody meets who opens the folder."""

    in_threads: Counter[str] = field(default_factory=Counter)
    """What was left to threads, by the name of the function."""

    async def blocking(self, function: Callable[[Unpack[Ts]], T], /, *args: *Ts) -> T:
        """Disk work on the spot: virtual time does not wait for threads."""
        await trio.lowlevel.checkpoint()
        self.in_threads[getattr(function, "__name__", "")] += 1
        if self.disk_error is not None and getattr(function, "__name__", "") == "write":
            raise self.disk_error
        if self.folder_error is not None and getattr(function, "__name__", "") == "_open":
            raise self.folder_error
        return function(*args)

    @asynccontextmanager
    async def cache(self, folder: Path | None = None) -> AsyncIterator[BlobCache]:
        cache = BlobCache(
            folder or self.folder,
            self.source,
            limit_bytes=self.limit_bytes,
            learned=lambda key, size: self.learned.append((key, size)),
            clock=lambda: self.now_s,
            blocking=self.blocking,
            max_age_s=self.max_age_s,
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(cache.run)
            yield cache
            nursery.cancel_scope.cancel()


async def whole(cache: BlobCache, key: BlobKey, known_bytes: int | None, step: int) -> bytes:
    """Read a blob from end to end, as `cp` does."""
    reader = await cache.open(key, known_bytes, is_video=key.variant == "dv")
    pieces = [
        bytes(await reader.read(offset, step)) for offset in range(0, reader.size_bytes, step)
    ]
    reader.close()
    return b"".join(pieces)
