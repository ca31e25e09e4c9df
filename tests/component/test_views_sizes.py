"""The option `sizes`: who waits for what Google does not tell."""

from pathlib import Path

import trio
import trio.testing

from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import content, listing, running_core
from tests.component.google_kit import small_library


async def test_on_open_never_asks_for_a_size(tmp_path: Path) -> None:
    """An estimate until the file is opened, which makes it exact."""
    photos = SimulatedGoogle(small_library(items=10, album_sizes=[]))
    async with running_core(tmp_path, photos, sizes="on-open") as core:
        for node in (await listing(core, "media/all")).values():
            shown = await core.tree.stat(node.inode)
            assert shown.size_bytes > 0
            assert not shown.size_is_exact
        assert photos.requests("media") == []

        name = photos.world.at(0).filename
        data = await content(core, f"media/all/{name}")
        shown = await core.tree.stat((await listing(core, "media/all"))[name].inode)
        assert shown.size_is_exact
        assert shown.size_bytes == len(data)


async def test_exact_waits_longer_than_others(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Where `auto` would give an estimate after five seconds."""
    photos = SimulatedGoogle(small_library(items=10, album_sizes=[]))
    photos.options.media_latency_s = 8.0
    for sizes, is_exact in (("auto", False), ("exact", True)):
        async with running_core(tmp_path / sizes, photos, sizes=sizes) as core:
            node = next(iter((await listing(core, "media/all")).values()))
            assert (await core.tree.stat(node.inode)).size_is_exact is is_exact


async def test_who_opens_file_after_file_gets_each_size_and_no_head(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Dolphin does, and reads none. What stats may wait has long been waited here."""
    photos = SimulatedGoogle(small_library())
    photos.options.media_latency_s = 3.0
    async with running_core(tmp_path, photos) as core:
        nodes = list((await listing(core, "media/all")).values())
        for node in nodes:
            assert (await core.tree.stat(node.inode, patient=True)).size_is_exact
            core.tree.close(await core.tree.open(node.inode))
        assert trio.current_time() < 3.1 * (250 / 32 + 4)
    assert {row.method for row in photos.requests("media")} == {"HEAD"}
