"""The bytes of items in archives: straight where they lie as they are, else as a source of the cache."""

import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import trio

from gphotosfs.errors import ArchiveAwayError, ArchiveError
from gphotosfs.model import BlobKey, ItemId
from gphotosfs.takeout.archive import Archive, Folder, ZipArchive, opened, read_exactly
from gphotosfs.takeout.dimensions import Dimensions, dimensions
from gphotosfs.takeout.members import Member, Packing
from gphotosfs.takeout.stamps import Stamp, stamp_of, stamp_of_open
from gphotosfs.takeout.tar_archive import MAGIC, TarArchive

T = TypeVar("T")

ReadAt = Callable[[int, int], bytes]
"""(offset, size) within a member."""

OPEN_MAX: Final = 256
"""Archives held open; what is read of any beyond costs opening them. A process may have 1,024 files."""

_TARS: Final = -1
"""All .tgz archives take turns: one that is open holds some 60 MB, and opening it takes a millisecond."""


def open_archive(
    path: Path,
    number: int,
    indexes: Path,
    come_to: Callable[[int, int], None] = lambda _at_bytes, _of_bytes: None,
) -> Archive:
    """The archive at a path, whatever kind it is; `indexes` is the folder for those that need one.

    `come_to` is told how far into how long a file the reading is by which an index is made.

    Raises:
        ArchiveError: there is none that can be opened.
    """
    if path.is_dir():
        return Folder(path, number)
    with opened(path) as file:
        is_gzip = read_exactly(file, path.name, 0, min(stamp_of_open(file)[0], len(MAGIC))) == MAGIC
    return TarArchive(path, number, indexes, come_to) if is_gzip else ZipArchive(path, number)


def openable(paths: Iterable[Path], indexes: Path) -> tuple[list[Path], list[str]]:
    """Those that can be read, absolute; and why the others can't."""
    good, problems = [], []
    for path in paths:
        absolute = path.absolute()
        try:
            archive = open_archive(absolute, 0, indexes)
            try:
                archive.check()
            finally:
                archive.close()
        except ArchiveError as exc:
            problems.append(str(exc))
        else:
            good.append(absolute)
    return good, problems


def same_files(paths: Iterable[Path]) -> dict[Path, Path]:
    """For each path the first one of the same file or folder; itself where nothing is there."""
    firsts: dict[tuple[int, int], Path] = {}
    found = {}
    for path in paths:
        try:
            at = path.stat()
        except OSError:
            found[path] = path
        else:
            found[path] = firsts.setdefault((at.st_dev, at.st_ino), path)
    return found


class _Slot:
    """A place for an archive that is open, for one thread at a time: zlib's state has one owner."""

    def __init__(self) -> None:
        self.turn = trio.CapacityLimiter(1)
        self.number: int | None = None
        self.archive: Archive | None = None
        self.is_over = False
        """Whether another slot has taken its place."""
        self._in_use = threading.Lock()

    def ask(self, asked: Callable[[], T]) -> T:
        """What is asked, in a thread for which nobody may be waiting any more when it is done."""
        try:
            with self._in_use:
                return asked()
        finally:
            if self.is_over:
                self.close()

    def close(self) -> None:
        """Let go of the archive, but not while a thread reads it; if it is over, that does so then."""
        if self._in_use.acquire(blocking=False):
            try:
                self.let_go()
            finally:
                self._in_use.release()

    def let_go(self) -> None:
        """Close the archive, if one is open; only who uses the slot may."""
        if self.archive is not None:
            self.archive.close()
            self.archive = None


class Archives:
    """The archives of a profile, opened when they are asked for.

    A disk may hang. Who waits for it can give up; the thread that does not come back holds up nobody but
    others who want this archive.
    """

    def __init__(
        self, indexes: Path, *, opening: Callable[[Path, int, Path], Archive] = open_archive
    ) -> None:
        """`indexes` is the folder of the indexes of those that have one, `opening` opens any."""
        self._indexes = indexes
        self._opening = opening
        self._known: dict[int, tuple[Path, Stamp | None]] = {}
        self._slots: dict[int, _Slot] = {}

    def know(self, archives: dict[int, tuple[Path, Stamp | None]]) -> None:
        """These are all there are, as they were when they were read."""
        for number in list(self._slots):
            if number == _TARS or archives.get(number) != self._known.get(number):
                self._drop(number)
        self._known = archives

    def close(self) -> None:
        """Let go of every file."""
        for number in list(self._slots):
            self._drop(number)

    async def read(self, member: Member, start: int, size: int) -> bytes:
        """Bytes of a member, fewer than asked for only at its end.

        Raises:
            ArchiveError: the archive is gone, damaged or another one now.
        """
        return await self._in_turn(member, lambda read: read(start, size))

    async def dimensions(self, member: Member) -> Dimensions | None:
        """Width and height of a photo or video, as the head of its file says; None if it says nothing.

        Raises:
            ArchiveError: the archive is gone, damaged or another one now.
        """
        return await self._in_turn(member, lambda read: dimensions(read, member.size_bytes))

    def read_nowait(self, member: Member, start: int, size: int) -> bytes | None:
        """The same as `read` if nothing has to be waited for, else None.

        Raises:
            ArchiveError: the archive is damaged or another one now.
        """
        slot = self._slots.get(member.archive)
        if member.packing is not Packing.STORED or slot is None:
            return None
        archive = slot.archive
        return archive.read_nowait(member, start, size) if isinstance(archive, ZipArchive) else None

    async def _in_turn(self, member: Member, asked: Callable[[ReadAt], T]) -> T:
        """What is asked of a member's bytes, in a thread."""
        number = _TARS if member.packing is Packing.TAR else member.archive
        slot = self._slots.setdefault(number, _Slot())

        def of_archive() -> T:
            return asked(partial(self._opened_in(slot, member.archive).read, member))

        try:
            return await trio.to_thread.run_sync(
                slot.ask, of_archive, limiter=slot.turn, abandon_on_cancel=True
            )
        finally:
            if len(self._slots) > OPEN_MAX:
                slot.close()

    def _drop(self, number: int) -> None:
        slot = self._slots.pop(number)
        slot.is_over = True
        slot.close()

    def _opened_in(self, slot: _Slot, number: int) -> Archive:
        if slot.archive is None or slot.number != number:
            slot.let_go()
            slot.archive, slot.number = self._opened(number), number
        return slot.archive

    def _opened(self, number: int) -> Archive:
        if number not in self._known:
            raise ArchiveError("the archive that holds this was removed: gphotosfs takeout list")
        path, stamp = self._known[number]
        now = stamp_of(path)
        if now is None:
            raise ArchiveAwayError(
                f"{path} is not there; put it back, or: gphotosfs takeout remove"
            )
        # A folder's files are looked at one by one, when they are read.
        if now != stamp and not path.is_dir():
            raise ArchiveError(f"{path} was changed since it was read; it is read again soon")
        return self._opening(path, number, self._indexes)


class TakeoutMedia:
    """A source of bytes for the block cache: archives."""

    def __init__(self, archives: Archives, locate: Callable[[ItemId], Member | None]) -> None:
        """`locate` says where an item's bytes lie; None: in no archive."""
        self._archives = archives
        self._locate = locate

    def open(
        self, key: BlobKey, start: int, end: int | None
    ) -> AbstractAsyncContextManager["MemberBody"]:
        """The bytes from start up to end (exclusive; None: to the blob's end).

        Raises:
            ArchiveError: they are in no archive any more.
        """
        return self._opened(key, start, end)

    async def size(self, key: BlobKey) -> int | None:
        """The blob's length."""
        member = self._locate(key.item)
        return None if member is None else member.size_bytes

    def reader(self, item: ItemId) -> "MemberReader | None":
        """A handle on bytes that lie in an archive as they are; None for all others."""
        member = self._locate(item)
        if member is None or member.packing not in {Packing.STORED, Packing.FILE}:
            return None
        return MemberReader(self._archives, member)

    async def dimensions(self, item: ItemId) -> Dimensions | None:
        """What the head of an item's file says; None if it says nothing, or is in no archive.

        Raises:
            ArchiveError: the archive is gone, damaged or another one now.
        """
        member = self._locate(item)
        return None if member is None else await self._archives.dimensions(member)

    @asynccontextmanager
    async def _opened(
        self, key: BlobKey, start: int, end: int | None
    ) -> AsyncIterator["MemberBody"]:
        member = self._locate(key.item)
        if member is None:
            raise ArchiveError("these bytes are in no archive any more: gphotosfs takeout list")
        yield MemberBody(self._archives, member, start, end)


class MemberBody:
    """A member's bytes from somewhere on."""

    def __init__(self, archives: Archives, member: Member, start: int, end: int | None) -> None:
        self.start = start
        self.total_bytes: int | None = member.size_bytes
        self._archives = archives
        self._member = member
        self._at = start
        self._end = member.size_bytes if end is None else min(end, member.size_bytes)

    async def readinto(self, buffer: memoryview) -> int:
        """Fill the front of the buffer; the number of bytes, 0 only at the end.

        Raises:
            ArchiveError: the archive is gone, damaged or another one now.
        """
        size = min(len(buffer), self._end - self._at)
        if size <= 0:
            return 0
        data = await self._archives.read(self._member, self._at, size)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class MemberReader:
    """An open file whose bytes lie in an archive as they are."""

    def __init__(self, archives: Archives, member: Member) -> None:
        self.size_bytes = member.size_bytes
        self._archives = archives
        self._member = member

    async def read(self, offset: int, size: int) -> bytes:
        """The bytes from an offset; fewer than asked for only at the end.

        If the page cache has them, there is no checkpoint.

        Raises:
            ArchiveError: the archive is gone, damaged or another one now.
        """
        at_hand = self._archives.read_nowait(self._member, offset, size)
        if at_hand is not None:
            return at_hand
        return await self._archives.read(self._member, offset, size)

    def gave_up(self) -> None:
        """Nothing to remember: a disk that hangs says so by itself."""

    def close(self) -> None:
        """Nothing is held for one reader alone."""
