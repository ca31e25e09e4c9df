"""The tree that the mount shows: names, attributes, directories and files, by inode.

This is what `fuse/` asks, and a second mount of the same profile asks it over the control socket.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import trio

from gphotosfs import errors
from gphotosfs.catalog import entries, picks, shown, takeout
from gphotosfs.catalog.entries import DirectoryRow, EntryRow, ItemRow
from gphotosfs.catalog.store import Store
from gphotosfs.model import Entry, Inode, Node, Picture, Place, Usage, original_of
from gphotosfs.views import attributes, layout, virtual
from gphotosfs.views.files import Files
from gphotosfs.views.listings import Listings
from gphotosfs.views.paths import Paths, places_of
from gphotosfs.views.pictures import Pictures
from gphotosfs.views.sizes import Sizes

BATCH: Final = 256
"""Entries read from the catalogue at a time, unless somebody can do with fewer: some 2 ms."""


class Tree:
    """What is where. Inodes are the catalogue's row numbers."""

    def __init__(
        self,
        store: Store,
        listings: Listings,
        sizes: Sizes,
        files: Files,
        pictures: Pictures,
        *,
        status: Callable[[], Mapping[str, Any]],
        metrics: Callable[[], str],
        cached_bytes: Callable[[], int],
        spare_bytes: Callable[[], Awaitable[int]],
        now_ns: Callable[[], int],
    ) -> None:
        self._store = store
        self._listings = listings
        self._sizes = sizes
        self._files = files
        self._pictures = pictures
        self._status = status
        self._metrics = metrics
        self._cached_bytes = cached_bytes
        self._spare_bytes = spare_bytes
        self._paths = Paths(store.read, listings, self.lookup)
        self._started_ns = now_ns()
        self._opened_s: dict[Inode, float] = {}

    async def lookup(self, parent: Inode, name: bytes) -> Node | None:
        """What a name stands for; None if the directory does not have it.

        In a directory that was never listed, pages are fetched until the name is found, but not for
        a name that programs merely probe for.

        Raises:
            RemoteError: the directory is not known, and Google could not be asked.
        """
        found = virtual.named(parent, name)
        if found is not None:
            return self._virtual_node(found)
        if name == b".":
            return self.node(parent)
        directory = virtual.numbered(parent) or self._directory(parent)
        if name == b"..":
            # The NFS server finds its way back from an inode number with these two.
            return self.node(directory.parent)
        if isinstance(directory, virtual.Virtual):
            return None
        which = layout.listing_for(directory)
        while True:
            row = shown.lookup(self._store.read, parent, name)
            if row is not None:
                return self._node(row.target)
            if which is None or self._listings.is_whole(which):
                return self._readme_node(parent) if name == virtual.README else None
            if virtual.is_probed(name):
                return None
            await self._listings.progress(which)

    def node(self, inode: Inode) -> Node:
        """A file or directory as the catalogue knows it; a size may be an estimate.

        Raises:
            NoEntryError: there never was one with this number.
        """
        found = virtual.numbered(inode)
        if found is not None:
            return self._virtual_node(found)
        row = shown.item(self._store.read, inode) or shown.directory(self._store.read, inode)
        if row is None:
            raise errors.NoEntryError(f"there is no inode {inode}")
        return self._node(row)

    async def stat(self, inode: Inode, *, probe: bool = True, patient: bool = False) -> Node:
        """The same, with the exact size if it can be had in time; never an error for lack of it.

        Without `probe` nobody is asked for a size that is not known. Who is `patient` waits for the
        answer up to the deadline, however long others have waited in that directory.

        Raises:
            NoEntryError: there never was one with this number.
        """
        row = shown.item(self._store.read, inode)
        if row is None:
            return self.node(inode)
        if not probe or self._sizes.known(row) is not None:
            return self._node(row)
        await self._sizes.asked(row, self._seen_in(inode), patient=patient)
        # Read again: what was learned meanwhile may have been written, and the item renewed.
        return self.node(inode)

    async def opened(self, directory: Inode) -> None:
        """A program opens a directory: a stale listing is renewed behind it.

        Raises:
            NoEntryError: there never was one with this number.
            NotADirectoryEntryError: it is a file.
        """
        if virtual.numbered(directory) is not None:
            return
        which = layout.listing_for(self._directory(directory))
        self._opened_s.pop(directory, None)
        self._opened_s[directory] = trio.current_time()
        if len(self._opened_s) > 64:
            del self._opened_s[next(iter(self._opened_s))]
        if which is not None:
            self._listings.renew_if_stale(which)

    async def entries(self, directory: Inode, after: int | None, most: int = BATCH) -> list[Entry]:
        """The next entries behind a cookie (None: from the start), at least one unless at the end.

        In a directory that was never listed this waits for one page, not for all.

        Raises:
            RemoteError: the directory is not wholly known, and Google could not be asked.
        """
        if after is not None:
            # It may be a directory of a million, of which all is known: others are served in between.
            await trio.lowlevel.checkpoint()
        if virtual.numbered(directory) is not None:
            return []
        row = self._directory(directory)
        which = layout.listing_for(row)
        while True:
            whole = which is None or self._listings.is_whole(which)
            found = shown.entries_after(self._store.read, directory, after or 0, most)
            if found:
                return [self._entry(one) for one in found]
            if whole:
                return self._readme_entry(directory) if after is None else []
            assert which is not None
            await self._listings.progress(which)

    async def open(self, inode: Inode, *, unattended: bool = False) -> int:
        """A handle for reading a file, whose size is exact from here on.

        A program that draws thumbnails goes through folders that nobody reads: what it reads comes
        when nobody else waits, and leads to nothing else being fetched.

        Raises:
            NoEntryError: there never was one with this number.
            IsADirectoryEntryError: it is a directory.
            RemoteError: the size could not be had; the subclass says why.
        """
        text = self.text(inode)
        if text is not None:
            return self._files.open_text(text)
        row = shown.item(self._store.read, inode)
        if row is None:
            self._directory(inode)
            raise errors.IsADirectoryEntryError(f"inode {inode} is a directory")
        handle = await self._files.open(row, unattended=unattended)
        now = shown.item(self._store.read, inode)
        if now is not None and now.id != row.id:
            # The file has come to show another item's bytes while these were asked for.
            self._files.close(handle)
            return await self.open(inode, unattended=unattended)
        return handle

    def text(self, inode: Inode) -> bytes | None:
        """The content of a virtual file as it is now; None if it is none."""
        found = virtual.numbered(inode)
        return None if found is None or found.is_directory else self._text(found)

    async def read(self, handle: int, offset: int, size: int) -> bytes | bytearray | memoryview:
        """Bytes of an open file; fewer than asked for only at its end."""
        return await self._files.read(handle, offset, size)

    def close(self, handle: int) -> None:
        """Close a handle."""
        self._files.close(handle)

    async def attribute_names(self, inode: Inode) -> list[bytes]:
        """The names of the extended attributes of a file or directory."""
        return list(self._attributes(inode))

    async def attribute(self, inode: Inode, name: bytes) -> bytes:
        """The value of an extended attribute.

        Raises:
            NoAttributeError: it has none of that name.
        """
        try:
            return self._attributes(inode)[name]
        except KeyError:
            raise errors.NoAttributeError(f"there is no attribute {name!r}") from None

    async def picture(self, inode: Inode, longest_px: int) -> Picture:
        """A file made small, its longest side of about so many pixels.

        Raises:
            NoEntryError: it is no photo or video.
            PictureError: there is no picture of it.
            RemoteError: it could not be had from Google; the subclass says why.
        """
        row = shown.item(self._store.read, inode)
        # A preview looks like its original, of which there is a smaller picture at Google.
        original = entries.item(self._store.read, original_of(inode))
        if row is None or original is None:
            raise errors.NoEntryError(f"inode {inode} is no photo or video")
        picture = await self._pictures.picture(original, longest_px)
        return replace(picture, mime_type=row.mime_type, width=row.width, height=row.height)

    async def places(self, inode: Inode) -> list[Place]:
        """Everywhere a file or directory is shown, first in the directory that was opened last."""
        return places_of(self._store.read, inode, self._seen_in(inode))

    async def known_files(self, after: Inode) -> list[Node]:
        """The photos and videos with the next larger numbers, in their order; none at the end."""
        found = entries.items_after(self._store.read, after, BATCH)
        return [self._node(one) for one in found]

    async def usage(self) -> Usage:
        """How many files are known, and how much room they take."""
        files = entries.counts(self._store.read)["items"]
        return Usage(files, self._cached_bytes(), await self._spare_bytes())

    async def resolve(self, path: str) -> Inode:
        """The inode of a path, as `Paths` finds it."""
        return await self._paths.resolve(path)

    async def root(self, path: str) -> tuple[Inode, str]:
        """The directory that becomes a mount's root, and its path in ASCII; see `Paths`."""
        return await self._paths.root(path)

    async def refresh(self, path: str) -> None:
        """List the directory at a path again, now; the root stands for the albums and the timeline.

        Raises:
            NoEntryError: the path does not exist.
            RemoteError: Google could not be asked; what was known stays.
        """
        self._listings.forget_failures()
        self._sizes.forget_failures()
        inode = await self.resolve(path)
        row = shown.directory(self._store.read, inode)
        if row is None:
            raise errors.NotADirectoryEntryError(f"{path} is not a directory")
        if row.kind in layout.NOT_GOOGLES:
            return  # what was picked does not change, and archives are looked after by themselves
        which = layout.listing_for(row)
        for one in [which] if which is not None else self._listings.known_tops():
            await self._listings.renew(one)

    def _directory(self, inode: Inode) -> DirectoryRow:
        row = shown.directory(self._store.read, inode)
        if row is not None:
            return row
        if shown.item(self._store.read, inode) is None:
            raise errors.NoEntryError(f"there is no inode {inode}")
        raise errors.NotADirectoryEntryError(f"inode {inode} is a file")

    def _entry(self, row: EntryRow) -> Entry:
        return Entry(row.id, row.name, self._node(row.target))

    def _node(self, row: ItemRow | DirectoryRow) -> Node:
        if isinstance(row, DirectoryRow):
            return Node(
                row.inode,
                is_directory=True,
                modified_ns=row.modified_ns,
                changed_ns=row.first_seen_ns,
            )
        size_bytes, is_exact = self._sizes.shown(row)
        return Node(
            row.inode,
            is_directory=False,
            modified_ns=row.modified_ns,
            changed_ns=row.modified_ns,
            size_bytes=size_bytes,
            size_is_exact=is_exact,
            # At least two: an item has more names than those that are known so far, and `du` and
            # `rsync -H` take what has one for a file that they will not meet again.
            links=max(2, row.links),
        )

    def _virtual_node(self, found: virtual.Virtual) -> Node:
        size_bytes = 0 if found.is_directory else len(self._text(found))
        # A README.txt is as old as its directory, so that it is the same file after a remount.
        its_view = entries.directory(self._store.read, found.parent)
        time_ns = (
            its_view.first_seen_ns
            if found.name == virtual.README and its_view
            else self._started_ns
        )
        return Node(found.inode, found.is_directory, time_ns, time_ns, size_bytes)

    def _text(self, found: virtual.Virtual) -> bytes:
        if found == virtual.STATUS:
            return json.dumps(self._status(), indent=2, sort_keys=True).encode() + b"\n"
        if found == virtual.METRICS:
            return self._metrics().encode()
        return virtual.readme_text(found.inode)

    def _readme_node(self, directory: Inode) -> Node | None:
        view = original_of(directory)  # among previews as well
        found = virtual.readme_in(view)
        if found is None or not entries.is_empty(self._store.read, view):
            return None
        return self._virtual_node(found)

    def _readme_entry(self, directory: Inode) -> list[Entry]:
        node = self._readme_node(directory)
        return [] if node is None else [Entry(0, virtual.README, node)]

    def _attributes(self, inode: Inode) -> dict[bytes, bytes]:
        row = shown.item(self._store.read, inode)
        original = original_of(inode)
        if row is not None:
            return attributes.of_item(
                row,
                entries.details(self._store.read, original),
                exact=self._sizes.known(row) is not None,
                bytes_state=picks.bytes_state(self._store.read, row._replace(inode=original)),
            )
        album = entries.album_of(self._store.read, original)
        if album is not None:
            return attributes.of_album(album)
        in_archives = takeout.album_of(self._store.read, original)
        return {} if in_archives is None else attributes.of_takeout_album(in_archives)

    def _seen_in(self, inode: Inode) -> Inode | None:
        """The directory in which a program most likely saw a file: the one opened last that has it."""
        places = [directory for directory, *_ in shown.entries_of(self._store.read, inode)]
        return max(places, key=lambda one: self._opened_s.get(one, -1.0), default=None)
