"""Rows of the index of blocks."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gphotosfs.blobs.blocks import Run
from gphotosfs.blobs.index import Index, Row
from tests.fake_source import photo


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "blocks.db")
    yield index
    index.close()


def row(row_id: int, name: str = "a", *, used_s: int = 100, uses: int = 1, taken: int = 10) -> Row:
    return Row(row_id, f"{row_id:032x}", photo(name), 1000, taken, 50, used_s, uses)


def run(number: int, present: int) -> Run:
    return Run(number, present, bytes(range(256)))


def test_a_row_and_its_runs_are_found_again(index: Index) -> None:
    full = (1 << 64) - 1
    index.apply([(row(1), [run(0, full), run(1, 1 << 63), run(2, 1)])])
    assert index.find(photo("a")) == row(1)
    assert index.row(1) == row(1)
    assert index.runs(1) == [run(0, full), run(1, 1 << 63), run(2, 1)]
    assert (index.taken_bytes, index.blobs, index.next_id()) == (10, 1, 2)


def test_an_empty_run_is_dropped(index: Index) -> None:
    index.apply([(row(1), [run(0, 3), run(1, 3)])])
    index.apply([(row(1), [run(0, 0)])])
    assert index.runs(1) == [run(1, 3)]


def test_a_new_version_takes_the_place_of_the_old_one(index: Index) -> None:
    index.apply([(row(1), [run(0, 3)])])
    index.apply([(row(2), [run(0, 1)])])
    assert index.find(photo("a")) == row(2)
    assert index.runs(1) == []
    assert index.blobs == 1


def test_what_is_gone_takes_its_runs_along(index: Index) -> None:
    index.apply([(row(1), [run(0, 3)])])
    index.apply(gone=[1])
    assert index.find(photo("a")) is None
    assert index.runs(1) == []
    assert not index.has_file(row(1).file)


def test_blobs_used_once_go_before_those_used_again(index: Index) -> None:
    rows = [
        row(1, "daily", used_s=10, uses=2),
        row(2, "seen", used_s=20),
        row(3, "seen later", used_s=30),
    ]
    index.apply([(each, []) for each in rows])
    assert [victim.id for victim in index.least_useful(9)] == [2, 3, 1]


def test_blobs_used_again_go_too_where_they_take_over_half(index: Index) -> None:
    rows = [row(1, "daily", used_s=10, uses=2, taken=50), row(2, "seen", used_s=20)]
    index.apply([(each, []) for each in rows])
    assert [victim.id for victim in index.least_useful(9)] == [1, 2]


def damaged(path: Path) -> list[Path]:
    """What was set aside, once the index has been opened again; it begins empty then."""
    again = Index(path)
    assert (again.blobs, again.find(photo("a"))) == (0, None)
    again.apply([(row(1), [run(0, 3)])])
    again.close()
    return [*path.parent.glob("*.damaged")]


def set_strict(db: sqlite3.Connection, *, from_: str, to: str) -> None:
    """Write a word of all tables' definitions anew, whatever the tables hold."""
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_schema SET sql = replace(sql, ?, ?)", (from_, to))
    db.execute("PRAGMA writable_schema = RESET")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE blob SET total_bytes = 'x'",
        "UPDATE blob SET total_bytes = -1",
        "UPDATE blob SET used_s = 1.5",
        "UPDATE blob SET file = '../../../etc/passwd'",
        "UPDATE blob SET id = 0x7fffffffffffffff",
        "UPDATE run SET crcs = x'00'",
        "UPDATE run SET present = 'x'",
    ],
)
def test_rows_that_nobody_wrote_are_damage(
    index: Index, tmp_path: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A bad page may be well-formed; found later, it would be a bug in whoever opens that file."""
    index.apply([(row(1), [run(0, 3)])])
    index.close()
    path = tmp_path / "blocks.db"
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        set_strict(db, from_=" STRICT", to="/*x*/")
        db.execute(change)
        set_strict(db, from_="/*x*/", to=" STRICT")
    db.close()

    assert len(damaged(path)) == 1
    assert "damaged" in caplog.text


def test_a_bad_name_in_the_schema_is_damage(
    index: Index, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite quotes it in its message, which Python then fails to decode."""
    index.close()
    path = tmp_path / "blocks.db"
    content = path.read_bytes()
    path.write_bytes(
        content.replace(b"tablerunrun", b"table\xa8unrun").replace(b"CREATE TABLE run", b"CREATE x")
    )

    assert len(damaged(path)) == 1
    assert "damaged" in caplog.text
