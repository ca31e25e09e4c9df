"""Damage that is met while the catalogue is in use.

A large file is not read through when it is opened, so a bad page may show up in the middle of a look-up.
Then that look-up fails, what can be read stays served, and the next start sets the file aside.
"""

import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Any, Final

from gphotosfs import errors

log = logging.getLogger(__name__)

# https://sqlite.org/rescode.html: a bad page, and a file that is no database.
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


TROUBLE: Final = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What SQLite meets. Its message may quote a name from a bad page, and Python then fails to decode that."""


def is_damage(error: Exception) -> bool:
    """Whether the file itself is bad, rather than locked, full or asked nonsense."""
    if isinstance(error, UnicodeDecodeError):
        return True
    # The low byte is the kind, the rest its variety. quick_check's verdict is ours and has no code.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return type(error) is sqlite3.DatabaseError and code & 0xFF in _DAMAGE


def is_noted(path: Path) -> bool:
    """Whether damage was met in this file earlier."""
    return _note(path).exists()


def note(path: Path, error: Exception) -> errors.StoreError:
    """Remember the damage for the next start; the error for whoever met it."""
    if not is_noted(path):
        log.warning(
            "the catalogue %s is damaged (%s): some of it can't be read; the next mount sets it aside",
            path, error,
        )  # fmt: skip
        try:
            _note(path).touch(0o600)
        except OSError as exc:
            log.warning("this can't be noted for the next mount: %s", exc.strerror)
    return errors.StoreError(f"the catalogue is damaged ({error})")


def set_aside(path: Path, reason: object) -> None:
    """Rename the file and what belongs to it, never delete it."""
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    for ending in ("", "-wal", "-shm"):
        if os.path.exists(f"{path}{ending}"):  # noqa: PTH110 - a suffix behind the suffix
            os.replace(f"{path}{ending}", f"{aside}{ending}")  # noqa: PTH105 - the same
    _note(path).unlink(missing_ok=True)
    log.warning(
        "the catalogue %s is damaged (%s): set aside as %s; the library is listed anew",
        path, reason, aside.name,
    )  # fmt: skip


class Watched(sqlite3.Connection):
    """A connection that tells of a disk in trouble as a StoreError, and remembers damage."""

    path: Path | None = None
    """None while it is being opened, when damage is its opener's affair."""

    def execute(self, *args: Any) -> sqlite3.Cursor:
        """A cursor that does the same."""
        return self.cursor(_Cursor).execute(*args)


class _Cursor(sqlite3.Cursor):
    def execute(self, *args: Any) -> "_Cursor":
        try:
            return super().execute(*args)
        except TROUBLE as exc:
            raise self._judged(exc) from exc

    def fetchone(self) -> Any:
        try:
            return super().fetchone()
        except TROUBLE as exc:
            raise self._judged(exc) from exc

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()
        except TROUBLE as exc:
            raise self._judged(exc) from exc

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except TROUBLE as exc:
            raise self._judged(exc) from exc

    def _judged(self, error: Exception) -> Exception:
        connection = self.connection
        assert isinstance(connection, Watched)
        if connection.path is None:
            return error
        if is_damage(error):
            return note(connection.path, error)
        if isinstance(error, sqlite3.OperationalError):
            # The disk is full, broken or gone, not ours to judge: no bug in whoever asked.
            return errors.StoreError(f"the catalogue can't be used ({error})")
        return error


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.distrusted")
