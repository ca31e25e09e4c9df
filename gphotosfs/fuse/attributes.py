"""How a node is shown to the kernel: modes, times, timeouts."""

import stat
from dataclasses import dataclass
from typing import Final

import pyfuse3
from pyfuse3 import EntryAttributes, InodeT

from gphotosfs.limits import STAT_BLOCK_BYTES
from gphotosfs.model import Node

EXACT_S: Final = 3600.0
"""Attributes that can't change without our telling the kernel; asked for again silently."""

DIRECTORY_S: Final = 60.0
"""A directory's time moves with what comes into it."""

MISSING_S: Final = 30.0
"""A name that a wholly listed directory does not have."""

PROBE_S: Final = 3600.0
"""A name that programs probe for and that no library has."""

BLOCK_BYTES: Final = 1 << 17
"""What `cp` and `cat` take their buffer from: one kernel read-ahead."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose the files are, and what may be done with them; modes without any write bit."""

    uid: int
    gid: int
    file_mode: int = 0o444
    dir_mode: int = 0o555


def entry_attributes(node: Node, owner: Ownership, entry_timeout_s: float) -> EntryAttributes:
    """A node as the kernel gets it, the same from lookup, readdir and getattr.

    A size that is an estimate is not kept by the kernel (timeout 0), so that it asks again when
    somebody wants it and after `open`; a size or time that changed would drop the file's pages.
    """
    entry = EntryAttributes()
    entry.st_ino = InodeT(node.inode)
    entry.generation = 0
    entry.entry_timeout = entry_timeout_s
    if node.is_directory:
        entry.st_mode = pyfuse3.ModeT(stat.S_IFDIR | owner.dir_mode)
        entry.st_nlink = (
            1  # "not known", as on btrfs: otherwise find takes 2 for "no directories below"
        )
        entry.attr_timeout = DIRECTORY_S
        entry.st_size = 0
    else:
        entry.st_mode = pyfuse3.ModeT(stat.S_IFREG | owner.file_mode)
        entry.st_nlink = node.links
        entry.attr_timeout = EXACT_S if node.size_is_exact else 0.0
        entry.st_size = node.size_bytes
    entry.st_uid = owner.uid
    entry.st_gid = owner.gid
    entry.st_rdev = 0
    entry.st_blksize = BLOCK_BYTES
    entry.st_blocks = -(-entry.st_size // STAT_BLOCK_BYTES)
    entry.st_atime_ns = entry.st_mtime_ns = node.modified_ns
    entry.st_ctime_ns = node.changed_ns
    return entry


def missing(timeout_s: float) -> EntryAttributes:
    """The answer "there is no such name" that the kernel may keep for a while."""
    entry = EntryAttributes()
    entry.st_ino = InodeT(0)
    entry.entry_timeout = timeout_s
    return entry
