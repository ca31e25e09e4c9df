"""Keeping the cache within its limits: the least useful blobs go first."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from gphotosfs.blobs import files
from gphotosfs.blobs.blob import Blob
from gphotosfs.blobs.blocks import RUN_BLOCKS, RUN_BYTES, block_count
from gphotosfs.blobs.index import Victim
from gphotosfs.blobs.readahead import WHOLE_MAX_BYTES
from gphotosfs.blobs.shelf import Shelf
from gphotosfs.errors import StoreError

# Once over the limit, some more goes, so that not every block stored evicts another.
_SLACK: Final = 20
_AT_ONCE: Final = 64

# How often blobs are looked at for their age, which people count in minutes.
_AGE_EVERY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much room the cache may take."""

    limit_bytes: int
    min_free_bytes: int = 0
    min_free_percent: float = 0.0


async def evict(shelf: Shelf, limits: Limits) -> None:
    """Make room if too much is taken: whole blobs, of films the runs in their middle first.

    Blobs in use are left alone but for films, of which the runs far from all readers can go.
    """
    index = shelf.index
    if index is None:
        return
    try:
        excess = await shelf.blocking(_excess_bytes, shelf.folder, limits, index.taken_bytes)
        shelf.is_overfull = excess > 0
        if excess <= 0:
            return
        excess += limits.limit_bytes // _SLACK
        tried: set[int] = set()
        while excess > 0:
            victims = await shelf.blocking(index.least_useful, _AT_ONCE + len(tried))
            fresh = [victim for victim in victims if victim.id not in tried]
            if not fresh:
                break
            for victim in fresh:
                tried.add(victim.id)
                if excess > 0:
                    excess -= await _evict_blob(shelf, victim, excess)
            if not await shelf.commit():
                return
        shelf.is_overfull = excess > 0
    except (OSError, StoreError) as exc:
        shelf.degrade(f"cannot make room in the cache: {exc}")
        return
    if await shelf.blocking(_below_floor, shelf.folder, limits):
        shelf.degrade("the disk is nearly full")


async def drop_old(shelf: Shelf, max_age_s: float, clock: Callable[[], float]) -> None:
    """Let go, for as long as the cache runs, of blobs whose first block came too long ago.

    One that is open is left alone until it is closed; whoever opens it next finds it empty.
    """
    while shelf.index is not None:
        try:
            old = await shelf.blocking(shelf.index.stored_before, clock() - max_age_s)
            used = {blob.row_id for blob in shelf.every}
            for victim in old:
                if victim.id not in used:
                    shelf.doom(victim.id, victim.file)
        except StoreError as exc:
            shelf.degrade(str(exc))
        await trio.sleep(_AGE_EVERY_S)


def room_bytes(folder: Path, cache_folder: Path, limits: Limits, taken_bytes: int) -> int:
    """What fits on a folder's disk if the cache makes room there; less than 0 if too much is taken.

    Raises:
        OSError: a folder is gone.
    """
    free, size = files.free_bytes(folder)
    is_shared = folder.stat().st_dev == cache_folder.stat().st_dev
    return free + (taken_bytes if is_shared else 0) - _floor_bytes(limits, size)


def spare_bytes(folder: Path, limits: Limits, taken_bytes: int) -> int:
    """How much more the cache may take; 0 where it has to make room.

    Raises:
        OSError: the folder is gone.
    """
    return max(0, -_excess_bytes(folder, limits, taken_bytes))


async def _evict_blob(shelf: Shelf, victim: Victim, excess: int) -> int:
    """Take a blob, or what is needed of a large one; the bytes that it will have given back."""
    if victim.id in shelf.doomed:
        return 0
    blob = next((blob for blob in shelf.every if blob.row_id == victim.id), None)
    large = victim.total_bytes > WHOLE_MAX_BYTES
    if blob is None and (not large or victim.allocated_bytes <= excess):
        shelf.doom(victim.id, victim.file)
        return victim.allocated_bytes
    if not large or not shelf.has_holes:
        return 0
    if blob is None:
        found = shelf.stored(victim.id)
        if found is None:
            return 0
        blob = found
    return await _punch(shelf, blob, excess)


async def _punch(shelf: Shelf, blob: Blob, excess: int) -> int:
    """Runs of a film, its middle first: players want its first and last over and over."""
    assert blob.total_bytes is not None
    last = (block_count(blob.total_bytes) - 1) // RUN_BLOCKS
    spared = blob.runs_in_use() if blob.in_use else set()
    runs = [number for number in blob.blocks.runs_here() if number not in spared]
    runs.sort(key=lambda number: (number in (0, last), number))
    chosen = runs[: -(-excess // RUN_BYTES)]
    before = blob.allocated_bytes
    blob.readers += 1  # it must not be let go between the commit and the hole
    try:
        async with blob.writing:
            for number in chosen:
                blob.losses += 1
                for block in range(number * RUN_BLOCKS, (number + 1) * RUN_BLOCKS):
                    if blob.blocks.state(block):
                        blob.blocks.lost(block)
            if not await shelf.commit():
                return 0
            for number in chosen:
                blob.allocated_bytes = await shelf.blocking(
                    blob.file.punch, number * RUN_BYTES, RUN_BYTES
                )
            blob.touched = True
    finally:
        blob.readers -= 1
        shelf.put_back(blob)
    return before - blob.allocated_bytes


def _excess_bytes(folder: Path, limits: Limits, taken_bytes: int) -> int:
    free, size = files.free_bytes(folder)
    return max(taken_bytes - limits.limit_bytes, _floor_bytes(limits, size) - free)


def _below_floor(folder: Path, limits: Limits) -> bool:
    free, size = files.free_bytes(folder)
    return free < _floor_bytes(limits, size)


def _floor_bytes(limits: Limits, disk_bytes: int) -> int:
    return max(limits.min_free_bytes, int(disk_bytes * limits.min_free_percent / 100))
