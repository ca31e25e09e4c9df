"""What archives and Google both have is shown once, in whatever order that is found and goes again.

It shows the archives' bytes while they are there, and no number is ever another photo's.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gphotosfs.catalog import entries, joining, listings, picks, recheck, takeout
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Store
from gphotosfs.catalog.takeout import FoundItem, Location
from gphotosfs.model import (
    DirectoryKind,
    Inode,
    ItemId,
    ListingKind,
    MediaItem,
    MediaKind,
    Page,
    PickingSession,
    PickState,
    SessionId,
)
from gphotosfs.views.layout import plant_tree

SECOND_NS: Final = 10**9
DAY_S: Final = 86_400


@dataclass(frozen=True)
class Photo:
    """A photo of the person's, of which Google and archives may tell."""

    name: str
    taken_s: int | None
    there_px: tuple[int, int]
    """As Google says."""
    here_px: tuple[int, int]
    """As its file in an archive says."""
    kind: MediaKind = MediaKind.PHOTO
    is_original: bool = True


PHOTOS: Final = (
    Photo("a.jpg", DAY_S, (400, 300), (400, 300)),
    Photo("b.jpg", 40 * DAY_S, (300, 400), (400, 300)),  # it lies on its side
    Photo("film.mp4", 400 * DAY_S, (640, 360), (640, 360), MediaKind.VIDEO),
    Photo("other.jpg", 500 * DAY_S, (400, 300), (200, 150)),  # another one: the dimensions differ
    Photo("edited.jpg", 600 * DAY_S, (400, 300), (400, 300), is_original=False),
    Photo("undated.jpg", None, (400, 300), (400, 300)),
    # Two of one name and second: which is which nobody can tell.
    Photo("burst.jpg", 700 * DAY_S, (400, 300), (400, 300)),
    Photo("burst.jpg", 700 * DAY_S, (400, 300), (400, 300)),
)
NUMBERS: Final = range(len(PHOTOS))
UNDATED: Final = 5
BURST: Final = {6, 7}
CERTAIN: Final = {0, 1, 2} | BURST

# Each as likely as not; sets that are drawn as such are mostly small.
some_photos = st.integers(0, 2 ** len(PHOTOS) - 1).map(
    lambda bits: {n for n in NUMBERS if bits >> n & 1}
)


def of_google(number: int) -> MediaItem:
    photo = PHOTOS[number]
    return MediaItem(
        id=ItemId(f"google-{number}"),
        filename=photo.name,
        mime_type="image/jpeg",
        kind=photo.kind,
        # Google tells parts of a second too.
        created_ns=None if photo.taken_s is None else photo.taken_s * SECOND_NS + number * 7,
        width=photo.there_px[0],
        height=photo.there_px[1],
    )


def in_archives(number: int, *, is_favorite: bool) -> FoundItem:
    photo = PHOTOS[number]
    return FoundItem(
        item=MediaItem(
            id=ItemId(""),
            filename=photo.name,
            mime_type="image/jpeg",
            kind=photo.kind,
            created_ns=None if photo.taken_s is None else photo.taken_s * SECOND_NS,
        ),
        keys=(f"url:{number}",),
        location=Location(1, f"{number}", "stored", 0, 1000 + number, 1000 + number, number),
        uploaded_ns=None,
        albums=(),
        in_media=True,
        favorite=is_favorite,
        archived=False,
        trashed=False,
        is_original=photo.is_original and photo.taken_s is not None,
    )


class Joining(RuleBasedStateMachine):
    """The catalogue's own functions, in any order in which the services call them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "catalog.db", "1-a")
        self.store.prepare(plant_tree, 0)
        self.listed: set[int] = set()
        self.liked: set[int] = set()
        self.picked: set[int] = set()
        self.archived: set[int] = set()
        self.liked_in_archives: set[int] = set()
        self.pairs: set[tuple[int, int]] = set()
        """(in archives, of Google) that were joined."""
        self.owners: dict[Inode, str] = {}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    # --- what happens ---------------------------------------------------------------------------

    @rule(there=some_photos, then_looked_at=st.booleans())
    def the_library_is_listed(self, there: set[int], then_looked_at: bool) -> None:
        timeline = self._begun(ListingKind.TIMELINE, DirectoryKind.ALL)
        dated = {n for n in there if PHOTOS[n].taken_s is not None}
        found = map(of_google, sorted(dated))
        self.store.prepare(listings.add_to_timeline, found, timeline.revision, 0)
        self.store.prepare(listings.end_run, timeline, 0, Changes())
        self.listed = dated | (self.listed & {UNDATED})
        if then_looked_at:
            self.candidates_are_looked_at()

    @rule(there=some_photos)
    def everything_is_looked_at(self, there: set[int]) -> None:
        timeline = listings.listing_of(self.store.read, ListingKind.TIMELINE)
        if timeline is None:
            return
        look = self.store.prepare(recheck.begin_recheck, timeline)
        page = Page(tuple(map(of_google, sorted(there))))
        self.store.prepare(recheck.note_met, look, page, 0)
        missing = recheck.not_met(self.store.read, look, Inode(0), Inode(10_000))
        assert all(identity.startswith("google-") for _, identity in missing)
        there_now = {of_google(n).id for n in there}
        gone = [inode for inode, identity in missing if identity not in there_now]
        self.store.prepare(recheck.take_away, gone)
        self.store.prepare(recheck.end_recheck, look, 0)
        undated = {n for n in there if PHOTOS[n].taken_s is None}
        # An entry in media/, whoever vouches for it, is Google's too once the look has met the item.
        shown = self.listed | self.picked | {g for t, g in self.pairs if t in self.archived}
        self.listed = (shown & there) | undated

    @rule(there=some_photos)
    def favorites_are_listed(self, there: set[int]) -> None:
        favorites = self._begun(ListingKind.FAVORITES, DirectoryKind.FAVORITES)
        page = Page(tuple(map(of_google, sorted(there))))
        self.store.prepare(listings.apply_items, favorites, page, 0)
        self.liked = there

    @rule(there=some_photos, liked=some_photos, then_looked_at=st.booleans())
    def archives_are_read(self, there: set[int], liked: set[int], then_looked_at: bool) -> None:
        run, albums, _ = self.store.prepare(takeout.begin_run, [], 0)
        found = [in_archives(n, is_favorite=n in liked) for n in sorted(there)]
        self.store.prepare(takeout.apply_items, run, albums, found, 0)
        self.store.prepare(takeout.end_run, run)
        self.archived, self.liked_in_archives = there, liked & there
        if then_looked_at:
            self.candidates_are_looked_at()

    @rule(chosen=some_photos)
    def a_person_picks(self, chosen: set[int]) -> None:
        row = picks.pick_named(self.store.read, b"a")
        if row is None:
            session = PickingSession(
                id=SessionId("a"), page_url="", is_done=True, expires_ns=None,
                poll_interval_s=None, timeout_in_s=None,
            )  # fmt: skip
            row = self.store.prepare(picks.begin_pick, b"a", session, 0)
            self.store.prepare(picks.set_state, row, PickState.FETCHING)
        found = tuple(map(of_google, sorted(chosen)))
        self.store.prepare(picks.add_picked, row, found, 0)
        self.picked |= chosen

    @rule()
    def the_pick_is_removed(self) -> None:
        row = picks.pick_named(self.store.read, b"a")
        if row is not None:
            self.store.prepare(picks.hide_pick, row)
            self.store.prepare(picks.forget_pick, row)
            self.picked = set()

    @rule()
    def candidates_are_looked_at(self) -> None:
        """As the task does; then what is certain is one, and what is not is two."""
        last = Inode(0)
        while (found := joining.next_candidate(self.store.read, last)) is not None:
            last, identity = found
            self.store.prepare(joining.judge, last, self._dimensions(identity))
        self._judge()

    def _judge(self) -> None:
        shown = self.listed | self.liked | self.picked
        for among in (BURST, *({n} for n in CERTAIN - BURST)):
            here, there = self.archived & among, shown & among
            if len(here) == len(there) == 1:
                self._join(*here, *there)
            elif len(here) > 1 or len(there) > 1:
                self.pairs -= {(t, g) for t, g in self.pairs if t in here and g in there}

    def _join(self, archived: int, google: int) -> None:
        if all(archived != t and google != g for t, g in self.pairs):
            self.pairs.add((archived, google))

    # --- what is shown then ---------------------------------------------------------------------

    @invariant()
    def media_shows_what_somebody_vouches_for_and_each_pair_once(self) -> None:
        self._check(DirectoryKind.ALL, self.listed | self.picked, self.archived)

    @invariant()
    def so_do_the_favorites(self) -> None:
        self._check(DirectoryKind.FAVORITES, self.liked, self.liked_in_archives)

    @invariant()
    def years_show_what_all_shows(self) -> None:
        years = entries.directory_of(self.store.read, DirectoryKind.BY_YEAR)
        assert years is not None
        found: list[Inode] = []
        for row in entries.entries_after(self.store.read, years.inode, 0, 100):
            below = self._files(row.target.inode)
            assert below, "a year without photos is shown"
            found += [item.inode for item in below]
        everything = entries.directory_of(self.store.read, DirectoryKind.ALL)
        assert everything is not None
        undated = {f"google-{UNDATED}", f"takeout-{UNDATED}"}
        assert sorted(found) == sorted(
            item.inode for item in self._files(everything.inode) if self._name(item) not in undated
        )

    def _check(self, kind: DirectoryKind, there: set[int], here: set[int]) -> None:
        directory = entries.directory_of(self.store.read, kind)
        assert directory is not None
        wanted = {f"takeout-{n}" for n in here} | {f"google-{n}" for n in there}
        for t, g in self.pairs:
            if f"takeout-{t}" in wanted or f"google-{g}" in wanted:
                wanted -= {f"takeout-{t}", f"google-{g}"}
                wanted.add(f"takeout-{t}" if t in self.archived else f"google-{g}")
        items = self._files(directory.inode)
        names = [self._name(item) for item in items]
        assert sorted(names) == sorted(wanted)
        for item, name in zip(items, names, strict=True):
            if name.startswith("takeout-"):
                assert item.size_bytes == 1000 + int(name.removeprefix("takeout-"))
            else:
                assert item.size_bytes is None
            photo = PHOTOS[int(name.rpartition("-")[2])]
            # Of a burst nobody can tell; of all others a number is one photo's for ever.
            owner = f"{photo.name} {photo.taken_s}"
            assert self.owners.setdefault(item.inode, owner) == owner

    @invariant()
    def a_number_that_was_shown_is_always_answered(self) -> None:
        for inode in self.owners:
            assert entries.item(self.store.read, inode) is not None

    # --- helpers --------------------------------------------------------------------------------

    def _begun(self, kind: ListingKind, home: DirectoryKind) -> listings.ListingRow:
        directory = entries.directory_of(self.store.read, home)
        assert directory is not None
        return self.store.prepare(listings.begin, kind, "", directory.inode)

    def _files(self, directory: Inode) -> list[ItemRow]:
        rows = entries.entries_after(self.store.read, directory, 0, 100)
        return [row.target for row in rows if isinstance(row.target, ItemRow)]

    def _name(self, item: ItemRow) -> str:
        """`takeout-3` or `google-3`: whose bytes a file shows."""
        if item.id.startswith("google-"):
            return item.id
        return f"takeout-{self._number(item.id)}"

    def _number(self, identity: ItemId) -> int:
        row = self.store.read.execute(
            "SELECT k.key FROM takeout_key AS k JOIN item AS i ON i.inode = k.inode WHERE i.id = ?",
            (identity,),
        ).fetchone()
        return int(row[0].removeprefix("url:"))

    def _dimensions(self, identity: ItemId) -> tuple[int, int]:
        return PHOTOS[self._number(identity)].here_px


TestJoining = Joining.TestCase
TestJoining.settings = settings(
    max_examples=100, stateful_step_count=30, deadline=None, derandomize=True
)
