"""The catalogue's file: opened, migrated, read on the event loop, written in a thread.

Reading is an indexed look-up of about 10 µs, so it happens where it is asked for. Writing commits, and
so waits for the disk: it goes to a thread, one at a time, on a connection of its own. In WAL mode
neither waits for the other.
"""

import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import trio

from gphotosfs import errors
from gphotosfs.catalog import damage

log = logging.getLogger(__name__)

Connection = sqlite3.Connection
Row = sqlite3.Row

P = ParamSpec("P")
R = TypeVar("R")


class InThread(Protocol):
    """Runs a function away from the event loop."""

    async def __call__(self, function: Callable[[], R], /) -> R:
        """What the function returns, once it has."""


# The first script makes the schema; a later one turns the version before it into its own.
MIGRATIONS: Final = tuple(
    resources.files(__package__).joinpath(name).read_text("utf-8")
    for name in ("schema.sql", *(f"schema-{step}.sql" for step in range(2, 9)))
)

FIRST_FREE_INODE: Final = 64
"""Below are the directories and files that every mount has (views/layout.py)."""


class Store:
    """One catalogue file. `read` is for the event loop, `write` for everybody."""

    def __init__(
        self, path: Path, client_id: str, *, in_thread: InThread = trio.to_thread.run_sync
    ) -> None:
        """`in_thread` runs what may wait for the disk, away from the event loop.

        Raises:
            StoreError: the file can't be opened, or is of a newer format.
        """
        self.path = path
        self._in_thread = in_thread
        self.read, self._writer = _open_or_set_aside(path, client_id)
        self._one_writer = trio.Lock()

    async def write(
        self, change: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """What `change(connection, …)` returns, run as one transaction in a thread.

        Raises:
            StoreError: the disk is full, or the file can't be written.
        """
        async with self._one_writer:
            return await self._in_thread(
                partial(_transaction, self._writer, lambda db: change(db, *args, **kwargs))
            )

    def prepare(
        self, change: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """The same as `write`, before the event loop runs.

        Raises:
            StoreError: the disk is full, or the file can't be written.
        """
        return _transaction(self._writer, lambda db: change(db, *args, **kwargs))

    @property
    def is_damaged(self) -> bool:
        """Whether something in it could not be read: whoever opens it next begins anew."""
        return damage.is_noted(self.path)

    def close(self) -> None:
        """Close both connections; the write-ahead log is folded in."""
        self.read.close()
        self._writer.close()


def path_for(folder: Path, client_id: str) -> Path:
    """The catalogue of one client id: another one sees another library, so each has its own file."""
    name = (
        "".join(c for c in client_id.split(".", maxsplit=1)[0] if c.isalnum() or c == "-")
        or "local"
    )
    return folder / f"catalog-{name}.db"


def adopt_signed_out(folder: Path, path: Path) -> None:
    """Let the first client id that signs in go on with what archives filled without one.

    Numbers and names that programs have seen stay so. Nobody has the catalogue open.

    Raises:
        StoreError: the files can't be renamed.
    """
    local = path_for(folder, "")
    if path.exists() or not local.exists():
        return
    try:
        # The log of a process that was killed belongs to it, and goes first: whoever is killed in
        # between finds the rest as it is now.
        for name in (f"{local.name}-wal", local.name):
            if (one := folder / name).exists():
                one.rename(folder / name.replace(local.name, path.name))
    except OSError as exc:
        raise errors.StoreError(f"{local} can't be renamed: {exc.strerror}") from exc


def fact(db: Connection, name: str) -> Any:
    """A fact about the catalogue; None if it has none of that name."""
    row = db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
    return None if row is None else row[0]


def set_fact(db: Connection, name: str, value: str | int) -> None:
    """Keep a fact about the catalogue."""
    db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))


def new_inode(db: Connection) -> int:
    """A number that no file ever had."""
    inode: int = db.execute(
        "UPDATE fact SET value = value + 1 WHERE name = 'next_inode' RETURNING value - 1"
    ).fetchone()[0]
    return inode


def _transaction(db: Connection, change: Callable[[Connection], R]) -> R:
    try:
        _roll_back(db)  # an earlier one, where a disk in trouble did not even let that be done
        db.execute("BEGIN IMMEDIATE")
        try:
            result = change(db)
            db.execute("COMMIT")
        except BaseException:
            _roll_back(db)
            raise
    except sqlite3.Error as exc:
        raise errors.StoreError(f"the catalogue can't be written ({exc})") from exc
    return result


def _roll_back(db: Connection) -> None:
    if db.in_transaction:  # SQLite has rolled back by itself where the disk is full
        db.execute("ROLLBACK")


def _open_or_set_aside(path: Path, client_id: str) -> tuple[Connection, Connection]:
    if damage.is_noted(path):
        damage.set_aside(path, "seen while it was in use")
    try:
        return _open(path, client_id)
    except damage.TROUBLE as exc:
        if not damage.is_damage(exc):
            # Locked, full, not writable.
            raise errors.StoreError(f"the catalogue {path} can't be opened ({exc})") from exc
        damage.set_aside(path, exc)
        return _open(path, client_id)


def _open(path: Path, client_id: str) -> tuple[Connection, Connection]:
    writer = _connect(path)
    try:
        if _small(path) and writer.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("quick_check failed")
        _migrate(writer, path, client_id)
        reader = _connect(path)
        reader.path = writer.path = path
        return reader, writer
    except BaseException:
        writer.close()
        raise


def _small(path: Path) -> bool:
    # quick_check reads the whole file; a catalogue of a million items would hold up the mount.
    return path.stat().st_size < 8 << 20


def _connect(path: Path) -> damage.Watched:
    # One connection is used by one thread at a time, but not always by the same.
    db = sqlite3.connect(
        path, timeout=10, isolation_level=None, check_same_thread=False, factory=damage.Watched
    )
    db.row_factory = sqlite3.Row
    try:
        path.chmod(0o600)
        db.execute("PRAGMA journal_mode = WAL")
        # In WAL mode NORMAL loses at most the last commits at a power cut, never the file.
        db.execute("PRAGMA synchronous = NORMAL")
        # 16 MB: memory must not grow with the library.
        db.execute("PRAGMA cache_size = -16000")
        # Ids are random, so a page of a listing dirties hundreds of pages all over a large file. With a
        # log of 32 MB instead of 4 most are written back once for many: 60,000 items took 12 s instead
        # of 17 on a busy machine, of which 5 s are ours and the rest the disk's.
        db.execute("PRAGMA wal_autocheckpoint = 8192")
        db.execute("PRAGMA mmap_size = 0")  # an I/O error in a mapping would be SIGBUS
    except BaseException:
        db.close()
        raise
    return db


def _migrate(db: Connection, path: Path, client_id: str) -> None:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise errors.StoreError(
            f"the catalogue {path} was written by a newer gphotosfs (its format is {version}, "
            f"ours is {len(MIGRATIONS)}): install that version again"
        )
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        # One transaction, the version included, so that kill -9 leaves the old or the new format.
        db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
    if fact(db, "client_id") is None:
        with db:  # one transaction: half of it would be a catalogue without a first inode
            db.execute("BEGIN IMMEDIATE")
            set_fact(db, "client_id", client_id)
            set_fact(db, "next_inode", FIRST_FREE_INODE)
    elif fact(db, "client_id") == "" != client_id:
        set_fact(db, "client_id", client_id)  # of one that was filled before anybody signed in
