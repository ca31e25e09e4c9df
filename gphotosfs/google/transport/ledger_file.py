"""The SQLite file in which the quota ledger lies; may be used from any thread, also at once."""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

# One row a Pacific day and kind of request. `used` only ever grows, by additions, so that several
# processes can count into one row. `refusals` and `next_try_s` are as in quota.py.
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tally (
    day TEXT NOT NULL,              -- YYYY-MM-DD, Pacific time
    kind TEXT NOT NULL,             -- calls, bytes
    used INTEGER NOT NULL,
    refusals INTEGER NOT NULL,      -- answers of 429 since the last good one
    next_try_s REAL NOT NULL,       -- Unix time before which nothing is sent
    PRIMARY KEY (day, kind)
) WITHOUT ROWID
"""
# Another process of the project holds the file for a millisecond at most.
BUSY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Tally:
    """One kind's count of one day."""

    used: int = 0
    refusals: int = 0
    next_try_s: float = 0.0


class LedgerFile:
    """Opened anew for each use: it is rarely used, and threads come and go."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, day: str, kind: str) -> Tally:
        """A day's count.

        Raises:
            sqlite3.Error: the file can't be read, not even as a new one.
            OSError: the same.
        """
        with self._open() as connection:
            row = connection.execute(
                "SELECT used, refusals, next_try_s FROM tally WHERE day = ? AND kind = ?",
                (day, kind),
            ).fetchone()
        return Tally(int(row[0]), int(row[1]), float(row[2])) if row else Tally()

    def add(self, day: str, kind: str, tally: Tally) -> int:
        """Add what was used and replace the rest; the day's new total.

        Raises:
            sqlite3.Error: the file can't be written, not even as a new one.
            OSError: the same.
        """
        with self._open() as connection:
            (total,) = connection.execute(
                "INSERT INTO tally VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " used = used + excluded.used, refusals = excluded.refusals,"
                " next_try_s = excluded.next_try_s RETURNING used",
                (day, kind, tally.used, tally.refusals, tally.next_try_s),
            ).fetchone()
        return int(total)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            connection = self._connect()
        except sqlite3.OperationalError:
            raise  # locked, or no room on the disk: the file itself is good
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            # The latter where SQLite's message quotes a name from the file.
            self._set_aside()
            connection = self._connect()
        with contextlib.closing(connection), connection:
            yield connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=BUSY_S)
        try:
            connection.execute(SCHEMA)
            # Reads the rows, hence notices damage here rather than in the middle of a use.
            connection.execute("SELECT sum(used), max(next_try_s) FROM tally").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self) -> None:
        aside = self._path.with_name(f"{self._path.name}.damaged-{int(time.time())}")
        self._path.replace(aside)
        log.warning("the quota ledger was damaged and counts from 0 again; the old one: %s", aside)
