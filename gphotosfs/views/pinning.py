"""Fetching what is pinned: the latest pin first, a few files side by side, until everything is here."""

import enum
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import trio

from gphotosfs import errors
from gphotosfs.blobs.kept import KeptBlobs
from gphotosfs.blobs.reader import BlobReader
from gphotosfs.blobs.through import ThroughCache
from gphotosfs.catalog import picks, pins
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Store
from gphotosfs.lanes import Lane, in_lane
from gphotosfs.model import BlobKey, BlobSize, Inode, ItemId, ItemSource, Processing
from gphotosfs.views.layout import Which

log = logging.getLogger(__name__)

WATCHED_SIDE_BY_SIDE: Final = 6
"""Downloads at a time while somebody waits. Photos of 3 MB and films of 20, 60 ms to the first byte: of
a line of 25 MB/s one uses 18, two 23.5, four 24.8; of one of 75 MB/s one 36, four 72.5, six and more 74.2."""

UNWATCHED_SIDE_BY_SIDE: Final = 3
"""Else: of the four slots for background work (google/transport/admission.py) one is left for listings."""

BATCH: Final = 200
"""Items looked up at a time, which takes a thread some milliseconds."""

PAUSES_S: Final = (5.0, 30.0, 120.0)
"""After a failure that befalls all, and further ones in a row. Asking without a network costs nothing."""

OWN_PAUSES_S: Final = (5.0, 60.0, 600.0, 3600.0)
"""After a failure that is one item's own."""

ROOM_LEFT_BYTES: Final = 8 << 20
"""With less room than two photos take nothing more is begun; else what is too large is left out for now."""


class Obstacle(enum.StrEnum):
    """What holds up all pins at the moment, in a word."""

    NONE = ""
    NETWORK = "network"
    QUOTA = "quota"
    SIGN_IN = "sign-in"
    DISK = "disk"
    GOOGLE = "google"


_BEFALLS_ALL: Final = {
    errors.OfflineError: Obstacle.NETWORK,
    errors.QuotaError: Obstacle.QUOTA,
    errors.SignInError: Obstacle.SIGN_IN,
    errors.ServiceDisabledError: Obstacle.SIGN_IN,
    errors.NoRoomError: Obstacle.DISK,
    errors.StoreError: Obstacle.DISK,
}
"""Failures of which the next item would die as well."""


def obstacle_of(exc: errors.GPhotosError) -> Obstacle:
    """What a failure says of that which holds up everything."""
    return _BEFALLS_ALL.get(type(exc), Obstacle.GOOGLE)


class Blobs(Protocol):
    """The block cache."""

    async def open(
        self, key: BlobKey, known_bytes: int | None, *, is_video: bool, whole: bool
    ) -> BlobReader:
        """A reader whose length is exact."""

    def drop(self, key: BlobKey) -> None:
        """Nobody needs what is here of a blob any more."""

    async def room_bytes(self, folder: Path) -> int:
        """How much more may be written to a folder."""


class Listings(Protocol):
    """What Google was asked for."""

    def is_whole(self, which: Which) -> bool:
        """Whether a listing is known to its end."""

    async def progress(self, which: Which) -> None:
        """Wait until more of it is known."""

    def renew_if_stale(self, which: Which) -> None:
        """Begin to fetch it again if it is old."""


@dataclass(frozen=True, slots=True)
class Means:
    """What fetching works with."""

    store: Store
    folder: Path
    """On whose disk there has to be room."""
    kept: KeptBlobs
    blobs: Blobs
    listings: Listings
    resolve: Callable[[str], Awaitable[Inode]]
    """The inode of a path below the tree's root."""
    known_bytes: Callable[[ItemRow], int | None]
    learned: Callable[[BlobKey, BlobSize], None]
    """Told the length of what came."""
    changed: Callable[[Changes], None]
    now_ns: Callable[[], int]


@dataclass(slots=True)
class _Coming:
    """An item on its way."""

    item: ItemRow
    left_bytes: int = 0
    """What it will still take on the disk, as it was when it began."""
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    ended: trio.Event = field(default_factory=trio.Event)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one item did not come."""

    why: str
    times: int
    until_s: float
    """By trio's clock: then it is tried again."""
    pins: frozenset[int]
    """The numbers of the pins that it is in."""


class Pinning:
    """Brings here what the catalogue says is pinned and missing."""

    def __init__(
        self,
        means: Means,
        *,
        arrived: Callable[[ItemRow, int], None],
        rested: Callable[[], None],
    ) -> None:
        """Does nothing until `run` is started.

        `arrived` is told each item that was missing and is here, and its length; `rested` when there is
        nothing more to do for now.
        """
        self.problem = ""
        """What held something up last; "" if nothing did."""
        self.obstacle = Obstacle.NONE
        self.failures: dict[Inode, Failure] = {}
        self._means = means
        self._store = means.store
        self._arrived = arrived
        self._rested = rested
        self._has_worked = False
        self._coming: dict[Inode, _Coming] = {}
        self._queue: deque[ItemRow] = deque()
        self._is_stale = True
        self._misses = 0
        self._paused_until_s = 0.0
        self._watched_until_s = 0.0
        self._turn = trio.Event()

    async def run(self) -> None:
        """Fetch whatever is missing, for ever."""
        async with trio.open_nursery() as nursery:
            while True:
                self._turn = trio.Event()
                if trio.current_time() >= self._paused_until_s:
                    try:
                        await self._begin_more(nursery)
                    except errors.StoreError as exc:
                        self._hold_up(exc)
                with trio.move_on_at(self._next_s()):
                    await self._turn.wait()

    def look_again(self) -> None:
        """Something was pinned: what is fetched next may be another item."""
        self._is_stale = True
        self._turn.set()

    def try_again(self) -> None:
        """Try at once whatever failed before."""
        self.failures.clear()
        self.problem, self.obstacle = "", Obstacle.NONE
        self._paused_until_s, self._misses = 0.0, 0
        self.look_again()

    def watch(self, for_s: float) -> None:
        """Somebody waits for what is pinned, at least for so long."""
        was_watched = self.is_watched()
        self._watched_until_s = trio.current_time() + for_s
        if not was_watched:
            self._turn.set()

    async def let_go(self, inodes: list[Inode]) -> None:
        """End the fetches of items that are not wanted any more."""
        found = [self._coming[inode] for inode in inodes if inode in self._coming]
        for coming in found:
            coming.scope.cancel()
        for inode in inodes:
            self.failures.pop(inode, None)
        for coming in found:
            await coming.ended.wait()

    def coming(self) -> list[ItemRow]:
        """The items on their way."""
        return [coming.item for coming in self._coming.values()]

    def next_to(self, item: ItemId) -> Iterator[ItemId]:
        """What will be asked for next, where an item is one of those on their way."""
        if any(coming.item.id == item for coming in self._coming.values()):
            for other in self._queue:
                if other.source is ItemSource.LIBRARY:
                    yield other.id

    def gauges(self) -> dict[str, int]:
        """How much is under way."""
        return {"pinned_coming": len(self._coming)}

    def is_watched(self) -> bool:
        """Whether somebody waits."""
        return trio.current_time() < self._watched_until_s

    # --- what comes next ------------------------------------------------------------------------

    def _next_s(self) -> float:
        """When something is to be tried again without anybody saying so."""
        now_s = trio.current_time()
        if now_s < self._paused_until_s:
            return self._paused_until_s
        due_s = min((failure.until_s for failure in self.failures.values()), default=float("inf"))
        return max(due_s, now_s + 1.0)

    async def _begin_more(self, nursery: trio.Nursery) -> None:
        """Start as many fetches as may run side by side."""
        most = WATCHED_SIDE_BY_SIDE if self.is_watched() else UNWATCHED_SIDE_BY_SIDE
        while len(self._coming) < most:
            if (self._is_stale or not self._queue) and not await self._refill():
                return
            item = self._queue.popleft()
            # Since it was looked up, it may have come, or been let go.
            is_wanted = pins.is_pinned(self._store.read, item.inode)
            if is_wanted and item.inode not in self._coming and not self._is_here(item):
                coming = self._coming[item.inode] = _Coming(item)
                nursery.start_soon(self._see_to, coming)

    async def _refill(self) -> bool:
        """Look up what is missing; whether there is anything."""
        self._is_stale = False
        now_s = trio.current_time()
        later = [inode for inode, failure in self.failures.items() if failure.until_s > now_s]
        found = await self._store.write(pins.missing, [*later, *self._coming], BATCH)
        self._queue = deque(found)
        if found:
            self._has_worked = True
        elif self._has_worked and not self._coming:
            self._has_worked = False
            self._rested()
        return bool(found)

    def _is_here(self, item: ItemRow) -> bool:
        return pins.kept_for(self._store.read, item.bytes_of) is not None

    # --- one item -------------------------------------------------------------------------------

    async def _see_to(self, coming: _Coming) -> None:
        """An item's task: whatever goes wrong is noted, and ends it alone."""
        item = coming.item
        lane = Lane.DOWNLOAD if self.is_watched() else Lane.BACKGROUND
        try:
            with coming.scope, in_lane(lane):
                await self._bring(coming)
                self.failures.pop(item.inode, None)
                self._misses, self.obstacle = 0, Obstacle.NONE
        except errors.GPhotosError as exc:
            self._note_failure(item, exc)
        except Exception as exc:
            log.exception("bug while fetching what is pinned")
            self._note_failure(item, errors.InternalError(f"a bug, see the log: {exc!r}"))
        finally:
            del self._coming[item.inode]
            coming.ended.set()
            self._turn.set()

    async def _bring(self, coming: _Coming) -> None:
        means, item = self._means, coming.item
        if item.processing is Processing.FAILED:
            raise errors.NotReadyError("Google could not process this video")
        room_bytes = await self._room_bytes()
        begun_bytes = await means.kept.begun_bytes(item.blob)

        def check(size_bytes: int) -> None:
            coming.left_bytes = max(0, size_bytes - begun_bytes)
            _check_room(room_bytes, coming.left_bytes)

        known_bytes = means.known_bytes(item)
        check(known_bytes or 0)
        was_kept = picks.kept_bytes(self._store.read, item.id) is not None
        if was_kept:
            # Blocks of an older version would make the newer one look like a third.
            means.blobs.drop(item.blob)
            known_bytes = None
        source = ThroughCache(means.blobs, known_bytes)
        size_bytes = await means.kept.fetch(item.blob, source, check, anew=was_kept)
        await self._store.write(picks.note_kept, item.bytes_of, size_bytes)
        means.learned(item.blob, BlobSize(size_bytes, changed=was_kept))
        # Whoever opens it from now on reads what is kept.
        means.blobs.drop(item.blob)
        if not was_kept:
            self._arrived(item, size_bytes)

    async def _room_bytes(self) -> int:
        """What fits on the disk besides that which is on its way."""
        taken = sum(
            coming.left_bytes
            - min(coming.left_bytes, self._means.kept.coming_bytes(coming.item.blob))
            for coming in self._coming.values()
        )
        return await self._means.blobs.room_bytes(self._means.folder) - taken

    # --- trouble --------------------------------------------------------------------------------

    def _note_failure(self, item: ItemRow, exc: errors.GPhotosError) -> None:
        self.problem = str(exc)
        if type(exc) in _BEFALLS_ALL and not _leaves_room(exc):
            self._hold_up(exc)
            return
        before = self.failures.get(item.inode)
        times = 0 if before is None else before.times + 1
        pause_s = OWN_PAUSES_S[min(times, len(OWN_PAUSES_S) - 1)]
        among = frozenset(pin.id for pin in pins.pins_with(self._store.read, item.inode))
        until_s = trio.current_time() + pause_s
        self.failures[item.inode] = Failure(str(exc), times, until_s, among)
        log.debug("inode %d, which is pinned, did not come: %s", item.inode, exc)

    def _hold_up(self, exc: errors.GPhotosError) -> None:
        """Rest for a while: the next item would fail like this one."""
        self.problem, self.obstacle = str(exc), obstacle_of(exc)
        self._is_stale = True
        if trio.current_time() >= self._paused_until_s:
            pause_s = PAUSES_S[min(self._misses, len(PAUSES_S) - 1)]
            self._paused_until_s = trio.current_time() + pause_s
            self._misses += 1
            log.info("what is pinned is fetched later: %s", exc)


def _check_room(room_bytes: int, wanted_bytes: int) -> None:
    """Whether so many bytes fit.

    Raises:
        NoRoomError: they do not.
    """
    if wanted_bytes > room_bytes or room_bytes < ROOM_LEFT_BYTES:
        raise errors.NoRoomError(
            "the disk has no room for more besides what the option cache_min_free keeps free",
            max(0, room_bytes),
        )


def _leaves_room(exc: errors.GPhotosError) -> bool:
    """Whether what is smaller may still fit."""
    return isinstance(exc, errors.NoRoomError) and exc.room_bytes >= ROOM_LEFT_BYTES
