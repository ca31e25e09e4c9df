"""A mount whose tree fails in every way that a bug could: `python -m tests.mount.broken_tree DIR`.

What is called "fine" works; what is called after an exception raises it; the directory `broken` can't
be listed.
"""

import logging
import sys
from pathlib import Path
from typing import Final

import trio

from gphotosfs.fuse import session
from gphotosfs.fuse.attributes import Ownership
from gphotosfs.fuse.operations import Operations
from gphotosfs.model import ROOT, Entry, Inode, Node, Usage


def node(inode: int, size_bytes: int | None = None) -> Node:
    """A file of some bytes, or a directory."""
    return Node(
        Inode(inode),
        is_directory=size_bytes is None,
        modified_ns=0,
        changed_ns=0,
        size_bytes=size_bytes or 0,
    )


ROOT_NODE: Final = node(ROOT)
FINE: Final = node(100, 4)
BROKEN: Final = node(200)
UNREADABLE: Final = node(300, 4)

BUGS: Final[dict[bytes, Exception]] = {
    b"KeyError": KeyError("a bug"),
    b"AssertionError": AssertionError("a bug"),
    b"RecursionError": RecursionError("a bug"),
    b"MemoryError": MemoryError(),
    b"OSError": OSError(13, "a bug"),
    b"ExceptionGroup": ExceptionGroup("bugs", [KeyError("one"), ValueError("two")]),
    b"TooSlowError": trio.TooSlowError(),
    b"ClosedResourceError": trio.ClosedResourceError(),
    b"StopAsyncIteration": StopAsyncIteration(),
}


class BrokenTree:
    """Raises where a bug would."""

    async def lookup(self, parent: Inode, name: bytes) -> Node | None:
        if name in BUGS:
            raise BUGS[name]
        named = {b"fine": FINE, b"broken": BROKEN, b"unreadable": UNREADABLE, b"..": ROOT_NODE}
        return named.get(name)

    async def stat(self, inode: Inode, *, probe: bool = True, patient: bool = False) -> Node:
        nodes = {node.inode: node for node in (ROOT_NODE, FINE, BROKEN, UNREADABLE)}
        return nodes[inode]

    async def opened(self, directory: Inode) -> None:
        pass

    async def entries(self, directory: Inode, after: int | None, most: int = 256) -> list[Entry]:
        if directory == BROKEN.inode:
            raise KeyError("a bug")
        return [Entry(1, b"fine", FINE)] if after is None else []

    async def open(self, inode: Inode, *, unattended: bool = False) -> int:
        return inode

    async def read(self, handle: int, offset: int, size: int) -> bytes:
        if handle == UNREADABLE.inode:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep, 0)
                raise ValueError("a bug beside a task")
        return b"fine"[offset : offset + size]

    def close(self, handle: int) -> None:
        if handle == UNREADABLE.inode:
            raise KeyError("a bug")

    async def attribute_names(self, inode: Inode) -> list[bytes]:
        raise TypeError("a bug")

    async def attribute(self, inode: Inode, name: bytes) -> bytes:
        raise TypeError("a bug")

    async def usage(self) -> Usage:
        raise ZeroDivisionError("a bug")


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    operations = Operations(
        BrokenTree(), Ownership(0, 0), root=ROOT, timeout_s=10, entry_timeout_s=0
    )
    options = {"ro", "auto_unmount", "subtype=gphotosfs", "fsname=broken"}
    trio.run(session.serve, operations, Path(sys.argv[1]), options, _tell)


def _tell() -> None:
    sys.stdout.write("mounted\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
