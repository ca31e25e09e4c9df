"""Who vouches for an entry, so that nobody takes away what somebody else shows.

A listing of Google's does by its revision, the archives by the number of a reading, a pick by holding the
item. In `media/` the entry in `media/all` speaks for all.
"""

from collections.abc import Collection

from gphotosfs.catalog.items import fixed, hide_from_timeline
from gphotosfs.catalog.pairs import is_held
from gphotosfs.catalog.places import Changes, hide, hide_empty
from gphotosfs.catalog.store import Connection
from gphotosfs.model import DirectoryKind, Inode


def vouch(db: Connection, run: int, inode: Inode, directories: Collection[Inode]) -> None:
    """A reading of the archives vouches for a file in directories, if none did before."""
    marks = ", ".join("?" * len(directories))
    db.execute(
        f"UPDATE entry SET run = ? WHERE inode = ? AND run = 0 AND directory IN ({marks})",  # noqa: S608
        (run, inode, *directories),
    )


def withdraw(db: Connection, inode: Inode, but: Collection[Inode], changes: Changes) -> None:
    """The archives vouch for a file nowhere but there; what nobody else shows is hidden."""
    rows = db.execute(
        "SELECT directory, revision FROM entry WHERE inode = ? AND run <> 0", (inode,)
    ).fetchall()
    for directory, revision in rows:
        if directory in but:
            continue
        everything = fixed(db, DirectoryKind.ALL)
        if revision or (directory == everything and is_held(db, inode)):
            db.execute(
                "UPDATE entry SET run = 0 WHERE inode = ? AND directory = ?", (inode, directory)
            )
        elif directory == everything:
            hide_from_timeline(db, inode, changes)
        else:
            hide(db, directory, inode, changes)
            hide_empty(db, directory, changes)


def let_go(db: Connection, directory: Inode, inode: Inode, changes: Changes) -> None:
    """A listing of the Library shows a file no longer; where somebody else vouches for it it stays."""
    everything = fixed(db, DirectoryKind.ALL)
    row = db.execute(
        "SELECT run FROM entry WHERE inode = ? AND directory = ?", (inode, directory)
    ).fetchone()
    in_archives = row is not None and row[0] != 0
    if in_archives or (directory == everything and is_held(db, inode)):
        db.execute(
            "UPDATE entry SET revision = 0 WHERE inode = ? AND directory = ?", (inode, directory)
        )
    elif directory == everything:
        hide_from_timeline(db, inode, changes)
    else:
        hide(db, directory, inode, changes)
        hide_empty(db, directory, changes)
