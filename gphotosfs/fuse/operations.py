"""Request handlers: each finds the entry, asks the tree, answers."""

import errno
import os
from collections.abc import Sequence
from typing import Final, Protocol

import pyfuse3
import trio
from pyfuse3 import (
    EntryAttributes,
    FileHandleT,
    FileInfo,
    FileNameT,
    FlagT,
    InodeT,
    ModeT,
    ReaddirToken,
    RequestContext,
    StatvfsData,
    XAttrNameT,
)

from gphotosfs.fuse.attributes import (
    MISSING_S,
    PROBE_S,
    Ownership,
    entry_attributes,
    missing,
)
from gphotosfs.fuse.errno_map import Requests, operation
from gphotosfs.fuse.fitting import Fitting
from gphotosfs.limits import NAME_MAX_BYTES
from gphotosfs.model import ROOT, Entry, Inode, Node, Usage, original_of
from gphotosfs.views.virtual import CONTROL, is_probed

# Cookies 1 and 2 stand behind "." and "..", which NFS expects there; behind an entry stands its own + 3.
_FIRST_COOKIE: Final = 3

# Set in the handle of a directory that a file manager opened; above all inode numbers.
_BROWSED: Final = 1 << 62

# What readdir hands a file manager at a time: it draws these while the next ones are being waited for.
_BROWSED_AT_ONCE: Final = 64

# Ours can be larger, but some programs still keep them in 32 bits.
INODES_MAX: Final = 1 << 32

_NOT_OURS: Final = (b"system.", b"security.", b"trusted.")


class Tree(Protocol):
    """What the handlers ask; `views.tree.Tree` says what each method does."""

    async def lookup(self, parent: Inode, name: bytes) -> Node | None:
        """What a name stands for; None if the directory does not have it."""

    async def stat(self, inode: Inode, *, probe: bool = True, patient: bool = False) -> Node:
        """A node with its exact size if that can be had in time; nobody is asked without `probe`."""

    async def opened(self, directory: Inode) -> None:
        """A program opens a directory."""

    async def entries(self, directory: Inode, after: int | None, most: int) -> list[Entry]:
        """The next entries behind a cookie, at least one unless at the end, and `most` at most."""

    async def open(self, inode: Inode, *, unattended: bool = False) -> int:
        """A handle for reading a file."""

    async def read(self, handle: int, offset: int, size: int) -> bytes | bytearray | memoryview:
        """Bytes of an open file."""

    def close(self, handle: int) -> None:
        """Close a handle."""

    async def attribute_names(self, inode: Inode) -> list[bytes]:
        """The names of the extended attributes."""

    async def attribute(self, inode: Inode, name: bytes) -> bytes:
        """The value of an extended attribute."""

    async def usage(self) -> Usage:
        """How many files are known, and how much room they take."""


class Thumbnails(Protocol):
    """Who is told what programs look at; `desktop.thumbnails.Thumbnails` says what each method does.

    A program is named by the thread that asks.
    """

    async def opened(self, directory: Inode, tid: int) -> bool:
        """A program opens a directory; whether it is a file manager, or a thumbnailer."""

    async def shown(self, directory: Inode, entries: list[Entry]) -> None:
        """A file manager is about to be handed these entries."""

    def is_content_with(self, node: Node, tid: int) -> bool:
        """Whether a program that asks for attributes will do with a size that is an estimate."""

    def is_browsed(self, inode: Inode, tid: int) -> bool:
        """Whether a program that opens a file is the file manager that it was just shown to."""

    async def opening(self, inode: Inode, tid: int) -> bool:
        """A program opens a file; whether to draw its thumbnail."""


class Operations(pyfuse3.Operations):
    """The mount, as pyfuse3 calls it."""

    # Without this NFS handles whose inode the kernel forgot are stale; lookup answers "." and "..".
    supports_dot_lookup = True
    enable_writeback_cache = False
    enable_acl = False

    def __init__(
        self,
        tree: Tree,
        owner: Ownership,
        *,
        root: Inode,
        timeout_s: float,
        entry_timeout_s: float,
        thumbnails: Thumbnails | None = None,
    ) -> None:
        """`root` is the directory that is the mount's root; the kernel knows it as inode 1.

        Without `thumbnails` nobody looks who asks.
        """
        super().__init__()
        self.requests = Requests(timeout_s)
        self.mounted = trio.Event()
        self._tree = tree
        self._owner = owner
        self._root = root
        self._entry_timeout_s = entry_timeout_s
        self._thumbnails = thumbnails
        self._fitting = Fitting()

    def init(self) -> None:
        """The kernel has begun to talk to us: from here on the mount can be used."""
        self.mounted.set()

    @operation
    async def lookup(
        self, parent_inode: InodeT, name: FileNameT, ctx: RequestContext
    ) -> EntryAttributes:
        """A name in a directory."""
        if len(name) > NAME_MAX_BYTES:
            raise pyfuse3.FUSEError(errno.ENAMETOOLONG)
        parent = self._inner(parent_inode)
        # In every mount, whatever of the tree it shows.
        if parent == self._root and name == CONTROL.name:
            parent = ROOT
        node = await self._tree.lookup(parent, bytes(name))
        if node is None:
            return missing(PROBE_S if is_probed(bytes(name)) else MISSING_S)
        return self._shown(node)

    @operation
    async def getattr(self, inode: InodeT, ctx: RequestContext) -> EntryAttributes:
        """Attributes, with the exact size if it can be had in time."""
        number, thumbnails = self._inner(inode), self._thumbnails
        if thumbnails is not None:
            node = await self._tree.stat(number, probe=False)
            if node.size_is_exact or thumbnails.is_content_with(node, ctx.pid):
                return self._shown(node)
        return self._shown(await self._tree.stat(number))

    @operation
    async def access(self, inode: InodeT, mode: ModeT, ctx: RequestContext) -> bool:
        """Whether a file may be run: no. Only asked where nobody but the mount's owner comes in."""
        if not mode & os.X_OK:
            return True
        return (await self._tree.stat(self._inner(inode), probe=False)).is_directory

    async def forget(self, inode_list: Sequence[tuple[InodeT, int]]) -> None:
        """Nothing: inode numbers are the catalogue's and are never used again."""

    @operation
    async def opendir(self, inode: InodeT, ctx: RequestContext) -> FileHandleT:
        """The handle of a directory is its number, since cookies mean the same in every handle."""
        number = self._inner(inode)
        await self._tree.opened(number)
        if self._thumbnails is not None and await self._thumbnails.opened(number, ctx.pid):
            return FileHandleT(inode | _BROWSED)
        return FileHandleT(inode)

    @operation
    async def readdir(self, fh: FileHandleT, start_id: int, token: ReaddirToken) -> None:
        """Entries behind a cookie. Waits for one page at most; an empty answer is the end."""
        inode = self._inner(InodeT(fh & ~_BROWSED))
        if start_id < _FIRST_COOKIE:
            if start_id < 1 and not await self._reply(token, b".", inode, 1):
                return
            if start_id < 2 and not await self._reply(token, b"..", inode, 2):
                return
        after = None if start_id < _FIRST_COOKIE else start_id - _FIRST_COOKIE
        entries = await self._tree.entries(inode, after, self._fitting.count)
        if fh & _BROWSED and self._thumbnails is not None:
            entries = entries[:_BROWSED_AT_ONCE]
            await self._thumbnails.shown(inode, entries)
        taken = 0
        for entry in entries:
            next_id = entry.cookie + _FIRST_COOKIE
            if not pyfuse3.readdir_reply(
                token, FileNameT(entry.name), self._shown(entry.node), next_id
            ):
                break
            taken += 1
        self._fitting.learn(len(entries), taken)

    @operation
    async def open(self, inode: InodeT, flags: FlagT, ctx: RequestContext) -> FileInfo:
        """A file for reading; its size is exact afterwards, and its pages are kept."""
        number, thumbnails = self._inner(inode), self._thumbnails
        if thumbnails is not None and thumbnails.is_browsed(number, ctx.pid):
            # It may read nothing: its size is asked for with its neighbours', and not its head.
            await self._tree.stat(number, patient=True)
        unattended = thumbnails is not None and await thumbnails.opening(number, ctx.pid)
        handle = await self._tree.open(number, unattended=unattended)
        # Files that we write ourselves have other contents at each open.
        direct = number < Inode(64)
        return FileInfo(fh=FileHandleT(handle), direct_io=direct, keep_cache=not direct)

    @operation
    async def read(  # type: ignore[override]  # pyfuse3 takes any buffer
        self, fh: FileHandleT, off: int, size: int
    ) -> bytes | bytearray | memoryview:
        """Bytes of a file; any buffer is written to the kernel as it is, before anything else runs."""
        return await self._tree.read(fh, off, size)

    @operation
    async def release(self, fh: FileHandleT) -> None:
        """The last program has closed this handle."""
        self._tree.close(fh)

    async def releasedir(self, fh: FileHandleT) -> None:
        """Nothing: a directory's handle holds nothing."""

    @operation
    async def flush(self, fh: FileHandleT) -> None:
        """Nothing to write."""

    @operation
    async def statfs(self, ctx: RequestContext) -> StatvfsData:
        """What the photos take on this disk, and may still take, and how many there are.

        With nothing free, file managers draw a full disk, and what watches over disks sounds the
        alarm; so free is what the cache may still take, and the numbers that inodes can still have.
        """
        usage = await self._tree.usage()
        found = StatvfsData()
        found.f_bsize = found.f_frsize = 4096
        found.f_bfree = found.f_bavail = usage.spare_bytes // found.f_frsize
        found.f_blocks = -(-usage.cached_bytes // found.f_frsize) + found.f_bfree
        found.f_files = INODES_MAX
        found.f_ffree = found.f_favail = INODES_MAX - usage.files
        found.f_namemax = NAME_MAX_BYTES
        return found

    @operation
    async def listxattr(self, inode: InodeT, ctx: RequestContext) -> Sequence[XAttrNameT]:
        """The names of extended attributes."""
        return [XAttrNameT(n) for n in await self._tree.attribute_names(self._inner(inode))]

    @operation
    async def getxattr(self, inode: InodeT, name: XAttrNameT, ctx: RequestContext) -> bytes:
        """One extended attribute."""
        if name.startswith(_NOT_OURS):
            # With ENODATA `ls -l` asks twice for each file; with this it asks twice in all.
            raise pyfuse3.FUSEError(errno.EOPNOTSUPP)
        return await self._tree.attribute(self._inner(inode), bytes(name))

    def _inner(self, inode: InodeT) -> Inode:
        """The catalogue's number of what the kernel calls this."""
        return self._root if inode == pyfuse3.ROOT_INODE else Inode(inode)

    def _shown(self, node: Node) -> EntryAttributes:
        fixed = node.is_directory and original_of(node.inode) < 64
        timeout_s = 3600.0 if fixed else self._entry_timeout_s
        entry = entry_attributes(node, self._owner, timeout_s)
        if node.inode == self._root:
            entry.st_ino = pyfuse3.ROOT_INODE
        return entry

    async def _reply(self, token: ReaddirToken, name: bytes, inode: Inode, next_id: int) -> bool:
        if name == b".." and inode != self._root:
            node = await self._tree.lookup(inode, name)
            assert node is not None
        else:
            node = await self._tree.stat(inode)
        return pyfuse3.readdir_reply(token, FileNameT(name), self._shown(node), next_id)


def _refuse_changes() -> None:
    """Give every call that would change something the same answer, EROFS.

    The kernel answers most of them itself, since the mount is read-only.
    """

    @operation
    async def refused(_self: Operations, *_args: object) -> None:
        raise pyfuse3.FUSEError(errno.EROFS)

    for name in (
        "create", "mknod", "mkdir", "unlink", "rmdir", "symlink", "rename", "link",
        "setattr", "setxattr", "removexattr", "write",
    ):  # fmt: skip
        setattr(Operations, name, refused)


_refuse_changes()

assert ROOT == pyfuse3.ROOT_INODE
