"""blocks.db: which blocks are in which file, and their checksums.

The only place that opens it. A row never promises more than the disk holds: data is synced before
the row that tells of it is committed, and the row is changed before data goes.
"""

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gphotosfs.blobs.blocks import RUN_BLOCKS, Run
from gphotosfs.errors import StoreError
from gphotosfs.model import BlobKey, ItemId, Variant

log = logging.getLogger(__name__)

FORMAT: Final = 2
"""Kept in `user_version`. Another one's contents are not understood: they are dropped."""

# STRICT and CHECK are for damage that leaves a well-formed file: `quick_check` looks at them too.
_SCHEMA: Final = """
-- One version of the bytes of one item in one variant, of which some blocks are in a file.
CREATE TABLE blob (
    id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 1 << 62),
    file TEXT NOT NULL UNIQUE CHECK (file NOT GLOB '*[^0-9a-f]*' AND length(file) = 32),
                                     -- drawn at random: never used for another
    item TEXT NOT NULL,              -- the item's id at its source
    variant TEXT NOT NULL,           -- model.Variant
    total_bytes INTEGER NOT NULL CHECK (total_bytes BETWEEN 0 AND 1 << 62),
                                     -- the version: two lengths are two versions
    allocated_bytes INTEGER NOT NULL,-- what the file takes on disk
    stored_s INTEGER NOT NULL,       -- Unix time at which its first block came
    used_s INTEGER NOT NULL,         -- Unix time of the last use, to the minute or so
    uses INTEGER NOT NULL,           -- how many times it was opened, minutes apart
    UNIQUE (item, variant)
) STRICT;
CREATE INDEX blob_by_use ON blob (used_s);
-- 64 neighbouring blocks of 256 KiB.
CREATE TABLE run (
    blob INTEGER NOT NULL REFERENCES blob (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,         -- 0 for the blob's first 16 MiB
    present INTEGER NOT NULL,        -- bit i: block number * 64 + i is in the file (as int64)
    crcs BLOB NOT NULL CHECK (length(crcs) = 4 * 64),   -- 64 CRC32s, little-endian
    PRIMARY KEY (blob, number)
) STRICT, WITHOUT ROWID;
"""

# SQLite's message may quote a name from the file, and Python then fails to decode the message.
_DAMAGE: Final = (sqlite3.Error, UnicodeDecodeError)

_ROW: Final = "id, file, item, variant, total_bytes, allocated_bytes, stored_s, used_s, uses"

# One walk through the library must not flush what is looked at every day: blobs that were opened
# once go first, as long as they take more than half of the cache.
_LEAST_USEFUL_FIRST: Final = """
SELECT id, file, total_bytes, allocated_bytes FROM blob
ORDER BY uses > 1 AND (
    SELECT 2 * sum(allocated_bytes * (uses = 1)) > sum(allocated_bytes) FROM blob
), used_s, id
LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What the index knows of a blob, apart from its runs."""

    id: int
    file: str
    key: BlobKey
    total_bytes: int
    allocated_bytes: int
    stored_s: int
    used_s: int
    uses: int


@dataclass(frozen=True, slots=True)
class Victim:
    """A blob that could go."""

    id: int
    file: str
    total_bytes: int
    allocated_bytes: int


class Index:
    """Two connections: one for look-ups on the event loop, one for commits in threads.

    In WAL mode neither waits for the other. Only one thread at a time may write.
    """

    def __init__(self, path: Path) -> None:
        """Open it, or make it where it is missing, damaged or of another format.

        Raises:
            StoreError: the folder can't be written to.
        """
        self._path = path
        self.taken_bytes = 0
        """What all blobs take on disk, as of the last commit."""
        self.blobs = 0
        try:
            self._writer = self._opened()
            self._reader = _connect(path)
            self._count()
        except (sqlite3.Error, OSError) as exc:
            raise StoreError(f"cannot open the cache index {path}: {exc}") from exc

    def _opened(self) -> sqlite3.Connection:
        try:
            connection = _connect(self._path)
            try:
                if _is_usable(connection):
                    return connection
            except BaseException:
                connection.close()
                raise
            connection.close()
        except sqlite3.OperationalError:
            raise
        except _DAMAGE as exc:
            aside = self._path.with_suffix(".db.damaged")
            log.warning(
                "the cache index is damaged (%s); set aside as %s, starting empty", exc, aside
            )
            self._path.replace(aside)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        connection = _connect(self._path)
        connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={FORMAT};COMMIT;")
        return connection

    def find(self, key: BlobKey) -> Row | None:
        """The blob of this name, if any of it is in the cache.

        Raises:
            StoreError: the index is damaged.
        """
        return self._row("item = ? AND variant = ?", (key.item, key.variant.value))

    def row(self, row_id: int) -> Row | None:
        """The blob in this row, if it is still there.

        Raises:
            StoreError: the index is damaged.
        """
        return self._row("id = ?", (row_id,))

    def files(self) -> dict[int, str]:
        """All rows' ids, and the names of their files.

        Raises:
            StoreError: the index is damaged.
        """
        return dict(self._ask("SELECT id, file FROM blob", ()))

    def runs(self, row_id: int) -> list[Run]:
        """Which of a blob's blocks are in its file.

        Raises:
            StoreError: the index is damaged.
        """
        rows = self._ask("SELECT number, present, crcs FROM run WHERE blob = ?", (row_id,))
        return [Run(number, _unsigned(present), crcs) for number, present, crcs in rows]

    def has_file(self, name: str) -> bool:
        """Whether a row needs this file.

        Raises:
            StoreError: the index is damaged.
        """
        return bool(self._ask("SELECT 1 FROM blob WHERE file = ?", (name,)))

    def next_id(self) -> int:
        """A row id that no row has, nor any larger one.

        Raises:
            StoreError: the index is damaged.
        """
        return int(self._ask("SELECT coalesce(max(id), 0) + 1 FROM blob", ())[0][0])

    def least_useful(self, count: int) -> list[Victim]:
        """The blobs that should go first.

        Raises:
            StoreError: the index is damaged.
        """
        return [Victim(*row) for row in self._ask(_LEAST_USEFUL_FIRST, (count,))]

    def stored_before(self, time_s: float) -> list[Victim]:
        """The blobs whose first block came before this Unix time.

        Raises:
            StoreError: the index is damaged.
        """
        rows = self._ask(
            "SELECT id, file, total_bytes, allocated_bytes FROM blob WHERE stored_s < ?",
            (int(time_s),),
        )
        return [Victim(*row) for row in rows]

    def apply(
        self, rows: Sequence[tuple[Row, Sequence[Run]]] = (), gone: Iterable[int] = ()
    ) -> None:
        """Write rows with those of their runs that changed, and drop others: one transaction.

        Raises:
            StoreError: the disk is full or broken, or the index is damaged.
        """
        try:
            with self._writer as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("DELETE FROM blob WHERE id = ?", [(i,) for i in gone])
                for row, runs in rows:
                    _write(connection, row, runs)
                self._count()
        except _DAMAGE as exc:
            raise StoreError(f"cannot write the cache index: {exc}") from exc

    def close(self) -> None:
        """Let go of the file; nothing may be asked afterwards."""
        self._reader.close()
        self._writer.close()

    def _count(self) -> None:
        """In the committing thread, since 100,000 rows take 10 ms."""
        self.taken_bytes, self.blobs = self._writer.execute(
            "SELECT coalesce(sum(allocated_bytes), 0), count(*) FROM blob"
        ).fetchone()

    def _row(self, condition: str, values: tuple[str | int, ...]) -> Row | None:
        # The condition is one of two texts of ours.
        found = self._ask(f"SELECT {_ROW} FROM blob WHERE {condition}", values)  # noqa: S608
        if not found:
            return None
        row_id, file, item, variant, *numbers = found[0]
        try:
            return Row(row_id, file, BlobKey(ItemId(item), Variant(variant)), *numbers)
        except ValueError as exc:
            raise StoreError(f"the cache index is damaged: {exc}") from exc

    def _ask(self, sql: str, values: tuple[str | int, ...]) -> list[Any]:
        try:
            return self._reader.execute(sql, values).fetchall()
        except _DAMAGE as exc:
            raise StoreError(f"cannot read the cache index: {exc}") from exc


def _connect(path: Path) -> sqlite3.Connection:
    # The writer moves from thread to thread, one at a time.
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        # NORMAL: a commit is not synced by itself. A power cut may bring back rows of blocks that
        # were evicted since; their checksums tell.
        connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
        )
    except _DAMAGE:
        connection.close()
        raise
    return connection


def _is_usable(connection: sqlite3.Connection) -> bool:
    if connection.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
        return False
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("quick_check failed")
    return True


def _write(connection: sqlite3.Connection, row: Row, runs: Sequence[Run]) -> None:
    # An older version of the same item leaves with the first block of the new one.
    connection.execute(
        "DELETE FROM blob WHERE item = ? AND variant = ? AND id != ?",
        (row.key.item, row.key.variant.value, row.id),
    )
    connection.execute(
        "INSERT INTO blob VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " allocated_bytes = excluded.allocated_bytes, used_s = excluded.used_s,"
        " uses = excluded.uses",
        (
            row.id,
            row.file,
            row.key.item,
            row.key.variant.value,
            row.total_bytes,
            row.allocated_bytes,
            row.stored_s,
            row.used_s,
            row.uses,
        ),
    )
    connection.executemany(
        "INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?)",
        [(row.id, run.number, _signed(run.present), run.crcs) for run in runs if run.present],
    )
    connection.executemany(
        "DELETE FROM run WHERE blob = ? AND number = ?",
        [(row.id, run.number) for run in runs if not run.present],
    )


def _signed(bits: int) -> int:
    return bits - (1 << RUN_BLOCKS) if bits >> (RUN_BLOCKS - 1) else bits


def _unsigned(value: int) -> int:
    return value & ((1 << RUN_BLOCKS) - 1)
