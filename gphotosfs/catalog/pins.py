"""Pins: what a person wants to have here without a network, and which items that means.

What was once pinned stays so when it leaves its directory, until somebody says otherwise: a photo that
was deleted at Google by mistake is still here then. It stays in `media/` as well, like a picked one.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from gphotosfs.catalog import entries
from gphotosfs.catalog.entries import DirectoryRow, ItemRow
from gphotosfs.catalog.items import fixed, hide_from_timeline
from gphotosfs.catalog.pairs import is_held
from gphotosfs.catalog.picks import NOBODY_NEEDS
from gphotosfs.catalog.places import Changes, forget_times
from gphotosfs.catalog.store import Connection, Row
from gphotosfs.model import BlobKey, DirectoryKind, Inode, ItemId, MediaKind, PinState


@dataclass(frozen=True, slots=True)
class PinRow:
    """A directory or a file that was pinned."""

    id: int
    inode: Inode | None
    """None of those that only hold what is about to be deleted."""
    path: str
    """As it was named, below the tree's root."""
    state: PinState
    begun_ns: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How much of a pin is here."""

    items: int = 0
    kept: int = 0
    kept_bytes: int = 0
    in_archives: int = 0
    """Not kept besides, since they lie on this machine."""
    left_bytes: int = 0
    """Of those that are still to come, as far as their sizes are known."""
    gone: int = 0
    """Items that have left the directory since."""

    @property
    def here(self) -> int:
        """How many need no network."""
        return self.kept + self.in_archives


# All that is below a directory, itself included.
_BELOW: Final = """
    WITH RECURSIVE below (inode) AS (
        SELECT ?
        UNION
        SELECT d.inode FROM below AS b JOIN entry AS e ON e.directory = b.inode
        JOIN directory AS d ON d.inode = e.inode
    )
"""
_SHOWN: Final = f"""
    {_BELOW}
    SELECT i.inode, min(e.id) AS place FROM below AS b JOIN entry AS e ON e.directory = b.inode
    JOIN item AS i ON i.inode = e.inode GROUP BY i.inode
"""  # noqa: S608 - constants
# Where the bytes that a file shows are noted: a photo may be known from archives and from Google.
_BYTES: Final = "(SELECT coalesce(i.bytes_of, i.inode) FROM item AS i WHERE i.inode = m.inode)"
_IS_HERE: Final = f"""
    (EXISTS (SELECT 1 FROM kept AS k WHERE k.inode = {_BYTES} AND NOT k.is_outdated)
    OR EXISTS (SELECT 1 FROM takeout_file AS t WHERE t.inode = {_BYTES}))
"""  # noqa: S608 - constants
# All rows of what is in a pin that nobody needs any more, also of what was joined to it since.
_RELEASED: Final = f"""
    i.inode IN (SELECT inode FROM pinned WHERE pin = ? UNION SELECT j.inode
    FROM pinned AS m JOIN item AS j ON j.joined_to = m.inode WHERE m.pin = ?) AND {NOBODY_NEEDS}
"""  # noqa: S608 - constants
# Directories of dates are thousands, and the timeline's listing fills them all.
_DATES: Final = (
    DirectoryKind.YEAR, DirectoryKind.MONTHS, DirectoryKind.MONTH, DirectoryKind.DAYS, DirectoryKind.DAY,
)  # fmt: skip


def pins(db: Connection) -> list[PinRow]:
    """Every pin, oldest first."""
    return [_pin(row) for row in db.execute("SELECT * FROM pin ORDER BY id")]


def pin_with_id(db: Connection, identity: int) -> PinRow | None:
    """The pin with this number; None if it was removed."""
    return _one(db.execute("SELECT * FROM pin WHERE id = ?", (identity,)).fetchone())


def pin_of(db: Connection, inode: Inode) -> PinRow | None:
    """The pin of a directory or a file itself; None if it has none."""
    return _one(db.execute("SELECT * FROM pin WHERE inode = ?", (inode,)).fetchone())


def pin_called(db: Connection, path: str) -> PinRow | None:
    """The pin that was made under this path; None if there is none."""
    return _one(
        db.execute(
            "SELECT * FROM pin WHERE path = ? AND inode IS NOT NULL ORDER BY id DESC", (path,)
        ).fetchone()
    )


def pins_with(db: Connection, inode: Inode) -> list[PinRow]:
    """The pins that an item is in, oldest first."""
    return [
        _pin(row)
        for row in db.execute(
            "SELECT p.* FROM pinned AS m JOIN pin AS p ON p.id = m.pin"
            " WHERE m.inode = ? AND p.state <> ? ORDER BY p.id",
            (inode, PinState.REMOVING),
        )
    ]


def kept_for(db: Connection, inode: Inode) -> int | None:
    """The length of what is kept of an item, if it is of the version that is wanted; else None."""
    row = db.execute(
        "SELECT size_bytes FROM kept WHERE inode = ? AND NOT is_outdated", (inode,)
    ).fetchone()
    return None if row is None else row[0]


def begin_pin(db: Connection, inode: Inode, path: str, now_ns: int) -> PinRow:
    """The pin of a directory or a file, made unless it has one."""
    row = db.execute(
        "INSERT INTO pin (inode, path, state, begun_ns) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (inode) DO UPDATE SET path = excluded.path, state = excluded.state RETURNING *",
        (inode, path, PinState.KEEPING, now_ns),
    ).fetchone()
    return _pin(row)


def note_members(db: Connection, pin: PinRow) -> Tally:
    """Pin what is shown below a directory now, and count. Goes through all of it: in a thread."""
    db.execute(
        "INSERT INTO pinned (pin, inode) SELECT ?, s.inode"  # noqa: S608 - constants
        f" FROM (SELECT ? AS inode, 0 AS place WHERE EXISTS (SELECT 1 FROM item WHERE inode = ?)"
        f" UNION SELECT * FROM ({_SHOWN})) AS s"
        " WHERE NOT EXISTS (SELECT 1 FROM pinned AS m WHERE m.pin = ? AND m.inode = s.inode)"
        " AND EXISTS (SELECT 1 FROM pin WHERE id = ? AND state = ?) ORDER BY s.place",
        (pin.id, pin.inode, pin.inode, pin.inode, pin.id, pin.id, PinState.KEEPING),
    )
    counted = db.execute(
        "SELECT count(*), count(k.inode), coalesce(sum(k.size_bytes), 0),"  # noqa: S608 - constants
        " count(t.inode) FILTER (WHERE k.inode IS NULL),"
        " coalesce(sum(i.size_bytes) FILTER (WHERE k.inode IS NULL AND t.inode IS NULL), 0)"
        f" FROM pinned AS m JOIN item AS i ON i.inode = {_BYTES} LEFT JOIN kept AS k ON k.inode = i.inode"
        " LEFT JOIN takeout_file AS t ON t.inode = i.inode WHERE m.pin = ?",
        (pin.id,),
    ).fetchone()
    return replace(Tally(*counted), gone=len(_gone(db, pin)))


def directories_below(db: Connection, top: Inode) -> list[DirectoryRow]:
    """A directory and those below it, but of dates only itself; none for a file."""
    marks = ", ".join("?" * len(_DATES))
    rows = db.execute(
        f"{_BELOW} SELECT d.inode FROM below AS b JOIN directory AS d ON d.inode = b.inode"  # noqa: S608
        f" WHERE d.inode = ? OR d.kind NOT IN ({marks})",
        (top, top, *_DATES),
    ).fetchall()
    found = (entries.directory(db, Inode(row[0])) for row in rows)
    return [directory for directory in found if directory is not None]


def missing(db: Connection, but: Collection[Inode], limit: int) -> list[ItemRow]:
    """The next items to be fetched, those of the latest pin first. In a thread."""
    rows = db.execute(
        "SELECT m.inode FROM pinned AS m JOIN pin AS p ON p.id = m.pin"  # noqa: S608 - constants
        f" WHERE p.state <> ? AND NOT {_IS_HERE}"
        " AND m.inode NOT IN (SELECT value FROM json_each(?))"
        " GROUP BY m.inode ORDER BY max(m.pin) DESC, min(m.id) LIMIT ?",
        (PinState.REMOVING, json.dumps(list(but)), limit),
    ).fetchall()
    found = (entries.item(db, Inode(row[0])) for row in rows)
    return [item for item in found if item is not None]


def is_pinned(db: Connection, inode: Inode) -> bool:
    """Whether an item is in a pin."""
    return bool(pins_with(db, inode))


def hide_pin(db: Connection, pin: PinRow) -> Changes:
    """Let go of the bytes that no other pin and no pick needs.

    The pin's rows are left until its files are deleted, so that a crash in between leaves no bytes
    that nobody knows of.
    """
    changes = Changes()
    db.execute("UPDATE pin SET state = ? WHERE id = ?", (PinState.REMOVING, pin.id))
    # What no listing and no archive shows in `media/` stood there for the pin's sake.
    shown = db.execute(
        "SELECT DISTINCT e.inode FROM item AS i JOIN entry AS e"  # noqa: S608 - constants
        " ON e.inode = coalesce(i.joined_to, i.inode) AND e.revision = 0 AND e.run = 0"
        f" WHERE e.directory = ? AND {_RELEASED}",
        (fixed(db, DirectoryKind.ALL), pin.id, pin.id),
    ).fetchall()
    _forget_kept(db, pin)
    for (inode,) in shown:
        if not is_held(db, inode):
            hide_from_timeline(db, inode, changes)
    forget_times(db, changes)
    return changes


def split_gone(db: Connection, pin: PinRow) -> PinRow | None:
    """A pin, to be removed, of what has left a pinned directory; None if nothing has."""
    gone = _gone(db, pin)
    if not gone:
        return None
    row = db.execute(
        "INSERT INTO pin (path, state, begun_ns) VALUES (?, ?, ?) RETURNING *",
        (pin.path, PinState.REMOVING, pin.begun_ns),
    ).fetchone()
    db.executemany(
        "UPDATE pinned SET pin = ? WHERE pin = ? AND inode = ?",
        [(row["id"], pin.id, inode) for inode in gone],
    )
    return _pin(row)


def released(db: Connection, pin: PinRow) -> list[tuple[Inode, BlobKey]]:
    """The items of a pin that is hidden whose bytes nobody else needs. In a thread."""
    rows = db.execute(
        f"SELECT i.inode, i.id, i.kind FROM item AS i WHERE {_RELEASED}",  # noqa: S608 - constants
        (pin.id, pin.id),
    )
    return [
        (Inode(row["inode"]), entries.original_blob(ItemId(row["id"]), MediaKind(row["kind"])))
        for row in rows
    ]


def forget_pin(db: Connection, pin: PinRow) -> None:
    """Drop what is left of a pin that is hidden."""
    # Some may have come between its being hidden and the end of the tasks that fetched.
    _forget_kept(db, pin)
    db.execute("DELETE FROM pinned WHERE pin = ?", (pin.id,))
    db.execute("DELETE FROM pin WHERE id = ?", (pin.id,))


def _forget_kept(db: Connection, pin: PinRow) -> None:
    db.execute(
        "DELETE FROM kept WHERE inode IN"  # noqa: S608 - constants
        f" (SELECT i.inode FROM item AS i WHERE {_RELEASED})",
        (pin.id, pin.id),
    )


def _gone(db: Connection, pin: PinRow) -> list[Inode]:
    """The items of a pinned directory that are not shown below it any more."""
    rows = db.execute(
        "SELECT m.inode FROM pinned AS m WHERE m.pin = ? AND m.inode <> ?"  # noqa: S608 - constants
        f" AND m.inode NOT IN (SELECT inode FROM ({_SHOWN}))",
        (pin.id, pin.inode, pin.inode),
    )
    return [Inode(row[0]) for row in rows.fetchall()]


def _one(row: Row | None) -> PinRow | None:
    return None if row is None else _pin(row)


def _pin(row: Row) -> PinRow:
    return PinRow(
        id=row["id"],
        inode=None if row["inode"] is None else Inode(row["inode"]),
        path=row["path"],
        state=PinState(row["state"]),
        begun_ns=row["begun_ns"],
    )
