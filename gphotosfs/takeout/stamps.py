"""What differs once an archive was changed, so that it has to be read again."""

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from gphotosfs.errors import ArchiveAwayError

Stamp = tuple[int, int]
"""(bytes, time of the last change in ns); of a folder 0, and the newest change of any folder in it."""

UNREAD: Final[Stamp] = (-1, -1)
"""Of an archive that was not there, or not to be read, when all others were: unlike any other stamp."""

DEPTH_MAX: Final = 8
"""Folders within each other that are looked at; parts unpacked side by side have five."""

_OF_A_LEAF: Final = 2
"""Links to a folder that holds no other, on file systems that count them: its own name and its `.`."""


def stamp_of(path: Path) -> Stamp | None:
    """An archive's stamp; None if it is not there, or not for us to read.

    A folder with nothing in it counts as not there: it may be the place of a disk.
    """
    try:
        found = path.stat()
        if not os.access(path, os.R_OK):
            return None
        if not stat.S_ISDIR(found.st_mode):
            return _of_file(found)
        with os.scandir(path) as entries:
            is_empty = next(entries, None) is None
        return None if is_empty else (0, _newest_change_ns(path, found, DEPTH_MAX))
    except OSError:
        return None


def stamp_of_open(file: BinaryIO) -> Stamp:
    """The stamp of an archive's file that is open."""
    return _of_file(os.fstat(file.fileno()))


def check_unchanged(file: BinaryIO, name: str, stamp: Stamp) -> None:
    """See that a file that is called `name` is as it was when it had this stamp.

    To be asked after reading: a write moves the time before it moves bytes.

    Raises:
        ArchiveAwayError: somebody has written into it since.
    """
    if stamp_of_open(file) != stamp:
        raise ArchiveAwayError(f"{name} was changed since it was read; it is read again soon")


def _of_file(found: os.stat_result) -> Stamp:
    return found.st_size, found.st_mtime_ns


def _newest_change_ns(path: Path, found: os.stat_result, depth: int) -> int:
    """The newest change of a folder and of those in it: files that come and go change theirs.

    Those that hold only files are not gone through; they are the large ones.
    """
    newest_ns = max(found.st_mtime_ns, found.st_ctime_ns)
    if depth and found.st_nlink != _OF_A_LEAF:
        with os.scandir(path) as entries:
            inner = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        for entry in inner:
            below = entry.stat(follow_symlinks=False)
            newest_ns = max(newest_ns, _newest_change_ns(path / entry.name, below, depth - 1))
    return newest_ns
