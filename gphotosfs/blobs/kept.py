"""Blobs that are kept whole, in plain files, until somebody says otherwise: nothing evicts them.

A file takes its name when its last byte is on the disk. Until then it is called `HASH.LENGTH.part`
after the length that it will have, and a try that was cut short is continued behind what it has: a
file grows at its end only, and file systems write a new length down behind the bytes it stands for.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

import trio

from gphotosfs.blobs import files
from gphotosfs.blobs.files import BlobFile
from gphotosfs.blobs.shelf import Blocking
from gphotosfs.blobs.source import Body, MediaSource
from gphotosfs.errors import ServerTroubleError, StoreError
from gphotosfs.model import BlobKey

BUFFER_BYTES: Final = 1 << 20
"""Written at a time; and the largest READ that the kernel sends."""

SYNC_EACH_BYTES: Final = 8 << 20
"""So much of a film a power cut may cost."""


class KeptReader:
    """A handle on a blob that is here."""

    def __init__(
        self, file: BlobFile, size_bytes: int, blocking: Blocking, buffer: memoryview
    ) -> None:
        self.size_bytes = size_bytes
        self._file = file
        self._blocking = blocking
        self._buffer = buffer

    async def read(self, offset: int, size: int) -> bytes | bytearray | memoryview:
        """The bytes from offset on: as many as asked for, fewer only at the blob's end.

        What comes back may be a buffer that the next read of any handle uses again, so it must be
        consumed before anything else runs.

        Raises:
            StoreError: the disk has lost them.
        """
        size = min(size, self.size_bytes - offset)
        if size <= 0:
            return b""
        buffer = self._buffer[:size]
        if len(buffer) == size and self._file.read_nowait(buffer, offset) == size:
            return buffer
        portion = await self._blocking(self._file.read, offset, size, self.size_bytes, {}, {})
        if portion.damaged:
            raise StoreError(f"{self._file.path} can't be read any more")
        return portion.content

    def gave_up(self) -> None:
        """A read was waited for in vain: the disk's own affair."""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class KeptBlobs:
    """The kept blobs of a profile."""

    def __init__(self, folder: Path, blocking: Blocking) -> None:
        self._folder = folder
        self._blocking = blocking
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._coming: dict[BlobKey, int] = {}
        self._turns: WeakValueDictionary[BlobKey, trio.Lock] = WeakValueDictionary()

    async def open(self, key: BlobKey, size_bytes: int) -> KeptReader:
        """A handle on a blob that was fetched, and then had this length.

        Raises:
            StoreError: it is not here any more, or not as it was.
        """
        path = self._path(key)
        file = await self._blocking(_opened, path, size_bytes)
        if file is None:
            raise StoreError(f"{path} was damaged or removed")
        return KeptReader(file, size_bytes, self._blocking, self._buffer)

    def coming_bytes(self, key: BlobKey) -> int:
        """How much of a blob that is being fetched is here; 0 if nobody fetches it."""
        return self._coming.get(key, 0)

    async def begun_bytes(self, key: BlobKey) -> int:
        """How much of a blob an earlier try has left.

        Raises:
            StoreError: the disk is broken.
        """
        try:
            begun = await self._blocking(_begun, self._path(key))
        except OSError as exc:
            raise StoreError(f"{self._folder} can't be read: {exc.strerror}") from exc
        return 0 if begun is None else begun[1]

    async def fetch(
        self,
        key: BlobKey,
        source: MediaSource,
        learned: Callable[[int], None],
        *,
        anew: bool = False,
    ) -> int:
        """Bring a blob here whole, from where an earlier try ended; its length.

        Of several tasks that want the same blob one fetches it. `learned` is told the length as soon
        as an answer shows it. `anew` says that what is here is an older version, to be replaced: who
        has it open goes on reading that one.

        Raises:
            RemoteError: no more bytes can be had for now; what came stays.
            ContentChangedError: the blob was replaced while it was fetched.
            StoreError: the disk does not take it.
        """
        path = self._path(key)
        turn = self._turns.setdefault(key, trio.Lock())
        try:
            async with turn:
                done = None if anew else await self._blocking(_length, path)
                if done is not None:
                    return done
                begun = await self._blocking(_begun, path)
                try:
                    return await self._continue(key, begun, source, learned)
                finally:
                    self._coming.pop(key, None)
        except OSError as exc:
            raise StoreError(f"{self._folder} takes no more photos: {exc.strerror}") from exc

    async def drop(self, keys: Iterable[BlobKey]) -> int:
        """Delete blobs and what has come of them; the bytes given back.

        Raises:
            StoreError: they can't be deleted.
        """
        paths = [self._path(key) for key in keys]
        try:
            return await self._blocking(_remove, paths)
        except OSError as exc:
            raise StoreError(f"{self._folder} can't be changed: {exc.strerror}") from exc

    async def _continue(
        self,
        key: BlobKey,
        begun: tuple[Path, int] | None,
        source: MediaSource,
        learned: Callable[[int], None],
    ) -> int:
        """Append what is missing to what an earlier try left, if that is of the same version."""
        path = self._path(key)
        left, at = (None, 0) if begun is None else begun
        async with source.open(key, at, None) as body:
            total_bytes = body.total_bytes
            if total_bytes is not None:
                learned(total_bytes)
            name = path.with_suffix(f".{total_bytes or 0}.part")
            fits = left in (None, name)
            if not fits:
                await self._blocking(_remove_parts, path)
            if body.start == 0 or (fits and body.start == at):
                part = await self._blocking(_Part, name, body.start)
                try:
                    await self._append(key, part, body)
                    return await self._blocking(part.finish, path)
                finally:
                    part.close()
        # Another version: what is there is of no use, and was deleted.
        return await self._continue(key, None, source, learned)

    async def _append(self, key: BlobKey, part: "_Part", body: Body) -> None:
        buffer = memoryview(bytearray(BUFFER_BYTES))
        filled = 0
        while count := await body.readinto(buffer[filled:]):
            filled += count
            self._coming[key] = part.size_bytes + filled
            if filled == BUFFER_BYTES:
                await self._blocking(part.append, buffer)
                filled = 0
        await self._blocking(part.append, buffer[:filled])
        # Without a length, its end is what says how long the blob is.
        if body.total_bytes not in (None, part.size_bytes):
            raise ServerTroubleError("the answer ended before its last byte")

    def _path(self, key: BlobKey) -> Path:
        name = hashlib.sha256(f"{key.item}={key.variant}".encode()).hexdigest()
        return files.blob_path(self._folder, name)


class _Part:
    """A file that grows. All methods may block."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        """Keeps so many bytes of what is there."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self.size_bytes = size_bytes
        self._unsynced_bytes = 0
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._fd, size_bytes)

    def append(self, content: memoryview) -> None:
        """Write behind what is there."""
        while content:
            count = os.pwrite(self._fd, content, self.size_bytes)
            self.size_bytes += count
            self._unsynced_bytes += count
            content = content[count:]
        if self._unsynced_bytes >= SYNC_EACH_BYTES:
            os.fdatasync(self._fd)
            self._unsynced_bytes = 0

    def finish(self, path: Path) -> int:
        """Give the file its name, once all of it is on the disk; its length."""
        os.fsync(self._fd)
        self.path.rename(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return self.size_bytes

    def close(self) -> None:
        os.close(self._fd)


def _opened(path: Path, size_bytes: int) -> BlobFile | None:
    """The file, open; None if it is not there or has another length."""
    if _length(path) != size_bytes:
        return None
    file = BlobFile(path)
    try:
        file.open()
    except OSError:
        return None
    return file


def _length(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _begun(path: Path) -> tuple[Path, int] | None:
    """What an earlier try left, and its size, if it is known how long the blob was then."""
    for part in _parts(path):
        if part != path.with_suffix(".0.part"):
            return part, part.stat().st_size
        part.unlink()
    return None


def _parts(path: Path) -> list[Path]:
    return list(path.parent.glob(f"{path.stem}.*.part"))


def _remove_parts(path: Path) -> None:
    for part in _parts(path):
        part.unlink()


def _remove(paths: list[Path]) -> int:
    freed_bytes = 0
    for path in paths:
        for one in (path, *_parts(path)):
            freed_bytes += _length(one) or 0
            one.unlink(missing_ok=True)
    return freed_bytes
