"""The block cache as a source: what is fetched whole takes what is there, and shares what is coming."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from gphotosfs.blobs.reader import BlobReader
from gphotosfs.model import BlobKey, Variant

_PIECE_BYTES: Final = 1 << 20
"""Read at a time: as much as the kernel asks for, so that windows grow as for a program."""


class Cache(Protocol):
    """What is needed of the cache."""

    async def open(
        self, key: BlobKey, known_bytes: int | None, *, is_video: bool, whole: bool
    ) -> BlobReader:
        """A reader whose length is exact."""


class ThroughCache:
    """Hands out one blob's bytes as a program would read them that reads to the end."""

    def __init__(self, cache: Cache, known_bytes: int | None) -> None:
        """`known_bytes` is the blob's length as far as it is known."""
        self._cache = cache
        self._known_bytes = known_bytes

    def open(
        self, key: BlobKey, start: int, end: int | None
    ) -> AbstractAsyncContextManager["_Reading"]:
        """The bytes from start up to end (exclusive; None: to the blob's end).

        Raises:
            RemoteError: they can't be had; the subclass says why.
            ContentChangedError: they changed twice while being asked for.
        """
        return self._opened(key, start, end)

    async def size(self, key: BlobKey) -> int | None:  # noqa: ARG002 - it serves one blob alone
        """The blob's length, if it is known."""
        return self._known_bytes

    @asynccontextmanager
    async def _opened(self, key: BlobKey, start: int, end: int | None) -> AsyncIterator["_Reading"]:
        is_video = key.variant is Variant.VIDEO
        reader = await self._cache.open(key, self._known_bytes, is_video=is_video, whole=True)
        try:
            yield _Reading(reader, start, end)
        finally:
            reader.close()


class _Reading:
    """A reader that has come to some place."""

    def __init__(self, reader: BlobReader, start: int, end: int | None) -> None:
        self.start = start
        self.total_bytes: int | None = reader.size_bytes
        self._reader = reader
        self._at = start
        self._end = reader.size_bytes if end is None else min(end, reader.size_bytes)

    async def readinto(self, buffer: memoryview) -> int:
        """Fill the front of the buffer; the number of bytes, 0 only at the end.

        Raises:
            RemoteError: no more bytes can be had; the subclass says why.
            ContentChangedError: the blob turned out to be another one.
        """
        size = min(len(buffer), _PIECE_BYTES, self._end - self._at)
        if size <= 0:
            return 0
        content = await self._reader.read(self._at, size)
        # At once: the next read of anybody may use the same memory.
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)
