"""Reading the catalogue by the numbers and names that a mount shows.

Those are the catalogue's own, and below `previews/` those of their mirror: the same photos in the same
directories under a number that differs in one bit (model.py) and a name made of the other (names.py).
The mirror has no rows. What is asked with a number of the catalogue is answered as `entries` does.
"""

from typing import Final

from gphotosfs import names
from gphotosfs.catalog import entries
from gphotosfs.catalog.entries import DirectoryRow, EntryRow, ItemRow, Order
from gphotosfs.catalog.store import Connection
from gphotosfs.model import (
    PREVIEW_MAX_PX,
    ROOT,
    BlobKey,
    DirectoryKind,
    Inode,
    MediaKind,
    Variant,
    is_preview,
    original_of,
    preview_of,
)

PREVIEWS: Final = b"previews"
"""What the mirror of the root is called there; a mount need not show it."""

PREVIEWS_ENTRY: Final = 0
"""Before all others."""


def item(db: Connection, inode: Inode) -> ItemRow | None:
    """The photo, film or preview with this number; None if it is none's."""
    row = entries.item(db, original_of(inode))
    if row is None or not is_preview(inode):
        return row
    return _preview(row) if row.kind is MediaKind.PHOTO else None


def item_of(db: Connection, key: BlobKey) -> ItemRow | None:
    """The item that shows these bytes; None if none does."""
    row = entries.item_with_id(db, key.item)
    if row is not None and key.variant is Variant.PREVIEW and row.kind is MediaKind.PHOTO:
        row = _preview(row)
    return None if row is None or row.blob != key else row


def directory(db: Connection, inode: Inode) -> DirectoryRow | None:
    """The directory with this number; None if it is no directory's."""
    row = entries.directory(db, original_of(inode))
    return _mirrored(row) if row is not None and is_preview(inode) else row


def lookup(db: Connection, parent: Inode, name: bytes) -> EntryRow | None:
    """The entry of this name; None if the directory has none."""
    if not is_preview(parent):
        return entries.lookup(db, parent, name)
    inner = original_of(parent)
    for original in (_previewed_name(db, inner, name), name):
        row = None if original is None else entries.lookup(db, inner, original)
        mirrored = None if row is None else _entry(row)
        if mirrored is not None and mirrored.name == name:
            return mirrored
    return None


def entries_after(db: Connection, parent: Inode, after: int, limit: int) -> list[EntryRow]:
    """At most `limit` entries behind the entry with id `after`, in the directory's order."""
    if not is_preview(parent):
        return entries.entries_after(db, parent, after, limit)
    rows = entries.entries_after(db, original_of(parent), after, limit, previewed=True)
    return _entries(rows)


def unknown_sizes_after(db: Connection, parent: Inode, after: int, limit: int) -> list[EntryRow]:
    """The next entries in the directory's order that are files of unknown size and can be asked for."""
    if not is_preview(parent):
        return entries.unknown_sizes_after(db, parent, after, limit)
    rows = entries.unknown_sizes_after(db, original_of(parent), after, limit, previewed=True)
    return _entries(rows)


def entry_id(db: Connection, parent: Inode, inode: Inode) -> int | None:
    """Where an inode stands in a directory; None if it does not."""
    if is_preview(parent) != is_preview(inode):
        return None
    return entries.entry_id(db, original_of(parent), original_of(inode))


def entries_of(db: Connection, inode: Inode) -> list[tuple[Inode, int, bytes]]:
    """Every (directory, id of the entry, name) under which an inode is shown."""
    if not is_preview(inode):
        return entries.entries_of(db, inode)
    original = original_of(inode)
    if original == ROOT:
        return [(ROOT, PREVIEWS_ENTRY, PREVIEWS)]
    is_photo = entries.item(db, original) is not None
    return [
        (preview_of(parent), number, names.preview_name(name) if is_photo else name)
        for parent, number, name in entries.entries_of(db, original)
    ]


def directory_names(db: Connection, parent: Inode) -> list[str]:
    """The names of the directories in a directory."""
    return entries.directory_names(db, original_of(parent))


def followers(
    db: Connection, parent: Inode, inode: Inode, order: Order, limit: int
) -> list[ItemRow]:
    """The files that come behind one in a directory; none if it is not there."""
    if not is_preview(parent):
        return entries.followers(db, parent, inode, order, limit)
    rows = entries.followers(
        db, original_of(parent), original_of(inode), order, limit, previewed=True
    )
    return [_preview(row) for row in rows]


def _entries(rows: list[EntryRow]) -> list[EntryRow]:
    return [found for row in rows if (found := _entry(row)) is not None]


def _entry(row: EntryRow) -> EntryRow | None:
    """The entry as it stands among previews; None where it does not."""
    target = row.target
    if isinstance(target, ItemRow):
        if target.kind is not MediaKind.PHOTO:
            return None
        return EntryRow(row.id, names.preview_name(row.name), _preview(target))
    if target.kind is DirectoryKind.VIDEOS:
        return None
    return EntryRow(row.id, row.name, _mirrored(target))


def _preview(row: ItemRow) -> ItemRow:
    width, height = _fitted(row.width, row.height)
    return row._replace(
        inode=preview_of(row.inode),
        mime_type="image/jpeg",
        width=width,
        height=height,
        size_bytes=row.preview_bytes,
    )


def _fitted(width: int | None, height: int | None) -> tuple[int | None, int | None]:
    longest = max(width or 0, height or 0)
    if not width or not height or longest <= PREVIEW_MAX_PX:
        return width, height
    return width * PREVIEW_MAX_PX // longest, height * PREVIEW_MAX_PX // longest


def _mirrored(row: DirectoryRow) -> DirectoryRow:
    return DirectoryRow(
        inode=preview_of(row.inode),
        kind=row.kind,
        key=row.key,
        # The mirror of the root stands in the root itself.
        parent=ROOT if row.inode == ROOT else preview_of(row.parent),
        modified_ns=row.modified_ns,
        first_seen_ns=row.first_seen_ns,
    )


def _previewed_name(db: Connection, parent: Inode, name: bytes) -> bytes | None:
    """The name in a directory whose preview has this one; None if there is none."""
    head = names.cut_previews_head(name)
    if head is None:
        return names.previewed_name(name)
    known = entries.names_with(db, parent, head)
    return next((one for one in known if names.preview_name(one) == name), None)
