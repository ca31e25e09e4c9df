"""A body that is read piece by piece, and continued where the connection breaks."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import httpx
import trio

from gphotosfs.errors import (
    BadAnswerError,
    ContentChangedError,
    ServerTroubleError,
)
from gphotosfs.google.transport.answer import Answer
from gphotosfs.google.transport.closing import finish, give_up

# A connection that is silent for this long is broken; below the 30 s that a system call may take, so
# that its reader still gets bytes from another one.
STALL_S: Final = 12.0
# A broken body is continued once per such progress, so that no server can keep us in a circle.
PROGRESS_BYTES: Final = 256 * 2**10

Open = Callable[[int, int | None], AbstractAsyncContextManager[Answer]]
"""Asks for the bytes from a start up to an end (exclusive; None: to the blob's end)."""


class GoogleBody:
    """The bytes from a start on. One task at a time may use it."""

    def __init__(
        self,
        opened: Open,
        end: int | None,
        passed: Callable[[int], Awaitable[None]],
        *,
        stall_s: float = STALL_S,
    ) -> None:
        """`passed` is told how many bytes came, and returns when the next ones may be taken."""
        self._opened = opened
        self._stall_s = stall_s
        self._passed = passed
        self._end = end
        self._context: AbstractAsyncContextManager[Answer] | None = None
        self._answer: Answer | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._left = memoryview(b"")
        self._received = 0
        self._has_begun = False
        self._skip_bytes = 0
        self._continued_at: int | None = None
        self.start = 0
        self.total_bytes: int | None = None

    async def begin(self, start: int) -> None:
        """Ask for the first time; waits for the headers.

        Raises:
            RemoteError: there is no usable answer; the subclass says why.
        """
        answer = await self._ask(start)
        self.start = self._received = answer.start
        self.total_bytes = answer.total_bytes

    async def readinto(self, buffer: memoryview) -> int:
        """Fill the front of the buffer; the number of bytes, 0 only at the body's end.

        Raises:
            RemoteError: no more bytes can be had; the subclass says why.
            ContentChangedError: while continuing, the blob turned out to be another one.
        """
        while not self._left:
            if not await self._receive():
                return 0
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    async def aclose(self) -> None:
        """Give up whatever has not been read."""
        chunks, self._chunks = self._chunks, None
        context, self._context = self._context, None
        try:
            if chunks is not None and self._has_begun:
                if self._received == self._expected_end():
                    await finish(chunks)
                await give_up(chunks)
        finally:
            # Whoever reads may be cancelled just here; the answer's slot must be given back.
            if context is not None:
                await context.__aexit__(None, None, None)

    async def _ask(self, start: int) -> Answer:
        context = self._opened(start, self._end)
        answer = await context.__aenter__()
        self._context, self._answer = context, answer
        self._chunks = answer.response.aiter_raw()
        self._has_begun = False
        return answer

    async def _receive(self) -> bool:
        """Wait for more bytes; False at the body's end."""
        if self._chunks is None or self._answer is None:
            raise ServerTroubleError("the bytes broke off and could not be had again")
        if self._answer.start == self._answer.end:
            return False  # the page that comes with a 416
        expected = self._expected_end()
        chunk, cause = b"", None
        self._has_begun = True
        with trio.move_on_after(self._stall_s) as patience:
            try:
                chunk = await anext(self._chunks, b"")
            except httpx.TransportError as exc:
                cause = exc
        if chunk:
            self._take(chunk, expected)
            await self._passed(len(chunk))
            return True
        # Read even behind the last byte: only then can the connection be used again.
        if expected is not None and self._received >= expected:
            return False
        if expected is None and cause is None and not patience.cancelled_caught:
            if self._received == 0:
                raise BadAnswerError("an answer came without a single byte")
            self.total_bytes = self._received
            return False
        await self._continue(cause)
        return True

    def _take(self, chunk: bytes, expected: int | None) -> None:
        skipped = min(self._skip_bytes, len(chunk))
        self._skip_bytes -= skipped
        self._received += len(chunk) - skipped
        if expected is not None and self._received > expected:
            raise BadAnswerError("more bytes came than were promised")
        self._left = memoryview(chunk)[skipped:]

    def _expected_end(self) -> int | None:
        """Where the bytes end that can be expected of this answer and those that continue it."""
        assert self._answer is not None
        if self._answer.start == 0 and self._answer.response.status_code == 200:
            return self._answer.end
        if self.total_bytes is None:
            return self._answer.end
        return self.total_bytes if self._end is None else min(self._end, self.total_bytes)

    async def _continue(self, cause: Exception | None) -> None:
        """Ask again from where the bytes ended."""
        before = self._continued_at
        if self.total_bytes is None or (
            before is not None and self._received - before < PROGRESS_BYTES
        ):
            raise ServerTroubleError("the bytes broke off, more than once") from cause
        self._continued_at = self._received
        await self.aclose()
        answer = await self._ask(self._received)
        if answer.total_bytes != self.total_bytes:
            raise ContentChangedError("the file at Google was replaced while it was read")
        # A server that ignores the range begins anew, with bytes that are here already.
        self._skip_bytes = self._received - answer.start
