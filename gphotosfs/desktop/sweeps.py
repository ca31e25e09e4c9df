"""What file managers look at: which directory, how far its thumbnails are, who waits how long.

Nothing here does anything; `thumbnails.py` asks, and acts on the answers.
"""

from collections.abc import Iterable
from typing import Final

import trio

from gphotosfs.desktop.gate import Rank, Urgency
from gphotosfs.lanes import Lane
from gphotosfs.model import Entry, Inode
from gphotosfs.views.patience import Patience

PATIENCE_S: Final = 8.0
"""So long `readdir` of one opening waits in all, while thumbnails come. GIO looks for a thumbnail
together with the `stat` right behind `readdir`: what is there by then is drawn at once. What is not,
Nautilus reads whole, and does not look again: with 2 s it read 104 of 500 photos, 90 MB."""

STALLED_S: Final = 1.5
"""Nobody waits any more once nothing has come for so long."""

OPENS_PATIENCE_S: Final = 2.0
"""So long the opens of a thumbnailer's visit wait in all."""

SWEEP_ENDS_S: Final = 10.0
"""A file manager is done with the files of a directory when it asked for none so long."""

COUNTING_S: Final = 1.0
"""Nautilus and Dolphin open every directory in the one they show, only to count what is in there;
that goes from one to the next faster than a person can."""

SEEN_FIRST: Final = 100
"""Files that may be on the screen when a directory opens; a person waits for these."""

LOOKED_AT: Final = 1_000
"""As many as a person scrolls through. Beyond them nobody waits, and only the spare quota is used."""

ON_A_FOLDER: Final = 5
"""KDE draws a folder with up to four of its photos on it, the first that can be drawn."""

SWEPT_MAX: Final = 10_000
"""Files of one opening at most, 1 GB of thumbnails; `thumbnails=all` makes the rest."""


def lane_for(others: int) -> Lane:
    """How urgent the thumbnail is before which so many others were missing."""
    if others < SEEN_FIRST:
        return Lane.FOREGROUND
    return Lane.DOWNLOAD if others < LOOKED_AT else Lane.BACKGROUND


class Sweep:
    """One look at a directory, and how far its thumbnails have come."""

    def __init__(self, directory: Inode, number: int, *, after: int | None, limit: int) -> None:
        """It begins behind the entry with the cookie `after`, and takes so many files at most."""
        self.directory = directory
        self.rank = Rank(Urgency.OPENED, -number)
        self.after = after
        self.limit = limit
        self.is_over = False
        self.scope = trio.CancelScope()
        self._read_to = 0
        self._pending: set[int] = set()
        self._progress = trio.Event()

    def found(self, wanted: Iterable[int], read_to: int) -> None:
        """Up to the cookie `read_to` these entries lack a thumbnail, and no others."""
        self._pending.update(wanted)
        self._read_to = self.after = read_to
        self._wake()

    def settle(self, cookie: int) -> None:
        """An entry has its thumbnail, or can't have one for now."""
        self._pending.discard(cookie)
        self._wake()

    def end(self) -> None:
        """Nothing more will come."""
        self.is_over = True
        self._wake()

    def is_settled(self, cookie: int) -> bool:
        """Whether nothing more is to be waited for up to that entry."""
        return self.is_over or (
            self._read_to >= cookie and all(pending > cookie for pending in self._pending)
        )

    async def settled(self, cookie: int) -> bool:
        """Wait until that is so; False if nothing comes any more."""
        while not self.is_settled(cookie):
            with trio.move_on_after(STALLED_S) as stalled:
                await self._progress.wait()
            if stalled.cancelled_caught:
                return False
        return True

    def _wake(self) -> None:
        self._progress.set()
        self._progress = trio.Event()


class Visit:
    """A program in a directory: what it was shown there, and what it may still wait."""

    def __init__(self, parent: Inode, now_s: float) -> None:
        self.parent = parent
        self.begun_s = now_s
        self.read_s = now_s
        """When it last opened the directory, or was handed entries."""
        self.asked_s = now_s
        """When it last asked for anything there."""
        self.patience = Patience(PATIENCE_S)
        self.opens_patience = Patience(OPENS_PATIENCE_S)
        self.gave_up = False
        """Thumbnails did not come: no more is waited for them."""
        self.neighbours = SEEN_FIRST
        """How many files behind one that a thumbnailer opens are made with it."""
        self.estimated: set[Inode] = set()
        """Files that it was shown with an estimate for a size."""

    def shown(self, entries: Iterable[Entry], now_s: float) -> None:
        """It is handed these entries."""
        self.read_s = self.asked_s = now_s
        self.estimated.update(e.node.inode for e in entries if not e.node.size_is_exact)

    def is_over(self, now_s: float) -> bool:
        """Whether it has gone on to something else."""
        return now_s - self.asked_s > SWEEP_ENDS_S


class Visits:
    """The directories in which file managers and thumbnailers are."""

    def __init__(self) -> None:
        self._visits: dict[Inode, Visit] = {}

    def at(self, directory: Inode) -> Visit | None:
        """The visit to a directory; None if there is none."""
        return self._visits.get(directory)

    def begin(self, directory: Inode, parent: Inode, now_s: float) -> Visit:
        """A new visit, in place of one that there was.

        What that one was shown is still being looked at: programs open a directory more than once.
        """
        self._forget(now_s)
        former, visit = self._visits.get(directory), Visit(parent, now_s)
        if former is not None:
            visit.estimated = former.estimated
        self._visits[directory] = visit
        return visit

    def counted_with(self, directory: Inode, parent: Inode, now_s: float) -> list[Inode]:
        """The directories that are being counted one after another, if this one is among them.

        Else nothing: somebody looks into it.
        """
        return [
            other
            for other, visit in self._visits.items()
            if visit.parent == parent and other not in (parent, directory)
            if now_s - visit.read_s < COUNTING_S
        ]

    def showing(self, inode: Inode, now_s: float) -> Visit | None:
        """The visit to whose program a file was just shown with an estimate; None if to none."""
        self._forget(now_s)
        return next((v for v in self._visits.values() if inode in v.estimated), None)

    def _forget(self, now_s: float) -> None:
        if any(visit.is_over(now_s) for visit in self._visits.values()):
            self._visits = {d: v for d, v in self._visits.items() if not v.is_over(now_s)}
