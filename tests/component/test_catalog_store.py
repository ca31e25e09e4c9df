"""The catalogue's file: opened, damaged, of another format, full, shared, killed."""

import logging
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gphotosfs import errors
from gphotosfs.catalog import entries, listings, store
from gphotosfs.catalog.store import Store, fact, new_inode, path_for, set_fact
from gphotosfs.model import DirectoryKind, ListingKind
from gphotosfs.views.layout import FIXED, plant_tree
from tests import big_catalogue

CLIENT = "123-abc.apps.googleusercontent.com"


def planted(path: Path) -> Store:
    opened = Store(path, CLIENT)
    opened.prepare(plant_tree, 0)
    return opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.db"


def check(path: Path) -> None:
    """Whatever a file was cut off from, it holds together."""
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for what in (
            "SELECT inode FROM entry WHERE inode NOT IN"
            " (SELECT inode FROM item UNION ALL SELECT inode FROM directory)",
            "SELECT directory FROM entry WHERE directory NOT IN (SELECT inode FROM directory)",
            "SELECT inode FROM item INTERSECT SELECT inode FROM directory",
            "SELECT inode FROM item WHERE inode >= (SELECT value FROM fact WHERE name = 'next_inode')",
        ):
            assert db.execute(what).fetchall() == []
    db.close()


def test_what_was_written_is_there_after_a_restart(path: Path) -> None:
    first = planted(path)
    first.prepare(set_fact, "kept", 7)
    first.close()
    second = planted(path)
    assert fact(second.read, "kept") == 7
    second.close()


def test_only_its_owner_may_read_it(path: Path) -> None:
    opened = planted(path)
    assert path.stat().st_mode & 0o777 == 0o600
    opened.close()


def test_inodes_are_never_used_again(path: Path) -> None:
    first = planted(path)
    used = {first.prepare(new_inode) for _ in range(3)}
    first.close()
    second = planted(path)
    assert second.prepare(new_inode) not in used
    assert min(used) > max(fixed.inode for fixed in FIXED)
    second.close()


def test_a_change_that_fails_leaves_nothing(path: Path) -> None:
    def change(db: store.Connection) -> None:
        set_fact(db, "half", 1)
        raise ZeroDivisionError

    opened = planted(path)
    with pytest.raises(ZeroDivisionError):
        opened.prepare(change)
    assert fact(opened.read, "half") is None
    opened.prepare(set_fact, "later", 1)
    opened.close()


def test_a_newer_format_is_refused_in_words(path: Path) -> None:
    planted(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(errors.StoreError, match="newer gphotosfs"):
        Store(path, CLIENT)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damage", ["not a database", "cut off", "a page of noise", "a name that is no text"]
)
def test_a_damaged_file_is_set_aside_and_begun_anew(
    path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    opened = planted(path)
    big_catalogue.fill(opened, 500)
    opened.close()
    content = bytearray(path.read_bytes())
    match damage:
        case "not a database":
            content[:100] = b"x" * 100
        case "cut off":
            del content[len(content) // 2 :]
        case "a name that is no text":
            # SQLite quotes it in its message, which Python then fails to decode.
            content = content.replace(b"tablefactfact", b"tablef\xa8ctfact")
            content = content.replace(b"CREATE TABLE fact", b"CREATE xxxxx fact")
        case _:
            content[8192:16384] = random.Random(1).randbytes(8192)
    path.write_bytes(content)
    again = planted(path)
    assert entries.counts(again.read)["items"] == 0
    again.close()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "set aside" in caplog.text
    [aside] = path.parent.glob("catalog.db.damaged-*")
    assert aside.read_bytes() == bytes(content)
    caplog.clear()


def test_each_client_id_has_a_file_of_its_own(tmp_path: Path) -> None:
    names = {
        path_for(tmp_path, c) for c in (CLIENT, "123-def.apps.googleusercontent.com", "", "..")
    }
    assert len(names) == 3
    assert all(path.parent == tmp_path for path in names)


def test_a_folder_that_can_t_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(errors.StoreError, match="can't be opened"):
        Store(tmp_path / "no such folder" / "catalog.db", CLIENT)


async def test_a_full_disk_is_an_error_and_reading_goes_on(path: Path) -> None:
    opened = planted(path)

    def fill_up(db: store.Connection) -> None:
        # A file that may not grow stands for a disk that is full: SQLite says the same of both.
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
        db.execute("INSERT INTO fact VALUES ('large', zeroblob(1 << 20))")

    with pytest.raises(errors.StoreError, match="disk is full"):
        await opened.write(fill_up)
    assert entries.directory(opened.read, FIXED[0].inode) is not None
    await opened.write(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    await opened.write(set_fact, "later", 1)
    assert fact(opened.read, "later") == 1
    opened.close()


def failing(db: sqlite3.Connection, *, fails: bool) -> None:
    """Let everything that a connection is asked fail, as on a disk that has gone."""
    db.set_progress_handler((lambda: 1) if fails else None, 1)


async def test_a_transaction_that_can_t_even_be_taken_back_leaves_later_ones_alone(
    path: Path,
) -> None:
    opened = planted(path)

    used: list[store.Connection] = []

    def break_off(db: store.Connection) -> None:
        used.append(db)
        set_fact(db, "half", 1)
        failing(db, fails=True)

    with pytest.raises(errors.StoreError):
        await opened.write(break_off)
    failing(used[0], fails=False)
    await opened.write(set_fact, "later", 1)
    assert (fact(opened.read, "half"), fact(opened.read, "later")) == (None, 1)
    opened.close()


def test_a_look_up_on_a_disk_in_trouble_is_an_error_in_words_and_no_damage(path: Path) -> None:
    opened = planted(path)
    failing(opened.read, fails=True)
    with pytest.raises(errors.StoreError, match="can't be used"):
        fact(opened.read, "next_inode")
    failing(opened.read, fails=False)
    assert fact(opened.read, "next_inode") is not None
    assert not opened.is_damaged
    opened.close()


def test_a_copy_at_any_moment_is_consistent(path: Path, tmp_path: Path) -> None:
    """What a power cut leaves is the file and its log as they are between two writes."""
    opened = planted(path)
    for round_ in range(5):
        big_catalogue.fill(opened, 200, first=round_ * 200)
        copy = tmp_path / f"copy{round_}.db"
        for ending in ("", "-wal"):
            shutil.copy(f"{path}{ending}", f"{copy}{ending}")
        check(copy)
    opened.close()


WRITER = """
import sys
from pathlib import Path
from gphotosfs.catalog.store import Store
from gphotosfs.views.layout import plant_tree
from tests import big_catalogue
store = Store(Path(sys.argv[1]), "client")
store.prepare(plant_tree, 0)
print("ready", flush=True)
big_catalogue.fill(store, 1_000_000)
"""


@pytest.fixture
def writer(path: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        yield process
        process.kill()


def test_kill_9_leaves_a_catalogue_that_goes_on(
    path: Path, writer: "subprocess.Popen[str]", caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is lost but the page under way, nothing alarming is said, and the listing goes on."""
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    with sqlite3.connect(path) as db:
        while db.execute("SELECT count(*) FROM item").fetchone()[0] < 1000:
            time.sleep(0.01)  # another process, on the real clock
    db.close()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    check(path)
    opened = planted(path)
    assert caplog.records == []
    count = entries.counts(opened.read)["items"]
    run = listings.listing_of(opened.read, ListingKind.TIMELINE)
    assert run is not None
    assert run.running
    assert run.page_token == str(count)
    everything = entries.directory_of(opened.read, DirectoryKind.ALL)
    assert everything is not None
    big_catalogue.fill(opened, 300, first=count, is_last=True)
    run = listings.listing_of(opened.read, ListingKind.TIMELINE)
    assert run is not None
    assert not run.running
    assert len(entries.entries_after(opened.read, everything.inode, 0, 10**6)) == count + 300
    opened.close()
