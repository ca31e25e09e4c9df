"""Writing media items: what is known of them, where the timeline shows them, how large they are."""

import json
from collections.abc import Iterable
from typing import Final

from gphotosfs import names
from gphotosfs.catalog.entries import directory_of
from gphotosfs.catalog.places import Changes, hide, hide_empty, make_directory, show
from gphotosfs.catalog.store import Connection, new_inode
from gphotosfs.model import DirectoryKind, Inode, MediaItem

MEASURED_KEPT: Final = 2000
"""Enough for a 95th percentile of each camera of a household."""

_COLUMNS: Final = (
    "filename", "name", "mime_type", "kind", "created_ns",
    "width", "height", "processing", "camera", "details",
)  # fmt: skip
# Built of constants alone, so there is nothing to inject.
_SELECT: Final = f"SELECT inode, {', '.join(_COLUMNS)} FROM item WHERE id = ?"  # noqa: S608
_PLACES: Final = ", ".join("?" * (len(_COLUMNS) + 3))
_INSERT: Final = (
    f"INSERT INTO item (inode, id, first_seen_ns, {', '.join(_COLUMNS)}) VALUES ({_PLACES})"  # noqa: S608
)
_UPDATE: Final = f"UPDATE item SET {' = ?, '.join(_COLUMNS)} = ? WHERE inode = ?"  # noqa: S608


def note_item(db: Connection, item: MediaItem, now_ns: int, changes: Changes) -> Inode:
    """The inode of an item, whose row says afterwards what the source says now."""
    values = _values(item)
    row = db.execute(_SELECT, (item.id,)).fetchone()
    if row is None:
        inode = Inode(new_inode(db))
        db.execute(_INSERT, (inode, item.id, now_ns, *values))
        changes.new_items += 1
        return inode
    inode = Inode(row["inode"])
    if tuple(row)[1:] != values:
        db.execute(_UPDATE, (*values, inode))
        if row["name"] != values[1]:
            _rename(db, inode, item, values[1], changes)
        if row["created_ns"] != values[4]:
            _redate(db, inode, item, changes, now_ns)
    return inode


def show_in_timeline(
    db: Connection, inode: Inode, item: MediaItem, revision: int, now_ns: int, changes: Changes
) -> None:
    """Show an item in `media/all` and in its year, month and day, where it has a capture time."""
    name = names.file_name(item.filename, item.mime_type, created_ns(item))
    for directory in (fixed(db, DirectoryKind.ALL), *_dated(db, item, now_ns, changes)):
        show(db, directory, inode, name, item.id, revision, changes)
        touch(changes, directory, created_ns(item))


def hide_from_timeline(db: Connection, inode: Inode, changes: Changes) -> None:
    """Take an item out of `media/all` and out of its year, month and day."""
    rows = db.execute(
        "SELECT e.directory FROM entry AS e JOIN directory AS d ON d.inode = e.directory"
        " WHERE e.inode = ? AND d.kind IN (?, ?, ?, ?)",
        (inode, DirectoryKind.ALL, DirectoryKind.YEAR, DirectoryKind.MONTH, DirectoryKind.DAY),
    ).fetchall()
    for (directory,) in rows:
        hide(db, directory, inode, changes)
        hide_empty(db, directory, changes)


def note_sizes(db: Connection, sizes: Iterable[tuple[Inode, int]]) -> None:
    """Keep exact sizes for good, and learn from them what others may be."""
    for inode, size_bytes in sizes:
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


def created_ns(item: MediaItem) -> int | None:
    """The capture time as far as it can be kept; None if there is none or it is nonsense."""
    return _int64(item.created_ns)


def touch(changes: Changes, directory: Inode, time_ns: int | None) -> None:
    """Remember that an item of this time came into a directory."""
    if time_ns is not None:
        changes.touched[directory] = max(time_ns, changes.touched.get(directory, time_ns))


def _values(item: MediaItem) -> tuple[object, ...]:
    details = {
        "id": item.id,
        "url": item.product_url,
        "description": item.description,
        "camera": _camera(item),
        "width": item.width,
        "height": item.height,
        "focal_length_mm": item.focal_length_mm,
        "aperture_f": item.aperture_f,
        "iso": item.iso,
        "exposure_s": item.exposure_s,
        "fps": item.fps,
    }
    created = created_ns(item)
    return (
        _storable(item.filename),
        names.file_name(item.filename, item.mime_type, created),
        _storable(item.mime_type),
        item.kind,
        created,
        _int64(item.width),
        _int64(item.height),
        item.processing,
        _storable(_camera(item)),
        json.dumps({k: v for k, v in details.items() if v not in ("", None)}),
    )


def _int64(number: int | None) -> int | None:
    # What SQLite can hold; as a time that is 1677 to 2262. Anything outside is nonsense.
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _storable(text: str) -> str:
    # JSON can carry half a surrogate pair, which SQLite's UTF-8 can't.
    return text.encode("utf-8", "replace").decode()


def _camera(item: MediaItem) -> str:
    return f"{item.camera_make} {item.camera_model}".strip()


def _dated(db: Connection, item: MediaItem, now_ns: int, changes: Changes) -> list[Inode]:
    """The year, month and day directories of an item, made where they were not there."""
    created = created_ns(item)
    if created is None:
        return []
    day = names.utc_day(created)
    if (known := changes.days.get(day)) is not None:
        return known
    year, month = f"{day.year:04d}", f"{day.year:04d}-{day.month:02d}"
    kinds = DirectoryKind
    ways = (
        (kinds.BY_YEAR, ((kinds.YEAR, year),)),
        (kinds.BY_MONTH, ((kinds.MONTHS, year), (kinds.MONTH, month))),
        (kinds.BY_DAY, ((kinds.DAYS, year), (kinds.DAY, day.isoformat()))),
    )
    found = []
    for top, steps in ways:
        inode = fixed(db, top)
        for kind, key in steps:
            inode = make_directory(db, kind, key, inode, key.encode(), now_ns, changes)
        found.append(inode)
    changes.days[day] = found
    return found


def _rename(db: Connection, inode: Inode, item: MediaItem, name: object, changes: Changes) -> None:
    """Show an item under its new name wherever it is shown."""
    assert isinstance(name, bytes)
    for directory, revision in db.execute(
        "SELECT directory, revision FROM entry WHERE inode = ?", (inode,)
    ).fetchall():
        hide(db, directory, inode, changes)
        show(db, directory, inode, name, item.id, revision, changes)


def _redate(db: Connection, inode: Inode, item: MediaItem, changes: Changes, now_ns: int) -> None:
    """Move an item of the timeline to its new year, month and day."""
    row = db.execute(
        "SELECT revision FROM entry WHERE inode = ? AND directory = ?",
        (inode, fixed(db, DirectoryKind.ALL)),
    ).fetchone()
    if row is not None:
        hide_from_timeline(db, inode, changes)
        show_in_timeline(db, inode, item, row[0], now_ns, changes)
