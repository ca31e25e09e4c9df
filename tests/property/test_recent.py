"""Whatever Google lists and archives hold, `recent/` shows the newest 200 of both."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gphotosfs.catalog import entries, listings, recent, takeout
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.catalog.listings import ListingRow
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.recent import RECENT_MAX
from gphotosfs.catalog.store import Store
from gphotosfs.catalog.takeout import FoundItem, Location
from gphotosfs.model import (
    DirectoryKind,
    Inode,
    ItemId,
    ItemSource,
    ListingKind,
    MediaItem,
    Page,
    unique,
)
from gphotosfs.views.layout import plant_tree

PAGE: Final = 100
SECOND_NS: Final = 10**9

# Times in seconds: a stretch of up to 250, every one or every second of them. Both sides draw from the same
# times, so that some are equal.
stretches = st.builds(
    lambda first, count, step: frozenset(range(first, first + count * step, step)),
    st.integers(1000, 1300),
    st.integers(0, 250),
    st.sampled_from([1, 2]),
)


def photo(time_s: int) -> MediaItem:
    """Some have a name in common."""
    return MediaItem(
        id=ItemId(f"google-{time_s}"),
        filename=f"{time_s % 150}.jpg",
        mime_type="image/jpeg",
        created_ns=time_s * SECOND_NS,
    )


def packed(time_s: int) -> FoundItem:
    key = f"archived-{time_s}"
    return FoundItem(
        item=MediaItem(
            id=ItemId(""),
            filename=f"{time_s % 150}.jpg",
            mime_type="image/jpeg",
            created_ns=time_s * SECOND_NS,
        ),
        keys=(key,),
        location=Location(1, key, "stored", 0, time_s, time_s, time_s),
        uploaded_ns=None,
        albums=(),
        in_media=True,
        favorite=False,
        archived=False,
        trashed=False,
        is_original=False,
    )


def newest(times_s: Iterable[int]) -> list[int]:
    return sorted(times_s, reverse=True)[:RECENT_MAX]


class Sharing(RuleBasedStateMachine):
    """The catalogue's own functions, in any order in which the services call them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "catalog.db", "1-a")
        self.store.prepare(plant_tree, 0)
        self.of_google: frozenset[int] = frozenset()
        """What Google shows now, however much of it was listed."""
        self.in_archives: frozenset[int] = frozenset()
        self.broke_at: frozenset[int] = frozenset()
        """What Google showed when a listing broke."""
        self.is_settled = True
        """Whether Google's list was read to its end since anything changed."""
        self.names: dict[Inode, bytes] = {}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(times_s=stretches)
    def google_shows_others(self, times_s: frozenset[int]) -> None:
        self.of_google = times_s
        self.is_settled = False

    @rule()
    def a_listing_breaks(self) -> None:
        """After its first page, from which the next one goes on."""
        listing = self.begun()
        if listing.page_token is None:
            self.page_of(listing, 0)
            self.broke_at = self.of_google

    @rule()
    def google_is_listed(self) -> None:
        listing = self.begun()
        if self.of_google != self.broke_at:
            # What came or went meanwhile would be found by the next run only.
            listing = self.store.prepare(listings.start_over, listing)
        at = int(listing.page_token or 0)
        while not self.page_of(listing, at).ended:
            at += PAGE
        self.is_settled = True
        assert self.times_s() == newest([*self.of_google, *self.in_archives])

    @precondition(lambda self: self.is_settled)
    @rule()
    def nothing_moves_where_nothing_changed(self) -> None:
        before = self.ids()
        self.google_is_listed()
        assert self.ids() == before

    @rule(times_s=stretches)
    def the_archives_hold_others(self, times_s: frozenset[int]) -> None:
        kept = [row.modified_ns // SECOND_NS for row in self.rows() if self.is_googles(row)]
        run, albums, _ = self.store.prepare(takeout.begin_run, (), 0)
        found = [packed(time_s) for time_s in sorted(times_s)]
        self.store.prepare(takeout.apply_items, run, albums, found, 0)
        self.store.prepare(takeout.end_run, run)
        self.store.prepare(recent.settle_archives)
        self.in_archives = times_s
        self.is_settled = False
        assert self.times_s() == newest([*kept, *times_s])

    @invariant()
    def names_stay(self) -> None:
        """As long as something stands there."""
        directory = entries.directory_of(self.store.read, DirectoryKind.RECENT)
        assert directory is not None
        found = entries.entries_after(self.store.read, directory.inode, 0, 2 * RECENT_MAX)
        now = {row.target.inode: row.name for row in found}
        assert all(self.names.get(inode, name) == name for inode, name in now.items())
        self.names = now

    def begun(self) -> ListingRow:
        home = entries.directory_of(self.store.read, DirectoryKind.RECENT)
        assert home is not None
        return self.store.prepare(listings.begin, ListingKind.RECENT, "", home.inode)

    def page_of(self, listing: ListingRow, at: int) -> Changes:
        times_s = sorted(self.of_google, reverse=True)
        items = unique([photo(time_s) for time_s in times_s[at : at + PAGE]])
        token = str(at + PAGE) if at + PAGE < len(times_s) else None
        return self.store.prepare(listings.apply_recent, listing, Page(tuple(items), token), 0)

    def rows(self) -> list[ItemRow]:
        directory = entries.directory_of(self.store.read, DirectoryKind.RECENT)
        assert directory is not None
        found = entries.entries_after(self.store.read, directory.inode, 0, 2 * RECENT_MAX)
        return [row.target for row in found if isinstance(row.target, ItemRow)]

    def is_googles(self, row: ItemRow) -> bool:
        return row.source is ItemSource.LIBRARY

    def times_s(self) -> list[int]:
        return sorted((row.modified_ns // SECOND_NS for row in self.rows()), reverse=True)

    def ids(self) -> list[str]:
        return [row.id for row in self.rows()]


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)


def test_a_listing_that_broke_begins_again_where_archives_have_pushed_out_what_it_saw() -> None:
    """The last page alone would leave the first one's items out."""
    state = Sharing()
    try:
        state.google_shows_others(frozenset(range(1000, 1250)))
        state.a_listing_breaks()
        state.the_archives_hold_others(frozenset(range(2000, 2250)))
        state.the_archives_hold_others(frozenset())
        state.google_is_listed()
    finally:
        state.teardown()
