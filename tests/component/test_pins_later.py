"""What changes behind a pin: at Google, and in the archives."""

from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs.app.core import Core
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.takeout.exports import Quirks, export
from tests.component.archives_kit import looked_at, names_in, packed, signed_out, told
from tests.component.core_kit import (
    Seen,
    byte_requests,
    content,
    listing,
    running_core,
)
from tests.component.google_kit import unix_now_s
from tests.component.pins_kit import (
    a_library,
    begun,
    contents,
    kept_in,
    pinned,
    state,
    the_bytes,
    unpinned,
)

Clock = trio.testing.MockClock


@pytest.fixture
def photos() -> SimulatedGoogle:
    return a_library()


async def attribute(core: Core, path: str) -> bytes:
    inode = await core.tree.resolve(path)
    return await core.tree.attribute(inode, b"user.gphotos.bytes")


# --- what changes at Google ------------------------------------------------------------------------


async def test_what_leaves_an_album_is_kept_until_somebody_says_otherwise(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    album = photos.world.albums()[0]
    path, lost = f"albums/{album.title}", photos.world.at(album.members[0])
    expected = the_bytes(photos, lost)
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        done = await pinned(core, path)
        photos.world.remove_item(lost.id)
        await core.refresh(path)
        await core.refresh("media/all")
        await trio.sleep(5)
        assert lost.filename not in await listing(core, path)
        assert (await state(core, path))["gone"] == 1
        # Deleted at Google, and still there.
        assert await content(core, f"media/all/{lost.filename}") == expected

        assert await unpinned(core, path, only_gone=True) == len(expected)
        assert lost.filename not in await listing(core, "media/all")
        left = await state(core, path)
        assert (left["items"], left["here"], left["gone"]) == (
            done["items"] - 1,
            done["items"] - 1,
            0,
        )


async def test_the_newest_ones_are_as_many_as_before_when_newer_ones_come(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    world = World(items=210, cheap_bytes=True, photo_bytes=2000, video_bytes=2000)
    photos = SimulatedGoogle(world, unix_time=unix_now_s)
    photos.options.access_token_life_s = 1e8
    async with running_core(tmp_path, photos) as core:
        await pinned(core, "recent")
        for _ in range(5):
            world.add_item()
        await core.refresh("recent")
        await trio.sleep(60)
        found = await state(core, "recent")

    assert (found["items"], found["here"], found["gone"]) == (200, 200, 0)
    assert len(kept_in(tmp_path)) == 200


async def test_unpinning_hides_what_google_no_longer_has(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    seen = Seen()
    lost = next(iter(photos.world.items()))
    async with running_core(tmp_path, photos, seen=seen) as core:
        await pinned(core, "media/all")
        photos.world.remove_item(lost.id)
        await core.refresh("media/all")
        assert lost.filename in await listing(core, "media/all")
        await unpinned(core, "media/all")
        assert lost.filename not in await listing(core, "media/all")
        assert lost.filename.encode() in [name for _, name, _ in seen.vanished]


async def test_an_album_that_is_gone_can_be_unpinned(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    album = photos.world.albums()[0]
    path = f"albums/{album.title}"
    async with running_core(tmp_path, photos) as core:
        await pinned(core, path)
        photos.world.remove_album(album.id)
        await core.refresh("albums")
        await trio.sleep(10)
        assert (await state(core, path))["gone"] == len(album.members)
        await unpinned(core, path)
        assert kept_in(tmp_path) == []


async def test_a_photo_that_was_cropped_is_fetched_again(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: Clock
) -> None:
    seen = Seen()
    item = next(item for item in photos.world.items() if not item.is_video)
    before = the_bytes(photos, item)
    async with running_core(tmp_path, photos, seen=seen) as core:
        await pinned(core, "media/all")
        inode = await core.tree.resolve(f"media/all/{item.filename}")
        handle = await core.tree.open(inode)
        photos.world.change_bytes(item.id)
        edited = photos.world.edit_item(item.id, width=item.width // 2)
        photos.log.clear()
        await core.refresh("media/all")
        await trio.sleep(10)
        assert byte_requests(photos) == 1
        assert seen.renewed == [inode]
        # One reading never mixes two versions.
        assert bytes(await core.tree.read(handle, 0, len(before))) == before
        core.tree.close(handle)
        photos.log.clear()
        assert await content(core, f"media/all/{item.filename}") == the_bytes(photos, edited)
        assert (await core.tree.stat(inode)).size_bytes == len(before) + 4096
        assert byte_requests(photos) == 0


# --- Takeout --------------------------------------------------------------------------------------


async def test_what_lies_in_archives_is_here_already(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/a.jpg", b"some bytes"),
        ("Photos from 2020/a.jpg.json", told("a.jpg")),
        ("Rome/a.jpg", b"some bytes"),
        ("Rome/metadata.json", b'{"title": "Rome"}'),
        deflated=True,
    )
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        assert list(await names_in(core, "albums")) == ["Rome"]
        (found,), _ = await core.pins.begin(["albums/Rome"])
        assert await unpinned(core, "albums/Rome") == 0
        assert list(await names_in(core, "albums/Rome")) == ["a.jpg"]
        assert list(await names_in(core, "media/all")) == ["a.jpg"]

    assert (found["state"], found["items"], found["in_archives"]) == ("here", 1, 1)
    assert kept_in(tmp_path) == []


@pytest.mark.parametrize("is_takeout_first", [True, False])
async def test_what_archives_and_google_both_have_is_fetched_when_the_archive_goes(
    tmp_path: Path, is_takeout_first: bool, autojump_clock: Clock
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
        await listing(core, "media/all")
        if not is_takeout_first:
            await core.takeout.add(archives)
        await trio.sleep(30)
        await looked_at(core)

        done = await pinned(core, "media/all")
        assert (done["items"], done["in_archives"]) == (6, 6)
        await begun(core, "media/by-year")
        assert byte_requests(photos) == 0
        await core.takeout.remove(archives)
        await trio.sleep(30)
        assert byte_requests(photos) == 6
        photos.log.clear()
        await unpinned(core, "media/by-year")
        assert len(await contents(core, "media/all")) == len(kept_in(tmp_path)) == 6
        assert byte_requests(photos) == 0
        await unpinned(core, "media/all")
        assert kept_in(tmp_path) == []
