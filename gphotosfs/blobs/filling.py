"""Reading an answer into blocks: the task of a cursor."""

from collections.abc import Callable
from typing import Final, Protocol

import trio

from gphotosfs.blobs import readahead
from gphotosfs.blobs.blob import Blob
from gphotosfs.blobs.blocks import ABSENT, BLOCK_BYTES
from gphotosfs.blobs.cursor import ENDLESS, Cursor
from gphotosfs.blobs.source import Body, MediaSource
from gphotosfs.errors import BadAnswerError, ContentChangedError, ServerTroubleError

# rclone closes a stream that nobody reads after 5 s as well; a player's pause is longer than any
# sensible wait, and an open answer holds a connection.
# What nobody has open any more is read on if little of it is left, but on a slow line not for longer.
IDLE_S: Final = 5.0


class Shelf(Protocol):
    """Where blocks go."""

    async def store(self, blob: Blob, block: int, content: memoryview) -> None:
        """Keep a block, on disk or else in memory."""


async def fill(
    blob: Blob,
    cursor: Cursor,
    source: MediaSource,
    shelf: Shelf,
    learn: Callable[[Blob, int], None],
) -> None:
    """Make the cursor's request and keep its blocks, as far as its window goes and grows.

    `learn` is told the blob's length when an answer shows it; it marks the blob as stale if that
    differs from what was known.

    Raises:
        RemoteError: no more bytes can be had.
        ContentChangedError: the answer belongs to another version.
    """
    plan = cursor.plan
    async with source.open(blob.key, plan.start, plan.end) as body:
        if body.total_bytes is not None:
            learn(blob, body.total_bytes)
        if body.start != plan.start:
            _take_everything(blob, cursor, body)
        cursor.waiters.unpark_all()
        await _Filling(blob, cursor, body, shelf, learn).run()


def _take_everything(blob: Blob, cursor: Cursor, body: Body) -> None:
    """The server ignored the range: the target stays, all before it is kept as well."""
    if body.start != 0:
        raise BadAnswerError(
            f"asked for bytes from {cursor.plan.start}, got some from {body.start}"
        )
    blob.no_ranges = True
    cursor.position = 0
    cursor.end = ENDLESS


class _Filling:
    """One answer's body on its way into blocks."""

    def __init__(
        self,
        blob: Blob,
        cursor: Cursor,
        body: Body,
        shelf: Shelf,
        learn: Callable[[Blob, int], None],
    ) -> None:
        self._blob = blob
        self._cursor = cursor
        self._body = body
        self._shelf = shelf
        self._learn = learn
        self._buffer = memoryview(bytearray(BLOCK_BYTES))
        self._filled = 0
        self._deserted_at_s: float | None = None

    async def run(self) -> None:
        """Block after block, until the end, or until nobody wants more."""
        while await self._more_is_wanted():
            await self._next_block()

    async def _next_block(self) -> None:
        blob, cursor = self._blob, self._cursor
        expected = min(BLOCK_BYTES, self._stop() - cursor.position)
        started_s = trio.current_time()
        await self._read_up_to(expected)
        if blob.stale:
            raise ContentChangedError("the item has another version now")
        if self._filled < expected:
            self._ended_early()
        block = cursor.position // BLOCK_BYTES
        content = self._buffer[: self._filled]
        if content and blob.blocks.state(block) == ABSENT:
            await self._shelf.store(blob, block, content)
        took_s = trio.current_time() - started_s
        if took_s > 0:
            cursor.bytes_per_s = (cursor.bytes_per_s + len(content) / took_s) / 2
        cursor.position += len(content)
        self._filled = 0
        cursor.idle_since_s = trio.current_time()
        cursor.waiters.unpark_all()

    async def _read_up_to(self, size: int) -> None:
        while self._filled < size:
            if self._is_deserted():
                self._cursor.scope.cancel()
                await trio.lowlevel.checkpoint()
            count = await self._body.readinto(self._buffer[self._filled : size])
            if count == 0:
                break
            self._filled += count

    def _is_deserted(self) -> bool:
        """Whether nobody has wanted these bytes for a while."""
        if self._blob.readers or self._cursor.waiters or self._cursor.prefetch:
            self._deserted_at_s = None
            return False
        now_s = trio.current_time()
        if self._deserted_at_s is None:
            self._deserted_at_s = now_s
        return now_s - self._deserted_at_s >= IDLE_S

    def _ended_early(self) -> None:
        if self._body.total_bytes is not None:
            raise ServerTroubleError("the answer ended before its last byte")
        # Without a length, its end is what says how long the blob is.
        self._learn(self._blob, self._cursor.position + self._filled)
        if self._blob.stale:
            raise ContentChangedError("the item has another version now")

    def _stop(self) -> int:
        total = self._blob.total_bytes
        return self._cursor.end if total is None else min(self._cursor.end, total)

    async def _more_is_wanted(self) -> bool:
        """Wait at the window's end; False if the cursor's work is done."""
        blob, cursor = self._blob, self._cursor
        while True:
            if cursor.position >= self._stop() and not await self._goes_on_behind_the_range():
                return False
            if blob.no_ranges:
                if any(self._is_ahead(other) for other in blob.cursors):
                    return False
            elif blob.blocks.state(cursor.position // BLOCK_BYTES) != ABSENT:
                return False
            if self._may_read():
                return True
            with trio.move_on_after(IDLE_S) as patience:
                await cursor.nudged()
            kept = cursor.waiters or (blob.no_ranges and blob.readers)
            if patience.cancelled_caught and not kept and not self._may_read():
                return False

    def _is_ahead(self, other: Cursor) -> bool:
        """Whether another answer brings the same bytes already: one is enough without ranges."""
        mine = self._blob.cursors.index(self._cursor)
        return (
            other is not self._cursor
            and other.plan.start == 0
            and self._blob.cursors.index(other) < mine
            and other.end == ENDLESS
        )

    def _may_read(self) -> bool:
        blob, cursor = self._blob, self._cursor
        total = blob.total_bytes
        if not (blob.readers or cursor.prefetch or cursor.waiters):
            if total is None:
                return False
            wanted_end = min(self._stop(), cursor.window_end if blob.is_video else ENDLESS)
            left = wanted_end - cursor.position
            here = blob.blocks.here() * BLOCK_BYTES
            return readahead.worth_finishing(left, blob.is_video, here, total)
        if total is None or cursor.waiters:
            return True
        if not blob.on_disk:
            return cursor.position < min(
                cursor.window_end, blob.last_offset + readahead.MEMORY_WINDOW_MAX_BYTES
            )
        whole = cursor.whole and total <= readahead.WHOLE_MAX_BYTES
        return whole or cursor.position < cursor.window_end

    async def _goes_on_behind_the_range(self) -> bool:
        """Whether a bounded range from 0 was answered with everything, which looks the same."""
        blob, cursor = self._blob, self._cursor
        if not cursor.is_undecided or blob.total_bytes == cursor.position or self._filled:
            return False
        self._filled = await self._body.readinto(self._buffer)
        if self._filled == 0:
            return False
        blob.no_ranges = True
        cursor.end = ENDLESS
        return True
