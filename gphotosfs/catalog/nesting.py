"""Where albums stand: in `albums/`, or with `nest_albums` in directories made of their titles' slashes."""

from typing import Final

from gphotosfs import names
from gphotosfs.catalog.entries import directory_of
from gphotosfs.catalog.items import fixed, touch
from gphotosfs.catalog.places import Changes, hide, hide_empty, make_directory, note_times
from gphotosfs.catalog.store import Connection, fact, set_fact
from gphotosfs.model import DirectoryKind, Inode

_SLASHED: Final = """
    SELECT d.kind, d.key, d.inode, d.newest_ns, a.title, e.revision FROM
    (SELECT directory, title FROM album UNION ALL SELECT directory, title FROM takeout_album) AS a
    JOIN directory AS d ON d.inode = a.directory JOIN entry AS e ON e.inode = a.directory
    WHERE instr(a.title, '/') ORDER BY d.inode
"""


def set_nesting(db: Connection, nested: bool, now_ns: int) -> None:
    """Show albums with a slash in their title as nested directories, or flat, from now on.

    All others keep their names: who is moved is put beside them, not before them.
    """
    if bool(fact(db, "nest_albums")) == nested:
        return
    set_fact(db, "nest_albums", int(nested))
    changes = Changes()
    moved = db.execute(_SLASHED).fetchall()
    db.executemany("DELETE FROM entry WHERE inode = ?", [(row["inode"],) for row in moved])
    db.execute(
        "DELETE FROM entry WHERE inode IN (SELECT inode FROM directory WHERE kind = ?)",
        (DirectoryKind.FOLDER,),
    )
    for row in moved:
        kind, title = DirectoryKind(row["kind"]), row["title"]
        inode = place_album(db, kind, row["key"], title, title, now_ns, changes)
        db.execute("UPDATE entry SET revision = ? WHERE inode = ?", (row["revision"], inode))
        if row["newest_ns"] is not None:
            (parent,) = db.execute(
                "SELECT parent FROM directory WHERE inode = ?", (inode,)
            ).fetchone()
            touch(changes, parent, row["newest_ns"])
    note_times(db, changes)


def place_album(
    db: Connection,
    kind: DirectoryKind,
    key: str,
    title: str,
    was: str | None,
    now_ns: int,
    changes: Changes,
) -> Inode:
    """The directory of an album, shown under its title.

    `was` is the title under which it may be shown so far; None if it is not known.
    """
    known = directory_of(db, kind, key)
    if known is not None and was != title:
        hide(db, known.parent, known.inode, changes)
        hide_empty(db, known.parent, changes)
    parent, steps = fixed(db, DirectoryKind.ALBUMS), [title]
    if fact(db, "nest_albums"):
        steps = [step for step in title.split("/") if step.strip()] or [""]
    for depth, step in enumerate(steps[:-1], 1):
        path = "/".join(steps[:depth])
        parent = make_directory(
            db, DirectoryKind.FOLDER, path, parent, names.directory_name(step), now_ns, changes
        )
    name = names.directory_name(steps[-1])
    return make_directory(db, kind, key, parent, name, now_ns, changes)
