"""The timeline's spans: ranges of days that are listed side by side, each newest first.

While a run of the timeline is under way its spans are kept here with their page tokens, so that it
goes on after a restart. A span that is done is deleted; the run ends with the last one.
"""

from dataclasses import dataclass
from datetime import date

from gphotosfs.catalog.listings import ListingRow, add_to_timeline, end_run
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Connection, fact, set_fact
from gphotosfs.model import ListingKind, MediaItem, Page


@dataclass(frozen=True, slots=True)
class Span:
    """A range of days, both ends inclusive, and how far its listing has come."""

    id: int
    first_day: date
    last_day: date
    page_token: str | None
    """Where it goes on; None: at its newest end."""
    stop_day: date
    """Days before this one belong to another span by now, though the token still leads to them."""


def spans_of(db: Connection) -> list[Span]:
    """The spans of the run under way that are not done yet, newest first."""
    rows = db.execute("SELECT * FROM span ORDER BY last_day DESC")
    return [
        Span(
            row["id"],
            date.fromisoformat(row["first_day"]),
            date.fromisoformat(row["last_day"]),
            row["page_token"],
            date.fromisoformat(row["stop_day"]),
        )
        for row in rows
    ]


def set_archived(db: Connection, shown: bool) -> None:
    """Show archived items as an option says, which may have said otherwise before.

    What the option bears on is listed from its first page on at the next visit, whose end takes away
    what is not wanted any more; until then the old list stays.
    """
    if bool(fact(db, "include_archived")) == shown:
        return
    set_fact(db, "include_archived", int(shown))
    db.execute("DELETE FROM span")
    db.execute(
        "UPDATE listing SET revision = revision + 1, running = 1, page_token = NULL, fresh_ns = 0"
        " WHERE kind IN (?, ?, ?, ?)",
        (ListingKind.TIMELINE, ListingKind.FAVORITES, ListingKind.VIDEOS, ListingKind.RECENT),
    )


def add_span(db: Connection, first_day: date, last_day: date) -> Span:
    """A span that nobody has begun."""
    row = db.execute(
        "INSERT INTO span (first_day, last_day, stop_day) VALUES (?, ?, ?) RETURNING id",
        (first_day.isoformat(), last_day.isoformat(), first_day.isoformat()),
    ).fetchone()
    return Span(row[0], first_day, last_day, None, first_day)


def split_span(db: Connection, span: Span, middle: date) -> Span:
    """Take the days before `middle` from a span that is under way, as a new one."""
    db.execute("UPDATE span SET stop_day = ? WHERE id = ?", (middle.isoformat(), span.id))
    return add_span(db, span.stop_day, date.fromordinal(middle.toordinal() - 1))


def rewind_span(db: Connection, span: Span) -> None:
    """Begin a span again: its page token is no longer taken."""
    db.execute("UPDATE span SET page_token = NULL WHERE id = ?", (span.id,))


def apply_span_page(
    db: Connection,
    listing: ListingRow,
    span: Span,
    page: Page[MediaItem],
    now_ns: int,
    *,
    is_done: bool,
) -> Changes:
    """Show a page of a span; the last page of the last span ends the run."""
    changes = add_to_timeline(db, page.items, listing.revision, now_ns)
    if is_done:
        db.execute("DELETE FROM span WHERE id = ?", (span.id,))
        if db.execute("SELECT 1 FROM span LIMIT 1").fetchone() is None:
            end_run(db, listing, now_ns, changes)
    else:
        db.execute("UPDATE span SET page_token = ? WHERE id = ?", (page.next_page_token, span.id))
    return changes
