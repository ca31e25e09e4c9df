"""Who goes next: a fixed number of places, and of those who wait for one, the most urgent."""

import enum
import heapq
import itertools
from typing import NamedTuple

import trio


class Urgency(enum.IntEnum):
    """Who wants a thumbnail; a smaller number goes first."""

    ASKED = 0
    """A thumbnailer, which has the file open and waits."""
    OPENED = 1
    """A file manager that opened the directory."""
    LATER = 2
    """Nobody so far."""


class Rank(NamedTuple):
    """Where one stands among those who wait; a smaller one goes first."""

    urgency: Urgency
    age: int = 0
    """Negative numbers of openings: what was opened later goes before what was opened earlier."""


class Gate:
    """Lets so many in at a time."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[Rank, int, trio.Event]] = []
        self._count = itertools.count()
        self._given_up: set[int] = set()

    async def enter(self, rank: Rank) -> None:
        """Wait for a place, which is held until `leave`."""
        if self._free > 0:
            self._free -= 1
            await trio.lowlevel.checkpoint_if_cancelled()
            return
        number, event = next(self._count), trio.Event()
        heapq.heappush(self._waiting, (rank, number, event))
        try:
            await event.wait()
        except trio.Cancelled:
            if event.is_set():
                self.leave()
            else:
                self._given_up.add(number)
            raise

    def leave(self) -> None:
        """Give the place to the next one."""
        while self._waiting:
            _, number, event = heapq.heappop(self._waiting)
            if number not in self._given_up:
                event.set()
                return
            self._given_up.discard(number)
        self._free += 1

    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting) - len(self._given_up)
