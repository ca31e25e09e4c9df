"""Sparse files that hold the blocks of one blob each."""

import ctypes
import os
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gphotosfs import limits
from gphotosfs.blobs.blocks import BLOCK_BYTES, block_length, span

# linux/falloc.h; Python offers posix_fallocate alone, which can't make holes.
_FALLOC_FL_KEEP_SIZE: Final = 1
_FALLOC_FL_PUNCH_HOLE: Final = 2
_libc = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]

# What the kernel is told to have at hand after a read that found nothing in the page cache.
_WILL_NEED_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Portion:
    """What a read brought, and which of the blocks that it checked were damaged."""

    content: bytearray
    damaged: tuple[int, ...]


class BlobFile:
    """A sparse file, opened when it is first needed.

    All methods may block but `read_nowait` and `close`, so they are called in threads, also several
    at once. Whoever calls `close` makes sure that no other call is under way.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1
        self._opening = threading.Lock()

    def open(self) -> None:
        """Open it now, so that it can be read even when its name is gone.

        Raises:
            OSError: it is not there, or the disk is broken.
        """
        self._open(create=False)

    def read_nowait(self, buffer: memoryview, offset: int) -> int:
        """Fill the buffer as far as the page cache can; the number of bytes.

        It is 0 as well where the file system can't be asked (older tmpfs and overlay: EOPNOTSUPP):
        then `read` has to do it.
        """
        if self._fd < 0:
            return 0
        try:
            return os.preadv(self._fd, [buffer], offset, os.RWF_NOWAIT)
        except OSError:
            return 0

    def read(
        self,
        offset: int,
        size: int,
        total_bytes: int,
        unchecked: Mapping[int, int],
        in_memory: Mapping[int, bytes],
    ) -> Portion:
        """Bytes that are known to be here; what can't be read counts as damaged.

        `unchecked` gives the checksums of the blocks that have to be compared first, `in_memory`
        the blocks that are not in the file.
        """
        content = bytearray(size)
        view = memoryview(content)
        damaged = []
        for block in range(*span(offset, offset + size)):
            start = block * BLOCK_BYTES
            low = max(offset, start)
            high = min(offset + size, start + BLOCK_BYTES)
            target = view[low - offset : high - offset]
            if block in in_memory:
                target[:] = memoryview(in_memory[block])[low - start : high - start]
            elif block in unchecked:
                whole = bytearray(block_length(block, total_bytes))
                if (
                    not self._fill(memoryview(whole), start)
                    or zlib.crc32(whole) != unchecked[block]
                ):
                    damaged.append(block)
                target[:] = memoryview(whole)[low - start : high - start]
            elif not self._fill(target, low):
                damaged.append(block)
        if self._fd >= 0:
            os.posix_fadvise(self._fd, offset + size, _WILL_NEED_BYTES, os.POSIX_FADV_WILLNEED)
        return Portion(content, tuple(damaged))

    def write(self, offset: int, content: memoryview) -> int:
        """Put a block in its place; its CRC32.

        Raises:
            OSError: the disk is full, read-only or broken.
        """
        fd = self._open(create=True)
        written = 0
        while written < len(content):
            written += os.pwrite(fd, content[written:], offset + written)
        return zlib.crc32(content)

    def sync(self) -> int:
        """Bring what was written to the disk; the bytes that the file takes there.

        Raises:
            OSError: the disk is broken.
        """
        fd = self._open(create=True)
        os.fdatasync(fd)
        return os.fstat(fd).st_blocks * limits.STAT_BLOCK_BYTES

    def punch(self, offset: int, length: int) -> int:
        """Give a range's space back to the disk; the bytes that the file takes there now.

        Raises:
            OSError: this file system has no holes, or the disk is broken.
        """
        fd = self._open(create=False)
        mode = _FALLOC_FL_PUNCH_HOLE | _FALLOC_FL_KEEP_SIZE
        if _libc.fallocate(fd, mode, offset, length) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return os.fstat(fd).st_blocks * limits.STAT_BLOCK_BYTES

    def close(self) -> None:
        """Let go of the file; it is opened again when needed."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _fill(self, buffer: memoryview, offset: int) -> bool:
        try:
            return os.preadv(self._open(create=False), [buffer], offset) == len(buffer)
        except OSError:
            return False

    def _open(self, *, create: bool) -> int:
        with self._opening:
            if self._fd < 0:
                flags = os.O_RDWR | os.O_CLOEXEC
                if create:
                    flags |= os.O_CREAT
                    self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._fd = os.open(self.path, flags, 0o600)
            return self._fd


def has_holes(folder: Path) -> bool:
    """Whether a file in this folder takes no space where nothing was written.

    Raises:
        OSError: the folder can't be written to.
    """
    probe = folder / "holes.probe"
    fd = os.open(probe, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(fd, b"\0", 1024 * 1024)
        os.fsync(fd)
        return os.fstat(fd).st_blocks * limits.STAT_BLOCK_BYTES < 512 * 1024
    finally:
        os.close(fd)
        probe.unlink()


def free_bytes(folder: Path) -> tuple[int, int]:
    """What the file system of this folder has left for us, and how large it is.

    Raises:
        OSError: the folder is gone.
    """
    stat = os.statvfs(folder)
    return stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize


def blob_path(folder: Path, name: str) -> Path:
    """Where the file of this name stands: 256 folders keep each of them small."""
    return folder / "blobs" / name[:2] / f"{name[2:]}.blob"


def names_in(folder: Path, prefix: str) -> list[str]:
    """The names of the files in one of the 256 folders."""
    found = (folder / "blobs" / prefix).glob("*.blob")
    return [prefix + path.stem for path in found]


def remove(path: Path) -> None:
    """Delete a blob's file, if it is there.

    Raises:
        OSError: the disk is read-only or broken.
    """
    path.unlink(missing_ok=True)
