"""Open files: the bytes of media items through the cache, and the few virtual ones."""

import itertools
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from gphotosfs import errors
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.lanes import Lane, in_lane
from gphotosfs.model import BlobKey, Inode, ItemId, MediaKind, Processing, original_of
from gphotosfs.views.sizes import Sizes
from gphotosfs.views.walks import Walks


class Reader(Protocol):
    """One version of a blob, open."""

    @property
    def size_bytes(self) -> int:
        """Its exact length."""

    async def read(self, offset: int, size: int) -> bytes | bytearray | memoryview:
        """The bytes from an offset; fewer than asked for only at the end."""

    def gave_up(self) -> None:
        """A read was waited for in vain: so are tries in the next seconds."""

    def close(self) -> None:
        """No more reads will come."""


class Blobs(Protocol):
    """The cache of bytes."""

    async def open(
        self, key: BlobKey, known_bytes: int | None, *, is_video: bool, whole: bool
    ) -> Reader:
        """A reader whose length is exact."""

    def prefetch(self, key: BlobKey, known_bytes: int | None) -> None:
        """Fetch a photo that nobody has asked for yet."""

    def drop_prefetches(self) -> None:
        """Nobody will ask for them."""


class Kept(Protocol):
    """The items whose bytes are here for good."""

    def has(self, item: ItemRow) -> bool:
        """Whether an item is one of them."""

    async def open(self, item: ItemRow) -> Reader | None:
        """A handle on the bytes of an item; None if it is none of them."""


class _Text:
    """A virtual file's bytes, made when it was opened so that length and content agree."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size_bytes = len(content)

    async def read(self, offset: int, size: int) -> bytes:
        return self._content[offset : offset + size]

    def gave_up(self) -> None:
        pass

    def close(self) -> None:
        pass


class _Handle:
    def __init__(self, reader: Reader, item: ItemRow | None, *, unattended: bool) -> None:
        self.reader = reader
        self.item = item
        self.unattended = unattended
        self.reached_end = False
        self.is_replaced = False
        """Whether the file shows other bytes by now."""

    def check(self) -> None:
        if self.is_replaced:
            raise errors.ContentChangedError("the file shows other bytes now")


class Files:
    """The open files of a mount, by handle."""

    def __init__(self, sizes: Sizes, blobs: Blobs, kept: Kept, walks: Walks) -> None:
        self._sizes = sizes
        self._kept = kept
        self._blobs = blobs
        self._walks = walks
        self._handles: dict[int, _Handle] = {}
        self._numbers = itertools.count(1)

    async def open(self, item: ItemRow, *, unattended: bool = False) -> int:
        """A handle for an item's bytes; its size is exact from here on.

        What is read `unattended`, for a thumbnail or a search, is in the lane of what nobody waits for,
        and part of no walk.

        Raises:
            NotReadyError: Google is still processing the video.
            CutOffError: it was picked, and its bytes did not come in time.
            RemoteError: the size could not be had; the subclass says why.
        """
        if (kept := await self._kept.open(item)) is not None:
            return self._opened(kept, item, unattended=unattended)
        if item.processing is not Processing.READY:
            raise errors.NotReadyError(f"Google is still at work on this video ({item.processing})")
        known_bytes = self._sizes.known(item)
        if not unattended and not self._walks.opened(item.inode):
            self._blobs.drop_prefetches()
        with _lane(unattended):
            reader = await self._blobs.open(
                item.blob,
                known_bytes,
                is_video=item.kind is MediaKind.VIDEO,
                whole=not unattended and self._walks.is_expected(item.inode),
            )
        return self._opened(reader, item, unattended=unattended)

    def open_text(self, content: bytes) -> int:
        """A handle for a virtual file."""
        return self._add(_Handle(_Text(content), None, unattended=False))

    async def read(self, handle: int, offset: int, size: int) -> bytes | bytearray | memoryview:
        """Bytes of an open file.

        Raises:
            RemoteError: they could not be had; the subclass says why.
            ContentChangedError: the file has other bytes now than when it was opened.
        """
        found = self._handles[handle]
        waits = True
        try:
            found.check()
            with _lane(found.unattended):
                data = await found.reader.read(offset, size)
            # What the kernel is given here would stand among the pages of the new bytes.
            found.check()
            waits = False
        except errors.GPhotosError:
            waits = False
            raise
        finally:
            if waits:  # the request's deadline has passed
                found.reader.gave_up()
        if offset + size >= found.reader.size_bytes and not found.reached_end:
            found.reached_end = True
            if not found.unattended:
                self._fetch_ahead(found.item)
        return data

    def close(self, handle: int) -> None:
        """Close a handle, whatever happened to it."""
        found = self._handles.pop(handle)
        found.reader.close()

    def replaced(self, inode: Inode, by: ItemId) -> None:
        """A file shows another item's bytes from now on: nothing more is read of others."""
        for handle in self._handles.values():
            item = handle.item
            if item is not None and original_of(item.inode) == inode and item.id != by:
                handle.is_replaced = True

    def renewed(self, item: ItemId) -> None:
        """An item has other bytes from now on: nothing more is read of the old ones."""
        for handle in self._handles.values():
            if handle.item is not None and handle.item.id == item:
                handle.is_replaced = True

    def gauges(self) -> dict[str, int]:
        """How much is open."""
        return {"open_files": len(self._handles)}

    def _opened(self, reader: Reader, item: ItemRow, *, unattended: bool) -> int:
        if reader.size_bytes != self._sizes.known(item):
            self._sizes.learn(item.blob, reader.size_bytes)
        return self._add(_Handle(reader, item, unattended=unattended))

    def _add(self, handle: _Handle) -> int:
        number = next(self._numbers)
        self._handles[number] = handle
        return number

    def _fetch_ahead(self, item: ItemRow | None) -> None:
        """Begin with the photos that a walking program comes to next."""
        if item is not None:
            self._walks.read_to_end(item.inode)
            for row in self._walks.ahead():
                if not self._kept.has(row):
                    self._blobs.prefetch(row.blob, self._sizes.known(row))


def _lane(unattended: bool) -> AbstractContextManager[None]:
    return in_lane(Lane.BACKGROUND) if unattended else nullcontext()
