"""An open file's view of a blob."""

from typing import Protocol

from gphotosfs.blobs.blob import Blob
from gphotosfs.errors import DeadlineError


class Fetcher(Protocol):
    """What a reader needs of the cache."""

    buffer: memoryview

    async def bring(
        self, blob: Blob, offset: int, size: int, *, walking: bool
    ) -> bytearray | memoryview:
        """Bytes that are not at hand."""

    def closed(self, blob: Blob) -> None:
        """A reader of this blob went away."""

    def failed(self, blob: Blob, error: DeadlineError) -> None:
        """Remember for a moment that this blob can't be had."""


class BlobReader:
    """A handle on one version of a blob. Any number of tasks may read through it at once."""

    def __init__(self, fetcher: Fetcher, blob: Blob, size_bytes: int, *, walking: bool) -> None:
        self.size_bytes = size_bytes
        self._fetcher = fetcher
        self._blob = blob
        self._walking = walking
        self._is_open = True

    async def read(self, offset: int, size: int) -> bytes | bytearray | memoryview:
        """The bytes from offset on: as many as asked for, fewer only at the blob's end.

        What comes back may be a buffer that the next read of any handle uses again, so it must be
        consumed before anything else runs. If all is at hand, there is no checkpoint.

        Raises:
            ContentChangedError: what is missing can't be had any more, Google has a newer version.
            RemoteError: what is missing can't be had; the subclass says why.
        """
        size = min(size, self.size_bytes - offset)
        if size <= 0:
            return b""
        blob = self._blob
        blob.last_offset = offset
        for cursor in blob.cursors:
            cursor.follow(offset, offset + size)
        content = blob.at_hand(self._fetcher.buffer, offset, size)
        if content is not None:
            return content
        return await self._fetcher.bring(blob, offset, size, walking=self._walking)

    def gave_up(self) -> None:
        """A reader's own deadline passed: tries in the next seconds fail at once.

        The kernel asks again for a page whose read-ahead failed, which would double the wait.
        """
        self._fetcher.failed(self._blob, DeadlineError("the bytes did not come in time"))

    def close(self) -> None:
        """Let go of the blob. Closing twice is fine."""
        if self._is_open:
            self._is_open = False
            self._fetcher.closed(self._blob)
