"""Programs that read a folder file by file find the next photos under way."""

from pathlib import Path

import trio

from gphotosfs.app.core import Core
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import byte_requests, calls, content, listing, running_core
from tests.component.google_kit import small_library


def an_album_of_photos(items: int) -> SimulatedGoogle:
    world = small_library(items=items, album_sizes=[items], kinds={"image/jpeg": 1})
    return SimulatedGoogle(world)


async def album(core: Core, photos: SimulatedGoogle) -> list[str]:
    title = f"albums/{photos.world.albums()[0].title}"
    return [f"{title}/{name}" for name in await listing(core, title)]


async def test_fifty_photos_take_far_less_than_fifty_round_trips(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """And one request each, from the third on."""
    photos = an_album_of_photos(50)
    async with running_core(tmp_path, photos) as core:
        paths = await album(core, photos)
        photos.options.media_latency_s = 1.0
        began = trio.current_time()
        for path in paths:
            await content(core, path)
        assert trio.current_time() - began < 25
    assert byte_requests(photos) <= 50 + 2


async def test_a_walk_by_name_or_backwards_is_a_walk(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    for order in (sorted, reversed):
        photos = an_album_of_photos(40)
        async with running_core(tmp_path / order.__name__, photos) as core:
            paths = list(order(await album(core, photos)))
            photos.options.media_latency_s = 1.0
            began = trio.current_time()
            for path in paths:
                await content(core, path)
            assert trio.current_time() - began < 25


async def test_reading_without_order_fetches_nothing_ahead(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = an_album_of_photos(60)
    async with running_core(tmp_path, photos) as core:
        paths = await album(core, photos)
        for number in (3, 33, 12, 50, 24, 2, 44):
            await content(core, paths[number])
        await trio.sleep(60)
    assert len({r.path for r in photos.log if r.kind == "media"}) == 7


async def test_what_was_fetched_ahead_is_dropped_when_the_walk_ends(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = an_album_of_photos(60)
    async with running_core(tmp_path, photos) as core:
        paths = await album(core, photos)
        for path in paths[:3]:
            await content(core, path)
        photos.options.media_latency_s = 100.0
        assert core.gauges()["cursors"] == 4
        photos.options.media_latency_s = 0.0
        await content(core, paths[50])
        await trio.sleep(200)
        assert core.gauges()["cursors"] == 0
    assert len({r.path for r in photos.log if r.kind == "media"}) <= 3 + 4 + 1


async def test_reading_the_heads_of_many_files_is_no_walk(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """A type sniffer causes one request of 256 KiB a file."""
    photos = an_album_of_photos(30)
    async with running_core(tmp_path, photos) as core:
        for path in await album(core, photos):
            handle = await core.tree.open(await core.tree.resolve(path))
            await core.tree.read(handle, 0, 1 << 16)
            core.tree.close(handle)
        await trio.sleep(60)
    assert byte_requests(photos) == 30
    sent = sum(r.bytes_sent for r in photos.log if r.kind == "media")
    assert sent <= 30 * (256 << 10)


async def test_a_walk_after_a_restart_asks_for_addresses_fifty_at_a_time(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = an_album_of_photos(100)
    async with running_core(tmp_path, photos) as core:
        paths = await album(core, photos)
    asked = calls(photos)
    async with running_core(tmp_path, photos) as core:
        for path in paths:
            await content(core, path)
    assert calls(photos) - asked <= 3


async def test_a_program_that_reads_side_by_side_asks_for_nothing_twice(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """As restic does: of two readers one is long at work on each tenth file."""
    photos = an_album_of_photos(60)
    async with running_core(tmp_path, photos) as core:
        paths = sorted(await album(core, photos))
        photos.options.media_latency_s = 1.0
        for number in range(0, 60, 10):
            tenth = await core.tree.open(await core.tree.resolve(paths[number]))
            for path in paths[number + 1 : number + 10]:
                await content(core, path)
            await core.tree.read(tenth, 0, 1 << 30)
            core.tree.close(tenth)
        assert byte_requests(photos) <= 60 + 2
        files = [core.tree.node(await core.tree.resolve(path)) for path in paths]
    sent = sum(r.bytes_sent for r in photos.log if r.kind == "media")
    assert sent == sum(node.size_bytes for node in files)


async def test_of_two_orders_the_nearer_one_is_the_walks(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Neighbours by name may stand two steps apart in the listing: what lies between is not fetched."""
    photos = an_album_of_photos(60)
    async with running_core(tmp_path, photos) as core:
        listed = await album(core, photos)
        by_name = sorted(listed)
        assert listed.index(by_name[0]) - listed.index(by_name[1]) == 2
        for path in by_name[:8]:
            await content(core, path)
        await trio.sleep(60)
        fetched = {r.path for r in photos.log if r.kind == "media"}
        for path in by_name[8:12]:
            await content(core, path)
        await trio.sleep(60)
        later = {r.path for r in photos.log if r.kind == "media"} - fetched
    assert len(fetched) == 8 + 4
    assert len(later) == 4, "the next four ahead, and none that was passed over"
