"""One archive, read where it lies: a zip, a .tgz or an unpacked folder."""

import errno
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from gphotosfs.errors import ArchiveAwayError, ArchiveError
from gphotosfs.takeout import zip_directory
from gphotosfs.takeout.inflating import Inflater
from gphotosfs.takeout.members import Member, Notices, Packing
from gphotosfs.takeout.stamps import check_unchanged, stamp_of_open

_PIECE_BYTES: Final = 1 << 20

_OF_ONE_FOLDER: Final = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP)
"""Why a folder can't be read while those beside it can; with anything else the disk is to blame."""


class Archive(Protocol):
    """What is asked of every kind of archive. All of it may wait for a disk; for one thread at a time."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def check(self) -> None:
        """Whether it is what it should be, as far as a glance tells.

        Raises:
            ArchiveError: it is not.
        """

    def members(self, notices: Notices) -> Iterator[Member]:
        """The files in it whose bytes can be had; what is left out is noted.

        Raises:
            ArchiveError: it can't be read at all.
        """

    def read(self, member: Member, start: int, size: int) -> bytes:
        """Bytes of a member, fewer than asked for only at its end.

        Raises:
            ArchiveError: the archive is gone, damaged or not what it was.
        """

    def close(self) -> None:
        """Let go of its file."""


class ZipArchive:
    """A zip. Stored members are read where they lie, deflated ones through restart points."""

    def __init__(self, path: Path, number: int) -> None:
        """Opens the file.

        Raises:
            ArchiveError: it can't be opened.
        """
        self.name = path.name
        self._number = number
        self._file = opened(path)
        self._stamp = stamp_of_open(self._file)
        self._inflater = Inflater()
        self._starts: dict[int, int] = {}

    def check(self) -> None:
        """Whether its directory is there.

        Raises:
            ArchiveError: it is cut off, or no zip.
        """
        zip_directory.find(self._file, self.name)

    def members(self, notices: Notices) -> Iterator[Member]:
        """The files in it; only the central directory is read."""
        try:
            yield from zip_directory.members(self._file, self.name, self._number, notices)
        except OSError as exc:
            raise ArchiveAwayError(f"{self.name} can't be read: {exc.strerror}") from exc

    def read(self, member: Member, start: int, size: int) -> bytes:
        """Bytes of a member."""
        size = min(size, member.size_bytes - start)
        if size <= 0:
            return b""
        begin = self._start_of(member)
        if member.packing is Packing.STORED:
            return self._at(begin + start, size)
        return self._inflater.read(
            member.offset,
            lambda offset, count: self._at(begin + offset, count),
            member.packed_bytes,
            start,
            size,
        )

    def read_nowait(self, member: Member, start: int, size: int) -> bytes | None:
        """Bytes of a stored member that are in the page cache; None if the disk would be waited for."""
        size = min(size, member.size_bytes - start)
        if size <= 0:
            return b""
        begin = self._starts.get(member.offset)
        if begin is None:
            header = self._at_once(member.offset, _header_bytes(member))
            if header is None:
                return None
            begin = self._checked(member, header)
        return self._at_once(begin + start, size)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _start_of(self, member: Member) -> int:
        """Where a member's bytes begin: only its local header says how long that is."""
        known = self._starts.get(member.offset)
        if known is not None:
            return known
        return self._checked(member, self._at(member.offset, _header_bytes(member)))

    def _checked(self, member: Member, packed_header: bytes) -> int:
        header = zip_directory.LOCAL.unpack_from(packed_header)
        name_end = zip_directory.LOCAL.size + header[-2]
        begin: int = member.offset + name_end + header[-1]
        # Who has a file open while its archive is replaced knows where the file was in the old one.
        name = zip_directory.decoded(packed_header[zip_directory.LOCAL.size : name_end], header[2])
        if (
            header[0] != b"PK\x03\x04"
            or name != member.path
            or begin + member.packed_bytes > self._stamp[0]
        ):
            raise ArchiveError(f"{self.name} is damaged or was changed: {member.path} is not there")
        if len(self._starts) > 4096:
            self._starts.clear()
        self._starts[member.offset] = begin
        return begin

    def _at_once(self, offset: int, size: int) -> bytes | None:
        buffer = bytearray(size)
        try:
            count = os.preadv(self._file.fileno(), [buffer], offset, os.RWF_NOWAIT)
        except OSError:
            return None  # not in the cache, or a file system that can't tell
        # Only local file systems can, and of those an open file's time is in memory.
        check_unchanged(self._file, self.name, self._stamp)
        return bytes(buffer) if count == size else None

    def _at(self, offset: int, size: int) -> bytes:
        found = read_exactly(self._file, self.name, offset, size)
        check_unchanged(self._file, self.name, self._stamp)
        return found


def _header_bytes(member: Member) -> int:
    """The length of a member's local header up to the end of its name, or somewhat more."""
    return zip_directory.LOCAL.size + len(member.path.encode())


class Folder:
    """An export that somebody has unpacked. Links in it are not followed."""

    def __init__(self, path: Path, number: int) -> None:
        self.name = path.name
        self._path = path
        self._number = number

    def check(self) -> None:
        """Nothing: any folder may be one."""

    def members(self, notices: Notices) -> Iterator[Member]:
        """The files below the folder: of each folder its own, then those of the folders in it."""
        left = [""]
        while left:
            prefix = left.pop()
            inner = []
            for entry in self._entries(prefix, notices):
                path = prefix + entry.name
                if not _is_text(path):
                    notices.note(self.name, "a file's name is no UTF-8 and is left out", path)
                elif entry.is_symlink():
                    notices.note(self.name, "a link is left out", path)
                elif entry.is_dir():
                    inner.append(path + "/")
                elif (size_bytes := _size_of(entry)) is not None:
                    yield Member(self._number, path, size_bytes, None, Packing.FILE)
            left += reversed(inner)

    def read(self, member: Member, start: int, size: int) -> bytes:
        """Bytes of a file."""
        path = self._path / member.path
        try:
            file = opened(path)
        except ArchiveAwayError as exc:
            # Of one file, as long as the folder is there.
            raise ArchiveError(str(exc)) if self._path.is_dir() else exc from exc
        with file:
            if os.fstat(file.fileno()).st_size != member.size_bytes:
                raise ArchiveError(f"{path} was changed since it was added")
            size = max(0, min(size, member.size_bytes - start))
            return read_exactly(file, self.name, start, size)

    def close(self) -> None:
        """Nothing is kept open."""

    def _entries(self, prefix: str, notices: Notices) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._path / prefix) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as exc:
            if prefix and exc.errno in _OF_ONE_FOLDER:
                what = f"a folder can't be read and is left out ({exc.strerror})"
                notices.note(self.name, what, prefix)
                return []
            raise ArchiveAwayError(f"{self.name} can't be read: {exc.strerror}") from exc
        if not entries and not prefix:
            raise ArchiveAwayError(f"{self.name} is empty; if it is on a disk, mount that")
        return entries


def computed_checksum(
    archive: Archive, member: Member, read: Callable[[int], None] = lambda _count: None
) -> int:
    """The CRC-32 of what a member's bytes are now; `read` is told of each piece's length.

    Raises:
        ArchiveError: they can't be read.
    """
    crc = 0
    for start in range(0, member.size_bytes, _PIECE_BYTES):
        piece = archive.read(member, start, _PIECE_BYTES)
        crc = zlib.crc32(piece, crc)
        read(len(piece))
    return crc


def opened(path: Path) -> BinaryIO:
    """A regular file, open for reading.

    Raises:
        ArchiveError: it is gone, or no regular file.
    """
    try:
        # NONBLOCK, or opening a pipe would wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as exc:
        raise ArchiveAwayError(f"{path} can't be opened: {exc.strerror}") from exc
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ArchiveError(f"{path} is no file")
    return os.fdopen(descriptor, "rb", buffering=0)


def read_exactly(file: BinaryIO, name: str, offset: int, size: int) -> bytes:
    """So many bytes of a file that is called `name`.

    Raises:
        ArchiveError: they are not there.
    """
    pieces: list[bytes] = []
    left = size
    try:
        while left:
            piece = os.pread(file.fileno(), left, offset + size - left)
            if not piece:
                raise ArchiveAwayError(f"{name} ends early: it was changed just now")
            pieces.append(piece)
            left -= len(piece)
    except OSError as exc:
        raise ArchiveAwayError(f"{name} can't be read: {exc.strerror}") from exc
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _size_of(entry: os.DirEntry[str]) -> int | None:
    """A regular file's length; None of anything else, and of what has gone meanwhile."""
    try:
        return entry.stat().st_size if entry.is_file() else None
    except OSError:
        return None


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
