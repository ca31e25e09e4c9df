"""A photo that archives and Google both have: one item where that is certain, two where it is not."""

from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs.app.core import Core
from gphotosfs.catalog import joining
from gphotosfs.model import Inode
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.takeout import Quirks, export
from gphotosfs.simulator.world import World
from tests.component.archives_kit import names_in
from tests.component.core_kit import listing, running_core


async def looked_at(core: Core) -> None:
    """Wait until every candidate was looked at."""
    while joining.next_candidate(core.store.read, Inode(0)) is not None:
        await trio.sleep(1)


@pytest.mark.parametrize("is_takeout_first", [True, False])
async def test_a_photo_from_both_is_one_item_under_the_older_number(
    tmp_path: Path, is_takeout_first: bool, autojump_clock: trio.testing.MockClock
) -> None:
    world = World(
        5, items=6, album_sizes=[3], pixels_max=40_000, kinds={"image/jpeg": 100}, days=400
    )
    photos = SimulatedGoogle(world)
    photos.options.access_token_life_s = 1e9
    archives = [str(path) for path in export(world, tmp_path, Quirks()).paths]
    async with running_core(tmp_path, photos) as core:
        if is_takeout_first:
            await core.takeout.add(archives)
            before = await core.tree.entries(await core.tree.resolve("media/all"), None)
            await listing(core, "media/all")
        else:
            await listing(core, "media/all")
            before = await core.tree.entries(await core.tree.resolve("media/all"), None)
            await core.takeout.add(archives)
        await trio.sleep(30)
        await looked_at(core)
        after = await names_in(core, "media/all")

    assert after == {one.name.decode(): one.node.inode for one in before}
    assert len(after) == 6
