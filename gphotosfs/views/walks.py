"""Programs that walk a folder file by file: a viewer, `cp -r`, `rsync`. What comes next is known.

A walk is noticed when a file that was read to its end is followed by its neighbour, in the directory's
order (as `readdir` and `cp -r` go), against it, or by name (as `rsync` and most viewers go).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gphotosfs.catalog import entries, shown
from gphotosfs.catalog.entries import ItemRow, Order
from gphotosfs.catalog.store import Store
from gphotosfs.model import Inode, ItemId, ItemSource, MediaKind, Processing, original_of

WHOLE_AFTER: Final = 2
"""After so many neighbours read to their end, the next photo is asked for whole, with one request."""

AHEAD_AFTER: Final = 3
"""After so many, the next ones are fetched before they are opened."""

AHEAD: Final = 4
"""Photos under way beyond the one that is read: enough to hide a round trip, little enough to waste."""

TOLERANCE: Final = 8
"""Readers side by side, and files that a program leaves out, may put a neighbour so far off."""


@dataclass(slots=True)
class _Walk:
    directory: Inode
    order: Order
    last: Inode
    length: int


class Walks:
    """What the files read to their end say of the files that come next."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._walk: _Walk | None = None
        self._read: deque[Inode] = deque(maxlen=2 * TOLERANCE)

    def is_expected(self, inode: Inode) -> bool:
        """Whether a walk leads to this file, so that it will be read whole."""
        walk = self._walk
        return walk is not None and walk.length >= WHOLE_AFTER and self._leads_to(walk, inode)

    def opened(self, inode: Inode) -> bool:
        """A file was opened; False if that shows that a walk is over."""
        walk = self._walk
        if walk is None or inode in self._read or self._leads_to(walk, inode):
            return True
        self._walk = None
        return False

    def read_to_end(self, inode: Inode) -> None:
        """A file was read to its end."""
        if inode in self._read:
            return
        walk, before = self._walk, self._read[-1] if self._read else None
        self._read.append(inode)
        if walk is None:
            self._walk = None if before is None else self._begun(before, inode)
        elif self._leads_to(walk, inode):
            walk.last, walk.length = inode, walk.length + 1
        # Else it was opened before, by a program that reads several side by side: a longer one.

    def ahead(self) -> Iterator[ItemRow]:
        """The photos that the walk comes to next, once it has gone on long enough."""
        walk = self._walk
        if walk is not None and walk.length >= AHEAD_AFTER:
            for row in self._followers(walk.directory, walk.last, walk.order, AHEAD):
                if row.kind is MediaKind.PHOTO and row.processing is Processing.READY:
                    yield row

    def neighbours(self, item: ItemId, limit: int) -> Iterator[ItemId]:
        """What stands behind an item where it is read, for whoever asks for many at once."""
        row = entries.item_with_id(self._store.read, item)
        if row is None:
            return
        shown = entries.shown_inode(self._store.read, row.inode)
        places = entries.places(self._store.read, shown)
        if not places:
            return
        walk = self._walk
        there = [directory for directory, _ in places]
        walked = None if walk is None else original_of(walk.directory)
        directory = walked if walked in there else there[-1]
        order = walk.order if walk is not None else Order.LISTED
        for one in self._followers(directory, shown, order, limit):
            if one.source is ItemSource.LIBRARY:
                yield one.id

    def _leads_to(self, walk: _Walk, inode: Inode) -> bool:
        followers = self._followers(walk.directory, walk.last, walk.order, TOLERANCE)
        return any(row.inode == inode for row in followers)

    def _begun(self, before: Inode, inode: Inode) -> _Walk | None:
        """The walk that leads from one file to the other in the fewest steps."""
        nearest: tuple[int, _Walk] | None = None
        for directory, *_ in shown.entries_of(self._store.read, before):
            for order in Order:
                followers = self._followers(directory, before, order, TOLERANCE)
                steps = next((n for n, row in enumerate(followers) if row.inode == inode), None)
                if steps is not None and (nearest is None or steps < nearest[0]):
                    nearest = steps, _Walk(directory, order, inode, 2)
        return nearest and nearest[1]

    def _followers(self, directory: Inode, inode: Inode, order: Order, limit: int) -> list[ItemRow]:
        return shown.followers(self._store.read, directory, inode, order, limit)
