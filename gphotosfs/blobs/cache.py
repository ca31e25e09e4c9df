"""The disk cache of blobs: opens them, and fetches what is missing, once for all who want it."""

import copy
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, TypeVarTuple, Unpack

import trio

from gphotosfs.blobs import orphans
from gphotosfs.blobs.blob import Blob
from gphotosfs.blobs.blocks import BLOCK_BYTES, span
from gphotosfs.blobs.cursor import ENDLESS, Cursor
from gphotosfs.blobs.eviction import Limits, drop_old, evict, room_bytes, spare_bytes
from gphotosfs.blobs.filling import fill
from gphotosfs.blobs.readahead import CURSORS_PER_BLOB, Plan, Wish, plan, window_max
from gphotosfs.blobs.reader import BlobReader
from gphotosfs.blobs.shelf import Blocking, Shelf
from gphotosfs.blobs.source import MediaSource
from gphotosfs.errors import ContentChangedError, GPhotosError, InternalError, StoreError
from gphotosfs.lanes import Lane, in_lane
from gphotosfs.model import BlobKey, BlobSize

log = logging.getLogger(__name__)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# The kernel asks again for a page whose read-ahead failed. Without this memory a failure that took
# 30 s would take the program a minute.
FAILURE_MEMORY_S: Final = 5.0

# The largest READ that the kernel sends.
BUFFER_BYTES: Final = 1024 * 1024

# What an ending mount may take to bring what it fetched into the index.
LAST_COMMIT_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class CacheUsage:
    """What the cache takes, for `statfs`, `status` and `cache info`."""

    bytes: int
    blobs: int
    limit_bytes: int
    degraded: str
    """Why the disk is not written to at the moment; "" if it is."""


class BlobCache:
    """Blobs by their keys. A fetch belongs to the cache, never to the reader that asked first."""

    def __init__(
        self,
        folder: Path,
        source: MediaSource,
        *,
        limit_bytes: int,
        learned: Callable[[BlobKey, BlobSize], None],
        min_free_bytes: int = 0,
        min_free_percent: float = 0.0,
        max_age_s: float | None = None,
        clock: Callable[[], float] = time.time,
        blocking: Blocking | None = None,
    ) -> None:
        """A cache that does nothing until `run` is started.

        `clock` gives Unix time, which survives restarts; `learned` is told every length that an
        answer shows, the first time and when it changes; `blocking` runs disk work, in threads
        unless told otherwise.
        """
        self.buffer = memoryview(bytearray(BUFFER_BYTES))
        self._source = source
        self._limits = Limits(limit_bytes, min_free_bytes, min_free_percent)
        self._learned = learned
        self._max_age_s = max_age_s
        self._clock = clock
        self._shelf = Shelf(folder, max_age_s, clock, blocking or in_threads())
        self._failures: dict[BlobKey, tuple[float, GPhotosError]] = {}
        self._nursery: trio.Nursery | None = None

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; then bring what was fetched into the index."""
        await self._shelf.open()
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                nursery.start_soon(self._tend, self._once_open)
                task_status.started()
                await self._tend(evict, self._shelf, self._limits)
                while True:
                    await self._shelf.time_to_commit()
                    await self._tend(self._commit_and_evict)
        finally:
            self._nursery = None
            with trio.move_on_after(LAST_COMMIT_S, shield=True):
                await self._tend(self._shelf.commit)
            self._shelf.close()

    async def _once_open(self) -> None:
        """What there is to do in the folder, as soon as there is one: its disk may be full at first."""
        while self._shelf.index is None:
            await self._shelf.rested()
            await self._shelf.open()
        await orphans.remove_orphans(self._shelf)
        if self._max_age_s is not None:
            await drop_old(self._shelf, self._max_age_s, self._clock)

    async def _commit_and_evict(self) -> None:
        await self._shelf.commit()
        await evict(self._shelf, self._limits)

    async def _tend(self, task: Callable[[Unpack[Ts]], Awaitable[object]], *args: *Ts) -> None:
        """Something for the disk: a bug in it costs the cache for a while, and never the mount."""
        try:
            await task(*args)
        except Exception:
            log.exception("bug in the care of the cache")
            self._shelf.degrade("a bug, see the log")

    # --- what the mount asks for ---------------------------------------------------------------

    async def open(
        self, key: BlobKey, known_bytes: int | None, *, is_video: bool, whole: bool = False
    ) -> BlobReader:
        """A handle on the blob, whose length is exact; where it is not known, the first GET tells.

        `whole` says that the reader is walking a folder, so that one request brings the photo.

        Raises:
            RemoteError: the length can't be had; the subclass says why.
            ContentChangedError: it changed twice while being asked for.
        """
        blob = self._shelf.blob(key, known_bytes, is_video=is_video)
        blob.readers += 1
        for cursor in blob.cursors:
            cursor.prefetch = False
            cursor.wake()
        try:
            while blob.total_bytes is None:
                at = (blob.blocks.first_absent(0, ENDLESS) or 0) * BLOCK_BYTES
                wish = Wish(at, at, at + 1)
                await self._step(blob, wish, walking=whole or at > 0, first=True)
        except BaseException:
            self.closed(blob)
            raise
        return BlobReader(self, blob, blob.total_bytes, walking=whole)

    def whole(self, key: BlobKey) -> BlobReader | None:
        """A handle on a photo whose every byte is here; None if some would have to be fetched."""
        total_bytes = self._shelf.known_bytes(key)
        if total_bytes is None:
            return None
        blob = self._shelf.blob(key, total_bytes, is_video=False)
        if blob.blocks.first_absent(*span(0, total_bytes)) is not None:
            self._shelf.put_back(blob)
            return None
        blob.readers += 1
        return BlobReader(self, blob, total_bytes, walking=False)

    def known_bytes(self, key: BlobKey) -> int | None:
        """The blob's length if the cache knows it, without asking anybody."""
        return self._shelf.known_bytes(key)

    def note_size(self, key: BlobKey, total_bytes: int) -> None:
        """Somebody learned a blob's length: if it differs from ours, ours is an older version."""
        known = self._shelf.known_bytes(key)
        if known is not None and known != total_bytes:
            self._shelf.replace(key, total_bytes)

    def renew(self, key: BlobKey, total_bytes: int | None) -> None:
        """There is another version, maybe of the same length: nobody finds ours any more.

        None: nobody knows how long it is.
        """
        self._shelf.replace(key, total_bytes)

    def drop(self, key: BlobKey) -> None:
        """Nobody needs what is here of a blob any more; who has it open goes on."""
        self._shelf.forget(key)

    async def room_bytes(self, folder: Path) -> int:
        """How much more may be written to a folder until its disk has too little left.

        What the cache takes on that disk does not count, since it makes room.

        Raises:
            StoreError: the folder is gone.
        """
        taken_bytes = self.usage().bytes
        try:
            return await self._shelf.blocking(
                room_bytes, folder, self._shelf.folder, self._limits, taken_bytes
            )
        except OSError as exc:
            raise StoreError(f"{folder} can't be looked at: {exc.strerror}") from exc

    def prefetch(self, key: BlobKey, known_bytes: int | None) -> None:
        """Fetch a photo whole, in nobody's name, if nobody does so already."""
        blob = self._shelf.blob(key, known_bytes, is_video=False)
        last = span(0, blob.total_bytes or ENDLESS)[1]
        missing = blob.blocks.first_absent(0, last)
        if missing is None or blob.cursors or self._remembered(key) or self._nursery is None:
            self._shelf.put_back(blob)
            return
        at = missing * BLOCK_BYTES
        request = plan(Wish(at, at, at + 1), blob.shape(walking=True), blob.gap_end(at))
        with in_lane(Lane.BACKGROUND):
            self._start(blob, request, prefetch=True)

    def drop_prefetches(self) -> None:
        """Nobody will ask for what was fetched ahead: it ends like any fetch whose readers have gone."""
        for blob in self._shelf.every:
            for cursor in blob.cursors:
                cursor.prefetch = False
                cursor.wake()

    def forget_failures(self) -> None:
        """Try everything again at once: the network changed, or a person said so."""
        self._failures.clear()
        self._shelf.mend()

    def usage(self) -> CacheUsage:
        """What the cache takes on disk as of the last commit."""
        index, degraded = self._shelf.index, self._shelf.degraded()
        taken_bytes, blobs = (0, 0) if index is None else (index.taken_bytes, index.blobs)
        return CacheUsage(taken_bytes, blobs, self._limits.limit_bytes, degraded)

    async def spare_bytes(self) -> int:
        """How much more the cache may take; 0 where it takes nothing, whatever the reason."""
        index = self._shelf.index
        if index is None:
            return 0
        try:
            return await self._shelf.blocking(
                spare_bytes, self._shelf.folder, self._limits, index.taken_bytes
            )
        except OSError:
            return 0

    async def clear(self) -> int:
        """Empty the cache; the bytes given back. Open readers keep what they have."""
        await self._shelf.commit()
        before = self.usage().bytes
        for key in list(self._shelf.live):
            self._shelf.forget(key)
        await self._shelf.doom_all()
        await self._shelf.commit()
        return before - self.usage().bytes

    def gauges(self) -> dict[str, int]:
        """What is going on; all are 0 when nobody reads."""
        every = self._shelf.every
        return {
            "readers": sum(blob.readers for blob in every),
            "cursors": sum(len(blob.cursors) for blob in every),
            "waiters": sum(len(cursor.waiters) for blob in every for cursor in blob.cursors),
            "open_blobs": len(every),
            "unsynced_blocks": sum(len(blob.blocks.unsynced) for blob in every),
            "memory_bytes": self._shelf.held_bytes,
        }

    # --- what readers ask for ------------------------------------------------------------------

    async def bring(
        self, blob: Blob, offset: int, size: int, *, walking: bool
    ) -> bytearray | memoryview:
        """Bytes that are not at hand: from the disk, or fetched."""
        first_wait = True
        blocks = span(offset, offset + size)
        while True:
            missing = blob.blocks.first_absent(*blocks)
            if missing is None:
                # What was just fetched is in the page cache: a thread would cost more than the read.
                here = None if first_wait else blob.at_hand(self.buffer, offset, size)
                if here is not None:
                    return here
                content = await self._shelf.load(blob, offset, size)
                if content is not None:
                    return content
            else:
                wish = Wish(offset, missing * BLOCK_BYTES, offset + size)
                await self._step(blob, wish, walking=walking, first=first_wait)
                first_wait = False

    def closed(self, blob: Blob) -> None:
        """A reader of this blob went away."""
        blob.readers -= 1
        for cursor in blob.cursors:
            cursor.wake()
        self._shelf.put_back(blob)

    def failed(self, blob: Blob, error: GPhotosError) -> None:
        """Remember for a moment that this blob can't be had."""
        now_s = trio.current_time()
        self._failures = {k: v for k, v in self._failures.items() if v[0] > now_s}
        self._failures[blob.key] = (now_s + FAILURE_MEMORY_S, error)

    def _remembered(self, key: BlobKey) -> GPhotosError | None:
        until_s, error = self._failures.get(key, (0.0, None))
        return error if trio.current_time() < until_s else None

    # --- fetching ------------------------------------------------------------------------------

    async def _step(self, blob: Blob, wish: Wish, *, walking: bool, first: bool) -> None:
        """Wait until the fetch of a missing block has come a step nearer, or raise why not."""
        if blob.stale:
            raise ContentChangedError("the item has another version now")
        if (error := self._remembered(blob.key)) is not None:
            raise copy.copy(error) from error
        # No checkpoint from here to the claim, so that two tasks cannot both start a fetch.
        cursor = self._covering(blob, wish.at)
        if cursor is None:
            request = plan(wish, blob.shape(walking=walking), blob.gap_end(wish.at))
            cursor = self._start(blob, request, prefetch=False)
            first = True
        if first:
            most = window_max(self._cursors(), self._limits.limit_bytes)
            cursor.claim(wish.end, is_photo=not blob.is_video, window_max=most)
        await cursor.waiters.park()
        if cursor.error is not None:
            raise copy.copy(cursor.error) from cursor.error

    def _covering(self, blob: Blob, at: int) -> Cursor | None:
        if blob.no_ranges:
            return next((c for c in blob.cursors if c.position <= at and c.end > at), None)
        random = blob.is_random
        return next(
            (c for c in blob.cursors if c.covers(at, random=random) or c.is_undecided), None
        )

    def _start(self, blob: Blob, request: Plan, *, prefetch: bool) -> Cursor:
        if self._nursery is None:
            raise StoreError("the cache is closed")
        idle = [cursor for cursor in blob.cursors if not cursor.waiters]
        if len(blob.cursors) >= CURSORS_PER_BLOB and idle:
            min(idle, key=lambda cursor: cursor.idle_since_s).scope.cancel()
        for other in blob.cursors:
            if other.position < request.start:
                other.end = min(other.end, request.start)
        cursor = Cursor(request, prefetch=prefetch, idle_since_s=trio.current_time())
        blob.cursors.append(cursor)
        self._nursery.start_soon(self._run_cursor, blob, cursor)
        return cursor

    def _cursors(self) -> int:
        return sum(len(blob.cursors) for blob in self._shelf.live.values())

    async def _run_cursor(self, blob: Blob, cursor: Cursor) -> None:
        """A cursor's task: whatever goes wrong is told to those who wait, and ends it alone."""
        try:
            with cursor.scope:
                await fill(blob, cursor, self._source, self._shelf, self._learn)
        except GPhotosError as exc:
            cursor.error = exc
        except Exception:
            log.exception("bug in a fetch")
            cursor.error = InternalError("a bug, see the log")
        finally:
            if cursor.error is None:
                self._failures.pop(blob.key, None)
            elif cursor.waiters and not isinstance(cursor.error, ContentChangedError):
                self.failed(blob, cursor.error)
            if cursor.plan.explores:
                blob.wasted = blob.wasted + 1 if cursor.reads <= 1 else 0
            cursor.done = True
            blob.cursors.remove(cursor)
            cursor.waiters.unpark_all()
            self._shelf.put_back(blob)

    def _learn(self, blob: Blob, total_bytes: int) -> None:
        """An answer showed a blob's length."""
        if blob.total_bytes == total_bytes or blob.stale:
            return
        changed = blob.total_bytes is not None
        if not changed:
            blob.total_bytes = total_bytes
        elif self._shelf.live.get(blob.key) is blob:
            self._shelf.replace(blob.key, total_bytes)
        blob.stale = changed
        self._learned(blob.key, BlobSize(total_bytes, changed))
        if changed:
            raise ContentChangedError("the item has another version now")


def in_threads() -> Blocking:
    """Disk work in trio's worker threads, a few at a time: a slow disk must not take all of them."""
    limiter = trio.CapacityLimiter(8)

    async def blocking(function: Callable[[Unpack[Ts]], T], /, *args: *Ts) -> T:
        return await trio.to_thread.run_sync(function, *args, limiter=limiter)

    return blocking
