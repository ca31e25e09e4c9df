"""Writing media items: what is known of them, where the timeline shows them, how large they are."""

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from gphotosfs import names
from gphotosfs.catalog.entries import directory_of
from gphotosfs.catalog.joining import note_candidates_of_google
from gphotosfs.catalog.places import Changes, hide, hide_empty, make_directory, show
from gphotosfs.catalog.store import Connection, Row, new_inode
from gphotosfs.model import (
    DirectoryKind,
    Inode,
    ItemSource,
    MediaItem,
    is_preview,
    original_of,
)

MEASURED_KEPT: Final = 2000
"""Enough for a 95th percentile of each camera of a household."""

_COLUMNS: Final = (
    "filename", "name", "mime_type", "kind", "created_ns",
    "width", "height", "processing", "camera", "details", "source",
)  # fmt: skip
# Built of constants alone, so there is nothing to inject.
_SELECT: Final = (
    f"SELECT inode, first_seen_ns, joined_to, {', '.join(_COLUMNS)} FROM item WHERE id = ?"  # noqa: S608
)
_TOLD_OF_PIXELS: Final = ("width", "height", "mime_type")
_KNOWN: Final = 3
"""What stands before these in a row."""
_PLACES: Final = ", ".join("?" * (len(_COLUMNS) + 3))
_INSERT: Final = (
    f"INSERT INTO item (inode, id, first_seen_ns, {', '.join(_COLUMNS)}) VALUES ({_PLACES})"  # noqa: S608
)
_UPDATE: Final = f"UPDATE item SET {' = ?, '.join(_COLUMNS)} = ? WHERE inode = ?"  # noqa: S608


class Noted(NamedTuple):
    """A media item that has its row, as the file that shows it."""

    inode: Inode
    """The file's, which is an older one's if the item was joined to that."""
    identity: str
    name: bytes
    created_ns: int | None
    time_ns: int
    """What `stat` shows: the capture time, else when the item was first seen."""
    own_inode: Inode
    """The item's own."""


def note_item(
    db: Connection,
    item: MediaItem,
    now_ns: int,
    changes: Changes,
    source: ItemSource = ItemSource.LIBRARY,
) -> Noted:
    """The item's row, which says afterwards what the source says now.

    The Library says more of an item than the Picker, so what it said stays.
    """
    values = (*_values(item), source)
    row = db.execute(_SELECT, (item.id,)).fetchone()
    if row is not None and row["source"] == ItemSource.LIBRARY != source:
        values = tuple(row)[_KNOWN:]
    elif row is not None and row["source"] != source:
        changes.new_items += 1  # to the Library, which is all that its listings count
    if row is None:
        name, created_ns = values[1], values[4]
        inode = Inode(new_inode(db))
        db.execute(_INSERT, (inode, item.id, now_ns, *values))
        changes.new_items += 1
        time_ns = now_ns if created_ns is None else created_ns
        noted = Noted(inode, item.id, name, created_ns, time_ns, inode)
    else:
        noted = _renoted(db, item.id, row, values, now_ns, changes)
    if source is not ItemSource.TAKEOUT and note_candidates_of_google(
        db, noted.inode, values[1], values[4]
    ):
        changes.has_candidates = True
    return noted


def show_in_timeline(
    db: Connection, item: Noted, revision: int, now_ns: int, changes: Changes
) -> None:
    """Show an item in `media/all` and in its year, month and day, where it has a capture time."""
    directories = _timeline_of(db, item.created_ns, now_ns, changes)
    show(db, directories, item.inode, item.name, item.identity, revision, changes)
    for directory in directories:
        touch(changes, directory, item.time_ns)


def hide_from_timeline(
    db: Connection, inode: Inode, changes: Changes, but: Inode | None = None
) -> None:
    """Take an item out of `media/all` (`but` not if that is it) and out of its year, month and day."""
    rows = db.execute(
        "SELECT e.directory FROM entry AS e JOIN directory AS d ON d.inode = e.directory"
        " WHERE e.inode = ? AND e.directory IS NOT ? AND d.kind IN (?, ?, ?, ?)",
        (inode, but, DirectoryKind.ALL, DirectoryKind.YEAR, DirectoryKind.MONTH, DirectoryKind.DAY),
    ).fetchall()
    for (directory,) in rows:
        hide(db, directory, inode, changes)
        hide_empty(db, directory, changes)


def note_sizes(db: Connection, sizes: Iterable[tuple[Inode, int | None]]) -> None:
    """Keep exact sizes for good, and learn from them what others may be.

    A preview's may be None: it is not known any more.
    """
    for inode, size_bytes in sizes:
        if is_preview(inode):
            db.execute(
                "UPDATE item SET preview_bytes = ? WHERE inode = ?",
                (size_bytes, original_of(inode)),
            )
            continue
        row = db.execute(
            "UPDATE item SET size_bytes = ? WHERE inode = ? RETURNING mime_type, camera, height, width",
            (size_bytes, inode),
        ).fetchone()
        if row is not None and row["height"] and row["width"]:
            db.execute(
                "INSERT INTO measured (mime_type, camera, height, pixels, size_bytes) VALUES (?, ?, ?, ?, ?)",
                (
                    row["mime_type"],
                    row["camera"],
                    row["height"],
                    row["width"] * row["height"],
                    size_bytes,
                ),
            )
    db.execute(
        "DELETE FROM measured WHERE id <= (SELECT max(id) FROM measured) - ?", (MEASURED_KEPT,)
    )


def fixed(db: Connection, kind: DirectoryKind) -> Inode:
    """The directory of a kind that every catalogue has once."""
    found = directory_of(db, kind)
    assert found is not None, f"the tree has no {kind}"
    return found.inode


def touch(changes: Changes, directory: Inode, time_ns: int) -> None:
    """Remember that an item of this time came into a directory."""
    known_ns = changes.touched.get(directory)
    if known_ns is None or known_ns < time_ns:
        changes.touched[directory] = time_ns


def _values(item: MediaItem) -> tuple[Any, ...]:
    details = {
        "id": item.id,
        "url": item.product_url,
        "description": item.description,
        "camera": _camera(item),
        "width": _pixels(item.width),
        "height": _pixels(item.height),
        "focal_length_mm": item.focal_length_mm,
        "aperture_f": item.aperture_f,
        "iso": item.iso,
        "exposure_s": item.exposure_s,
        "fps": item.fps,
        "latitude": _degrees(item.latitude),
        "longitude": _degrees(item.longitude),
        "altitude_m": item.altitude_m,
        "people": ", ".join(item.people),
        "origin": item.origin,
    }
    created_ns = _int64(item.created_ns)
    return (
        _storable(item.filename),
        names.file_name(item.filename, item.mime_type, created_ns),
        _storable(item.mime_type),
        item.kind,
        created_ns,
        _pixels(item.width),
        _pixels(item.height),
        item.processing,
        _storable(_camera(item)),
        json.dumps({k: v for k, v in details.items() if v not in ("", None)}),
    )


def _degrees(value: float | None) -> str:
    # Seven places are a centimetre.
    return "" if value is None else f"{value:.7f}".rstrip("0").rstrip(".")


def _int64(number: int | None) -> int | None:
    # What SQLite can hold; as a time that is 1677 to 2262. Anything outside is nonsense.
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _pixels(number: int | None) -> int | None:
    # A JPEG's side has 16 bits, a PNG's 31: anything larger is nonsense, and two of them multiplied
    # would not fit into SQLite.
    return number if number is not None and 0 <= number < 2**31 else None


def _storable(text: str) -> str:
    # JSON can carry half a surrogate pair, which SQLite's UTF-8 can't.
    return text.encode("utf-8", "replace").decode()


def _camera(item: MediaItem) -> str:
    return f"{item.camera_make} {item.camera_model}".strip()


def _timeline_of(
    db: Connection, created_ns: int | None, now_ns: int, changes: Changes
) -> list[Inode]:
    """`media/all` and the year, month and day of a capture time, made where they were not there."""
    day = None if created_ns is None else names.utc_day(created_ns)
    if (known := changes.days.get(day)) is not None:
        return known
    found = [fixed(db, DirectoryKind.ALL)]
    if day is not None:
        year, month = f"{day.year:04d}", f"{day.year:04d}-{day.month:02d}"
        kinds = DirectoryKind
        ways = (
            (kinds.BY_YEAR, ((kinds.YEAR, year),)),
            (kinds.BY_MONTH, ((kinds.MONTHS, year), (kinds.MONTH, month))),
            (kinds.BY_DAY, ((kinds.DAYS, year), (kinds.DAY, day.isoformat()))),
        )
        for top, steps in ways:
            inode = fixed(db, top)
            for kind, key in steps:
                inode = make_directory(db, kind, key, inode, key.encode(), now_ns, changes)
            found.append(inode)
    changes.days[day] = found
    return found


def _renoted(
    db: Connection, identity: str, row: Row, values: tuple[Any, ...], now_ns: int, changes: Changes
) -> Noted:
    """An item that had its row, which says afterwards what the source says now; its file follows."""
    own_inode, name, created_ns = Inode(row["inode"]), values[1], values[4]
    if tuple(row)[_KNOWN:] != values:
        db.execute(_UPDATE, (*values, own_inode))
        if any(row[name] != values[_COLUMNS.index(name)] for name in _TOLD_OF_PIXELS):
            _note_edited(db, own_inode)
    inode, first_seen_ns = own_inode, row["first_seen_ns"]
    if row["joined_to"] is not None:
        shown = db.execute(
            "SELECT inode, id, name, created_ns, first_seen_ns, bytes_of FROM item WHERE inode = ?",
            (row["joined_to"],),
        ).fetchone()
        inode, identity, first_seen_ns = Inode(shown[0]), shown["id"], shown["first_seen_ns"]
        if shown["bytes_of"] == own_inode and (row["name"], row["created_ns"]) != (
            name,
            created_ns,
        ):
            db.execute(
                "UPDATE item SET name = ?, created_ns = ? WHERE inode = ?",
                (name, created_ns, inode),
            )
        else:
            row = shown  # which keeps its name and its time
            name, created_ns = shown["name"], shown["created_ns"]
    time_ns = first_seen_ns if created_ns is None else created_ns
    noted = Noted(inode, identity, name, created_ns, time_ns, own_inode)
    if row["name"] != name:
        _rename(db, noted, changes)
    if row["created_ns"] != created_ns:
        _redate(db, noted, changes, now_ns)
    return noted


def _note_edited(db: Connection, inode: Inode) -> None:
    """An item has other pixels now: what is kept of it for a pin is an older version.

    What was picked stays as it was.
    """
    db.execute(
        "UPDATE kept SET is_outdated = 1 WHERE inode = ?1"
        " AND EXISTS (SELECT 1 FROM item AS i JOIN pinned AS p ON p.inode IN (i.inode, i.joined_to)"
        " WHERE i.inode = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM picked WHERE inode = ?1)",
        (inode,),
    )


def _rename(db: Connection, item: Noted, changes: Changes) -> None:
    """Show an item under its new name wherever it is shown."""
    for directory, revision, run in db.execute(
        "SELECT directory, revision, run FROM entry WHERE inode = ?", (item.inode,)
    ).fetchall():
        hide(db, directory, item.inode, changes)
        show(db, [directory], item.inode, item.name, item.identity, revision, changes)
        db.execute(
            "UPDATE entry SET run = ? WHERE inode = ? AND directory = ?",
            (run, item.inode, directory),
        )


def _redate(db: Connection, item: Noted, changes: Changes, now_ns: int) -> None:
    """Move an item of the timeline to its new year, month and day."""
    everything = fixed(db, DirectoryKind.ALL)
    row = db.execute(
        "SELECT revision FROM entry WHERE inode = ? AND directory = ?", (item.inode, everything)
    ).fetchone()
    if row is not None:
        hide_from_timeline(db, item.inode, changes, but=everything)
        show_in_timeline(db, item, row[0], now_ns, changes)
