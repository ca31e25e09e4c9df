"""Reading the catalogue: what a number, a name or a directory stands for. Nothing here waits."""

import enum
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from gphotosfs.catalog.store import FIRST_FREE_INODE, Connection, Row
from gphotosfs.model import (
    BlobKey,
    DirectoryKind,
    Inode,
    ItemId,
    ItemSource,
    MediaKind,
    Processing,
    Variant,
    is_preview,
    preview_of,
)


def original_blob(identity: ItemId, kind: MediaKind) -> BlobKey:
    """The bytes of an item as Google hands them out."""
    return BlobKey(identity, Variant.VIDEO if kind is MediaKind.VIDEO else Variant.PHOTO)


# Named tuples, since a directory is made of thousands of them: a frozen dataclass takes 1 us longer
# to make, of 7 that an entry takes.
class ItemRow(NamedTuple):
    """A media item as far as `stat` and `open` need it."""

    inode: Inode
    id: ItemId
    kind: MediaKind
    mime_type: str
    camera: str
    width: int | None
    height: int | None
    processing: Processing
    size_bytes: int | None
    """Exact; None while nobody knows it."""
    modified_ns: int
    links: int
    source: ItemSource = ItemSource.LIBRARY
    preview_bytes: int | None = None
    """The exact size of its preview; None while nobody knows it."""
    bytes_of: Inode = Inode(0)
    """The item whose bytes it shows, which is itself but for photos that are known from two sources."""

    @property
    def blob(self) -> BlobKey:
        """The bytes that are shown as this file."""
        if is_preview(self.inode):
            return BlobKey(self.id, Variant.PREVIEW)
        return original_blob(self.id, self.kind)

    @property
    def sized_inode(self) -> Inode:
        """The number under which its size is kept: that of the bytes."""
        return preview_of(self.bytes_of) if is_preview(self.inode) else self.bytes_of


@dataclass(frozen=True, slots=True)
class DirectoryRow:
    """A directory of the tree."""

    inode: Inode
    kind: DirectoryKind
    key: str
    parent: Inode
    modified_ns: int
    first_seen_ns: int


class EntryRow(NamedTuple):
    """A name in a directory, with what stands behind it."""

    id: int
    name: bytes
    target: ItemRow | DirectoryRow


class Order(enum.Enum):
    """A way through a directory: what follows an entry, as SQL."""

    LISTED = "e.id > here.id ORDER BY e.id"
    BACKWARDS = "e.id < here.id ORDER BY e.id DESC"
    BY_NAME = "e.name > here.name ORDER BY e.name"


# Either half of a row is NULL: a number belongs to an item or to a directory. `b` is the item whose bytes
# `i` shows: its own row, but for photos that are known from archives and from Google (joining.py).
_TARGET = """
    i.inode AS item, b.id, b.kind, b.mime_type, b.camera, b.width, b.height, b.processing, b.size_bytes,
    b.source, b.preview_bytes, b.inode AS bytes_of,
    coalesce(i.created_ns, i.first_seen_ns) AS time_ns,
    (SELECT count(*) FROM entry AS l WHERE l.inode = i.inode) AS links,
    d.inode AS directory, d.kind AS directory_kind, d.key, d.parent,
    coalesce(d.newest_ns, d.first_seen_ns) AS modified_ns, d.first_seen_ns AS directory_seen_ns
"""
_BYTES = "LEFT JOIN item AS b ON b.inode = coalesce(i.bytes_of, i.inode)"
_ENTRIES = f"""
    SELECT e.id AS entry, e.name, {_TARGET} FROM entry AS e
    LEFT JOIN item AS i ON i.inode = e.inode {_BYTES} LEFT JOIN directory AS d ON d.inode = e.inode
"""  # noqa: S608 - a constant
# So many entries are gone through for a few of them that have something in common: some 3 ms.
_NEAR: Final = 1_000
# What is shown among previews: no film, and no directory that holds nothing else.
_PREVIEWED = " AND coalesce(i.kind, 'photo') = 'photo' AND coalesce(d.kind, '') <> 'videos'"
_DIRECTORIES = """
    SELECT inode AS directory, kind AS directory_kind, key, parent,
    coalesce(newest_ns, first_seen_ns) AS modified_ns, first_seen_ns AS directory_seen_ns
    FROM directory
"""


def item(db: Connection, inode: Inode) -> ItemRow | None:
    """The item with this number, as it is shown; None if it is no item's."""
    row = db.execute(
        f"SELECT {_TARGET} FROM item AS i {_BYTES} LEFT JOIN directory AS d ON d.inode = i.inode"  # noqa: S608
        " WHERE i.inode = ?",
        (inode,),
    ).fetchone()
    return None if row is None else _item(row)


def own_item(db: Connection, inode: Inode) -> ItemRow | None:
    """The item with this number by itself, whatever it was joined with; None if it is no item's."""
    row = db.execute(
        f"SELECT {_TARGET} FROM item AS i JOIN item AS b ON b.inode = i.inode"  # noqa: S608
        " LEFT JOIN directory AS d ON d.inode = i.inode WHERE i.inode = ?",
        (inode,),
    ).fetchone()
    return None if row is None else _item(row)


def item_with_id(db: Connection, identity: ItemId) -> ItemRow | None:
    """The item with this id of its source, by itself; None if it was never listed."""
    row = db.execute("SELECT inode FROM item WHERE id = ?", (identity,)).fetchone()
    return None if row is None else own_item(db, Inode(row[0]))


def source_of(db: Connection, identity: ItemId) -> ItemSource | None:
    """Where the bytes with this id are to be had; None if they were never listed."""
    row = db.execute("SELECT source FROM item WHERE id = ?", (identity,)).fetchone()
    return None if row is None else ItemSource(row[0])


def shown_inode(db: Connection, inode: Inode) -> Inode:
    """The number under which an item is shown: that of an older one, if it was joined to it."""
    row = db.execute("SELECT joined_to FROM item WHERE inode = ?", (inode,)).fetchone()
    return inode if row is None or row[0] is None else Inode(row[0])


def showing(db: Connection, identity: ItemId) -> list[Inode]:
    """The files that show the bytes with this id; a number that was given up is still one of them."""
    rows = db.execute(
        "SELECT s.inode FROM item AS i JOIN item AS s ON s.inode IN (i.inode, i.joined_to)"
        " WHERE i.id = ? AND coalesce(s.bytes_of, s.inode) = i.inode",
        (identity,),
    )
    return [Inode(row[0]) for row in rows]


def directory(db: Connection, inode: Inode) -> DirectoryRow | None:
    """The directory with this number; None if it is no directory's."""
    row = db.execute(f"{_DIRECTORIES} WHERE inode = ?", (inode,)).fetchone()
    return None if row is None else _directory(row)


def directory_of(db: Connection, kind: DirectoryKind, key: str = "") -> DirectoryRow | None:
    """The directory of a kind with a key; None if there is none yet."""
    row = db.execute(f"{_DIRECTORIES} WHERE kind = ? AND key = ?", (kind, key)).fetchone()
    return None if row is None else _directory(row)


def lookup(db: Connection, parent: Inode, name: bytes) -> EntryRow | None:
    """The entry of this name; None if the directory has none."""
    row = db.execute(f"{_ENTRIES} WHERE e.directory = ? AND e.name = ?", (parent, name)).fetchone()
    return None if row is None else _entry(row)


def entries_after(
    db: Connection, parent: Inode, after: int, limit: int, *, previewed: bool = False
) -> list[EntryRow]:
    """At most `limit` entries behind the entry with id `after`, in the directory's order.

    `previewed` leaves out what has no preview.
    """
    only = _PREVIEWED if previewed else ""
    rows = db.execute(
        f"{_ENTRIES} WHERE e.directory = ? AND e.id > ?{only} ORDER BY e.id LIMIT ?",
        (parent, after, limit),
    )
    return [_entry(row) for row in rows]


def names_with(db: Connection, parent: Inode, head: bytes) -> list[bytes]:
    """The names in a directory that begin so."""
    rows = db.execute(
        "SELECT name FROM entry WHERE directory = ? AND name >= ? AND name < ?",
        (parent, head, head + b"\xff"),
    )
    return [row[0] for row in rows]


def is_empty(db: Connection, parent: Inode) -> bool:
    """Whether the directory has no entry."""
    return (
        db.execute("SELECT 1 FROM entry WHERE directory = ? LIMIT 1", (parent,)).fetchone() is None
    )


def entry_id(db: Connection, parent: Inode, inode: Inode) -> int | None:
    """Where an inode stands in a directory; None if it does not."""
    row = db.execute(
        "SELECT id FROM entry WHERE inode = ? AND directory = ?", (inode, parent)
    ).fetchone()
    return None if row is None else row[0]


def shows(db: Connection, parent: Inode, identity: ItemId) -> bool:
    """Whether a directory shows the item with this id of Google's."""
    row = db.execute(
        "SELECT 1 FROM item AS i JOIN entry AS e ON e.inode = coalesce(i.joined_to, i.inode)"
        " WHERE i.id = ? AND e.directory = ?",
        (identity, parent),
    ).fetchone()
    return row is not None


def places(db: Connection, inode: Inode) -> list[tuple[Inode, bytes]]:
    """Every (directory, name) under which an inode is shown."""
    return [
        (Inode(row[0]), row[1])
        for row in db.execute("SELECT directory, name FROM entry WHERE inode = ?", (inode,))
    ]


def entries_of(db: Connection, inode: Inode) -> list[tuple[Inode, int, bytes]]:
    """The same with the entry's id in between."""
    rows = db.execute("SELECT directory, id, name FROM entry WHERE inode = ?", (inode,))
    return [(Inode(row[0]), row[1], row[2]) for row in rows]


def items_after(db: Connection, inode: Inode, limit: int) -> list[ItemRow]:
    """The items with the next larger numbers, in their order."""
    rows = db.execute(
        f"SELECT {_TARGET} FROM item AS i {_BYTES} LEFT JOIN directory AS d ON d.inode = i.inode"  # noqa: S608
        " WHERE i.inode > ? ORDER BY i.inode LIMIT ?",
        (inode, limit),
    )
    return [_item(row) for row in rows]


def directory_names(db: Connection, parent: Inode) -> list[str]:
    """The names of the directories in a directory."""
    rows = db.execute(
        "SELECT e.name FROM entry AS e JOIN directory AS d ON d.inode = e.inode"
        " WHERE e.directory = ? AND e.inode != e.directory",
        (parent,),
    )
    return [row[0].decode("utf-8", "surrogateescape") for row in rows]


def unknown_sizes_after(
    db: Connection, parent: Inode, after: int, limit: int, *, previewed: bool = False
) -> list[EntryRow]:
    """The next entries in the directory's order that are files of unknown size and can be asked for.

    They are looked for among the next _NEAR entries: behind the last one there may be a million whose
    sizes are known. `previewed` asks for those whose preview has an unknown size.
    """
    unknown = f"b.preview_bytes IS NULL{_PREVIEWED}" if previewed else "b.size_bytes IS NULL"
    rows = db.execute(
        f"{_ENTRIES} WHERE e.id IN"  # noqa: S608 - constants
        " (SELECT id FROM entry WHERE directory = ? AND id > ? ORDER BY id LIMIT ?)"
        f" AND i.inode IS NOT NULL AND {unknown} AND b.processing = 'ready' ORDER BY e.id LIMIT ?",
        (parent, after, _NEAR, limit),
    )
    return [_entry(row) for row in rows]


def followers(
    db: Connection,
    parent: Inode,
    inode: Inode,
    order: Order,
    limit: int,
    *,
    previewed: bool = False,
) -> list[ItemRow]:
    """The files that come behind one in a directory; none if it is not there.

    `previewed` leaves out what has no preview.
    """
    only = _PREVIEWED if previewed else ""
    rows = db.execute(
        f"SELECT e.id AS entry, e.name, {_TARGET} FROM entry AS here"  # noqa: S608 - constants
        " JOIN entry AS e ON e.directory = here.directory JOIN item AS i ON i.inode = e.inode"
        f" {_BYTES} LEFT JOIN directory AS d ON d.inode = i.inode"
        f" WHERE here.inode = ? AND here.directory = ?{only} AND {order.value} LIMIT ?",
        (inode, parent, limit),
    )
    return [_item(row) for row in rows]


def details(db: Connection, inode: Inode) -> Mapping[str, Any]:
    """What only extended attributes show of an item; empty if the number is no item's.

    What archives say of it goes before what Google says.
    """
    rows = db.execute(
        "SELECT m.details FROM item AS i JOIN item AS m"
        " ON m.inode IN (SELECT inode FROM item WHERE inode = i.inode OR joined_to = i.inode)"
        " LEFT JOIN takeout_file AS f ON f.inode = m.inode WHERE i.inode = ?"
        # Of what lay in archives that are gone only what is shown.
        " AND (m.source <> ? OR f.inode IS NOT NULL OR m.inode = coalesce(i.bytes_of, i.inode))"
        " ORDER BY f.inode IS NOT NULL, m.inode = coalesce(i.bytes_of, i.inode)",
        (inode, ItemSource.TAKEOUT),
    )
    found: dict[str, Any] = {}
    for row in rows:
        found |= json.loads(row[0])
    return found


def album_of(db: Connection, inode: Inode) -> Row | None:
    """The album that a directory shows: id, title, item_count, cover, product_url; None if none."""
    row: Row | None = db.execute("SELECT * FROM album WHERE directory = ?", (inode,)).fetchone()
    return row


def measured(db: Connection) -> Iterator[tuple[str, str, int, int, int]]:
    """The latest measured sizes: (MIME type, camera, height, pixels, bytes)."""
    yield from db.execute("SELECT mime_type, camera, height, pixels, size_bytes FROM measured")


def counts(db: Connection) -> dict[str, int]:
    """How many items and albums are known, for `status` and `statfs`."""
    # Rows of items and directories are never deleted, and share the inodes; to count a million rows
    # would hold up everybody for a tenth of a second.
    directories = "SELECT count(*) FROM directory WHERE inode >= ?"
    inodes = "SELECT value - ? FROM fact WHERE name = 'next_inode'"
    joined = "SELECT coalesce(max(value), 0) FROM fact WHERE name = 'joined_items'"
    return {
        "items": db.execute(
            f"SELECT ({inodes}) - ({directories}) - ({joined})",
            (FIRST_FREE_INODE, FIRST_FREE_INODE),
        ).fetchone()[0],
        "albums": db.execute("SELECT count(*) FROM album").fetchone()[0],
    }


def _entry(row: Row) -> EntryRow:
    target = _item(row) if row["item"] is not None else _directory(row)
    return EntryRow(row["entry"], row["name"], target)


def _item(row: Row) -> ItemRow:
    return ItemRow(
        inode=Inode(row["item"]),
        id=ItemId(row["id"]),
        kind=MediaKind(row["kind"]),
        mime_type=row["mime_type"],
        camera=row["camera"],
        width=row["width"],
        height=row["height"],
        processing=Processing(row["processing"]),
        size_bytes=row["size_bytes"],
        modified_ns=row["time_ns"],
        links=row["links"],
        source=ItemSource(row["source"]),
        preview_bytes=row["preview_bytes"],
        bytes_of=row["bytes_of"],
    )


def _directory(row: Row) -> DirectoryRow:
    return DirectoryRow(
        inode=Inode(row["directory"]),
        kind=DirectoryKind(row["directory_kind"]),
        key=row["key"],
        parent=Inode(row["parent"]),
        modified_ns=row["modified_ns"],
        first_seen_ns=row["directory_seen_ns"],
    )
