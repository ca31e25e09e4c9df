"""Listings: sequences of pages, how far each has come, and what a finished one takes away.

A run numbers its entries with its revision. Pages add, and only the end of a run removes what it did
not see, so a listing that breaks in the middle keeps the old one. A run survives a restart: it goes on
from its page token with the same revision.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gphotosfs import errors
from gphotosfs.catalog import recent
from gphotosfs.catalog.items import Noted, note_item, show_in_timeline, touch
from gphotosfs.catalog.nesting import place_album
from gphotosfs.catalog.places import (
    Changes,
    forget_times,
    note_times,
    show,
)
from gphotosfs.catalog.store import Connection, Row
from gphotosfs.catalog.vouching import let_go
from gphotosfs.model import Album, DirectoryKind, Inode, ListingKind, MediaItem, Page, unique


@dataclass(frozen=True, slots=True)
class ListingRow:
    """A listing and how far it has come."""

    id: int
    kind: ListingKind
    key: str
    home: Inode
    revision: int
    running: bool
    page_token: str | None
    completed_ns: int | None
    fresh_ns: int | None
    signature: str


def listing_of(db: Connection, kind: ListingKind, key: str = "") -> ListingRow | None:
    """The listing of a kind with a key; None if it never began."""
    row = db.execute("SELECT * FROM listing WHERE kind = ? AND key = ?", (kind, key)).fetchone()
    return None if row is None else _listing(row)


def begin(db: Connection, kind: ListingKind, key: str, home: Inode) -> ListingRow:
    """A run of the listing: the one that was interrupted, else a new one from the first page."""
    db.execute(
        "INSERT INTO listing (kind, key, home, revision, running, signature) VALUES (?, ?, ?, 0, 0, '')"
        " ON CONFLICT (kind, key) DO NOTHING",
        (kind, key, home),
    )
    db.execute(
        "UPDATE listing SET revision = revision + 1, running = 1, page_token = NULL"
        " WHERE kind = ? AND key = ? AND NOT running",
        (kind, key),
    )
    found = listing_of(db, kind, key)
    assert found is not None
    return found


def start_over(db: Connection, listing: ListingRow) -> ListingRow:
    """The same run from its first page: the page token that we kept is no longer taken."""
    db.execute(
        "UPDATE listing SET revision = revision + 1, page_token = NULL WHERE id = ?", (listing.id,)
    )
    found = listing_of(db, listing.kind, listing.key)
    assert found is not None
    return found


def apply_items(db: Connection, listing: ListingRow, page: Page[MediaItem], now_ns: int) -> Changes:
    """Show a page of items in the listing's directory; the last page ends the run.

    Raises:
        NoEntryError: the album was taken away meanwhile, and its listing with it.
    """
    if listing_of(db, listing.kind, listing.key) is None:
        raise errors.NoEntryError("the album is gone")
    changes = Changes()
    for item in unique(page.items):
        _show_listed(db, listing, note_item(db, item, now_ns, changes), changes)
    note_times(db, changes)
    _turn_page(db, listing, page.next_page_token, now_ns, changes)
    return changes


def apply_recent(
    db: Connection, listing: ListingRow, page: Page[MediaItem], now_ns: int
) -> Changes:
    """Show a page of the newest items, as far as they are; one that is too old ends the run."""
    changes = Changes()
    ranking = recent.Ranking(db, listing.revision)
    token = page.next_page_token
    for item in unique(page.items):
        noted = note_item(db, item, now_ns, changes)
        if ranking.takes(noted):
            _show_listed(db, listing, noted, changes)
        if not ranking.has_room(noted.time_ns):
            token = None  # newest first: all that follow are too old as well
    note_times(db, changes)
    _turn_page(db, listing, token, now_ns, changes)
    return changes


def add_newest(db: Connection, listing: ListingRow, page: Page[MediaItem], now_ns: int) -> Changes:
    """Add what is new on a page of the timeline's top, without a run; nothing is taken away."""
    # A run that began meanwhile has another revision, and takes away whatever carries an older one.
    now = listing_of(db, listing.kind, listing.key) or listing
    return add_to_timeline(db, page.items, now.revision, now_ns)


def add_to_timeline(
    db: Connection, found: Iterable[MediaItem], revision: int, now_ns: int
) -> Changes:
    """Show items in `media/` with a run's revision."""
    changes = Changes()
    for item in unique(found):
        noted = note_item(db, item, now_ns, changes)
        show_in_timeline(db, noted, revision, now_ns, changes)
    note_times(db, changes)
    return changes


def end_run(db: Connection, listing: ListingRow, now_ns: int, changes: Changes) -> None:
    """A run has seen its last page: what it did not see is taken away."""
    changes.ended = True
    _sweep(db, listing, changes)
    db.execute(
        "UPDATE listing SET running = 0, page_token = NULL, completed_ns = ?, fresh_ns = ?,"
        " signature = ? WHERE id = ?",
        (now_ns, now_ns, signature(db, listing.key), listing.id),
    )


def apply_albums(db: Connection, listing: ListingRow, page: Page[Album], now_ns: int) -> Changes:
    """Show a page of albums; the last page ends the run."""
    changes = Changes()
    kind = DirectoryKind.ALBUM
    for album in unique(page.items):
        row = db.execute("SELECT title FROM album WHERE id = ?", (album.id,)).fetchone()
        was = None if row is None else row["title"]
        inode = place_album(db, kind, album.id, album.title, was, now_ns, changes)
        db.execute("UPDATE entry SET revision = ? WHERE inode = ?", (listing.revision, inode))
        db.execute(
            "INSERT OR REPLACE INTO album VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                album.id, inode, album.title, album.item_count, album.cover_item_id,
                album.product_url, album.is_writeable,
            ),
        )  # fmt: skip
    _turn_page(db, listing, page.next_page_token, now_ns, changes)
    return changes


def signature(db: Connection, album_id: str) -> str:
    """An album's row in the list of albums, as one text: it changes when the album changed."""
    row = db.execute(
        "SELECT title, item_count, cover FROM album WHERE id = ?", (album_id,)
    ).fetchone()
    return "" if row is None else repr(tuple(row))


def note_unchanged(db: Connection, listing: ListingRow, now_ns: int) -> None:
    """Count a listing as fresh again without having listed it."""
    db.execute("UPDATE listing SET fresh_ns = ? WHERE id = ?", (now_ns, listing.id))


def _show_listed(db: Connection, listing: ListingRow, item: Noted, changes: Changes) -> None:
    show(db, [listing.home], item.inode, item.name, item.identity, listing.revision, changes)
    touch(changes, listing.home, item.time_ns)


def _turn_page(
    db: Connection, listing: ListingRow, token: str | None, now_ns: int, changes: Changes
) -> None:
    if token is not None:
        db.execute("UPDATE listing SET page_token = ? WHERE id = ?", (token, listing.id))
        return
    end_run(db, listing, now_ns, changes)


def _sweep(db: Connection, listing: ListingRow, changes: Changes) -> None:
    """Take away what the run that ends now did not see."""
    if listing.kind is ListingKind.RECENT:
        recent.settle(db, changes, listing.revision)
        return
    if listing.kind is ListingKind.ALBUMS:
        gone = db.execute(
            "SELECT e.directory, e.inode FROM entry AS e JOIN directory AS d ON d.inode = e.inode"
            " WHERE d.kind = ? AND e.revision <> ?",
            (DirectoryKind.ALBUM, listing.revision),
        ).fetchall()
    else:
        # An item without capture time matches no range of days, so the timeline's run can't see it;
        # and revision 0 means that a pick vouches, and no listing (picks.py).
        gone = db.execute(
            "SELECT e.directory, e.inode FROM entry AS e JOIN item AS i ON i.inode = e.inode"
            " WHERE e.directory = ? AND e.revision NOT IN (0, ?) AND (? OR i.created_ns IS NOT NULL)",
            (listing.home, listing.revision, listing.kind is not ListingKind.TIMELINE),
        ).fetchall()
    for directory, inode in gone:
        let_go(db, directory, inode, changes)
        if listing.kind is ListingKind.ALBUMS:
            _forget_album(db, inode)
    forget_times(db, changes)


def _forget_album(db: Connection, directory: Inode) -> None:
    """Drop what an album held that is gone; should it come back, it is listed anew."""
    row = db.execute("DELETE FROM album WHERE directory = ? RETURNING id", (directory,)).fetchone()
    if row is not None:
        db.execute("DELETE FROM listing WHERE kind = ? AND key = ?", (ListingKind.ALBUM, row[0]))
    db.execute("DELETE FROM entry WHERE directory = ?", (directory,))


def _listing(row: Row) -> ListingRow:
    return ListingRow(
        id=row["id"],
        kind=ListingKind(row["kind"]),
        key=row["key"],
        home=Inode(row["home"]),
        revision=row["revision"],
        running=bool(row["running"]),
        page_token=row["page_token"],
        completed_ns=row["completed_ns"],
        fresh_ns=row["fresh_ns"],
        signature=row["signature"],
    )
