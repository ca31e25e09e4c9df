"""Items made small, the cheapest way there is: from bytes that are here, else scaled by Google."""

import io
import logging
from collections.abc import Mapping
from typing import Final, Protocol

import trio

from gphotosfs import errors, pictures
from gphotosfs.blobs.source import MediaSource
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.model import (
    BlobKey,
    ItemSource,
    MediaKind,
    Picture,
    Processing,
    Variant,
)
from gphotosfs.views.files import Kept, Reader

log = logging.getLogger(__name__)

SCALED_MAX_BYTES: Final = 4 << 20
"""Google's picture of 1,024 pixels has some 200 KB; what is larger than this is none."""

UNPACKED_MAX_BYTES: Final = 128 << 20
"""A deflated original is unpacked in memory to be made small; cameras' largest photos fit in."""

DECODED_AT_ONCE: Final = 2
"""One decoded original takes up to some 100 MB, and a machine has other work than thumbnails."""

PIECE_BYTES: Final = 1 << 18
"""Read at a time out of an original; an embedded preview is within the first one."""

_SIZES: Final[Mapping[MediaKind, Mapping[int, Variant]]] = {
    MediaKind.PHOTO: {
        256: Variant.PICTURE_256, 512: Variant.PICTURE_512, 1024: Variant.PICTURE_1024,
    },
    MediaKind.VIDEO: {
        256: Variant.STILL_256, 512: Variant.STILL_512, 1024: Variant.STILL_1024,
    },
}  # fmt: skip


def scaled(kind: MediaKind, longest_px: int) -> Variant:
    """What Google is asked for: its smallest picture that is large enough, if there is one."""
    sizes = _SIZES[kind]
    return sizes[min((size for size in sizes if size >= longest_px), default=max(sizes))]


class Cache(Protocol):
    """The cache of bytes."""

    def whole(self, key: BlobKey) -> Reader | None:
        """A handle on a photo whose every byte is here; None if some would have to be fetched."""


class Pictures:
    """Makes items small. Any number of tasks may ask; few originals are decoded at a time."""

    def __init__(self, source: MediaSource, kept: Kept, cache: Cache) -> None:
        self._source = source
        self._kept = kept
        self._cache = cache
        self._decoding = trio.CapacityLimiter(DECODED_AT_ONCE)
        self._under_way = 0
        self._made_of_originals = 0
        self._had_from_google = 0

    async def picture(self, item: ItemRow, longest_px: int) -> Picture:
        """An item, its longest side of about so many pixels.

        Raises:
            PictureError: there is none: no still of a film in an archive, or a damaged photo.
            NotReadyError: Google is still processing the video.
            RemoteError: Google's could not be had; the subclass says why.
        """
        self._under_way += 1
        try:
            content = await self._smallest(item, longest_px)
        finally:
            self._under_way -= 1
        return Picture(content, item.mime_type, item.width, item.height)

    async def of_original(self, item: ItemRow, longest_px: int) -> bytes | None:
        """A JPEG made of the original, without asking anybody; None if that is not here.

        Raises:
            PictureError: it is no picture that can be read.
            ArchiveError: the archive that holds it can't be read.
        """
        if item.kind is MediaKind.VIDEO:
            return None
        async with self._decoding:
            reader = await self._kept.open(item) or self._cache.whole(item.blob)
            if reader is not None:
                try:
                    content = await _scaled(_InThread(reader), longest_px)
                finally:
                    reader.close()
            elif item.source is ItemSource.TAKEOUT:
                packed = io.BytesIO(await self._whole(item.blob, UNPACKED_MAX_BYTES))
                content = await _scaled(packed, longest_px)
            else:
                return None
        self._made_of_originals += 1
        return content

    def status(self) -> dict[str, int]:
        """Where pictures came from since the start."""
        return {
            "made_of_originals": self._made_of_originals,
            "had_from_google": self._had_from_google,
        }

    def gauges(self) -> dict[str, int]:
        """How much is under way."""
        return {"pictures": self._under_way}

    async def _smallest(self, item: ItemRow, longest_px: int) -> bytes:
        is_googles = item.source is not ItemSource.TAKEOUT
        try:
            content = await self.of_original(item, longest_px)
        except errors.PictureError as exc:
            if not is_googles:
                raise
            # Google reads formats that we don't.
            log.debug("the original of %s can't be made small: %s", item.inode, exc)
            content = None
        if content is not None:
            return content
        if not is_googles:
            raise errors.PictureError("there is no still of a film in an archive")
        if item.processing is not Processing.READY:
            raise errors.NotReadyError("Google is still at work on this video")
        key = BlobKey(item.id, scaled(item.kind, longest_px))
        content = await self._whole(key, SCALED_MAX_BYTES)
        self._had_from_google += 1
        return content

    async def _whole(self, key: BlobKey, most_bytes: int) -> bytes:
        """All bytes of a blob.

        Raises:
            PictureError: there are more than `most_bytes`.
            RemoteError: they can't be had; the subclass says why.
        """
        content, buffer = bytearray(), memoryview(bytearray(PIECE_BYTES))
        async with self._source.open(key, 0, None) as body:
            while count := await body.readinto(buffer):
                content += buffer[:count]
                if len(content) > most_bytes:
                    raise errors.PictureError(f"a picture of more than {most_bytes} bytes")
        return bytes(content)


async def _scaled(original: io.RawIOBase | io.BytesIO, longest_px: int) -> bytes:
    file = original if isinstance(original, io.BytesIO) else _buffered(original)
    return await trio.to_thread.run_sync(pictures.scaled_jpeg, file, longest_px)


def _buffered(original: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(original, PIECE_BYTES)


class _InThread(io.RawIOBase):
    """An open original as a file, for a worker thread: each read runs on the event loop."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._reader.size_bytes}
        self._at = max(0, starts[whence] + offset)
        return self._at

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # io asks no less
        piece = trio.from_thread.run(self._piece, len(buffer))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    async def _piece(self, size: int) -> bytes:
        # Copied: the reader's next caller may be handed the same buffer.
        return bytes(await self._reader.read(self._at, size))
