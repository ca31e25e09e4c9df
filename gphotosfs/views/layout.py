"""The tree as every mount has it: fixed directories, and which listing fills which directory."""

from typing import Final, NamedTuple

from gphotosfs.catalog.entries import DirectoryRow
from gphotosfs.catalog.places import plant
from gphotosfs.catalog.store import Connection
from gphotosfs.model import ROOT, DirectoryKind, Inode, ListingKind


class Fixed(NamedTuple):
    """A directory that is always there. Its number must never change, nor be used again."""

    inode: Inode
    kind: DirectoryKind
    parent: Inode
    name: bytes


_MEDIA: Final = Inode(3)

FIXED: Final = (
    Fixed(ROOT, DirectoryKind.ROOT, ROOT, b""),
    Fixed(Inode(2), DirectoryKind.ALBUMS, ROOT, b"albums"),
    Fixed(_MEDIA, DirectoryKind.MEDIA, ROOT, b"media"),
    Fixed(Inode(4), DirectoryKind.ALL, _MEDIA, b"all"),
    Fixed(Inode(5), DirectoryKind.BY_YEAR, _MEDIA, b"by-year"),
    Fixed(Inode(6), DirectoryKind.BY_MONTH, _MEDIA, b"by-month"),
    Fixed(Inode(7), DirectoryKind.BY_DAY, _MEDIA, b"by-day"),
    Fixed(Inode(8), DirectoryKind.FAVORITES, ROOT, b"favorites"),
    Fixed(Inode(9), DirectoryKind.VIDEOS, ROOT, b"videos"),
    Fixed(Inode(10), DirectoryKind.RECENT, ROOT, b"recent"),
    Fixed(Inode(11), DirectoryKind.PICKED, ROOT, b"picked"),
)

_TIMELINE: Final = frozenset(
    {
        DirectoryKind.ALL,
        DirectoryKind.BY_YEAR,
        DirectoryKind.YEAR,
        DirectoryKind.BY_MONTH,
        DirectoryKind.MONTHS,
        DirectoryKind.MONTH,
        DirectoryKind.BY_DAY,
        DirectoryKind.DAYS,
        DirectoryKind.DAY,
    }
)

# What no listing of Google's fills.
NOT_GOOGLES: Final = frozenset(
    {
        DirectoryKind.PICKED,
        DirectoryKind.PICK,
        DirectoryKind.TAKEOUT_ALBUM,
        DirectoryKind.PEOPLE,
        DirectoryKind.PERSON,
        DirectoryKind.ARCHIVE,
        DirectoryKind.TRASH,
    }
)

_HOMES: Final = {
    ListingKind.ALBUMS: DirectoryKind.ALBUMS,
    ListingKind.ALBUM: DirectoryKind.ALBUM,
    ListingKind.TIMELINE: DirectoryKind.ALL,
    ListingKind.FAVORITES: DirectoryKind.FAVORITES,
    ListingKind.VIDEOS: DirectoryKind.VIDEOS,
    ListingKind.RECENT: DirectoryKind.RECENT,
    ListingKind.RECHECK: DirectoryKind.ALL,
}


class Which(NamedTuple):
    """Names a listing: its kind, and the album's id where it is an album's."""

    kind: ListingKind
    key: str = ""


def listing_for(directory: DirectoryRow) -> Which | None:
    """The listing that fills a directory; None for those whose entries are fixed."""
    kind = directory.kind
    if kind in _TIMELINE:
        return Which(ListingKind.TIMELINE)
    if kind is DirectoryKind.ALBUM:
        return Which(ListingKind.ALBUM, directory.key)
    if kind in {DirectoryKind.ALBUMS, DirectoryKind.FOLDER}:
        return Which(ListingKind.ALBUMS)
    if kind in {DirectoryKind.FAVORITES, DirectoryKind.VIDEOS, DirectoryKind.RECENT}:
        return Which(ListingKind(kind))
    return None


def home_kind(kind: ListingKind) -> DirectoryKind:
    """The kind of the directory whose entries carry a listing's revisions."""
    return _HOMES[kind]


def plant_tree(db: Connection, now_ns: int) -> None:
    """Put the fixed directories into a catalogue that does not have them yet."""
    for fixed in FIXED:
        plant(db, fixed.inode, fixed.kind, fixed.parent, fixed.name, now_ns)
