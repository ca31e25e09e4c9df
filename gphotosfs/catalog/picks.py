"""Picks: what a person ticked on Google's page, and which of it is here.

Items of a pick stand in its directory and in `media/`. There the entries of what the Library does
not show carry revision 0, which no run has: the pick vouches for them, and no run takes them away.
"""

from dataclasses import dataclass
from typing import Final

from gphotosfs import errors
from gphotosfs.catalog import entries
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.catalog.items import (
    fixed,
    hide_from_timeline,
    note_item,
    show_in_timeline,
    touch,
)
from gphotosfs.catalog.pairs import is_held
from gphotosfs.catalog.places import (
    Changes,
    forget_times,
    hide,
    make_directory,
    note_times,
    show,
)
from gphotosfs.catalog.store import Connection, Row
from gphotosfs.model import (
    DirectoryKind,
    Inode,
    ItemId,
    ItemSource,
    MediaItem,
    PickingSession,
    PickState,
    SessionId,
    unique,
)

VOUCHED_BY_PICKS = 0
"""The revision of entries in `media/` for which no listing vouches."""

NOBODY_NEEDS: Final = "NOT EXISTS (SELECT 1 FROM needed AS n WHERE n.inode = i.inode)"
"""Of an item `i`: no pick and no pin wants its bytes to be kept."""


@dataclass(frozen=True, slots=True)
class PickRow:
    """A pick and how far it has come."""

    id: int
    name: bytes
    state: PickState
    session: SessionId
    page_url: str
    begun_ns: int
    expires_ns: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How much of a pick is here."""

    items: int
    here: int
    here_bytes: int


def picks(db: Connection) -> list[PickRow]:
    """Every pick, oldest first."""
    return [_pick(row) for row in db.execute("SELECT * FROM pick ORDER BY id")]


def pick_with_id(db: Connection, identity: int) -> PickRow | None:
    """The pick with this number; None if it was removed."""
    row = db.execute("SELECT * FROM pick WHERE id = ?", (identity,)).fetchone()
    return None if row is None else _pick(row)


def pick_named(db: Connection, name: bytes) -> PickRow | None:
    """The pick of this name; None if there is none."""
    row = db.execute("SELECT * FROM pick WHERE name = ?", (name,)).fetchone()
    return None if row is None else _pick(row)


def tally(db: Connection, pick: PickRow) -> Tally:
    """How much of a pick is here."""
    row = db.execute(
        "SELECT count(*), count(k.inode), coalesce(sum(k.size_bytes), 0) FROM picked AS p"
        " LEFT JOIN kept AS k ON k.inode = p.inode WHERE p.pick = ?",
        (pick.id,),
    ).fetchone()
    return Tally(*row)


def missing(db: Connection, pick: PickRow) -> list[ItemRow]:
    """The items of a pick whose bytes are not here."""
    rows = db.execute(
        "SELECT inode FROM picked WHERE pick = ? AND inode NOT IN (SELECT inode FROM kept)",
        (pick.id,),
    ).fetchall()
    found = (entries.own_item(db, Inode(row[0])) for row in rows)
    return [item for item in found if item is not None]


def kept_bytes(db: Connection, identity: ItemId) -> int | None:
    """The length of an item whose bytes are here for good; None if they are not."""
    row = db.execute(
        "SELECT k.size_bytes FROM item AS i JOIN kept AS k ON k.inode = i.inode WHERE i.id = ?",
        (identity,),
    ).fetchone()
    return None if row is None else row[0]


def session_for(db: Connection, identity: ItemId) -> SessionId | None:
    """A session through which an item's bytes can be had; None if there is none any more."""
    row = db.execute(
        "SELECT p.session FROM item AS i JOIN picked AS o ON o.inode = i.inode"
        " JOIN pick AS p ON p.id = o.pick"
        " WHERE i.id = ? AND p.state = ? ORDER BY p.id DESC LIMIT 1",
        (identity, PickState.FETCHING),
    ).fetchone()
    return None if row is None else SessionId(row[0])


def bytes_state(db: Connection, item: ItemRow) -> str:
    """Where the bytes of an item are: kept, coming or lost; "" if its source has them."""
    if kept_bytes(db, item.id) is not None:
        return "kept"
    if session_for(db, item.id) is not None:
        return "coming"
    if item.source is ItemSource.LIBRARY and is_needed(db, item.inode):
        return "coming"
    return "lost" if item.source is ItemSource.PICKER else ""


def is_needed(db: Connection, inode: Inode) -> bool:
    """Whether a pick or a pin wants an item's bytes to be kept."""
    row = db.execute("SELECT 1 FROM needed WHERE inode = ? LIMIT 1", (inode,)).fetchone()
    return row is not None


def only_in(db: Connection, pick: PickRow) -> list[ItemRow]:
    """The items of a pick that is being removed which stand in no other, nor in a pin."""
    rows = db.execute(
        "SELECT i.inode FROM picked AS o JOIN item AS i ON i.inode = o.inode"  # noqa: S608 - constants
        f" WHERE o.pick = ? AND {NOBODY_NEEDS}",
        (pick.id,),
    ).fetchall()
    found = (entries.own_item(db, Inode(row[0])) for row in rows)
    return [item for item in found if item is not None]


def begin_pick(db: Connection, name: bytes, session: PickingSession, now_ns: int) -> PickRow:
    """A pick whose page waits for a person.

    Raises:
        ConfigError: there is a pick of this name.
    """
    if pick_named(db, name) is not None:
        raise errors.ConfigError(f"there is a pick named {name.decode()!r}; choose another name")
    row = db.execute(
        "INSERT INTO pick (name, state, session, page_url, begun_ns, expires_ns)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
        (name, PickState.WAITING, session.id, session.page_url, now_ns, session.expires_ns),
    ).fetchone()
    return _pick(row)


def set_state(db: Connection, pick: PickRow, state: PickState) -> None:
    """Note how far a pick has come; the page has served its purpose then."""
    db.execute("UPDATE pick SET state = ?, page_url = '' WHERE id = ?", (state, pick.id))


def add_picked(db: Connection, pick: PickRow, found: tuple[MediaItem, ...], now_ns: int) -> Changes:
    """Show picked items in the pick's directory and in `media/`."""
    changes = Changes()
    directory = _directory(db, pick, now_ns, changes) if found else None
    for item in unique(found):
        noted = note_item(db, item, now_ns, changes, ItemSource.PICKER)
        db.execute("INSERT OR IGNORE INTO picked VALUES (?, ?)", (pick.id, noted.own_inode))
        assert directory is not None
        show(db, [directory], noted.inode, noted.name, noted.identity, VOUCHED_BY_PICKS, changes)
        touch(changes, directory, noted.time_ns)
        show_in_timeline(db, noted, VOUCHED_BY_PICKS, now_ns, changes)
    note_times(db, changes)
    return changes


def note_kept(db: Connection, inode: Inode, size_bytes: int) -> None:
    """An item's bytes are here."""
    db.execute("INSERT OR REPLACE INTO kept (inode, size_bytes) VALUES (?, ?)", (inode, size_bytes))


def forget_kept(db: Connection, inode: Inode) -> None:
    """An item's bytes are not here any more."""
    db.execute("DELETE FROM kept WHERE inode = ?", (inode,))


def hide_pick(db: Connection, pick: PickRow) -> Changes:
    """Show a pick no longer, and let go of the bytes that no other pick needs.

    What the Library shows stays in `media/`. The pick's rows are left until its files are deleted,
    so that a crash in between leaves no bytes that nobody knows of.
    """
    changes = Changes()
    set_state(db, pick, PickState.REMOVING)
    for item in only_in(db, pick):
        shown = entries.shown_inode(db, item.inode)
        if _is_vouched_by_picks(db, shown) and not is_held(db, shown):
            hide_from_timeline(db, shown, changes)
        db.execute("DELETE FROM kept WHERE inode = ?", (item.inode,))
    directory = entries.directory_of(db, DirectoryKind.PICK, str(pick.id))
    if directory is not None:
        for row in db.execute("SELECT inode FROM picked WHERE pick = ?", (pick.id,)).fetchall():
            hide(db, directory.inode, entries.shown_inode(db, row[0]), changes)
        hide(db, directory.parent, directory.inode, changes)
    forget_times(db, changes)
    return changes


def forget_pick(db: Connection, pick: PickRow) -> None:
    """Drop what is left of a pick that is hidden."""
    db.execute("DELETE FROM picked WHERE pick = ?", (pick.id,))
    db.execute("DELETE FROM pick WHERE id = ?", (pick.id,))


def _is_vouched_by_picks(db: Connection, inode: Inode) -> bool:
    """Whether neither a listing of the Library nor an archive shows a file in `media/`."""
    row = db.execute(
        "SELECT revision, run FROM entry WHERE inode = ? AND directory = ?",
        (inode, fixed(db, DirectoryKind.ALL)),
    ).fetchone()
    return row is not None and tuple(row) == (VOUCHED_BY_PICKS, 0)


def _directory(db: Connection, pick: PickRow, now_ns: int, changes: Changes) -> Inode:
    parent = fixed(db, DirectoryKind.PICKED)
    kind, key = DirectoryKind.PICK, str(pick.id)
    return make_directory(db, kind, key, parent, pick.name, now_ns, changes)


def _pick(row: Row) -> PickRow:
    return PickRow(
        id=row["id"],
        name=row["name"],
        state=PickState(row["state"]),
        session=SessionId(row["session"]),
        page_url=row["page_url"],
        begun_ns=row["begun_ns"],
        expires_ns=row["expires_ns"],
    )
