"""One photo in two rows, the archives' and Google's, shown as one file under the older number.

Both keep their rows, each with what its source says. The younger one's number is given up: its entries
become the older one's, and so does whatever is listed of it later. The number is still answered, with the
bytes that it had, for programs that have it open. The older one shows the archives' bytes as long as they
are there, and Google's otherwise.
"""

from typing import Final

from gphotosfs.catalog.places import Changes, show
from gphotosfs.catalog.store import Connection, Row, fact, set_fact
from gphotosfs.model import DirectoryKind, Inode, ItemSource

# Both rows, or the only one, of what is shown under a number.
_ROWS: Final = "SELECT inode FROM item WHERE inode = :shown OR joined_to = :shown"

_DATES: Final = (DirectoryKind.YEAR, DirectoryKind.MONTH, DirectoryKind.DAY)


def join(db: Connection, one: Inode, other: Inode, changes: Changes) -> None:
    """Show two items under the older one's number from now on."""
    older, younger = min(one, other), max(one, other)
    db.execute("UPDATE item SET joined_to = ? WHERE inode = ?", (older, younger))
    _count(db, 1)
    # Pins are of files, whatever their bytes.
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
            _hand_over(db, row, older, changes)
    choose_bytes(db, older, changes)


def separate(db: Connection, archived: Inode, google: Inode, changes: Changes) -> None:
    """Show two items as two again: each where its source shows it, under its own number."""
    shown, given_up = min(archived, google), max(archived, google)
    is_held_by_picks = is_held(db, shown)
    db.execute("UPDATE item SET joined_to = NULL WHERE inode = ?", (given_up,))
    _count(db, -1)
    own = db.execute("SELECT name, id FROM item WHERE inode = ?", (given_up,)).fetchone()
    rows = db.execute(
        "SELECT e.*, d.kind FROM entry AS e JOIN directory AS d ON d.inode = e.directory"
        " WHERE e.inode = ?",
        (shown,),
    ).fetchall()
    everything = next((row for row in rows if row["kind"] == DirectoryKind.ALL), None)
    for row in rows:
        # In media/ the entry in media/all speaks for all.
        speaker = everything if row["kind"] in _DATES and everything is not None else row
        is_archives = bool(speaker["run"])
        is_googles = (
            bool(speaker["revision"])
            or row["kind"] == DirectoryKind.PICK
            or (speaker is everything and is_held_by_picks)
        )
        leaves = is_googles if given_up == google else is_archives
        stays = is_archives if given_up == google else is_googles
        if leaves and not stays:
            _hand_over(db, row, given_up, changes)
            continue
        revision, run = (0, row["run"]) if shown == archived else (row["revision"], 0)
        db.execute(
            "UPDATE entry SET revision = ?, run = ? WHERE id = ?", (revision, run, row["id"])
        )
        if leaves:
            there = [row["directory"]]
            show(db, there, given_up, own["name"], own["id"], row["revision"] - revision, changes)
            db.execute(
                "UPDATE entry SET run = ? WHERE inode = ? AND directory = ?",
                (row["run"] - run, given_up, row["directory"]),
            )
    choose_bytes(db, shown, changes)
    choose_bytes(db, given_up, changes)


def is_paired(db: Connection, own: Inode, shown: Inode) -> bool:
    """Whether an item, which is shown under this number, is one of two."""
    return own != shown or (
        db.execute("SELECT 1 FROM item WHERE joined_to = ?", (shown,)).fetchone() is not None
    )


def choose_bytes(db: Connection, shown: Inode, changes: Changes) -> None:
    """Let a file show the archives' bytes if they are there, else Google's."""
    chosen = db.execute(
        "SELECT m.inode FROM item AS m LEFT JOIN takeout_file AS f ON f.inode = m.inode"  # noqa: S608
        f" WHERE m.inode IN ({_ROWS}) ORDER BY f.inode IS NULL, m.source = :takeout LIMIT 1",
        {"shown": shown, "takeout": ItemSource.TAKEOUT},
    ).fetchone()[0]
    bytes_of = None if chosen == shown else chosen
    switched = db.execute(
        "UPDATE item SET bytes_of = ? WHERE inode = ? AND bytes_of IS NOT ?",
        (bytes_of, shown, bytes_of),
    ).rowcount
    if switched:
        changes.renewed.append(shown)


def is_held(db: Connection, shown: Inode) -> bool:
    """Whether a file was picked, or is pinned and its bytes are here: then it stays in `media/`."""
    row = db.execute(
        f"SELECT 1 FROM item AS m WHERE m.inode IN ({_ROWS})"  # noqa: S608 - constants
        " AND (EXISTS (SELECT 1 FROM picked AS i JOIN pick AS p ON p.id = i.pick"
        " WHERE i.inode = m.inode AND p.state <> 'removing')"
        " OR (EXISTS (SELECT 1 FROM needed AS n WHERE n.inode = m.inode)"
        " AND EXISTS (SELECT 1 FROM kept AS k WHERE k.inode = m.inode))) LIMIT 1",
        {"shown": shown},
    ).fetchone()
    return row is not None


def is_shown_by_google(db: Connection, shown: Inode) -> bool:
    """Whether a listing of Google's shows a file, or somebody holds on to it."""
    row = db.execute(
        "SELECT 1 FROM entry AS e JOIN directory AS d ON d.inode = e.directory WHERE e.inode = ?"
        " AND e.revision > 0 AND d.kind NOT IN (?, ?, ?) LIMIT 1",
        (shown, *_DATES),
    ).fetchone()
    return row is not None or is_held(db, shown)


def _hand_over(db: Connection, entry: Row, to: Inode, changes: Changes) -> None:
    # In its place, so that who reads the directory just now meets it once.
    db.execute("UPDATE entry SET inode = ? WHERE id = ?", (to, entry["id"]))
    changes.appeared.append((entry["directory"], entry["name"]))


def _count(db: Connection, step: int) -> None:
    set_fact(db, "joined_items", (fact(db, "joined_items") or 0) + step)
