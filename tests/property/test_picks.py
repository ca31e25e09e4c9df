"""Whatever the Library lists and a person picks, pins or removes.

`media/` shows what either vouches for, and what is kept is what somebody needs.
"""

import tempfile
from pathlib import Path
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gphotosfs.catalog import entries, listings, picks, pins, recheck
from gphotosfs.catalog.listings import ListingRow
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Store
from gphotosfs.model import (
    DirectoryKind,
    Inode,
    ItemId,
    ListingKind,
    MediaItem,
    Page,
    PickingSession,
    PickState,
    SessionId,
)
from gphotosfs.views.layout import plant_tree

DAY_NS: Final = 86_400 * 10**9
PHOTOS: Final = tuple(
    # Two have no capture time, which no run by days finds.
    MediaItem(
        id=ItemId(f"photo-{n}"),
        filename=f"{n % 3}.jpg",
        mime_type="image/jpeg",
        created_ns=None if n > 5 else n * 40 * DAY_NS,
    )
    for n in range(8)
)

some_photos = st.sets(st.sampled_from(range(len(PHOTOS))))
some_numbers = st.integers(0, 100)


def of(numbers: set[int]) -> tuple[MediaItem, ...]:
    return tuple(PHOTOS[n] for n in sorted(numbers))


class Vouching(RuleBasedStateMachine):
    """The catalogue's own functions, in any order in which the services call them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "catalog.db", "1-a")
        self.store.prepare(plant_tree, 0)
        self.now_ns = 0
        self.shown_by_library: set[int] = set()
        self.found_by_run: set[int] = set()
        """By a run that broke, and that the next one goes on with."""
        self.picked: dict[str, set[int]] = {}
        self.pinned: dict[Inode, set[int]] = {}
        self.held: set[int] = set()
        """Shown for a pin's sake alone."""
        self.kept: set[int] = set()
        self.inodes: dict[int, Inode] = {}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def begun(self) -> ListingRow:
        everything = entries.directory_of(self.store.read, DirectoryKind.ALL)
        assert everything is not None
        return self.store.prepare(listings.begin, ListingKind.TIMELINE, "", everything.inode)

    def needed(self) -> set[int]:
        return set().union(*self.picked.values(), *self.pinned.values())

    def the_library_shows(self, shown: set[int]) -> None:
        """What it loses stays if it is pinned and its bytes are here."""
        lost = self.shown_by_library - shown
        pinned = set().union(*self.pinned.values())
        self.held = (self.held - shown) | (lost & pinned & self.kept)
        self.shown_by_library = shown

    @rule(there=some_photos)
    def the_library_is_listed(self, there: set[int]) -> None:
        """A whole run: what it did not see goes, but for what has no date."""
        timeline = self.begun()
        dated = {n for n in there if PHOTOS[n].created_ns is not None}
        self.store.prepare(listings.add_to_timeline, of(dated), timeline.revision, self.now_ns)

        self.store.prepare(listings.end_run, timeline, self.now_ns, Changes())
        undated = {n for n in self.shown_by_library if PHOTOS[n].created_ns is None}
        self.the_library_shows(dated | self.found_by_run | undated)
        self.found_by_run = set()

    @rule(found=some_photos)
    def a_listing_breaks(self, found: set[int]) -> None:
        """What a run has found stays, and nothing goes."""
        timeline = self.begun()
        dated = {n for n in found if PHOTOS[n].created_ns is not None}
        self.store.prepare(listings.add_to_timeline, of(dated), timeline.revision, self.now_ns)
        self.the_library_shows(self.shown_by_library | dated)
        self.found_by_run |= dated

    @rule(there=some_photos)
    def everything_is_looked_at(self, there: set[int]) -> None:
        """The slow look: adds what has no date, and takes away what Google no longer knows."""
        timeline = listings.listing_of(self.store.read, ListingKind.TIMELINE)
        if timeline is None or timeline.running:
            return
        look = self.store.prepare(recheck.begin_recheck, timeline)
        self.store.prepare(recheck.note_met, look, Page(of(there)), self.now_ns)
        missing = recheck.not_met(self.store.read, look, Inode(0), Inode(10_000))
        gone = [inode for inode, _ in missing]
        self.store.prepare(recheck.take_away, gone)
        self.store.prepare(recheck.end_recheck, look, self.now_ns)
        undated = {n for n in there if PHOTOS[n].created_ns is None}
        # A picked photo that the Library has too is shown by both from here on.
        everywhere = self.shown_by_library | self.held | set().union(*self.picked.values())
        self.the_library_shows((everywhere & there) | undated)

    @rule(name=st.sampled_from("abc"), chosen=some_photos)
    def a_person_picks(self, name: str, chosen: set[int]) -> None:
        row = picks.pick_named(self.store.read, name.encode())
        if row is None:
            session = PickingSession(
                id=SessionId(name), page_url="", is_done=True, expires_ns=None,
                poll_interval_s=None, timeout_in_s=None,
            )  # fmt: skip
            row = self.store.prepare(picks.begin_pick, name.encode(), session, self.now_ns)
            self.store.prepare(picks.set_state, row, PickState.FETCHING)
        self.store.prepare(picks.add_picked, row, of(chosen), self.now_ns)
        self.picked.setdefault(name, set()).update(chosen)

    @rule(coming=some_photos)
    def some_bytes_arrive(self, coming: set[int]) -> None:
        self.bytes_arrive(coming)

    def bytes_arrive(self, coming: set[int]) -> None:
        for chosen in sorted(coming & self.needed() - self.kept):
            item = entries.item_with_id(self.store.read, PHOTOS[chosen].id)
            assert item is not None
            self.store.prepare(picks.note_kept, item.inode, 100 + chosen)
            self.kept.add(chosen)

    @rule(name=st.sampled_from("abc"))
    def a_pick_is_removed(self, name: str) -> None:
        row = picks.pick_named(self.store.read, name.encode())
        if row is None:
            return
        self.store.prepare(picks.hide_pick, row)
        only = {item.id for item in picks.only_in(self.store.read, row)}
        self.store.prepare(picks.forget_pick, row)
        gone = self.picked.pop(name)
        assert only == {PHOTOS[n].id for n in gone - self.needed()}
        pinned = set().union(*self.pinned.values())
        picked = set().union(*self.picked.values())
        self.held |= (gone & pinned) - self.shown_by_library - picked
        self.kept &= self.needed()

    @rule(number=some_numbers)
    def a_person_pins_a_photo(self, number: int) -> None:
        if shown := sorted(self.shown()):
            chosen = shown[number % len(shown)]
            self.pin(self.inodes[chosen], {chosen})

    @rule()
    def a_person_pins_everything_and_waits(self) -> None:
        everything = entries.directory_of(self.store.read, DirectoryKind.ALL)
        assert everything is not None
        self.pin(everything.inode, self.shown())
        self.bytes_arrive(set(range(len(PHOTOS))))

    def pin(self, inode: Inode, members: set[int]) -> None:
        row = self.store.prepare(pins.begin_pin, inode, str(inode), self.now_ns)
        tally = self.store.prepare(pins.note_members, row)
        self.pinned.setdefault(inode, set()).update(members)
        assert tally.items == len(self.pinned[inode])
        assert tally.kept == len(self.pinned[inode] & self.kept)
        assert tally.gone == len(self.pinned[inode] - members)

    @rule(number=some_numbers)
    def a_person_unpins(self, number: int) -> None:
        if not self.pinned:
            return
        inode = sorted(self.pinned)[number % len(self.pinned)]
        row = pins.pin_of(self.store.read, inode)
        assert row is not None
        self.store.prepare(pins.hide_pin, row)
        released = {key.item for _, key in pins.released(self.store.read, row)}
        self.store.prepare(pins.forget_pin, row)
        gone = self.pinned.pop(inode)
        assert released == {PHOTOS[n].id for n in gone - self.needed()}
        self.held &= self.needed()
        self.kept &= self.needed()

    def shown_in(self, kind: DirectoryKind, key: str = "") -> set[int]:
        directory = entries.directory_of(self.store.read, kind, key)
        if directory is None:
            return set()
        rows = entries.entries_after(self.store.read, directory.inode, 0, 100)
        numbers = [
            int(row.target.id.removeprefix("photo-"))
            for row in rows
            if isinstance(row.target, entries.ItemRow)
        ]
        assert len(set(numbers)) == len(numbers)
        for row, number in zip(rows, numbers, strict=True):
            assert self.inodes.setdefault(number, row.target.inode) == row.target.inode
        return set(numbers)

    def shown(self) -> set[int]:
        return self.shown_by_library | self.held | set().union(*self.picked.values())

    @invariant()
    def kept_is_what_somebody_needs(self) -> None:
        rows = self.store.read.execute("SELECT i.id FROM kept AS k JOIN item AS i USING (inode)")
        assert {row[0] for row in rows} == {PHOTOS[n].id for n in self.kept}
        missing = self.store.prepare(pins.missing, [], 100)
        pinned = set().union(*self.pinned.values())
        assert {item.id for item in missing} == {PHOTOS[n].id for n in pinned - self.kept}

    @invariant()
    def media_shows_what_either_vouches_for(self) -> None:
        everything = self.shown()
        assert self.shown_in(DirectoryKind.ALL) == everything
        dated = {n for n in everything if PHOTOS[n].created_ns is not None}
        years = entries.directory_of(self.store.read, DirectoryKind.BY_YEAR)
        assert years is not None
        found = [
            self.shown_in(DirectoryKind.YEAR, row.name.decode())
            for row in entries.entries_after(self.store.read, years.inode, 0, 100)
        ]
        assert all(found), "a year without photos is shown"
        assert set().union(*found) == dated

    @invariant()
    def each_pick_shows_its_own(self) -> None:
        for name, numbers in self.picked.items():
            row = picks.pick_named(self.store.read, name.encode())
            assert row is not None
            assert self.shown_in(DirectoryKind.PICK, str(row.id)) == numbers
            here = picks.tally(self.store.read, row)
            assert (here.items, here.here) == (len(numbers), len(numbers & self.kept))


TestVouching = Vouching.TestCase
TestVouching.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
