"""The tree that a mount asks, whoever serves it at the moment.

It is this process's own while it is the profile's writer, else the writer's over the control socket;
when the writer ends, whoever gets the lock takes over, and requests wait for that.
"""

import itertools
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import trio

from gphotosfs import errors
from gphotosfs.fuse.operations import Tree
from gphotosfs.model import Entry, Inode, Node, Picture, Place, Usage
from gphotosfs.views.tree import BATCH

R = TypeVar("R")


class ServingTree(Tree, Protocol):
    """A tree that also finds paths."""

    async def root(self, path: str) -> tuple[Inode, str]:
        """The directory that becomes a mount's root, and its path in ASCII."""

    async def picture(self, inode: Inode, longest_px: int) -> Picture:
        """A file made small."""

    async def places(self, inode: Inode) -> list[Place]:
        """Everywhere a file or directory is shown."""

    async def known_files(self, after: Inode) -> list[Node]:
        """The photos and videos with the next larger numbers."""


class _Handle:
    """An open file, at whoever served when it was opened or last read."""

    def __init__(
        self, inode: Inode, unattended: bool, tree: ServingTree, inner: int, size_bytes: int
    ) -> None:
        self.inode = inode
        self.unattended = unattended
        self.tree = tree
        self.inner = inner
        self.size_bytes = size_bytes
        self._moving = trio.Lock()

    async def move_to(self, tree: ServingTree) -> None:
        """Open the file at another tree, unless that has happened already.

        Raises:
            ContentChangedError: it is another version there.
            RemoteError: it can't be opened there.
        """
        # Reads come side by side; only the first of them opens the file anew.
        async with self._moving:
            if self.tree is tree:
                return
            inner, size_bytes = await _opened(tree, self.inode, self.unattended)
            if size_bytes != self.size_bytes:
                tree.close(inner)
                raise errors.ContentChangedError("the file has another length now")
            self.tree, self.inner = tree, inner


async def _opened(tree: ServingTree, inode: Inode, unattended: bool) -> tuple[int, int]:
    """A handle on a file, and the file's length."""
    handle = await tree.open(inode, unattended=unattended)
    size_bytes = None
    try:
        size_bytes = (await tree.stat(inode)).size_bytes
        return handle, size_bytes
    finally:
        if size_bytes is None:
            tree.close(handle)


class SwitchingTree:
    """Forwards to the tree of the moment; handles outlive a switch."""

    def __init__(self) -> None:
        self._tree: ServingTree | None = None
        self._switched = trio.Event()
        self._handles: dict[int, _Handle] = {}
        self._numbers = itertools.count(1)

    def serve_from(self, tree: ServingTree | None) -> None:
        """Ask this tree from now on; None: wait for the next one."""
        self._tree = tree
        if tree is not None:
            self._switched.set()
            self._switched = trio.Event()

    async def lookup(self, parent: Inode, name: bytes) -> Node | None:
        """What a name stands for; None if the directory does not have it."""
        return await self._ask(lambda tree: tree.lookup(parent, name))

    async def stat(self, inode: Inode, *, probe: bool = True, patient: bool = False) -> Node:
        """A node with its exact size if that can be had in time; nobody is asked without `probe`."""
        return await self._ask(lambda tree: tree.stat(inode, probe=probe, patient=patient))

    async def opened(self, directory: Inode) -> None:
        """A program opens a directory."""
        await self._ask(lambda tree: tree.opened(directory))

    async def entries(self, directory: Inode, after: int | None, most: int = BATCH) -> list[Entry]:
        """The next entries behind a cookie, at least one unless at the end."""
        return await self._ask(lambda tree: tree.entries(directory, after, most))

    async def open(self, inode: Inode, *, unattended: bool = False) -> int:
        """A handle for reading a file."""

        async def opened(tree: ServingTree) -> int:
            number = next(self._numbers)
            inner = await _opened(tree, inode, unattended)
            self._handles[number] = _Handle(inode, unattended, tree, *inner)
            return number

        return await self._ask(opened)

    async def read(self, handle: int, offset: int, size: int) -> bytes | bytearray | memoryview:
        """Bytes of an open file."""

        async def read(tree: ServingTree) -> bytes | bytearray | memoryview:
            found = self._handles[handle]
            if found.tree is not tree:
                await found.move_to(tree)
            return await tree.read(found.inner, offset, size)

        return await self._ask(read)

    def close(self, handle: int) -> None:
        """Close a handle."""
        found = self._handles.pop(handle)
        if found.tree is self._tree:
            found.tree.close(found.inner)

    async def attribute_names(self, inode: Inode) -> list[bytes]:
        """The names of the extended attributes."""
        return await self._ask(lambda tree: tree.attribute_names(inode))

    async def attribute(self, inode: Inode, name: bytes) -> bytes:
        """The value of an extended attribute."""
        return await self._ask(lambda tree: tree.attribute(inode, name))

    async def usage(self) -> Usage:
        """How many files are known, and how much room they take."""
        return await self._ask(lambda tree: tree.usage())

    async def root(self, path: str) -> tuple[Inode, str]:
        """The directory that becomes a mount's root, and its path in ASCII."""
        return await self._ask(lambda tree: tree.root(path))

    async def picture(self, inode: Inode, longest_px: int) -> Picture:
        """A file made small."""
        return await self._ask(lambda tree: tree.picture(inode, longest_px))

    async def places(self, inode: Inode) -> list[Place]:
        """Everywhere a file or directory is shown."""
        return await self._ask(lambda tree: tree.places(inode))

    async def known_files(self, after: Inode) -> list[Node]:
        """The photos and videos with the next larger numbers."""
        return await self._ask(lambda tree: tree.known_files(after))

    async def _ask(self, question: Callable[[ServingTree], Awaitable[R]]) -> R:
        """The answer of whoever serves now; of the next one if this one ends meanwhile."""
        while True:
            tree = self._tree
            if tree is None:
                await self._switched.wait()
                continue
            try:
                return await question(tree)
            except errors.NotMountedError:
                if self._tree is tree:
                    self._tree = None
