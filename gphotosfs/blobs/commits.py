"""What a commit does in its thread: data first, then the rows that tell of it."""

import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path

from gphotosfs.blobs import files
from gphotosfs.blobs.blob import Blob
from gphotosfs.blobs.blocks import RUN_BLOCKS, Run
from gphotosfs.blobs.index import Index, Row

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a commit says of one blob: decided on the loop, carried out in a thread."""

    blob: Blob
    row: Row
    runs: list[Run]
    unsynced: set[int]

    def put_back(self) -> None:
        """The commit failed: these are news again."""
        self.blob.blocks.unsynced |= self.unsynced


def has_news(blob: Blob) -> bool:
    """Whether the index does not know all about it that it should."""
    known = not blob.detached and blob.total_bytes is not None
    return known and bool(blob.blocks.unsynced or (blob.touched and blob.allocated_bytes))


def batch_of(blob: Blob) -> Batch:
    """Take a blob's news out of it; `Batch.put_back` if they could not be told."""
    unsynced, blob.blocks.unsynced, blob.touched = blob.blocks.unsynced, set(), False
    assert blob.total_bytes is not None
    row = Row(
        id=blob.row_id,
        file=blob.name,
        key=blob.key,
        total_bytes=blob.total_bytes,
        allocated_bytes=blob.allocated_bytes,
        stored_s=int(blob.stored_s),
        used_s=int(blob.used_s),
        uses=blob.uses,
    )
    numbers = sorted({block // RUN_BLOCKS for block in unsynced})
    return Batch(blob, row, [blob.blocks.run(number) for number in numbers], unsynced)


def write(
    index: Index, batches: list[Batch], doomed: dict[int, str], folder: Path
) -> list[int | None]:
    """Sync and tell; then rows first and data afterwards of what goes.

    The bytes that each blob's file takes on disk; None where it failed to keep them.
    """
    outcome = [_synced(batch) for batch in batches]
    rows = [
        (dataclasses.replace(batch.row, allocated_bytes=allocated_bytes), batch.runs)
        for batch, allocated_bytes in zip(batches, outcome, strict=True)
        if allocated_bytes is not None
    ]
    index.apply(rows, doomed)
    for name in doomed.values():
        files.remove(files.blob_path(folder, name))
    return outcome


def _synced(batch: Batch) -> int | None:
    if not batch.unsynced:
        return batch.row.allocated_bytes
    try:
        return batch.blob.file.sync()
    except OSError as exc:
        log.warning("cannot sync %s: %s", batch.blob.file.path, exc)
        return None
