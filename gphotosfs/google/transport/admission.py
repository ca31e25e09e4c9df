"""Who may send a request now: each lane has slots of its own, so none can fill another's.

A person's listing never queues behind downloads, whose bodies stay open for minutes, and downloads
never behind background work. Background work besides stands back while a person waits.
"""

from collections import Counter
from typing import Final

import trio

from gphotosfs.lanes import Lane

# Foreground: the views probe 32 sizes side by side (contract, section 2), and as many listings and
# heads of files still find room. Download: 64 readers with a stream at the head and one at the tail.
# Background: it only has to go on. All of them together stay far below the usual 1,024 descriptors.
SLOTS: Final = {Lane.FOREGROUND: 64, Lane.DOWNLOAD: 128, Lane.BACKGROUND: 4}
# How long background work stands back at most, so that a busy day does not end it.
STAND_BACK_S: Final = 2.0


class Admission:
    """Hands out the slots."""

    def __init__(self) -> None:
        self._slots = {lane: trio.Semaphore(count) for lane, count in SLOTS.items()}
        self._under_way: Counter[Lane] = Counter()
        self._foreground_done = trio.Event()

    def under_way(self, lane: Lane) -> int:
        """How many requests of a lane wait for their slot or hold one (for gauges)."""
        return self._under_way[lane]

    async def enter(self, lane: Lane) -> None:
        """Wait for a slot, which is held from the request to the end of its answer's body."""
        self._under_way[lane] += 1
        try:
            if lane is Lane.BACKGROUND:
                await self._stand_back()
            await self._slots[lane].acquire()
        except BaseException:
            self._left(lane)
            raise

    def leave(self, lane: Lane) -> None:
        """Give the slot back."""
        self._slots[lane].release()
        self._left(lane)

    def _left(self, lane: Lane) -> None:
        self._under_way[lane] -= 1
        if lane is Lane.FOREGROUND and self._under_way[lane] == 0:
            self._foreground_done.set()
            self._foreground_done = trio.Event()

    async def _stand_back(self) -> None:
        with trio.move_on_after(STAND_BACK_S):
            while self._under_way[Lane.FOREGROUND]:
                await self._foreground_done.wait()
