"""`recent/`: the newest of what a listing of Google's shows and of what lies in archives, and no more.

Two hands fill it. Google's listing numbers its entries with its revision, as everywhere; entries of what
only archives hold carry revision 0, which the end of a listing's run leaves alone. What one of them has
more than there is room for is not kept in mind: it is asked for again when room may have come.
"""

from bisect import bisect_left, insort
from typing import Final

from gphotosfs.catalog.items import Noted, fixed, touch
from gphotosfs.catalog.places import Changes, forget_times, hide, note_times, show
from gphotosfs.catalog.store import Connection
from gphotosfs.model import DirectoryKind, ListingKind

RECENT_MAX: Final = 200


class Ranking:
    """The times of what a run may count on to stand in `recent/`, for telling who is too old for it."""

    def __init__(self, db: Connection, revision: int) -> None:
        """As of now: what this run has seen so far, and what lies in archives."""
        rows = db.execute(
            "SELECT i.inode, coalesce(i.created_ns, i.first_seen_ns) FROM entry AS e"
            " JOIN item AS i ON i.inode = e.inode WHERE e.directory = ? AND e.revision IN (0, ?)",
            (fixed(db, DirectoryKind.RECENT), revision),
        ).fetchall()
        self._inodes = {row[0] for row in rows}
        self._times_ns = sorted(row[1] for row in rows)

    def has_room(self, time_ns: int) -> bool:
        """Whether one more item of this time would be among the newest."""
        return len(self._times_ns) - bisect_left(self._times_ns, time_ns) < RECENT_MAX

    def takes(self, item: Noted) -> bool:
        """Whether an item is among the newest; if so, it counts from now on."""
        if item.inode not in self._inodes:
            if not self.has_room(item.time_ns):
                return False
            self._inodes.add(item.inode)
            insort(self._times_ns, item.time_ns)
        return True


def settle(db: Connection, changes: Changes, revision: int | None = None) -> None:
    """Leave the newest standing, of what Google's runs showed and of what archives hold and `media/` shows.

    `revision` is that of a run that ends: what only earlier ones have seen is gone then.
    """
    home = fixed(db, DirectoryKind.RECENT)
    # All times are looked at, without an index: 0.08 s for 200,000 items in archives.
    newest = db.execute(
        "SELECT inode, name, id, coalesce(created_ns, first_seen_ns) AS time_ns FROM item WHERE inode IN"
        " (SELECT inode FROM entry WHERE directory = :home AND revision <> 0"
        " AND revision = coalesce(:revision, revision)"
        " UNION SELECT e.inode FROM takeout_file AS f JOIN item AS i ON i.inode = f.inode JOIN entry AS e"
        " ON e.inode = coalesce(i.joined_to, i.inode) AND e.directory = :everything)"
        " ORDER BY time_ns DESC, inode LIMIT :most",
        {
            "home": home,
            "revision": revision,
            "everything": fixed(db, DirectoryKind.ALL),
            "most": RECENT_MAX,
        },
    ).fetchall()
    wanted = {row["inode"] for row in newest}
    for (inode,) in db.execute("SELECT inode FROM entry WHERE directory = ?", (home,)).fetchall():
        if inode not in wanted:
            hide(db, home, inode, changes)
    for row in newest:
        show(db, [home], row["inode"], row["name"], row["id"], 0, changes)
        touch(changes, home, row["time_ns"])
    note_times(db, changes)
    forget_times(db, changes)


def settle_archives(db: Connection) -> Changes:
    """The archives were read: theirs come and go, and Google is asked again at the next visit.

    What was pushed out by an archive that is gone now may belong there again. So a run that broke off
    goes on from its first page: what it saw may be pushed out as well.
    """
    changes = Changes()
    settle(db, changes)
    db.execute(
        "UPDATE listing SET fresh_ns = 0, page_token = NULL WHERE kind = ?", (ListingKind.RECENT,)
    )
    return changes
