"""Where an item's bytes are to be had at the moment."""

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from gphotosfs import errors
from gphotosfs.blobs.kept import KeptBlobs, KeptReader
from gphotosfs.blobs.source import Body, MediaSource
from gphotosfs.catalog import entries, picks
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.catalog.store import Store
from gphotosfs.model import BlobKey, ItemId, ItemSource, SessionId, Variant, is_preview
from gphotosfs.takeout.source import MemberReader

log = logging.getLogger(__name__)


class Sources:
    """A source of bytes that asks the Library, a Picker session that lives, or archives."""

    def __init__(
        self,
        store: Store,
        library: MediaSource,
        picked: Callable[[SessionId], MediaSource],
        takeout: MediaSource,
        previews: MediaSource,
    ) -> None:
        """`previews` makes those of items that the Library does not show."""
        self._store = store
        self._library = library
        self._picked = picked
        self._takeout = takeout
        self._previews = previews

    def open(self, key: BlobKey, start: int, end: int | None) -> AbstractAsyncContextManager[Body]:
        """The bytes from start up to end (exclusive; None: to the blob's end), as one request.

        Raises:
            CutOffError: they were picked, and the session has ended.
            RemoteError: there is no usable answer; the subclass says why.
        """
        return self._of(key).open(key, start, end)

    async def size(self, key: BlobKey) -> int | None:
        """The blob's length, with one request for no bytes; None if the server won't say.

        Raises:
            CutOffError: the item was picked, and the session has ended.
            RemoteError: there is no usable answer; the subclass says why.
        """
        return await self._of(key).size(key)

    def _of(self, key: BlobKey) -> MediaSource:
        source = entries.source_of(self._store.read, key.item)
        if source is None or source is ItemSource.LIBRARY:
            return self._library
        if key.variant is Variant.PREVIEW:
            return self._previews
        if source is ItemSource.TAKEOUT:
            return self._takeout
        session = picks.session_for(self._store.read, key.item)
        if session is None:
            raise errors.CutOffError(
                "the Picker session ended before these bytes were here; pick it again: gphotosfs pick"
            )
        return self._picked(session)


class KeptItems:
    """The items whose bytes are here for good: fetched after picking, or as they are in an archive."""

    def __init__(
        self,
        store: Store,
        kept: KeptBlobs,
        in_archives: Callable[[ItemId], MemberReader | None],
        lost: Callable[[], None],
    ) -> None:
        """`in_archives` gives a handle on bytes that lie in an archive as they are.

        `lost` is called when some that were kept have to be fetched again.
        """
        self._store = store
        self._kept = kept
        self._in_archives = in_archives
        self._lost = lost

    def has(self, item: ItemRow) -> bool:
        """Whether an item is one of them; a preview is none."""
        if is_preview(item.inode):
            return False
        if item.source is ItemSource.TAKEOUT:
            return self._in_archives(item.id) is not None
        return picks.kept_bytes(self._store.read, item.id) is not None

    async def open(self, item: ItemRow) -> KeptReader | MemberReader | None:
        """A handle on the bytes of an item; None if it is none of them.

        Raises:
            StoreError: its bytes are not here any more, and can't be had again.
        """
        if is_preview(item.inode):
            return None
        if item.source is ItemSource.TAKEOUT:
            return self._in_archives(item.id)
        size_bytes = picks.kept_bytes(self._store.read, item.id)
        if size_bytes is None:
            return None
        try:
            return await self._kept.open(item.blob, size_bytes)
        except errors.StoreError as exc:
            if item.source is not ItemSource.LIBRARY:
                raise
            log.warning("%s, and is fetched again", exc)
            await self._store.write(picks.forget_kept, item.bytes_of)
            self._lost()
            return None
