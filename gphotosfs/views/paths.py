"""Paths as people write them, behind PROFILE: in a mount's source or for `gphotosfs refresh`."""

import difflib
from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from gphotosfs.catalog import entries, shown
from gphotosfs.catalog.entries import DirectoryRow
from gphotosfs.catalog.store import Connection
from gphotosfs.errors import NoEntryError, NotADirectoryEntryError
from gphotosfs.model import (
    ROOT,
    DirectoryKind,
    Inode,
    ListingKind,
    Node,
    Place,
    is_preview,
    original_of,
    preview_of,
)
from gphotosfs.views import layout
from gphotosfs.views.layout import Which
from gphotosfs.views.listings import Listings

ALBUM_ID: Final = "album-id="
"""Begins a path that names an album by its id, whatever its title: `default:album-id=ID`."""

# How many names that are like the one that was asked for are told.
_NEAREST_MAX: Final = 3

Lookup = Callable[[Inode, bytes], Awaitable[Node | None]]


def places_of(db: Connection, inode: Inode, first: Inode | None = None) -> list[Place]:
    """Everywhere an inode is shown; that in the directory `first` goes before the others."""
    if inode == ROOT:
        return [Place(ROOT, 0, b"")]
    found = sorted(shown.entries_of(db, inode), key=lambda entry: entry[0] != first)
    return [
        Place(directory, cookie, above.path + b"/" + name if above.path else name)
        for directory, cookie, name in found
        for above in places_of(db, directory)
    ]


class Paths:
    """Finds what a path names, asking Google only for what the catalogue does not know."""

    def __init__(self, read: Connection, listings: Listings, lookup: Lookup) -> None:
        self._read = read
        self._listings = listings
        self._lookup = lookup

    async def resolve(self, path: str) -> Inode:
        """The inode of a path below the tree's root.

        Raises:
            NoEntryError: the path does not exist; the message names the first part that does not,
                and what is called nearly so.
            RemoteError: it is not known, and Google could not be asked.
        """
        parts = PurePosixPath("/", path).parts[1:]
        inode, as_shown = ROOT, original_of
        if parts and parts[0] == shown.PREVIEWS.decode():
            # Whether or not a mount shows them in its root.
            inode, as_shown = preview_of(ROOT), preview_of
            parts = parts[1:]
        if parts and parts[0].startswith(ALBUM_ID):
            inode = as_shown(await self._album(parts[0].removeprefix(ALBUM_ID)))
            parts = parts[1:]
        for part in parts:
            inode = await self._child(inode, part)
        return inode

    async def root(self, path: str) -> tuple[Inode, str]:
        """The directory that becomes a mount's root, and the same path in ASCII.

        An album whose title is not ASCII is named by its id; for all else, what is not ASCII is
        percent-encoded, to be shown only.

        Raises:
            NoEntryError: the path does not exist.
            NotADirectoryEntryError: it is a file.
            RemoteError: it is not known, and Google could not be asked.
        """
        inode = await self.resolve(path)
        row = shown.directory(self._read, inode)
        if row is None:
            raise NotADirectoryEntryError(f"{path} is no directory, so it can't be mounted")
        if path.isascii():
            return inode, path
        if row.kind is DirectoryKind.ALBUM:
            above = f"{shown.PREVIEWS.decode()}/" if is_preview(inode) else ""
            return inode, f"{above}{ALBUM_ID}{row.key}"
        return inode, quote(path, safe="/ !\"#$&'()*+,-.:;<=>?@[]^_`{|}~")

    async def _child(self, parent: Inode, name: str) -> Inode:
        raw = name.encode("utf-8", "surrogateescape")
        node = await self._lookup(parent, raw)
        directory = shown.directory(self._read, parent)
        if node is None and directory is not None and await self._renewed(directory):
            node = await self._lookup(parent, raw)
        if node is None:
            raise NoEntryError(f"there is no {name!r}{self._near(parent, name)}")
        return node.inode

    async def _album(self, album_id: str) -> Inode:
        albums = Which(ListingKind.ALBUMS)
        while not self._listings.is_whole(albums):
            if (known := self._known_album(album_id)) is not None:
                return known
            await self._listings.progress(albums)
        if self._known_album(album_id) is None:
            await self._listings.renew(albums)
        if (known := self._known_album(album_id)) is not None:
            return known
        raise NoEntryError(
            f"there is no album with the id {album_id!r}; getfattr -n user.gphotos.id tells an album's"
        )

    def _known_album(self, album_id: str) -> Inode | None:
        row = entries.directory_of(self._read, DirectoryKind.ALBUM, album_id)
        # The directory of an album that is gone keeps its row, and its inode.
        return row.inode if row is not None and entries.album_of(self._read, row.inode) else None

    async def _renewed(self, directory: DirectoryRow) -> bool:
        """Whether a listing that lacks a name was fetched again; the timeline is too long for that."""
        which = layout.listing_for(directory)
        if which is None or which.kind is ListingKind.TIMELINE:
            return False
        await self._listings.renew(which)
        return True

    def _near(self, parent: Inode, name: str) -> str:
        known = {n.casefold(): n for n in shown.directory_names(self._read, parent)}
        found = difflib.get_close_matches(name.casefold(), known, n=_NEAREST_MAX)
        return f"; near it: {', '.join(repr(known[one]) for one in found)}" if found else ""
