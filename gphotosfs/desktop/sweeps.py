"""What file managers look at: which directory, how far its thumbnails are, who waits how long.

Nothing here does anything; `thumbnails.py` asks, and acts on the answers.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import trio

from gphotosfs.desktop.gate import Rank, Urgency
from gphotosfs.lanes import Lane
from gphotosfs.model import Entry, Inode
from gphotosfs.views.patience import Patience

GATHERED_S: Final = 0.5
"""So long the names of a directory are gathered before the first thumbnail is made: every file manager
shows them by name, whatever the order of the listing."""

FIRST_PAGE_PATIENCE_S: Final = 2.0
"""So long a file manager's `readdir` of one opening waits for the first page of what it will show. It
looks for the others when somebody scrolls to them."""

PATIENCE_S: Final = 8.0
"""So long that of Nautilus waits for everything, while thumbnails come. It looks for them together with
the `stat` right behind `readdir`, reads whole what is not there by then, and does not look again: with
2 s it read 104 of 500 photos, 90 MB."""

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

    def __init__(
        self,
        directory: Inode,
        number: int,
        *,
        limit: int,
        after: int | None = None,
        by_name: bool = False,
    ) -> None:
        """It begins behind the entry with the cookie `after`, and takes so many files at most."""
        self.directory = directory
        self.rank = Rank(Urgency.OPENED, -number)
        self.after = after
        self.limit = limit
        self.by_name = by_name
        self.is_read = False
        """Nothing stands behind `after`."""
        self.is_over = False
        self.scope = trio.CancelScope()
        self._read_to = 0
        self._pending: set[int] = set()
        self._first_page: set[int] | None = None
        self._progress = trio.Event()

    def found(self, files: Iterable[int], read_to: int) -> None:
        """Up to the cookie `read_to` there are these files, of which nothing is known yet."""
        self._pending.update(files)
        self._read_to = self.after = read_to
        self._wake()

    def begin(self, files: Sequence[int]) -> bool:
        """These come next; whether they begin with what will be seen first, which is known at the end."""
        if not self.is_read or self._first_page is not None:
            return False
        self._first_page = self._pending.intersection(files[:SEEN_FIRST])
        return True

    def settle(self, *cookies: int) -> None:
        """Entries have their thumbnails, or can't have one for now."""
        self._pending.difference_update(cookies)
        if self._first_page is not None:
            self._first_page.difference_update(cookies)
        self._wake()

    def end(self) -> None:
        """Nothing more will come."""
        self.is_over = True
        self._wake()

    def is_settled(self, cookie: int | None) -> bool:
        """Whether nothing more is to be waited for up to that entry; None: on the first page."""
        if self.is_over:
            return True
        if cookie is None:
            return self._first_page == set()
        return self._read_to >= cookie and all(pending > cookie for pending in self._pending)

    async def settled(self, cookie: int | None) -> bool:
        """Wait until that is so; False if nothing comes any more."""
        while not self.is_settled(cookie):
            with trio.move_on_after(STALLED_S) as stalled:
                await self.moved()
            if stalled.cancelled_caught:
                return False
        return True

    async def moved(self) -> None:
        """Wait until anything is found or settled."""
        await self._progress.wait()

    def _wake(self) -> None:
        self._progress.set()
        self._progress = trio.Event()


class InodeSet:
    """A set of inodes, a bit each: a file manager may be shown a library of a million.

    As Python's numbers in a set they would take 100 MB. They are given one after another, so the pages
    are full.
    """

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add(self, inode: Inode) -> None:
        """Take one in."""
        number, at = divmod(inode, _PAGE_BITS)
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = bytearray(_PAGE_BITS // 8)
        page[at >> 3] |= 1 << (at & 7)

    def __contains__(self, inode: Inode) -> bool:
        number, at = divmod(inode, _PAGE_BITS)
        page = self._pages.get(number)
        return page is not None and bool(page[at >> 3] & 1 << (at & 7))


_PAGE_BITS: Final = 32_768
"""4 KiB: what the memory of one small directory may cost."""


class Visit:
    """A program in a directory: what it was shown there, and what it may still wait."""

    def __init__(self, parent: Inode, now_s: float, *, looks_once: bool = False) -> None:
        self.parent = parent
        self.looks_once = looks_once
        self.read_s = now_s
        """When it last opened the directory, or was handed entries."""
        self.asked_s = now_s
        """When it last asked for anything there."""
        self.patience = Patience(PATIENCE_S if looks_once else FIRST_PAGE_PATIENCE_S)
        self.opens_patience = Patience(OPENS_PATIENCE_S)
        self.gave_up = False
        """Thumbnails did not come: no more is waited for them."""
        self.neighbours = SEEN_FIRST
        """How many files behind one that a thumbnailer opens are made with it."""
        self.estimated = InodeSet()
        """Files that it was shown with an estimate for a size."""

    def shown(self, entries: Iterable[Entry], now_s: float) -> None:
        """It is handed these entries."""
        self.read_s = self.asked_s = now_s
        for entry in entries:
            if not entry.node.size_is_exact:
                self.estimated.add(entry.node.inode)

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

    def begin(
        self, directory: Inode, parent: Inode, now_s: float, *, looks_once: bool = False
    ) -> Visit:
        """A new visit, in place of one that there was.

        What that one was shown is still being looked at: programs open a directory more than once.
        """
        self._forget(now_s)
        former = self._visits.get(directory)
        visit = Visit(parent, now_s, looks_once=looks_once)
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
