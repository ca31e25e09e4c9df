"""Which request is made, how windows grow, when a stream is joined."""

import pytest

from gphotosfs.blobs.blocks import BLOCK_BYTES
from gphotosfs.blobs.readahead import (
    FIRST_WINDOW_BYTES,
    MIB,
    WINDOW_MAX_BYTES,
    Plan,
    Shape,
    Wish,
    grown,
    plan,
    reaches,
    window_max,
    worth_finishing,
)

PHOTO = Shape(total_bytes=5 * MIB, is_video=False)
FILM = Shape(total_bytes=500 * MIB, is_video=True)


def wish(offset: int, size: int, at: int | None = None) -> Wish:
    return Wish(offset, offset if at is None else at, offset + size)


def test_a_head_read_is_bounded_to_a_block() -> None:
    for shape in (PHOTO, FILM, Shape(total_bytes=None, is_video=False)):
        assert plan(wish(0, 64 * 1024), shape, None) == Plan(0, BLOCK_BYTES, BLOCK_BYTES, False)


def test_more_than_the_head_of_a_photo_is_all_of_it() -> None:
    assert plan(wish(BLOCK_BYTES, 4096), PHOTO, None).whole
    assert plan(wish(BLOCK_BYTES, 4096), PHOTO, None).end is None


def test_a_read_that_only_just_crosses_the_head_gets_what_it_needs() -> None:
    crossing = plan(wish(100_000, 300_000, at=BLOCK_BYTES), PHOTO, None)
    assert crossing == Plan(BLOCK_BYTES, None, 2 * BLOCK_BYTES, False)


def test_a_film_goes_on_with_a_window() -> None:
    going_on = plan(wish(BLOCK_BYTES, 4096), FILM, None)
    assert not going_on.whole
    assert going_on.window_end >= BLOCK_BYTES + FIRST_WINDOW_BYTES


def test_a_seek_begins_with_what_it_needs_and_leaves_the_range_open() -> None:
    seek = plan(wish(100 * MIB, 4096), FILM, None)
    assert seek == Plan(100 * MIB, None, 100 * MIB + BLOCK_BYTES, False)
    assert seek.explores


def test_a_random_reader_gets_exact_blocks() -> None:
    random = Shape(total_bytes=500 * MIB, is_video=True, random=True)
    exact = plan(wish(100 * MIB, BLOCK_BYTES + 1), random, None)
    end = 100 * MIB + 2 * BLOCK_BYTES
    assert exact == Plan(100 * MIB, end, end, False)
    assert not exact.explores


def test_no_range_covers_what_is_here() -> None:
    assert plan(wish(100 * MIB, 4096), FILM, 101 * MIB).end == 101 * MIB


def test_without_ranges_all_begins_at_the_start() -> None:
    stubborn = Shape(total_bytes=500 * MIB, is_video=True, no_ranges=True)
    assert plan(wish(100 * MIB, 4096), stubborn, None).start == 0
    assert plan(wish(100 * MIB, 4096), stubborn, None).end is None


def test_a_walking_reader_gets_one_open_range() -> None:
    walking = Shape(total_bytes=None, is_video=False, walking=True)
    assert plan(wish(0, 4096), walking, None) == Plan(0, None, BLOCK_BYTES, True)


def test_the_tail_comes_in_one_go() -> None:
    assert plan(wish(500 * MIB - 9000, 4096, at=500 * MIB - BLOCK_BYTES), FILM, None).whole


def test_windows_double_up_to_a_limit() -> None:
    assert grown(BLOCK_BYTES, WINDOW_MAX_BYTES) == FIRST_WINDOW_BYTES
    assert grown(4 * MIB, WINDOW_MAX_BYTES) == 8 * MIB
    assert grown(60 * MIB, WINDOW_MAX_BYTES) == WINDOW_MAX_BYTES


@pytest.mark.parametrize(
    "cursors, limit, most",
    [(1, 1 << 40, 64 * MIB), (5, 1 << 40, 32 * MIB), (1, 40 * MIB, 10 * MIB)],
)
def test_the_largest_window_depends_on_the_company_and_the_cache(
    cursors: int, limit: int, most: int
) -> None:
    assert window_max(cursors, limit) == most


def test_a_stream_a_little_behind_is_waited_for() -> None:
    assert reaches(position=0, window_end=MIB, at=8 * MIB, bytes_per_s=0)
    assert not reaches(position=0, window_end=MIB, at=9 * MIB, bytes_per_s=0)
    assert reaches(position=0, window_end=MIB, at=19 * MIB, bytes_per_s=100 * MIB)
    assert reaches(position=0, window_end=64 * MIB, at=60 * MIB, bytes_per_s=0)
    assert not reaches(position=2 * MIB, window_end=64 * MIB, at=MIB, bytes_per_s=0)


def test_a_fetch_that_nobody_waits_for_is_finished_if_little_is_left() -> None:
    assert worth_finishing(MIB, is_video=True, here_bytes=0, total_bytes=500 * MIB)
    assert worth_finishing(20 * MIB, is_video=False, here_bytes=21 * MIB, total_bytes=41 * MIB)
    assert not worth_finishing(20 * MIB, is_video=True, here_bytes=21 * MIB, total_bytes=41 * MIB)
    assert not worth_finishing(30 * MIB, is_video=False, here_bytes=MIB, total_bytes=31 * MIB)
