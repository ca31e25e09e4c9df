"""Previews of photos of which Google makes none, since they were picked or lie in archives.

They are made here, from the whole original, and then kept in the block cache like those of Google's. So
they are the same at each time, whatever is left of a Picker session.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from gphotosfs.catalog import entries
from gphotosfs.catalog.store import Store
from gphotosfs.errors import PictureError
from gphotosfs.model import PREVIEW_MAX_PX, BlobKey, ItemId, MediaKind
from gphotosfs.views.files import Blobs
from gphotosfs.views.pictures import Pictures

IN_HAND: Final = 8
"""Some 5 MB: the cache asks for the head of a photo first, and then for the rest."""

PIECE_BYTES: Final = 1 << 20
"""Read at a time out of an original that is fetched for its preview."""

Make = Callable[[ItemId], Awaitable[bytes]]


async def made_here(store: Store, pictures: Pictures, blobs: Blobs, identity: ItemId) -> bytes:
    """The preview of an item, made of its original; what was picked and is not here yet is fetched.

    Raises:
        PictureError: the original is no picture that can be read.
        GPhotosError: the original can't be had; the subclass says why.
    """
    item = entries.item_with_id(store.read, identity)
    if item is None or item.kind is not MediaKind.PHOTO:
        raise PictureError("only photos have previews")
    preview = await pictures.of_original(item, PREVIEW_MAX_PX)
    if preview is None:
        reader = await blobs.open(item.blob, item.size_bytes, is_video=False, whole=True)
        try:
            for offset in range(0, reader.size_bytes, PIECE_BYTES):
                await reader.read(offset, PIECE_BYTES)
            preview = await pictures.of_original(item, PREVIEW_MAX_PX)
        finally:
            reader.close()
    if preview is None:
        raise PictureError("the original could not be kept for its preview to be made")
    return preview


class MadePreviews:
    """A source of bytes for the block cache: previews made of originals."""

    def __init__(self, make: Make, *, for_their_sizes: bool) -> None:
        """`make` gives an item's preview, the same bytes each time.

        `for_their_sizes` says whether one is made where only its length is asked for.
        """
        self._make = make
        self._for_their_sizes = for_their_sizes
        self._in_hand: OrderedDict[ItemId, bytes] = OrderedDict()

    def open(
        self, key: BlobKey, start: int, end: int | None
    ) -> AbstractAsyncContextManager["_Piece"]:
        """The bytes from start up to end (exclusive; None: to the preview's end).

        Raises:
            PictureError: the original is no picture that can be read.
            GPhotosError: the original can't be had; the subclass says why.
        """
        return self._opened(key, start, end)

    async def size(self, key: BlobKey) -> int | None:
        """The preview's length; None if it would have to be made for that.

        Raises:
            GPhotosError: it could not be made; the subclass says why.
        """
        if not self._for_their_sizes and key.item not in self._in_hand:
            return None
        return len(await self._preview(key.item))

    def forget(self, item: ItemId) -> None:
        """The original is another one now."""
        self._in_hand.pop(item, None)

    @asynccontextmanager
    async def _opened(self, key: BlobKey, start: int, end: int | None) -> AsyncIterator["_Piece"]:
        yield _Piece(await self._preview(key.item), start, end)

    async def _preview(self, item: ItemId) -> bytes:
        made = self._in_hand.get(item)
        if made is None:
            self._in_hand[item] = made = await self._make(item)
            if len(self._in_hand) > IN_HAND:
                self._in_hand.popitem(last=False)
        return made


class _Piece:
    """A preview's bytes from somewhere on."""

    def __init__(self, preview: bytes, start: int, end: int | None) -> None:
        self.start = start
        self.total_bytes: int | None = len(preview)
        self._left = memoryview(preview)[start:end]

    async def readinto(self, buffer: memoryview) -> int:
        """Fill the front of the buffer; the number of bytes, 0 only at the end."""
        piece = self._left[: len(buffer)]
        buffer[: len(piece)] = piece
        self._left = self._left[len(piece) :]
        return len(piece)
