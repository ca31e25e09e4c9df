"""One photo, known from archives and from Google: found, and joined under the older number.

Both keep their rows, each with what its source says. The younger one's number is given up: its entries
become the older one's, and so does whatever is listed of it later. The number is still answered, with the
bytes that it had, for programs that have it open. The older one shows the archives' bytes as long as they
are there, and Google's otherwise.

Candidates have the same name and the same second. They are noted when an item is written, by an indexed
look-up, and judged later, in the background (app/joining.py), since that takes a look into the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Connection, fact, set_fact
from gphotosfs.model import Inode, ItemId, ItemSource, MediaKind

NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Twin:
    """An item of a name and second, as one source knows it."""

    inode: Inode
    """Its own, under which it may be shown no longer."""
    shown_inode: Inode
    kind: MediaKind
    width: int | None
    """None of what lies in an archive: nobody has looked; 0: the file does not say."""
    height: int | None


@dataclass(frozen=True, slots=True)
class Twins:
    """All items of one name and second."""

    archived: tuple[Twin, ...]
    """In archives, and the originals: neither edited copies nor moving parts."""
    googles: tuple[Twin, ...]
    """Shown by the Library or by picks."""


def only_pair(twins: Twins) -> tuple[Twin, Twin] | None:
    """(the archives', Google's) if one of each is there and both are alike, apart from their dimensions."""
    if len(twins.archived) != 1 or len(twins.googles) != 1:
        return None
    archived, google = twins.archived[0], twins.googles[0]
    if archived.shown_inode == google.shown_inode or archived.kind is not google.kind:
        return None
    return (archived, google) if google.width and google.height else None


def are_one(archived: Twin, google: Twin) -> bool:
    """Whether the dimensions say so too; a file may lie on its side, and Google shows it upright."""
    if not (archived.width and archived.height and google.width and google.height):
        return False
    return sorted((archived.width, archived.height)) == sorted((google.width, google.height))


def note_candidates_of_google(
    db: Connection, shown: Inode, name: bytes, created_ns: int | None
) -> bool:
    """Note what lies in archives and may be this item of Google's; whether there is any."""
    if created_ns is None:
        return False
    return (
        db.execute(
            "INSERT OR IGNORE INTO candidate"
            " SELECT i.inode FROM item AS i JOIN takeout_file AS f ON f.inode = i.inode"
            " WHERE i.created_ns = ? AND i.name = ? AND f.is_original"
            " AND coalesce(i.joined_to, i.inode) <> ?",
            # A sidecar tells the second; Google tells parts of it as well.
            (created_ns // NS * NS, name, shown),
        ).rowcount
        > 0
    )


def note_candidate_in_archives(db: Connection, inode: Inode) -> bool:
    """Note an item that lies in an archive if Google may have it too; whether it may."""
    return (
        db.execute(
            "INSERT OR IGNORE INTO candidate SELECT i.inode FROM item AS i"
            " JOIN takeout_file AS f ON f.inode = i.inode"
            " WHERE i.inode = ? AND f.is_original AND EXISTS (SELECT 1 FROM item AS g"
            " WHERE g.created_ns BETWEEN i.created_ns AND i.created_ns + 999999999"
            " AND g.name = i.name AND g.source <> ?"
            " AND coalesce(g.joined_to, g.inode) <> coalesce(i.joined_to, i.inode))",
            (inode, ItemSource.TAKEOUT),
        ).rowcount
        > 0
    )


def next_candidate(db: Connection, after: Inode) -> tuple[Inode, ItemId] | None:
    """The next item to be looked at, by number, with its id; None behind the last."""
    row = db.execute(
        "SELECT c.inode, i.id FROM candidate AS c JOIN item AS i ON i.inode = c.inode"
        " WHERE c.inode > ? ORDER BY c.inode LIMIT 1",
        (after,),
    ).fetchone()
    return None if row is None else (Inode(row[0]), ItemId(row[1]))


def twins_of(db: Connection, inode: Inode) -> Twins:
    """All items that have the name and the second of one that lies in an archive."""
    archived = db.execute(
        "SELECT i.inode, coalesce(i.joined_to, i.inode), i.kind, f.width, f.height"
        " FROM item AS one JOIN item AS i ON i.created_ns = one.created_ns AND i.name = one.name"
        " JOIN takeout_file AS f ON f.inode = i.inode WHERE one.inode = ? AND f.is_original",
        (inode,),
    ).fetchall()
    googles = db.execute(
        "SELECT i.inode, coalesce(i.joined_to, i.inode), i.kind, i.width, i.height"
        " FROM item AS one JOIN item AS i"
        " ON i.created_ns BETWEEN one.created_ns AND one.created_ns + 999999999 AND i.name = one.name"
        " WHERE one.inode = ? AND i.source <> ?",
        (inode, ItemSource.TAKEOUT),
    ).fetchall()
    return Twins(
        tuple(_twin(row) for row in archived),
        tuple(_twin(row) for row in googles if is_shown_by_google(db, Inode(row[1]))),
    )


def judge(db: Connection, inode: Inode, dimensions: tuple[int, int] | None) -> Changes:
    """Join a candidate if it is certain now; either way it is none any longer.

    `dimensions` are those of the file, in pixels, (0, 0) if it does not tell; None: not looked at.
    """
    if dimensions is not None:
        db.execute(
            "UPDATE takeout_file SET width = ?, height = ? WHERE inode = ?", (*dimensions, inode)
        )
    db.execute("DELETE FROM candidate WHERE inode = ?", (inode,))
    # Looked at again: a listing may have brought another one meanwhile.
    pair = only_pair(twins_of(db, inode))
    changes = Changes()
    if pair is not None and are_one(*pair):
        _join(db, pair[0].shown_inode, pair[1].shown_inode, changes)
    return changes


def choose_bytes(db: Connection, shown: Inode, changes: Changes) -> None:
    """Let a file show the archives' bytes if they are there, else Google's."""
    chosen = db.execute(
        f"SELECT m.inode FROM item AS m LEFT JOIN takeout_file AS f ON f.inode = m.inode"  # noqa: S608
        f" WHERE m.inode IN ({_ONE}) ORDER BY f.inode IS NULL, m.source <> ?, m.source = ?,"
        " m.inode DESC LIMIT 1",
        (shown, shown, ItemSource.LIBRARY, ItemSource.TAKEOUT),
    ).fetchone()[0]
    bytes_of = None if chosen == shown else chosen
    switched = db.execute(
        "UPDATE item SET bytes_of = ? WHERE inode = ? AND bytes_of IS NOT ?",
        (bytes_of, shown, bytes_of),
    ).rowcount
    if switched:
        changes.renewed.append(shown)


def is_shown_by_google(db: Connection, shown: Inode) -> bool:
    """Whether a listing of Google's shows a file, or somebody holds on to it."""
    row = db.execute(
        "SELECT 1 FROM entry AS e JOIN directory AS d ON d.inode = e.directory WHERE e.inode = ?"
        # Of a year, a month and a day nobody takes the revision back.
        " AND e.revision > 0 AND d.kind NOT IN ('year', 'month', 'day') LIMIT 1",
        (shown,),
    ).fetchone()
    return row is not None or is_held(db, shown)


def is_held(db: Connection, shown: Inode) -> bool:
    """Whether a file was picked, or is pinned and its bytes are here: then it stays in `media/`."""
    row = db.execute(
        f"SELECT 1 FROM item AS m WHERE m.inode IN ({_ONE})"  # noqa: S608 - constants
        " AND (EXISTS (SELECT 1 FROM picked AS i JOIN pick AS p ON p.id = i.pick"
        " WHERE i.inode = m.inode AND p.state <> 'removing')"
        " OR (EXISTS (SELECT 1 FROM needed AS n WHERE n.inode = m.inode)"
        " AND EXISTS (SELECT 1 FROM kept AS k WHERE k.inode = m.inode))) LIMIT 1",
        (shown, shown),
    ).fetchone()
    return row is not None


# All rows that are one item: the one whose number is shown, and those that were joined to it.
_ONE: Final = "SELECT inode FROM item WHERE inode = ? OR joined_to = ?"


def _join(db: Connection, one: Inode, other: Inode, changes: Changes) -> None:
    """Show two items under the older number from now on."""
    older, younger = min(one, other), max(one, other)
    # What it shows stays: programs may have it open, and ask for it by its number.
    db.execute(
        "UPDATE item SET joined_to = ? WHERE inode = ? OR joined_to = ?", (older, younger, younger)
    )
    set_fact(db, "joined_items", (fact(db, "joined_items") or 0) + 1)
    db.execute("UPDATE OR IGNORE pin SET inode = ? WHERE inode = ?", (older, younger))
    db.execute("UPDATE OR IGNORE pinned SET inode = ? WHERE inode = ?", (older, younger))
    db.execute("DELETE FROM pinned WHERE inode = ?", (younger,))
    for row in db.execute("SELECT * FROM entry WHERE inode = ?", (younger,)).fetchall():
        merged = db.execute(
            "UPDATE entry SET revision = max(revision, ?), run = max(run, ?)"
            " WHERE inode = ? AND directory = ?",
            (row["revision"], row["run"], older, row["directory"]),
        ).rowcount
        if merged:
            db.execute("DELETE FROM entry WHERE id = ?", (row["id"],))
            changes.vanished.append((row["directory"], row["name"], younger))
        else:
            # In its place, so that who reads the directory just now meets it once.
            db.execute("UPDATE entry SET inode = ? WHERE id = ?", (older, row["id"]))
            changes.appeared.append((row["directory"], row["name"]))
    choose_bytes(db, older, changes)


def _twin(row: Sequence[object]) -> Twin:
    inode, shown, kind, width, height = row
    assert isinstance(inode, int)
    assert isinstance(shown, int)
    return Twin(
        Inode(inode),
        Inode(shown),
        MediaKind(str(kind)),
        width if isinstance(width, int) else None,
        height if isinstance(height, int) else None,
    )
