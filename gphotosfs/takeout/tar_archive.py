"""A .tgz: read through once, and from then on by seek points.

gzip can't be entered in the middle, so the first reading goes through all of it, notes where each member
is and its checksum, and keeps rapidgzip's seek points: 1 KB for 240 MB of photos, where indexed_gzip
keeps 1.9 MB, since it needs whole windows even for bytes that do not compress.
"""

import hashlib
import json
import logging
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from gphotosfs.errors import ArchiveError
from gphotosfs.takeout.members import Member, Notices, Packing
from gphotosfs.takeout.stamps import UNREAD, Stamp, check_unchanged, stamp_of_open
from gphotosfs.takeout.zip_directory import path_problem

log = logging.getLogger(__name__)

MAGIC: Final = b"\x1f\x8b"
POINTS, MEMBERS = ".points", ".members"

BOMB_RATIO: Final = 50
"""Photos and films do not shrink, and JSON by a factor of ten: what shrinks more than this is a bomb."""

BOMB_BYTES: Final = 1 << 30
"""What is smaller than this unpacked does no harm."""

_PIECE_BYTES: Final = 1 << 20

# What rapidgzip and tarfile raise on damage of every kind.
_DAMAGE: Final = (RuntimeError, ValueError, EOFError, OSError, tarfile.TarError, zlib.error)


class TarArchive:
    """A gzipped tar, with its index in a folder of ours. For one thread at a time."""

    def __init__(
        self,
        path: Path,
        number: int,
        indexes: Path,
        come_to: Callable[[int, int], None] = lambda _at_bytes, _of_bytes: None,
    ) -> None:
        """`come_to` is told how far into how long a file its first reading is, every MiB or so."""
        self.name = path.name
        self._path = path
        self._number = number
        self._index = indexes / index_name(path)
        self._come_to = come_to
        self._stream: IO[bytes] | None = None
        self._file: BinaryIO | None = None
        """The same file again: rapidgzip does not hand out its own."""
        self._stamp: Stamp = UNREAD

    def check(self) -> None:
        """Whether it looks like what it should be.

        Raises:
            ArchiveError: its beginning is no gzipped tar's.
        """
        try:
            with tarfile.open(self._path, "r|gz") as tar:
                tar.next()
        except _DAMAGE as exc:
            raise ArchiveError(f"{self.name} is no gzipped tar: {exc}") from exc

    def members(self, notices: Notices) -> Iterator[Member]:
        """The files in it; the first time this goes through all of it."""
        if not self._index.with_suffix(MEMBERS).exists():
            self._build()
        try:
            lines = self._index.with_suffix(MEMBERS).read_text().splitlines()
            for path, size_bytes, crc, offset in map(json.loads, lines):
                if crc is None:
                    notices.note(self.name, str(offset), str(path))
                else:
                    yield Member(
                        self._number, path, size_bytes, crc, Packing.TAR, offset, size_bytes
                    )
        except (OSError, ValueError) as exc:
            raise ArchiveError(f"the index of {self.name} can't be read: {exc}") from exc

    def read(self, member: Member, start: int, size: int) -> bytes:
        """Bytes of a member."""
        size = max(0, min(size, member.size_bytes - start))
        try:
            if self._stream is None or self._file is None:
                self._file = self._path.open("rb", buffering=0)
                self._stamp = stamp_of_open(self._file)
                self._stream = _opened(self._path)
                cast(Any, self._stream).import_index(str(self._index.with_suffix(POINTS)))
            self._stream.seek(member.offset + start)
            data = self._stream.read(size)
            check_unchanged(self._file, self.name, self._stamp)
        except _DAMAGE as exc:
            raise ArchiveError(f"{self.name} can't be read: {exc}") from exc
        if len(data) != size:
            raise ArchiveError(f"{self.name} ends early: it is cut off, or was changed")
        return data

    def close(self) -> None:
        """Let go of the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _build(self) -> None:
        """Go through the archive, and keep what makes the next time quick."""
        try:
            with _opened(self._path) as stream:
                found = self._gone_through(stream)
                self._keep(stream, found)
        except _DAMAGE as exc:
            raise ArchiveError(f"{self.name} is damaged or cut off: {exc}") from exc

    def _gone_through(self, stream: IO[bytes]) -> list[str]:
        """The lines of all members."""
        found: list[str] = []
        packed_bytes = self._path.stat().st_size

        def come_further() -> None:
            at_bytes = cast(Any, stream).tell_compressed() // 8  # it counts bits
            self._come_to(at_bytes, packed_bytes)

        with tarfile.open(fileobj=stream, mode="r|") as tar:
            while (info := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # undocumented, but it keeps all else
                unpacked = info.offset_data + info.size
                if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed_bytes:
                    raise ArchiveError(f"{self.name} unpacks to far more than it can hold")
                found += _told(tar, info, come_further)
        while stream.read(_PIECE_BYTES):
            pass  # what is behind the last member: its checksum says that nothing is missing
        self._come_to(packed_bytes, packed_bytes)
        return found

    def _keep(self, stream: IO[bytes], found: Sequence[str]) -> None:
        points, new = self._index.with_suffix(POINTS), self._index.with_suffix(".new")
        try:
            self._index.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            cast(Any, stream).export_index(str(points))
            new.write_text("".join(line + "\n" for line in found))
            for file in (points, new):
                _sync(file)
            # Last, and at once: where it is, the index is whole, even after a power cut.
            new.replace(self._index.with_suffix(MEMBERS))
        except (OSError, RuntimeError) as exc:
            for file in (points, new):
                file.unlink(missing_ok=True)
            raise ArchiveError(
                f"the index of {self.name} can't be written ({exc}); make room and add it again"
            ) from exc


def index_name(path: Path) -> str:
    """What the index of an archive is called; another one once the file is replaced."""
    found = path.stat()
    what = f"{path}\n{found.st_size}\n{found.st_mtime_ns}"
    return hashlib.sha256(os.fsencode(what)).hexdigest()[:32]


def drop_indexes(folder: Path, but: set[str]) -> None:
    """Remove the indexes of archives that are not there any more, or are others now."""
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.stem not in but:
            file.unlink(missing_ok=True)


def _told(
    tar: tarfile.TarFile, info: tarfile.TarInfo, come_further: Callable[[], None]
) -> Iterator[str]:
    """The line of a member: its path, length, checksum and place; of one left out the reason."""
    problem = path_problem(info.name)
    if info.isdir():
        return
    if info.issym() or info.islnk():
        problem = "a member is a link and is left out"
    elif not info.isreg() or info.issparse():
        problem = "a member is no ordinary file and is left out"
    if not problem and not _is_text(info.name):
        problem = "a member's name is no UTF-8 and is left out"
    if problem:
        yield json.dumps([info.name, info.size, None, problem])
        return
    crc, left = 0, info.size
    body = tar.extractfile(info)
    assert body is not None
    while left and (piece := body.read(min(left, _PIECE_BYTES))):
        crc, left = zlib.crc32(piece, crc), left - len(piece)
        come_further()
    yield json.dumps([info.name, info.size, crc, info.offset_data])


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_text(path: str) -> bool:
    return not any(0xD800 <= ord(c) < 0xE000 for c in path)


def _opened(path: Path) -> IO[bytes]:
    import rapidgzip

    # One thread: more would each hold some megabytes for a speed that no viewer needs.
    return cast(IO[bytes], rapidgzip.RapidgzipFile(str(path), parallelization=1))
