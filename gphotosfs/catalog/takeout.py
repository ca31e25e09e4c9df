"""Items whose bytes lie in Takeout archives: where they are, and where the tree shows them.

The archives are read as a whole, in runs. A run shows what it finds, batch by batch, and its end takes
away what it did not find. What it vouches for no listing of Google's takes away (vouching.py).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from gphotosfs import names
from gphotosfs.catalog.entries import places, shown_inode
from gphotosfs.catalog.items import fixed, note_item, show_in_timeline, touch
from gphotosfs.catalog.joining import note_candidate_in_archives
from gphotosfs.catalog.nesting import place_album
from gphotosfs.catalog.pairs import choose_bytes, is_paired
from gphotosfs.catalog.places import (
    Changes,
    forget_times,
    hide,
    hide_empty,
    make_directory,
    note_times,
    show,
)
from gphotosfs.catalog.store import Connection, fact, set_fact
from gphotosfs.catalog.vouching import vouch, withdraw
from gphotosfs.model import (
    ROOT,
    DirectoryKind,
    Inode,
    ItemId,
    ItemSource,
    MediaItem,
    MediaKind,
)

_VOUCHED_BY_ARCHIVES: Final = 0


@dataclass(frozen=True, slots=True)
class Location:
    """Where the bytes of an item lie."""

    archive: int
    path: str
    packing: str
    start: int
    packed_bytes: int
    size_bytes: int
    crc: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItem:
    """An item as the archives have it."""

    item: MediaItem
    """Its id is made here."""
    keys: tuple[str, ...]
    """What it is recognised by, the surest first."""
    location: Location
    uploaded_ns: int | None
    albums: tuple[str, ...]
    in_media: bool
    favorite: bool
    archived: bool
    trashed: bool
    is_original: bool
    """Whether Google, where it shows the item, shows this file: a sidecar is its own, and there is no
    edited copy, which Google would show instead."""
    has_sidecar: bool = True
    """Whether anything is told of it but its bytes."""
    told: str | None = None
    """A digest of all this; None: nobody knows."""


@dataclass(frozen=True, slots=True)
class FoundAlbum:
    """An album as the archives have it."""

    key: str
    title: str
    description: str


def location_of(db: Connection, identity: ItemId) -> Location | None:
    """Where the bytes of an item lie; None if they are in no archive."""
    row = db.execute(
        "SELECT f.archive, f.path, f.packing, f.start, f.packed_bytes, f.size_bytes, f.crc"
        " FROM item AS i JOIN takeout_file AS f ON f.inode = i.inode WHERE i.id = ?",
        (identity,),
    ).fetchone()
    return None if row is None else Location(*row)


def album_of(db: Connection, directory: Inode) -> FoundAlbum | None:
    """The album of the archives that a directory shows; None if none."""
    row = db.execute(
        "SELECT key, title, description FROM takeout_album WHERE directory = ?", (directory,)
    ).fetchone()
    return None if row is None else FoundAlbum(*row)


def counts(db: Connection) -> dict[str, int]:
    """How much of the archives the tree shows."""
    return {
        "items": db.execute("SELECT count(*) FROM takeout_file").fetchone()[0],
        "albums": db.execute("SELECT count(*) FROM takeout_album").fetchone()[0],
    }


def items_by_archive(db: Connection) -> dict[int, int]:
    """How many items' bytes each archive holds, by its number."""
    rows = db.execute("SELECT archive, count(*) FROM takeout_file GROUP BY archive")
    return {row[0]: row[1] for row in rows}


def begin_run(
    db: Connection, albums: Iterable[FoundAlbum], now_ns: int
) -> tuple[int, dict[str, Inode], Changes]:
    """A run's number, and the directories of the albums that it found, by key."""
    run = (fact(db, "takeout_run") or 0) + 1
    set_fact(db, "takeout_run", run)
    changes = Changes()
    return run, {one.key: _show_album(db, one, run, now_ns, changes) for one in albums}, changes


def apply_items(
    db: Connection,
    run: int,
    albums: Mapping[str, Inode],
    found: Iterable[FoundItem],
    now_ns: int,
    *,
    is_whole: bool = True,
) -> tuple[Changes, list[tuple[ItemId, int]]]:
    """Show items; also those whose bytes are others than before, with their new lengths.

    An item of which everything is as it was is only noted as met. `is_whole` says whether all archives
    could be read: if not, a sidecar or an album may lie in one that is away, so what was known stays.
    """
    changes = Changes()
    everything = fixed(db, DirectoryKind.ALL)
    renewed: list[tuple[ItemId, int]] = []
    for one in found:
        if _is_as_it_was(db, run, one):
            continue
        known = _recognised(db, run, one)
        # What comes back after its archive was removed may be anything.
        if known.inode is not None and known.bytes != _bytes(one.location):
            renewed.append((known.identity, one.location.size_bytes))
        if (
            known.bytes is not None
            and known.inode is not None
            and not (is_whole or one.has_sidecar)
        ):
            _locate(db, run, known.inode, one, is_whole=is_whole)
            continue
        item = replace(one.item, id=known.identity)
        first_seen_ns = now_ns if one.uploaded_ns is None else one.uploaded_ns
        noted = note_item(db, item, first_seen_ns, changes, ItemSource.TAKEOUT)
        db.executemany(
            "INSERT OR REPLACE INTO takeout_key VALUES (?, ?)",
            [(key, noted.own_inode) for key in one.keys],
        )
        _locate(db, run, noted.own_inode, one, is_whole=is_whole)
        if is_paired(db, noted.own_inode, noted.inode):
            choose_bytes(db, noted.inode, changes)
        wanted = _directories(db, one, albums, now_ns, changes)
        show(db, wanted, noted.inode, noted.name, noted.identity, _VOUCHED_BY_ARCHIVES, changes)
        for directory in wanted:
            touch(changes, directory, noted.time_ns)
        if one.in_media:
            show_in_timeline(db, noted, _VOUCHED_BY_ARCHIVES, now_ns, changes)
            wanted.append(everything)
        vouch(db, run, noted.inode, wanted)
        if is_whole:
            withdraw(db, noted.inode, wanted, changes)
        changes.has_candidates |= note_candidate_in_archives(db, noted.own_inode)
    note_times(db, changes)
    return changes, renewed


def end_run(db: Connection, run: int) -> Changes:
    """A run has shown everything: what it did not find is taken away."""
    changes = Changes()
    gone = db.execute("DELETE FROM takeout_file WHERE run <> ? RETURNING inode", (run,)).fetchall()
    for (inode,) in gone:
        shown = shown_inode(db, inode)
        withdraw(db, shown, (), changes)
        choose_bytes(db, shown, changes)
    for (directory,) in db.execute(
        "DELETE FROM takeout_album WHERE run <> ? RETURNING directory", (run,)
    ).fetchall():
        for parent, _ in places(db, directory):
            hide(db, parent, directory, changes)
            hide_empty(db, parent, changes)
    forget_times(db, changes)
    return changes


def _is_as_it_was(db: Connection, run: int, one: FoundItem) -> bool:
    """Whether the archives tell of an item just what they told before; then this run has met it."""
    noted = db.execute(
        "UPDATE takeout_file SET run = ?1 WHERE told = ?2 AND run <> ?1"
        " AND inode = (SELECT inode FROM takeout_key WHERE key = ?3)",
        (run, one.told, one.keys[0]),
    )
    return noted.rowcount > 0


class _Known(NamedTuple):
    """What a found item is in the catalogue."""

    identity: ItemId
    inode: Inode | None
    """None: nothing yet."""
    bytes: tuple[int, int | None] | None
    """Its length and checksum until now; None if no archive had it."""


def _recognised(db: Connection, run: int, one: FoundItem) -> _Known:
    """What a found item was until now.

    An item that this run has met is not met again: two may have the same bytes.
    """
    for key in one.keys:
        row = db.execute(
            "SELECT i.id, i.inode, f.inode, f.size_bytes, f.crc"
            " FROM takeout_key AS k JOIN item AS i ON i.inode = k.inode"
            " LEFT JOIN takeout_file AS f ON f.inode = i.inode"
            " WHERE k.key = ? AND (f.run IS NULL OR f.run <> ?)",
            (key, run),
        ).fetchone()
        if row is not None:
            was = None if row[2] is None else (row[3], row[4])
            return _Known(ItemId(row[0]), Inode(row[1]), was)
    digest = hashlib.sha256(f"{run}\n{one.keys}".encode("utf-8", "surrogatepass")).hexdigest()
    return _Known(ItemId(f"takeout-{digest[:40]}"), None, None)


def _bytes(location: Location) -> tuple[int, int | None]:
    return location.size_bytes, location.crc


def _locate(db: Connection, run: int, inode: Inode, one: FoundItem, *, is_whole: bool) -> None:
    at = one.location
    db.execute(
        "INSERT INTO takeout_file (inode, run, archive, path, packing, start, packed_bytes, size_bytes, crc,"
        " is_original, told) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (inode) DO UPDATE SET"
        " run = excluded.run, archive = excluded.archive, path = excluded.path,"
        " packing = excluded.packing, start = excluded.start, packed_bytes = excluded.packed_bytes,"
        " size_bytes = excluded.size_bytes, crc = excluded.crc, told = excluded.told,"
        # The edited copy may lie in an archive that is away.
        " is_original = CASE WHEN excluded.told IS NULL THEN is_original ELSE excluded.is_original END,"
        # What the head of the file said is good as long as the bytes are the same.
        " width = CASE WHEN crc IS excluded.crc AND size_bytes = excluded.size_bytes THEN width END,"
        " height = CASE WHEN crc IS excluded.crc AND size_bytes = excluded.size_bytes THEN height END",
        (
            inode, run, at.archive, at.path, at.packing, at.start, at.packed_bytes, at.size_bytes, at.crc,
            is_whole and one.is_original, one.told if is_whole else None,
        ),
    )  # fmt: skip
    db.execute("UPDATE item SET size_bytes = ? WHERE inode = ?", (at.size_bytes, inode))


def _show_album(
    db: Connection, album: FoundAlbum, run: int, now_ns: int, changes: Changes
) -> Inode:
    row = db.execute("SELECT title FROM takeout_album WHERE key = ?", (album.key,)).fetchone()
    was = None if row is None else row["title"]
    kind = DirectoryKind.TAKEOUT_ALBUM
    inode = place_album(db, kind, album.key, album.title, was, now_ns, changes)
    db.execute(
        "INSERT OR REPLACE INTO takeout_album VALUES (?, ?, ?, ?, ?)",
        (album.key, run, inode, album.title, album.description),
    )
    return inode


def _directories(
    db: Connection, one: FoundItem, albums: Mapping[str, Inode], now_ns: int, changes: Changes
) -> list[Inode]:
    """Where an item is shown besides `media/`."""
    if one.trashed:
        return [make_directory(db, DirectoryKind.TRASH, "", ROOT, b"trash", now_ns, changes)]
    found = [albums[key] for key in one.albums]
    if one.favorite:
        found.append(fixed(db, DirectoryKind.FAVORITES))
    if one.item.kind is MediaKind.VIDEO and one.in_media:
        found.append(fixed(db, DirectoryKind.VIDEOS))
    if one.archived:
        found.append(
            make_directory(db, DirectoryKind.ARCHIVE, "", ROOT, b"archive", now_ns, changes)
        )
    if one.item.people:
        people = make_directory(db, DirectoryKind.PEOPLE, "", ROOT, b"people", now_ns, changes)
        for person in one.item.people:
            name = names.directory_name(person)
            found.append(
                make_directory(db, DirectoryKind.PERSON, person, people, name, now_ns, changes)
            )
    return found
