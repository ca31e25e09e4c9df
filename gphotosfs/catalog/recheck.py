"""Writing what a slow look at every media item finds: the undated, the late, the deleted.

Such a look (views/recheck.py) bumps the timeline's revision when it begins. Whatever it meets, and
whatever is listed meanwhile, carries the new one; what is left behind at its end may be gone.
"""

from datetime import date

from gphotosfs import names
from gphotosfs.catalog.items import fixed, note_item, show_in_timeline
from gphotosfs.catalog.listings import ListingRow, begin, listing_of
from gphotosfs.catalog.places import Changes, forget_times, note_times
from gphotosfs.catalog.store import Connection, fact
from gphotosfs.catalog.vouching import let_go
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


def begin_recheck(db: Connection, timeline: ListingRow) -> ListingRow:
    """The look that was interrupted, else a new one, for which the timeline's revision moves on."""
    known = listing_of(db, ListingKind.RECHECK)
    if known is None or not known.running:
        db.execute("UPDATE listing SET revision = revision + 1 WHERE id = ?", (timeline.id,))
    return begin(db, ListingKind.RECHECK, "", timeline.home)


def note_met(
    db: Connection, recheck: ListingRow, page: Page[MediaItem], now_ns: int
) -> tuple[Changes, list[tuple[Inode, date]]]:
    """Take a page in; also the days of items that the timeline should have had, or that are archived.

    Only a search for such a day tells which: it leaves archived items out, as the option says.
    """
    changes = Changes()
    unexplained: list[tuple[Inode, date]] = []
    revision = _revision(db)
    for item in unique(page.items):
        noted = note_item(db, item, now_ns, changes)
        met = db.execute(
            "UPDATE entry SET revision = ? WHERE inode = ? AND directory = ?",
            (revision, noted.inode, recheck.home),
        ).rowcount
        if not met and noted.created_ns is None:
            show_in_timeline(db, noted, revision, now_ns, changes)
        elif not met and noted.created_ns is not None:
            unexplained.append((noted.inode, names.utc_day(noted.created_ns)))
    note_times(db, changes)
    db.execute("UPDATE listing SET page_token = ? WHERE id = ?", (page.next_page_token, recheck.id))
    return changes, unexplained


def not_met(
    db: Connection, recheck: ListingRow, after: Inode, upto: Inode
) -> list[tuple[Inode, ItemId]]:
    """Items that the Library has shown in the timeline and that the look has not met, by inode.

    Of the numbers behind `after` up to `upto`: in a large library all of them take seconds.
    """
    rows = db.execute(
        "SELECT e.inode, (SELECT g.id FROM item AS g WHERE g.source = ? AND g.inode IN"
        " (SELECT inode FROM item WHERE inode = e.inode OR joined_to = e.inode) ORDER BY g.inode DESC)"
        # By the plus SQLite takes the index by inode, rather than that by directory, and all of it.
        " AS google FROM entry AS e WHERE +e.directory = ? AND e.revision BETWEEN 1 AND ? - 1"
        " AND e.inode > ? AND e.inode <= ? AND google IS NOT NULL ORDER BY e.inode",
        (ItemSource.LIBRARY, recheck.home, _revision(db), after, upto),
    )
    return [(Inode(row[0]), ItemId(row[1])) for row in rows]


def last_inode(db: Connection) -> Inode:
    """The highest number that was given so far."""
    return Inode(fact(db, "next_inode") - 1)


def take_away(db: Connection, gone: list[Inode]) -> Changes:
    """Show items no longer that Google does not know any more."""
    changes = Changes()
    for inode in gone:
        let_go(db, fixed(db, DirectoryKind.ALL), inode, changes)
    forget_times(db, changes)
    return changes


def end_recheck(db: Connection, recheck: ListingRow, now_ns: int) -> None:
    """The look has seen everything."""
    db.execute(
        "UPDATE listing SET running = 0, page_token = NULL, completed_ns = ?, fresh_ns = ? WHERE id = ?",
        (now_ns, now_ns, recheck.id),
    )


def _revision(db: Connection) -> int:
    timeline = listing_of(db, ListingKind.TIMELINE)
    assert timeline is not None
    return timeline.revision
