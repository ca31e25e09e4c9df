"""A library of a million items: looking around costs no more than in a small one."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from gphotosfs.app.core import Core
from gphotosfs.catalog import entries, listings, recheck
from gphotosfs.catalog.store import Connection, Store, path_for
from gphotosfs.model import Inode, ListingKind
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.views.layout import plant_tree
from gphotosfs.views.recheck import AT_ONCE
from tests import big_catalogue
from tests.component.core_kit import listing, profile_in, running_core
from tests.component.google_kit import small_library

ITEMS: Final = 1_000_000

GROWTH_MAX_BYTES: Final = 100 << 20
"""The contract says 200 MB in all; an interpreter with our imports has some 70."""


FRESH_S: Final = 1e9
"""What is known is not asked for again, however long ago it was listed."""


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile's folder with a catalogue of a million items."""
    folder = tmp_path_factory.mktemp("million")
    client = SimulatedGoogle(small_library(items=1), clock=lambda: 0.0).client
    store = Store(path_for(profile_in(folder).data_dir, client.client_id), client.client_id)
    store.prepare(plant_tree, big_catalogue.NEWEST_NS)
    big_catalogue.fill_quickly(store, ITEMS)
    store.close()
    return folder


def steps(core: Core, work: Callable[[], object]) -> int:
    """How much SQLite does for a piece of work, in thousands of its instructions."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    core.store.read.set_progress_handler(step, 1000)
    work()
    core.store.read.set_progress_handler(None, 0)
    return count


async def test_looking_around_a_million_items(million: Path) -> None:
    photos = SimulatedGoogle(small_library(items=1))
    async with running_core(million, photos, dir_cache_time_s=FRESH_S) as core:
        gc.collect()
        before = resident_bytes()
        everything = await core.tree.resolve("media/all")
        after: int | None = None
        for _ in range(100):
            batch = await core.tree.entries(everything, after)
            after = batch[-1].cookie
            for entry in batch[::16]:
                found = await core.tree.lookup(everything, entry.name)
                assert found is not None
                assert found.inode == entry.node.inode
                assert found.links == 4
        last = core.store.read.execute("SELECT max(id) FROM entry").fetchone()[0]
        assert await core.tree.entries(everything, last) == []
        years = await listing(core, "media/by-day")
        assert list(years) == [str(year) for year in range(2026, 2016, -1)]
        for year in list(years)[::3]:
            days = list(await listing(core, f"media/by-day/{year}"))
            for day in days[::40]:
                assert 0 < len(await listing(core, f"media/by-day/{year}/{day}")) <= 288
        assert await core.tree.lookup(everything, b"no such name") is None
        assert (await core.tree.usage())[0] == ITEMS
        assert resident_bytes() - before < GROWTH_MAX_BYTES
    assert photos.log == []


async def test_no_question_is_dearer_for_the_size_of_the_library(million: Path) -> None:
    """Each is answered from an index: a scan of a million rows would take a thousand times as much."""
    async with running_core(
        million, SimulatedGoogle(small_library(items=1)), dir_cache_time_s=FRESH_S
    ) as core:
        tree, read = core.tree, core.store.read
        everything = await tree.resolve("media/all")
        middle = read.execute(
            "SELECT id, name, inode FROM entry WHERE directory = ? AND id > 500000 LIMIT 1",
            (everything,),
        ).fetchone()
        assert steps(core, lambda: tree.node(Inode(middle["inode"]))) <= 1
        assert steps(core, lambda: tree.node(everything)) <= 1
        assert steps(core, core.status) <= 50
        assert steps(core, lambda: entries.lookup(read, everything, middle["name"])) <= 1
        assert steps(core, lambda: entries.lookup(read, everything, b"missing")) <= 1
        assert steps(core, lambda: entries.entries_after(read, everything, middle["id"], 64)) <= 20
        assert (
            steps(core, lambda: entries.unknown_sizes_after(read, everything, middle["id"], 64))
            <= 20
        )
        assert steps(core, lambda: entries.places(read, Inode(middle["inode"]))) <= 1


async def test_a_few_unknown_sizes_among_many_known_ones_are_looked_for_nearby(
    million: Path,
) -> None:
    async with running_core(
        million, SimulatedGoogle(small_library(items=1)), dir_cache_time_s=FRESH_S
    ) as core:
        everything, read = await core.tree.resolve("media/all"), core.store.read

        def learn(db: Connection) -> None:
            db.execute(
                "UPDATE item SET size_bytes = 1 WHERE inode IN (SELECT inode FROM entry"
                " WHERE directory = ? AND id > 700000 ORDER BY id LIMIT 20000)",
                (everything,),
            )

        await core.store.write(learn)

        assert entries.unknown_sizes_after(read, everything, 700_000, 64) == []
        assert (
            steps(core, lambda: entries.unknown_sizes_after(read, everything, 700_000, 64)) <= 100
        )


async def test_what_a_slow_look_has_not_met_is_gone_through_bit_by_bit(million: Path) -> None:
    """Nobody is served meanwhile, and a look ends with all of a library."""
    async with running_core(
        million, SimulatedGoogle(small_library(items=1)), dir_cache_time_s=FRESH_S
    ) as core:
        timeline = listings.listing_of(core.store.read, ListingKind.TIMELINE)
        assert timeline is not None
        look = await core.store.write(recheck.begin_recheck, timeline)
        start = Inode(500_000)
        end = Inode(start + AT_ONCE)

        found = recheck.not_met(core.store.read, look, start, end)

        assert len(found) > AT_ONCE * 0.9
        assert [inode for inode, _ in found] == sorted(inode for inode, _ in found)
        assert steps(core, lambda: recheck.not_met(core.store.read, look, start, end)) <= 300
