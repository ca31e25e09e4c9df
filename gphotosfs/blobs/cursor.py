"""The state of one response that is being read into blocks."""

from dataclasses import dataclass, field
from typing import Final

import trio

from gphotosfs.blobs import readahead
from gphotosfs.blobs.blocks import rounded_up
from gphotosfs.errors import GPhotosError

ENDLESS: Final = 1 << 62
"""Behind every blob's end."""


@dataclass(eq=False, slots=True)
class Cursor:
    """One request's answer: where it stands, how far it may go, and who waits for it."""

    plan: readahead.Plan
    prefetch: bool = False
    """Read on although no reader has the blob open."""
    position: int = 0
    """Where the block begins that comes next."""
    end: int = ENDLESS
    """Where it stops: the range's end, or where another cursor took over."""
    window_end: int = 0
    window_bytes: int = 0
    whole: bool = False
    reads: int = 0
    """How many reads it was asked for or ran ahead of."""
    idle_since_s: float = 0.0
    bytes_per_s: float = 0.0
    error: GPhotosError | None = None
    done: bool = False
    waiters: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)
    """Tasks that wait for its next step: headers, a block, its end."""
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    _nudge: trio.Event = field(default_factory=trio.Event)
    _stalled_at: int = -1

    def __post_init__(self) -> None:
        """Stand where the plan begins."""
        self.position = self.plan.start
        self.end = ENDLESS if self.plan.end is None else self.plan.end
        self.window_end = self.plan.window_end
        self.window_bytes = max(self.plan.window_end - self.plan.start, 0)
        self.whole = self.plan.whole

    def covers(self, at: int, *, random: bool) -> bool:
        """Whether waiting for it beats a new request for the block at this offset.

        For random readers only if it comes anyway: the bytes before it are not wanted.
        """
        if self.done or not self.position <= at < self.end:
            return False
        if random:
            return at < self.window_end
        return readahead.reaches(self.position, self.window_end, at, self.bytes_per_s)

    @property
    def is_undecided(self) -> bool:
        """Whether it may turn out in no time that the server sends more than the range asked for.

        Until then another request might be for what comes here.
        """
        return not self.done and self.plan.start == 0 and self.position == self.plan.end == self.end

    def claim(self, end: int, *, is_photo: bool, window_max: int) -> None:
        """A reader is about to wait for the bytes up to `end`.

        Having to wait again is a stall, once for each place where the cursor stands: then the
        window doubles, and a photo comes whole.
        """
        if self.reads > 0 and self._stalled_at != self.position:
            self._stalled_at = self.position
            self.window_bytes = readahead.grown(self.window_bytes, window_max)
            self.window_end = max(self.window_end, rounded_up(end) + self.window_bytes)
            self.whole = self.whole or is_photo
        self.reads += 1
        self.window_end = max(self.window_end, rounded_up(end))
        self.wake()

    def follow(self, offset: int, end: int) -> None:
        """A reader found what it wanted close behind this cursor: keep the distance.

        At every read, not only when half the window is used up: a film that is watched then keeps
        its one stream trickling rather than idle for so long that it is closed.
        """
        if self.position - self.window_bytes <= offset < self.window_end + self.window_bytes:
            self.reads += 1
            self.window_end = max(self.window_end, rounded_up(end + self.window_bytes))
            self.wake()

    def wake(self) -> None:
        """Let the task look again at what is wanted."""
        self._nudge.set()

    async def nudged(self) -> None:
        """Wait until something is wanted, or until nobody can want anything any more."""
        self._nudge = trio.Event()
        await self._nudge.wait()
