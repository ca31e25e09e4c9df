"""Open files: the bytes of media items through the cache, and the few virtual ones."""

import itertools
from collections import deque
from typing import Final, Protocol

from gphotosfs import errors
from gphotosfs.catalog import entries
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.catalog.store import Store
from gphotosfs.model import BlobKey, Inode, MediaKind, Processing
from gphotosfs.views.sizes import Sizes

WALK_AFTER: Final = 2
"""So many files read to their end, one behind the other in a directory, are a walk."""


class Reader(Protocol):
    """One version of a blob, open."""

    @property
    def size_bytes(self) -> int:
        """Its exact length."""

    async def read(self, offset: int, size: int) -> bytes | bytearray | memoryview:
        """The bytes from an offset; fewer than asked for only at the end."""

    def close(self) -> None:
        """No more reads will come."""


class Blobs(Protocol):
    """The cache of bytes."""

    async def open(
        self, key: BlobKey, known_bytes: int | None, *, is_video: bool, whole: bool
    ) -> Reader:
        """A reader whose length is exact."""


class _Text:
    """A virtual file's bytes, made when it was opened so that length and content agree."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size_bytes = len(content)

    async def read(self, offset: int, size: int) -> bytes:
        return self._content[offset : offset + size]

    def close(self) -> None:
        pass


class _Handle:
    def __init__(self, reader: Reader, item: ItemRow | None) -> None:
        self.reader = reader
        self.item = item
        self.reached_end = False


class Files:
    """The open files of a mount, by handle."""

    def __init__(self, store: Store, sizes: Sizes, blobs: Blobs) -> None:
        self._store = store
        self._sizes = sizes
        self._blobs = blobs
        self._handles: dict[int, _Handle] = {}
        self._numbers = itertools.count(1)
        self._read_whole: deque[Inode] = deque(maxlen=WALK_AFTER)

    async def open(self, item: ItemRow) -> int:
        """A handle for an item's bytes; its size is exact from here on.

        Raises:
            NotReadyError: Google is still processing the video.
            RemoteError: the size could not be had; the subclass says why.
        """
        if item.processing is not Processing.READY:
            raise errors.NotReadyError(f"Google is still at work on this video ({item.processing})")
        known_bytes = self._sizes.known(item)
        reader = await self._blobs.open(
            item.blob,
            known_bytes,
            is_video=item.kind is MediaKind.VIDEO,
            whole=self._is_walk(item.inode),
        )
        if reader.size_bytes != known_bytes:
            self._sizes.learn(item.blob, reader.size_bytes)
        return self._add(_Handle(reader, item))

    def open_text(self, content: bytes) -> int:
        """A handle for a virtual file."""
        return self._add(_Handle(_Text(content), None))

    async def read(self, handle: int, offset: int, size: int) -> bytes | bytearray | memoryview:
        """Bytes of an open file.

        Raises:
            RemoteError: they could not be had; the subclass says why.
            ContentChangedError: Google has another version now than when the file was opened.
        """
        found = self._handles[handle]
        data = await found.reader.read(offset, size)
        if offset + size >= found.reader.size_bytes:
            found.reached_end = True
        return data

    def close(self, handle: int) -> None:
        """Close a handle, whatever happened to it."""
        found = self._handles.pop(handle)
        found.reader.close()
        if found.item is not None and found.reached_end:
            self._read_whole.append(found.item.inode)

    def gauges(self) -> dict[str, int]:
        """How much is open."""
        return {"open files": len(self._handles)}

    def _add(self, handle: _Handle) -> int:
        number = next(self._numbers)
        self._handles[number] = handle
        return number

    def _is_walk(self, inode: Inode) -> bool:
        """Whether the last files read to their end stand right before this one in some directory."""
        if len(self._read_whole) < WALK_AFTER:
            return False
        expected = [*self._read_whole, inode]
        for directory, _ in entries.places(self._store.read, inode):
            ids = [entries.entry_id(self._store.read, directory, one) for one in expected]
            known = [one for one in ids if one is not None]
            if len(known) == len(expected) and known == sorted(known):
                return True
        return False
