"""Writing the tree: which item and which directory is shown where, under which name.

Every function runs inside a transaction of the store. What a program could have seen before is
reported as `Changes`, so that the kernel can be told.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from gphotosfs import names
from gphotosfs.catalog.entries import directory_of
from gphotosfs.catalog.store import Connection, new_inode
from gphotosfs.model import DirectoryKind, Inode


@dataclass(slots=True)
class Changes:
    """What a transaction changed in the tree."""

    appeared: list[tuple[Inode, bytes]] = field(default_factory=list)
    """(directory, name)"""
    vanished: list[tuple[Inode, bytes, Inode]] = field(default_factory=list)
    """(directory, name, what it was)"""
    renewed: list[Inode] = field(default_factory=list)
    """Files whose bytes are others now."""
    has_candidates: bool = False
    """Whether somebody should look for items that are one (joining.py)."""
    new_items: int = 0
    ended: bool = False
    """Whether this was the end of a run."""
    touched: dict[Inode, int] = field(default_factory=dict)
    """Directory: the newest time put into it."""
    days: dict[date | None, list[Inode]] = field(default_factory=dict)
    """The directories of a day that this transaction has found or made, so that it looks but once;
    None: of items without a capture time."""


def plant(
    db: Connection, inode: Inode, kind: DirectoryKind, parent: Inode, name: bytes, now_ns: int
) -> None:
    """A directory that every mount has, under the number that it always has."""
    db.execute(
        "INSERT INTO directory (inode, kind, key, parent, first_seen_ns) VALUES (?, ?, '', ?, ?)"
        " ON CONFLICT DO NOTHING",
        (inode, kind, parent, now_ns),
    )
    if inode != parent:
        show(db, [parent], inode, name, kind, 0, Changes())


def make_directory(
    db: Connection,
    kind: DirectoryKind,
    key: str,
    parent: Inode,
    name: bytes,
    now_ns: int,
    changes: Changes,
) -> Inode:
    """The directory of a kind with a key, made where it was not there, and shown in its parent."""
    known = directory_of(db, kind, key)
    if known is None:
        inode = Inode(new_inode(db))
        db.execute(
            "INSERT INTO directory (inode, kind, key, parent, first_seen_ns) VALUES (?, ?, ?, ?, ?)",
            (inode, kind, key, parent, now_ns),
        )
    else:
        inode = known.inode
        if known.parent != parent:
            db.execute("UPDATE directory SET parent = ? WHERE inode = ?", (parent, inode))
    show(db, [parent], inode, name, f"{kind} {key}", 0, changes)
    return inode


def show(
    db: Connection,
    directories: Iterable[Inode],
    inode: Inode,
    name: bytes,
    identity: str,
    revision: int,
    changes: Changes,
) -> None:
    """Make an inode visible in directories, once in each, under its name or its tagged name.

    Where it is already it keeps its name; only a later revision is noted.
    """
    shown = {
        row[0]: row
        for row in db.execute("SELECT directory, id, revision FROM entry WHERE inode = ?", (inode,))
    }
    for directory in directories:
        if (row := shown.get(directory)) is None:
            _name(db, directory, inode, name, identity, revision, changes)
        elif row[2] < revision:
            db.execute("UPDATE entry SET revision = ? WHERE id = ?", (revision, row[1]))


def hide(db: Connection, directory: Inode, inode: Inode, changes: Changes) -> None:
    """Take an inode out of a directory, if it is there."""
    row = db.execute(
        "DELETE FROM entry WHERE inode = ? AND directory = ? RETURNING name", (inode, directory)
    ).fetchone()
    if row is not None:
        changes.vanished.append((directory, row[0], inode))


def hide_empty(db: Connection, directory: Inode, changes: Changes) -> None:
    """Take a directory that is shown if full out of its parent if nothing is left in it, and so upwards.

    Its row stays, so that it has the same inode when it comes back.
    """
    row = db.execute(
        "SELECT kind, parent FROM directory WHERE inode = ?"
        " AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.directory = directory.inode)",
        (directory,),
    ).fetchone()
    if row is not None and row["kind"] in _SHOWN_IF_FULL:
        hide(db, row["parent"], directory, changes)
        changes.days.clear()
        hide_empty(db, row["parent"], changes)


_SHOWN_IF_FULL: Final = (
    DirectoryKind.YEAR,
    DirectoryKind.MONTHS,
    DirectoryKind.MONTH,
    DirectoryKind.DAYS,
    DirectoryKind.DAY,
    DirectoryKind.FOLDER,
    DirectoryKind.PEOPLE,
    DirectoryKind.PERSON,
    DirectoryKind.ARCHIVE,
    DirectoryKind.TRASH,
)


def note_times(db: Connection, changes: Changes) -> None:
    """Carry the times of what came into directories up to the root, in one go for a page."""
    pending = changes.touched
    while pending:
        upwards: dict[Inode, int] = {}
        for directory, time_ns in pending.items():
            row = db.execute(
                "UPDATE directory SET newest_ns = ? WHERE inode = ?"
                " AND (newest_ns IS NULL OR newest_ns < ?) RETURNING parent",
                (time_ns, directory, time_ns),
            ).fetchone()
            if row is not None and row[0] != directory:
                parent = Inode(row[0])
                upwards[parent] = max(time_ns, upwards.get(parent, time_ns))
        pending = upwards


def forget_times(db: Connection, changes: Changes) -> None:
    """Learn anew which item is the newest where something was taken out, and so upwards."""
    pending = {directory for directory, _, _ in changes.vanished}
    while pending:
        directory = pending.pop()
        row = db.execute(
            "UPDATE directory SET newest_ns = now.newest_ns FROM"
            " (SELECT max(coalesce(i.created_ns, i.first_seen_ns, d.newest_ns)) AS newest_ns"
            " FROM entry AS e LEFT JOIN item AS i ON i.inode = e.inode"
            " LEFT JOIN directory AS d ON d.inode = e.inode WHERE e.directory = ?) AS now"
            " WHERE inode = ? AND directory.newest_ns IS NOT now.newest_ns RETURNING parent",
            (directory, directory),
        ).fetchone()
        if row is not None and row[0] != directory:
            pending.add(Inode(row[0]))


def _name(
    db: Connection,
    directory: Inode,
    inode: Inode,
    name: bytes,
    identity: str,
    revision: int,
    changes: Changes,
) -> None:
    """Give an inode the first of its names that is free in a directory."""
    free, length = name, 5
    while not _insert(db, directory, free, inode, revision):
        length += 1  # six characters, and one more each time that even the tagged name is taken
        free = names.tagged(name, identity, length)
    changes.appeared.append((directory, free))


def _insert(db: Connection, directory: Inode, name: bytes, inode: Inode, revision: int) -> bool:
    return (
        db.execute(
            "INSERT INTO entry (directory, name, inode, revision) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (directory, name) DO NOTHING",
            (directory, name, inode, revision),
        ).rowcount
        > 0
    )
