"""Who goes next: a fixed number of places, and of those who wait for one, the most urgent."""

import enum
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
    """Where one stands among those who wait; a smaller one goes first, then who came first."""

    urgency: Urgency
    opening: int = 0
    """Negative numbers of openings: what was opened later goes before what was opened earlier."""


class Turn:
    """One who waits for a place, or has it."""

    def __init__(self) -> None:
        self.has_come = trio.Event()
        self.is_over = False


class Gate:
    """Lets so many in at a time."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[Rank, int, Turn]] = []
        self._numbers = itertools.count()

    def queue(self, rank: Rank) -> Turn:
        """Stand in line from now on; whoever does has to `leave`, whether or not the turn has come."""
        turn = Turn()
        heapq.heappush(self._waiting, (rank, next(self._numbers), turn))
        self._admit()
        return turn

    def leave(self, turn: Turn) -> None:
        """Give the place to the next one, or the wait up."""
        turn.is_over = True
        if turn.has_come.is_set():
            self._free += 1
            self._admit()

    @asynccontextmanager
    async def place(self, rank: Rank) -> AsyncIterator[None]:
        """Wait for a place, and hold it inside."""
        turn = self.queue(rank)
        try:
            await turn.has_come.wait()
            yield
        finally:
            self.leave(turn)

    def waiting(self) -> int:
        """How many wait."""
        return sum(not turn.is_over for _, _, turn in self._waiting)

    def _admit(self) -> None:
        while self._free and self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.is_over:
                self._free -= 1
                turn.has_come.set()
