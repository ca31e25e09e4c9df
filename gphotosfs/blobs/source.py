"""What the cache needs of whoever has the bytes."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from gphotosfs.model import BlobKey


class Body(Protocol):
    """The body of one answer, read as far as wanted; leaving its context closes it."""

    @property
    def start(self) -> int:
        """Where its first byte stands in the blob; 0 if the server ignored the range."""

    @property
    def total_bytes(self) -> int | None:
        """The length of the whole blob; None if the server did not say."""

    async def readinto(self, buffer: memoryview) -> int:
        """Fill the front of the buffer; the number of bytes, 0 only at the body's end.

        A body that breaks off before its promised end is continued by the source itself. One that
        began at 0 since the server ignored the range goes on behind the range's end, to the blob's.

        Raises:
            RemoteError: no more bytes can be had; the subclass says why.
            ContentChangedError: while continuing, the blob turned out to be another one.
        """


class MediaSource(Protocol):
    """Hands out the bytes of media items, wherever they come from."""

    def open(self, key: BlobKey, start: int, end: int | None) -> AbstractAsyncContextManager[Body]:
        """The bytes from start up to end (exclusive; None: to the blob's end), as one request.

        Entering waits for the answer's headers. A server may ignore the range: see `Body.start`.

        Raises:
            RemoteError: there is no usable answer; the subclass says why.
        """

    async def size(self, key: BlobKey) -> int | None:
        """The blob's length, with one request for no bytes; None if the server won't say.

        Raises:
            RemoteError: there is no usable answer; the subclass says why.
        """
