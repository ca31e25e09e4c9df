"""What programs look at, and how long they wait for it."""

import tracemalloc
from dataclasses import replace

import trio
import trio.testing

from gphotosfs.desktop.sweeps import (
    COUNTING_S,
    LOOKED_AT,
    PATIENCE_S,
    SEEN_FIRST,
    SWEEP_ENDS_S,
    Sweep,
    Visit,
    Visits,
    lane_for,
)
from gphotosfs.lanes import Lane
from gphotosfs.model import ROOT, Entry, Inode, Node, preview_of

ALBUMS, ROME, OSLO, PHOTO = Inode(2), Inode(70), Inode(71), Inode(100)


def entry(*, is_exact: bool = False) -> Entry:
    return Entry(1, b"a.jpg", Node(PHOTO, False, 0, 0, 4096, size_is_exact=is_exact))


def test_a_person_waits_for_what_is_seen_first() -> None:
    assert lane_for(0) is lane_for(SEEN_FIRST - 1) is Lane.FOREGROUND
    assert lane_for(SEEN_FIRST) is lane_for(LOOKED_AT - 1) is Lane.DOWNLOAD
    assert lane_for(LOOKED_AT) is Lane.BACKGROUND


def test_an_entry_is_settled_once_all_before_it_are() -> None:
    sweep = Sweep(ROME, 1, limit=100)
    assert not sweep.is_settled(3)
    sweep.found([1, 3], read_to=5)
    sweep.settle(3)
    assert not sweep.is_settled(3)
    sweep.settle(1)
    assert sweep.is_settled(5)
    assert not sweep.is_settled(6)
    sweep.end()
    assert sweep.is_settled(6)


def test_the_first_page_is_settled_before_the_rest() -> None:
    sweep = Sweep(ROME, 1, limit=1000, by_name=True)
    assert not sweep.is_settled(None)
    page, rest = range(1000, 1000 + SEEN_FIRST), range(500)
    sweep.found([*rest, *page], read_to=1100)
    sweep.begin([*rest])
    sweep.is_read = True
    sweep.begin([*page, *rest])
    assert not sweep.is_settled(None)
    sweep.settle(*page)
    assert sweep.is_settled(None)
    assert not sweep.is_settled(400)


async def test_who_waits_is_told_of_progress() -> None:
    sweep = Sweep(ROME, 1, limit=100)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sweep.settled, 2)
        sweep.found([2], read_to=2)
        await trio.testing.wait_all_tasks_blocked()
        assert len(nursery.child_tasks) == 1
        sweep.settle(2)
        await trio.testing.wait_all_tasks_blocked()
        assert len(nursery.child_tasks) == 0


def test_a_file_manager_is_shown_estimates_as_long_as_it_looks() -> None:
    visits = Visits()
    visit = visits.begin(ROME, ALBUMS, 0.0)
    visit.shown([entry()], 1.0)
    assert visits.showing(PHOTO, 1.0 + SWEEP_ENDS_S) is visit
    assert visits.showing(Inode(101), 1.0) is None
    assert visits.showing(PHOTO, 1.1 + SWEEP_ENDS_S) is None


def test_a_library_of_a_million_that_is_shown_takes_little_memory() -> None:
    visit = Visit(ALBUMS, 0.0)
    node = entry().node
    tracemalloc.start()
    try:
        for number in range(100, 1_000_100):
            visit.shown([Entry(1, b"a.jpg", replace(node, inode=Inode(number)))], 1.0)
        taken_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken_bytes < 1_000_000
    assert Inode(100) in visit.estimated
    assert Inode(1_000_099) in visit.estimated
    assert Inode(99) not in visit.estimated
    assert Inode(1_000_100) not in visit.estimated


def test_previews_are_other_files_than_their_originals() -> None:
    visit = Visit(ALBUMS, 0.0)
    visit.shown([entry()], 1.0)
    assert preview_of(PHOTO) not in visit.estimated


def test_an_exact_size_needs_no_estimate() -> None:
    visits = Visits()
    visits.begin(ROME, ALBUMS, 0.0).shown([entry(is_exact=True)], 0.0)
    assert visits.showing(PHOTO, 0.0) is None


def test_a_directory_that_is_opened_again_is_still_being_looked_at() -> None:
    visits = Visits()
    visits.begin(ROME, ALBUMS, 0.0).shown([entry()], 0.0)
    visits.begin(ROME, ALBUMS, 1.0)
    assert visits.showing(PHOTO, 1.0) is not None


def test_siblings_that_follow_each_other_quickly_are_counted() -> None:
    visits = Visits()
    visits.begin(ALBUMS, ROOT, 0.0)
    visits.begin(ROME, ALBUMS, 0.1)
    assert visits.counted_with(ROME, ALBUMS, 0.1) == []
    assert visits.counted_with(OSLO, ALBUMS, 0.2) == [ROME]
    assert visits.counted_with(OSLO, ALBUMS, 0.1 + COUNTING_S) == []


def test_the_root_and_what_is_in_it_are_no_siblings() -> None:
    """The root's parent is the root."""
    visits = Visits()
    visits.begin(ROOT, ROOT, 0.0)
    assert visits.counted_with(ALBUMS, ROOT, 0.1) == []


def test_a_visit_has_one_patience() -> None:
    patience = Visit(ALBUMS, 0.0, looks_once=True).patience
    patience.begin_wait(0.0)
    patience.begin_wait(0.5)  # side by side counts once
    patience.end_wait(1.0)
    patience.end_wait(1.5)
    assert patience.left_s(9.0) == PATIENCE_S - 1.5
    patience.begin_wait(9.0)
    assert patience.left_s(9.25) == PATIENCE_S - 1.75
    assert patience.left_s(99.0) == 0
