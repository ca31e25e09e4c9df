from pathlib import Path

import pytest
import trio.testing

from gphotosfs import errors
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import ROOT, calls, listing, running_core


@pytest.fixture
def photos(autojump_clock: trio.testing.MockClock) -> SimulatedGoogle:
    world = World(seed=1, items=30)
    for title in ("Paris 2024", "Paris 2023", "Zürich"):
        world.new_album(title)
    return SimulatedGoogle(world, clock=trio.current_time)


def album_id(photos: SimulatedGoogle, title: str) -> str:
    (found,) = [album.id for album in photos.world.albums() if album.title == title]
    return found


async def test_a_known_path_costs_nothing(
    photos: SimulatedGoogle, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with running_core(tmp_path, photos) as core:
        shown = await listing(core, "albums")
        before = calls(photos)

        assert await core.tree.root("albums/Paris 2024") == (
            shown["Paris 2024"].inode,
            "albums/Paris 2024",
        )
        assert await core.tree.root("") == (ROOT, "")
        assert calls(photos) == before


async def test_an_album_is_found_by_its_id(
    photos: SimulatedGoogle, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    path = f"album-id={album_id(photos, 'Paris 2024')}"
    async with running_core(tmp_path, photos) as core:
        inode, in_ascii = await core.tree.root(path)

        assert in_ascii == path
        assert inode == (await listing(core, "albums"))["Paris 2024"].inode
        with pytest.raises(errors.NoEntryError, match="'nobodys'"):
            await core.tree.root("album-id=nobodys")


async def test_what_is_not_ascii_is_named_by_the_albums_id(
    photos: SimulatedGoogle, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with running_core(tmp_path, photos) as core:
        inode, in_ascii = await core.tree.root("albums/Zürich")

        assert in_ascii == f"album-id={album_id(photos, 'Zürich')}"
        assert await core.tree.root(in_ascii) == (inode, in_ascii)


async def test_a_name_that_is_wrong_is_told_with_the_nearest(
    photos: SimulatedGoogle, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with running_core(tmp_path, photos) as core:
        with pytest.raises(errors.NoEntryError) as failed:
            await core.tree.root("albums/paris 2042")
        assert str(failed.value).startswith("there is no 'paris 2042'; near it: 'Paris 202")

        with pytest.raises(errors.NoEntryError, match="there is no 'album'; near it: 'albums'"):
            await core.tree.root("album/Paris 2024")


async def test_an_album_that_is_new_is_asked_for(
    photos: SimulatedGoogle, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """The catalogue has listed the albums before, and does not know this one."""
    async with running_core(tmp_path, photos) as core:
        await listing(core, "albums")
        made = photos.world.new_album("Just made")

        by_title, _ = await core.tree.root("albums/Just made")
        by_id, _ = await core.tree.root(f"album-id={made.id}")

        assert by_title == by_id


async def test_an_album_that_is_gone_is_no_root(
    photos: SimulatedGoogle, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    gone = album_id(photos, "Paris 2023")
    async with running_core(tmp_path, photos) as core:
        await listing(core, "albums")
        photos.world.remove_album(gone)
        await core.refresh("albums")

        with pytest.raises(errors.NoEntryError, match="no album"):
            await core.tree.root(f"album-id={gone}")


async def test_a_file_is_no_root(
    photos: SimulatedGoogle, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with running_core(tmp_path, photos) as core:
        name = next(iter(await listing(core, "media/all")))

        with pytest.raises(errors.NotADirectoryEntryError):
            await core.tree.root(f"media/all/{name}")
