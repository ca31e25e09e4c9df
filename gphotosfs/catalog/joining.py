"""Which photos in archives are the same as photos of Google's.

Candidates have the same name and the same second. They are noted when an item is written, by an indexed
look-up, and judged later, in the background (app/joining.py), since that takes a look into the file: one
of each, whose dimensions agree, are joined (pairs.py), and if another one of that name and second turns up
they are two again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gphotosfs.catalog.pairs import is_shown_by_google, join, separate
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Connection
from gphotosfs.model import Inode, ItemId, MediaKind

# In the queries below the source is written out: only then does SQLite know that an index of rows of that
# source alone will do (https://sqlite.org/partialindex.html, section 3).

NS: Final = 1_000_000_000

TWINS_MAX: Final = 20
"""Of a name and second, looked at together. With more than one nothing is certain anyway, and a hostile
archive may hold a million."""


@dataclass(frozen=True, slots=True)
class Twin:
    """An item of a name and second, as one source knows it."""

    inode: Inode
    """Its own, under which it may be shown no longer."""
    shown_inode: Inode
    is_alone: bool
    """Whether it was joined with no other."""
    kind: MediaKind
    width: int | None
    """None of what lies in an archive: nobody has looked; 0: the file does not say."""
    height: int | None


@dataclass(frozen=True, slots=True)
class Twins:
    """All items of one name and second."""

    archived: Sequence[Twin]
    """In archives, and the originals: neither edited copies nor moving parts."""
    googles: Sequence[Twin]
    """Shown by the Library or by picks."""

    @property
    def are_ambiguous(self) -> bool:
        """Whether nobody can tell which is which."""
        return len(self.archived) > 1 or len(self.googles) > 1


def only_pair(twins: Twins) -> tuple[Twin, Twin] | None:
    """(the archives', Google's) if one of each is there and they may be one, but for their dimensions."""
    if len(twins.archived) != 1 or len(twins.googles) != 1:
        return None
    archived, google = twins.archived[0], twins.googles[0]
    may_be_one = archived.is_alone and google.is_alone and archived.kind is google.kind
    return (archived, google) if may_be_one and google.width and google.height else None


def are_one(archived: Twin, google: Twin) -> bool:
    """Whether the dimensions agree too; a file may lie on its side that Google shows upright."""
    if not (archived.width and archived.height and google.width and google.height):
        return False
    return sorted((archived.width, archived.height)) == sorted((google.width, google.height))


def note_candidates_of_google(
    db: Connection, shown: Inode, name: bytes, created_ns: int | None
) -> bool:
    """Note what lies in archives and may be this item of Google's; whether there is any."""
    if created_ns is None:
        return False
    noted = db.execute(
        "INSERT OR IGNORE INTO candidate"
        " SELECT i.inode FROM item AS i JOIN takeout_file AS f ON f.inode = i.inode"
        " WHERE i.source = 'takeout' AND i.name = ? AND i.created_ns = ? AND f.is_original"
        " AND coalesce(i.joined_to, i.inode) <> ? LIMIT ?",
        # A sidecar tells the second; Google tells parts of it as well.
        (name, created_ns // NS * NS, shown, TWINS_MAX),
    )
    return noted.rowcount > 0


def note_candidate_in_archives(db: Connection, inode: Inode) -> bool:
    """Note an item that lies in an archive if Google may have it too; whether it may."""
    noted = db.execute(
        "INSERT OR IGNORE INTO candidate SELECT i.inode FROM item AS i"
        " JOIN takeout_file AS f ON f.inode = i.inode"
        " WHERE i.inode = ? AND f.is_original AND EXISTS (SELECT 1 FROM item AS g"
        " WHERE g.created_ns BETWEEN i.created_ns AND i.created_ns + 999999999"
        " AND g.name = i.name AND g.source <> 'takeout'"
        " AND coalesce(g.joined_to, g.inode) <> coalesce(i.joined_to, i.inode))",
        (inode,),
    )
    return noted.rowcount > 0


def next_candidate(db: Connection, after: Inode) -> tuple[Inode, ItemId] | None:
    """The next item to be looked at, by number, with its id; None behind the last."""
    row = db.execute(
        "SELECT c.inode, i.id FROM candidate AS c JOIN item AS i ON i.inode = c.inode"
        " WHERE c.inode > ? ORDER BY c.inode LIMIT 1",
        (after,),
    ).fetchone()
    return None if row is None else (Inode(row[0]), ItemId(row[1]))


_TWIN: Final = """
    i.inode, coalesce(i.joined_to, i.inode) AS shown_inode, i.kind,
    i.joined_to IS NULL AND NOT EXISTS (SELECT 1 FROM item AS j WHERE j.joined_to = i.inode) AS is_alone
"""


def twins_of(db: Connection, inode: Inode) -> Twins:
    """All items that have the name and the second of one that lies in an archive."""
    archived = db.execute(
        f"SELECT {_TWIN}, f.width, f.height FROM item AS one"  # noqa: S608 - a constant
        " JOIN item AS i ON i.source = 'takeout' AND i.name = one.name AND i.created_ns = one.created_ns"
        " JOIN takeout_file AS f ON f.inode = i.inode WHERE one.inode = ? AND f.is_original LIMIT ?",
        (inode, TWINS_MAX),
    )
    rows = db.execute(
        f"SELECT {_TWIN}, i.width, i.height FROM item AS one"  # noqa: S608 - a constant
        " JOIN item AS i ON i.created_ns BETWEEN one.created_ns AND one.created_ns + 999999999"
        " AND i.name = one.name WHERE one.inode = ? AND i.source <> 'takeout' LIMIT ?",
        (inode, TWINS_MAX),
    )
    googles = [one for one in map(_twin, rows) if is_shown_by_google(db, one.shown_inode)]
    return Twins([_twin(row) for row in archived], googles)


def judge(db: Connection, inode: Inode, dimensions: tuple[int, int] | None) -> Changes:
    """Join a candidate if it is certain now; either way it is none any longer.

    `dimensions` are those of the file, in pixels, (0, 0) if it does not tell; None: not looked at.
    """
    if dimensions is not None:
        db.execute(
            "UPDATE takeout_file SET width = ?, height = ? WHERE inode = ?", (*dimensions, inode)
        )
    db.execute("DELETE FROM candidate WHERE inode = ?", (inode,))
    changes = Changes()
    # Looked at again: what came meanwhile is noted again, but the state is judged that is there now.
    twins = twins_of(db, inode)
    pair = only_pair(twins)
    if pair is not None and are_one(*pair):
        join(db, pair[0].inode, pair[1].inode, changes)
    elif twins.are_ambiguous:
        for archived in twins.archived:
            for google in twins.googles:
                if archived.shown_inode == google.shown_inode:
                    separate(db, archived.inode, google.inode, changes)
    return changes


def _twin(row: Any) -> Twin:
    return Twin(
        inode=Inode(row["inode"]),
        shown_inode=Inode(row["shown_inode"]),
        is_alone=bool(row["is_alone"]),
        kind=MediaKind(row["kind"]),
        width=row["width"],
        height=row["height"],
    )
