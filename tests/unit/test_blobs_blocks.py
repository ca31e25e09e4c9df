"""Blocks, runs, and the map of what is here."""

import pytest

from gphotosfs.blobs.blocks import (
    ABSENT,
    BLOCK_BYTES,
    GOOD,
    RUN_BLOCKS,
    UNCHECKED,
    BlockMap,
    block_count,
    block_length,
    rounded_up,
    span,
)


@pytest.mark.parametrize(
    "total, count",
    [(0, 0), (1, 1), (BLOCK_BYTES, 1), (BLOCK_BYTES + 1, 2), (4 << 30, 16384)],
)
def test_a_blob_has_as_many_blocks_as_it_needs(total: int, count: int) -> None:
    assert block_count(total) == count


def test_only_the_last_block_is_short() -> None:
    total = 2 * BLOCK_BYTES + 7
    assert [block_length(block, total) for block in range(3)] == [BLOCK_BYTES, BLOCK_BYTES, 7]


def test_a_span_holds_every_byte() -> None:
    assert span(0, 1) == (0, 1)
    assert span(BLOCK_BYTES - 1, BLOCK_BYTES + 1) == (0, 2)
    assert span(BLOCK_BYTES, 2 * BLOCK_BYTES) == (1, 2)
    assert rounded_up(1) == BLOCK_BYTES
    assert rounded_up(BLOCK_BYTES) == BLOCK_BYTES


def test_nothing_is_here_at_first() -> None:
    blocks = BlockMap()
    assert blocks.first_absent(0, 5) == 0
    assert not blocks.all_good(0, 1)
    assert blocks.next_here(0) is None
    assert blocks.state(1000) == ABSENT


def test_the_first_gap_and_what_comes_behind_it_are_found() -> None:
    blocks = BlockMap()
    for block in (0, 1, 5):
        blocks.written(block, crc=block)
    assert blocks.first_absent(0, 2) is None
    assert blocks.first_absent(0, 9) == 2
    assert blocks.first_absent(5, 9) == 6
    assert blocks.next_here(2) == 5
    assert blocks.all_good(0, 2)
    assert not blocks.all_good(0, 3)
    assert not blocks.all_good(5, 7)
    assert blocks.here() == 3


def test_a_run_survives_the_index() -> None:
    blocks = BlockMap()
    written = {0: 1, 63: 0xFFFFFFFF, RUN_BLOCKS: 7, 3 * RUN_BLOCKS + 1: 9}
    for block, crc in written.items():
        blocks.written(block, crc)
    loaded = BlockMap()
    for number in blocks.runs_here():
        loaded.load(blocks.run(number))
    assert blocks.runs_here() == [0, 1, 3]
    assert {b: loaded.crc(b) for b in written} == written
    assert all(loaded.state(b) == UNCHECKED for b in written)
    assert loaded.here() == len(written)
    assert not loaded.unsynced


def test_a_block_is_good_once_it_was_checked() -> None:
    stored = BlockMap()
    stored.written(3, 1)
    blocks = BlockMap()
    blocks.load(stored.run(0))
    assert not blocks.all_good(3, 4)
    blocks.checked([3])
    assert blocks.state(3) == GOOD


def test_a_lost_block_is_news_for_the_index_and_one_from_memory_is_not() -> None:
    blocks = BlockMap()
    blocks.written(0, 1)
    blocks.held(1)
    blocks.unsynced = set()
    blocks.lost(0)
    blocks.lost(1)
    assert blocks.unsynced == {0}
    assert blocks.run(0).present == 0


def test_blocks_in_memory_are_not_in_a_run() -> None:
    blocks = BlockMap()
    blocks.held(0)
    assert blocks.runs_here() == []
