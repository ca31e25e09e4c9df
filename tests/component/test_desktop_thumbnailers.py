"""A thumbnailer that comes first all the same, and thumbnails of everything."""

from collections import Counter
from pathlib import Path

import trio
import trio.testing

from gphotosfs.desktop.sweeps import (
    OPENS_PATIENCE_S,
)
from tests.component.thumbnails_kit import (
    BALOO,
    LS,
    TUMBLER,
    browsing,
    painted,
    small_requests,
    until,
)

Clock = trio.testing.MockClock


async def test_a_thumbnailer_waits_for_ours_and_its_neighbours_follow(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """Tumbler looks into the cache again before each batch of files."""
    photos = painted(60, latency_s=0.5)
    async with browsing(tmp_path, photos) as desktop:
        found = await desktop.look("media/all", LS, stats=False)
        entry = found[30]
        began_s = trio.current_time()
        assert await desktop.service.opening(entry.node.inode, TUMBLER)
        assert trio.current_time() - began_s < OPENS_PATIENCE_S
        assert desktop.thumbnail(f"media/all/{entry.name.decode()}") is not None
        await trio.sleep(5)
        neighbours = found[31:]
        for one in neighbours:
            assert desktop.thumbnail(f"media/all/{one.name.decode()}") is not None


async def test_a_file_that_a_thumbnailer_opened_jumps_the_queue(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(200, latency_s=3.0)
    async with browsing(tmp_path, photos) as desktop:
        found = await desktop.look("media/all", stats=False)
        last = found[-1]
        assert desktop.thumbnail(f"media/all/{last.name.decode()}") is None
        await desktop.service.opening(last.node.inode, TUMBLER)
        await trio.sleep(7)  # one request of those under way, and its own
        assert desktop.thumbnail(f"media/all/{last.name.decode()}") is not None
        assert desktop.count() < 150


async def test_what_a_thumbnailer_reads_leads_to_nothing_else(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """No photo comes whole, and none is fetched ahead, as they would for a viewer."""
    photos = painted(12)
    async with browsing(tmp_path, photos) as desktop:
        tree = desktop.core.tree
        found = await desktop.look("media/all", LS, stats=False)
        photos.log.clear()
        for entry in found[:6]:
            handle = await tree.open(entry.node.inode, unattended=True)
            size_bytes = tree.node(entry.node.inode).size_bytes
            for offset in range(0, size_bytes, 1 << 17):
                await tree.read(handle, offset, 1 << 17)
            tree.close(handle)
        await trio.sleep(10)

    read = Counter(row.path for row in photos.requests("media"))
    assert len(read) == 6
    assert all(count == 2 for count in read.values())


async def test_an_indexer_causes_one_request_a_photo_for_its_head_alone(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """KDE's asks for attributes and reads heads, file after file: no HEAD, no thumbnail, nothing ahead."""
    photos = painted(12)
    async with browsing(tmp_path, photos) as desktop:
        tree = desktop.core.tree
        for entry in await desktop.look("media/all", BALOO):
            unattended = await desktop.service.opening(entry.node.inode, BALOO)
            handle = await tree.open(entry.node.inode, unattended=unattended)
            await tree.read(handle, 0, 1 << 16)
            tree.close(handle)
        await trio.sleep(10)

        assert desktop.count() == 0
    assert small_requests(photos) == {"GET d": 12}
    assert sum(row.bytes_sent for row in photos.requests("media")) == 12 * (256 << 10)


async def test_what_a_thumbnailer_reads_is_no_part_of_a_viewers_walk(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """A viewer's next photo would come whole."""
    photos = painted(12)
    async with browsing(tmp_path, photos) as desktop:
        tree = desktop.core.tree
        first, second, third, *_ = await desktop.look("media/all", LS, stats=False)
        for entry in (first, second):
            handle = await tree.open(entry.node.inode)
            for offset in range(0, 300_000, 1 << 17):
                await tree.read(handle, offset, 1 << 17)
            tree.close(handle)
        photos.log.clear()
        handle = await tree.open(third.node.inode, unattended=True)
        await tree.read(handle, 0, 4096)
        tree.close(handle)
        await trio.sleep(10)

    assert sum(row.bytes_sent for row in photos.requests("media")) <= 256 << 10


async def test_what_a_thumbnailer_reads_is_in_the_lane_of_what_nobody_waits_for(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(1, latency_s=1.0)
    async with browsing(tmp_path, photos) as desktop, trio.open_nursery() as nursery:
        (entry,) = await desktop.look("media/all", LS, stats=False)

        async def read() -> None:
            handle = await desktop.core.tree.open(entry.node.inode, unattended=True)
            await desktop.core.tree.read(handle, 0, 300_000)
            desktop.core.tree.close(handle)

        nursery.start_soon(read)
        for _ in range(2):  # the head at open, and then the rest
            await trio.sleep(0.5)
            under_way = desktop.core.google.status().under_way
            assert under_way == {"foreground": 0, "download": 0, "background": 1}
            await trio.sleep(0.6)


async def test_everything_known_gets_thumbnails_if_that_is_wanted(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """`thumbnails=all`; what becomes known later as well."""
    photos = painted(5)
    async with browsing(tmp_path, photos, everything=True, dir_cache_time_s=1.0) as desktop:
        await desktop.look("media/all", LS, stats=False)
        await until(lambda: desktop.thumbnail("media/by-year/2021/004.jpg"))
        photos.world.add_item(width=320, height=240, filename="new.jpg")
        await trio.sleep(5)
        await desktop.look("media/all", LS, stats=False)
        await until(lambda: desktop.thumbnail("media/all/new.jpg"))
    assert small_requests(photos) == {"GET w256-h256": 6}
