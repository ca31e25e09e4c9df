"""Where blocks are kept: files and their index, and memory while the disk will not take them."""

import logging
import secrets
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeVar, TypeVarTuple, Unpack

import trio

from gphotosfs.blobs import commits, files
from gphotosfs.blobs.blob import Blob
from gphotosfs.blobs.blocks import BLOCK_BYTES, IN_MEMORY, UNCHECKED, span
from gphotosfs.blobs.commits import batch_of, has_news
from gphotosfs.blobs.files import BlobFile
from gphotosfs.blobs.index import Index, Row
from gphotosfs.blobs.readahead import WHOLE_MAX_BYTES
from gphotosfs.errors import StoreError
from gphotosfs.model import BlobKey

log = logging.getLogger(__name__)

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

# A commit costs a sync of the disk, so it tells of many blocks; what a crash may cost is the blocks
# of the last 2 s, which are fetched again.
COMMIT_EVERY_S: Final = 2.0
COMMIT_EVERY_BYTES: Final = 8 * 1024 * 1024

# How long the disk is left alone after it refused something (JuiceFS's figure).
DEGRADED_S: Final = 30.0

# All blocks together that are not on disk; a part of the 200 MB that the daemon may take.
MEMORY_MAX_BYTES: Final = 64 * 1024 * 1024

# The time of the last use is written once a minute, not at every open.
USE_GRAIN_S: Final = 60.0


class Blocking(Protocol):
    """Runs a function that may block, away from the event loop."""

    async def __call__(self, function: Callable[[Unpack[Ts]], T], /, *args: *Ts) -> T:
        """What the function returns, once it has."""


class Shelf:
    """The blocks of all blobs, and which blobs are in use."""

    def __init__(
        self, folder: Path, max_age_s: float | None, clock: Callable[[], float], blocking: Blocking
    ) -> None:
        self.folder = folder
        self.live: dict[BlobKey, Blob] = {}
        """The blobs that an open finds."""
        self.every: set[Blob] = set()
        """These, and the detached ones that are still in use."""
        self.index: Index | None = None
        self.blocking = blocking
        self.committing = trio.Lock()
        """Held by whoever changes the index."""
        self.doomed: dict[int, str] = {}
        """Rows that nobody may find any more, and their files."""
        self.has_holes = True
        self.replaced: dict[BlobKey, int] = {}
        """The new lengths of blobs that changed since the start: fresher than any catalogue's."""
        self.is_overfull = False
        """More is taken than should be, by blobs in use: look again when one is let go."""
        self.held_bytes = 0
        self._held: deque[tuple[Blob, int]] = deque()
        self._max_age_s = max_age_s
        self._clock = clock
        self._next_id = 1
        self._degraded_until_s = -1.0
        self._degraded_because = ""
        self._mended = trio.Event()
        self._unsynced_bytes = 0
        self._something = trio.Event()
        self._enough = trio.Event()

    async def open(self) -> None:
        """Open the index, or go without a disk if that can't be done now."""
        try:
            index, next_id, self.has_holes = await self.blocking(_open, self.folder)
        except (OSError, StoreError) as exc:
            self.degrade(f"the cache folder can't be used: {exc}")
            return
        # Blobs that were opened without an index have numbers that rows in it may have.
        for row_id, blob in enumerate(self.every, next_id):
            blob.row_id = row_id
        self.doomed.clear()
        self._next_id, self.index = next_id + len(self.every), index

    def close(self) -> None:
        """Let go of all files."""
        for blob in self.every:
            if not blob.busy:
                blob.file.close()
        if self.index is not None:
            self.index.close()
            self.index = None

    # --- blobs ---------------------------------------------------------------------------------

    def blob(self, key: BlobKey, known_bytes: int | None, *, is_video: bool) -> Blob:
        """The blob of this name: the one in use, the one on disk, or an empty one.

        What the cache knows of its length goes before `known_bytes`.
        """
        if (blob := self.live.get(key)) is None:
            row = self._row(key)
            blob = self._new(key, known_bytes, is_video) if row is None else self._loaded(row)
            blob.is_video = is_video
            self.live[key] = blob
            self.every.add(blob)
        now_s = self._clock()
        if now_s - blob.used_s >= USE_GRAIN_S:
            blob.used_s, blob.uses, blob.touched = now_s, blob.uses + 1, True
            self._something.set()
        return blob

    def known_bytes(self, key: BlobKey) -> int | None:
        """The length of this blob, if it is known here."""
        if key in self.live:
            return self.live[key].total_bytes
        row = self._row(key)
        return None if row is None else row.total_bytes

    def replace(self, key: BlobKey, total_bytes: int | None) -> None:
        """There is a version of this length now: nothing more is fetched of the one we have."""
        self.replaced.pop(key, None)
        if total_bytes is not None:
            self.replaced[key] = total_bytes
        if key in self.live:
            self.live[key].stale = True
            for cursor in self.live[key].cursors:
                cursor.wake()
        self.forget(key)

    def forget(self, key: BlobKey) -> None:
        """Nobody finds what is here of this blob any more; those who have it open go on."""
        blob = self.live.pop(key, None)
        if blob is not None:
            self._detach(blob)
        elif (row := self._row(key)) is not None:
            self.doom(row.id, row.file)

    def stored(self, row_id: int) -> Blob | None:
        """The blob of this row, as if it were opened; None if it has gone meanwhile."""
        if self.index is None or (row := self.index.row(row_id)) is None or row.id in self.doomed:
            return None
        blob = self.live.get(row.key)
        if blob is None:
            blob = self.live[row.key] = self._loaded(row)
            self.every.add(blob)
        return blob if blob.row_id == row_id else None

    async def doom_all(self) -> None:
        """Everything in the index is to go with the next commit."""
        if self.index is not None:
            names = await self.blocking(self.index.files)
            # What was opened meanwhile is new.
            kept = {blob.row_id for blob in self.every if not blob.detached}
            self.doomed.update((row, name) for row, name in names.items() if row not in kept)
            self._something.set()

    def doom(self, row_id: int, name: str) -> None:
        """A row and its file are to go with the next commit."""
        self.doomed[row_id] = name
        self._something.set()

    def put_back(self, blob: Blob) -> None:
        """Let go of a blob if nobody uses it and the index knows all about it."""
        if blob.in_use or blob not in self.every:
            return
        for block in list(blob.in_memory):
            self._let_go(blob, block)
        if has_news(blob):
            self._enough.set()
            self._something.set()
            return
        blob.file.close()
        self.every.discard(blob)
        if self.live.get(blob.key) is blob:
            del self.live[blob.key]
        if self.is_overfull:
            self._something.set()
        if blob.detached or blob.total_bytes is None:
            self.doom(blob.row_id, blob.name)

    def _new(self, key: BlobKey, total_bytes: int | None, is_video: bool) -> Blob:
        name = secrets.token_hex(16)
        total_bytes = self.replaced.get(key, total_bytes)
        now_s = self._clock()
        file = BlobFile(files.blob_path(self.folder, name))
        blob = Blob(key, self._next_id, name, file, total_bytes, is_video, now_s, now_s)
        self._next_id += 1
        # Where sparse files are not sparse, a film's tail would take the space of all before it.
        too_large = is_video or (total_bytes or 0) > WHOLE_MAX_BYTES
        blob.on_disk = self.index is not None and (self.has_holes or not too_large)
        return blob

    def _loaded(self, row: Row) -> Blob:
        file = BlobFile(files.blob_path(self.folder, row.file))
        blob = Blob(
            key=row.key,
            row_id=row.id,
            name=row.file,
            file=file,
            total_bytes=row.total_bytes,
            is_video=False,
            stored_s=row.stored_s,
            used_s=row.used_s,
            uses=row.uses,
            allocated_bytes=row.allocated_bytes,
        )
        try:
            for run in self.index.runs(row.id) if self.index is not None else ():
                blob.blocks.load(run)
        except StoreError as exc:
            self.degrade(str(exc))
        return blob

    def _row(self, key: BlobKey) -> Row | None:
        if self.index is None:
            return None
        try:
            row = self.index.find(key)
        except StoreError as exc:
            self.degrade(str(exc))
            return None
        if row is None or row.id in self.doomed:
            return None
        if self._max_age_s is not None and row.stored_s < self._clock() - self._max_age_s:
            self.doom(row.id, row.file)
            return None
        return row

    def _detach(self, blob: Blob) -> None:
        blob.detached = True
        self.doom(blob.row_id, blob.name)
        self.put_back(blob)

    # --- blocks --------------------------------------------------------------------------------

    async def store(self, blob: Blob, block: int, content: memoryview) -> None:
        """Keep a block, on disk or else in memory."""
        if not blob.on_disk or self.degraded():
            self._hold(blob, block, content)
            return
        try:
            async with blob.writing:
                crc = await self.blocking(blob.file.write, block * BLOCK_BYTES, content)
        except OSError as exc:
            blob.on_disk = False
            self.degrade(f"the disk does not take blocks: {exc}")
            self._hold(blob, block, content)
            return
        blob.blocks.written(block, crc)
        self._unsynced_bytes += len(content)
        self._something.set()
        if self._unsynced_bytes >= COMMIT_EVERY_BYTES:
            self._enough.set()

    async def load(self, blob: Blob, offset: int, size: int) -> bytearray | None:
        """Bytes of blocks that are all here; None if some of them turned out not to be."""
        assert blob.total_bytes is not None
        blocks, losses = range(*span(offset, offset + size)), blob.losses
        unchecked = {b: blob.blocks.crc(b) for b in blocks if blob.blocks.state(b) == UNCHECKED}
        in_memory = {b: blob.in_memory[b] for b in blocks if blob.blocks.state(b) == IN_MEMORY}
        blob.busy += 1
        try:
            portion = await self.blocking(
                blob.file.read, offset, size, blob.total_bytes, unchecked, in_memory
            )
        finally:
            blob.busy -= 1
            self.put_back(blob)
        if blob.losses != losses:
            return None
        if portion.damaged:
            log.warning(
                "the cache was damaged: %d blocks of %s are fetched again",
                len(portion.damaged),
                blob.file.path,
            )
        for block in portion.damaged:
            self.lose(blob, block)
        blob.blocks.checked(block for block in unchecked if block not in portion.damaged)
        return None if portion.damaged else portion.content

    def lose(self, blob: Blob, block: int) -> None:
        """A block in the file can't be used any more."""
        blob.losses += 1
        blob.blocks.lost(block)
        self._something.set()

    def _hold(self, blob: Blob, block: int, content: memoryview) -> None:
        blob.in_memory[block] = bytes(content)
        blob.blocks.held(block)
        self._held.append((blob, block))
        self.held_bytes += len(content)
        while self.held_bytes > MEMORY_MAX_BYTES:
            self._let_go(*self._held.popleft())

    def _let_go(self, blob: Blob, block: int) -> None:
        content = blob.in_memory.pop(block, None)
        if content is not None:
            self.held_bytes -= len(content)
            blob.losses += 1
            blob.blocks.lost(block)

    # --- commits -------------------------------------------------------------------------------

    async def time_to_commit(self) -> None:
        """Wait for something to commit, and then a little longer for more of it."""
        await self._something.wait()
        with trio.move_on_after(COMMIT_EVERY_S):
            await self._enough.wait()
        self._something, self._enough = trio.Event(), trio.Event()
        if self.degraded():
            await self.rested()

    async def commit(self) -> bool:
        """Sync what was written, and then tell the index of it; drop what is doomed.

        False if the disk refuses: the cache is degraded then, and it is tried again later.
        """
        async with self.committing:
            self._unsynced_bytes = 0
            if self.index is None:
                self.doomed.clear()
                return True
            batches = [batch_of(blob) for blob in self.every if has_news(blob)]
            doomed = dict(self.doomed)
            if not batches and not doomed:
                return True
            outcome: list[int | None] | None = None
            for batch in batches:
                batch.blob.busy += 1  # nobody closes its file now, nor opens it under another row
            try:
                outcome = await self.blocking(
                    commits.write, self.index, batches, doomed, self.folder
                )
            except (OSError, StoreError) as exc:
                self.degrade(f"the cache index can't be written: {exc}")
                self._something.set()
            finally:
                for batch in batches:
                    batch.blob.busy -= 1
                    if outcome is None:
                        batch.put_back()
            if outcome is None:
                return False
            for row_id in doomed:
                del self.doomed[row_id]
            for batch, allocated_bytes in zip(batches, outcome, strict=True):
                if allocated_bytes is not None:
                    batch.blob.allocated_bytes = allocated_bytes
                elif not batch.blob.detached:
                    self.degrade("the disk failed to keep blocks that it had taken")
                    self.forget(batch.blob.key)
        for batch in batches:
            self.put_back(batch.blob)
        return True

    # --- trouble -------------------------------------------------------------------------------

    def degrade(self, reason: str) -> None:
        """Leave the disk alone for a while."""
        if not self.degraded():
            log.warning("the cache works without the disk for now: %s", reason)
        self._degraded_until_s = trio.current_time() + DEGRADED_S
        self._degraded_because = reason
        self._mended = trio.Event()

    def mend(self) -> None:
        """Try the disk again now: somebody says that there is room."""
        self._degraded_until_s = -1.0
        self._mended.set()

    async def rested(self) -> None:
        """Wait until the disk was left alone for long enough."""
        with trio.move_on_at(self._degraded_until_s):
            await self._mended.wait()

    def degraded(self) -> str:
        """Why the disk is left alone at the moment; "" if it is not."""
        without_disk = self.index is None or trio.current_time() < self._degraded_until_s
        return self._degraded_because if without_disk else ""


def _open(folder: Path) -> tuple[Index, int, bool]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    holes = files.has_holes(folder)
    index = Index(folder / "blocks.db")
    return index, index.next_id(), holes
