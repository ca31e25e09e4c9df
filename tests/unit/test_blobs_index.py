"""Rows of the index of blocks."""

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
