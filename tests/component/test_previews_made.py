"""Previews of photos of which Google makes none: of archives, and of what was picked."""

import io
from pathlib import Path

import pytest
import trio
import trio.testing
from PIL import Image

from gphotosfs import errors
from gphotosfs.app.core import Core
from gphotosfs.model import original_of
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.takeout.exports import Quirks, export
from tests.component.archives_kit import content_of, names_in, packed, signed_out, told
from tests.component.core_kit import Seen, byte_requests, running_core
from tests.component.picks_kit import a_library_and_more, begun, picked, some, until
from tests.component.previews_kit import a_jpeg, measured

ALL = "previews/media/all"


def an_archive(folder: Path, name: str, *photos: tuple[str, bytes], deflated: bool = False) -> str:
    members = [(f"Photos from 2020/{title}", content) for title, content in photos]
    sidecars = [(f"Photos from 2020/{title}.json", told(title)) for title, _ in photos]
    return packed(folder / name, *members, *sidecars, deflated=deflated)


def a_png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((width, height), 90).save(file, "PNG")
    return file.getvalue()


def made(core: Core) -> int:
    """How many originals were decoded."""
    return int(core.status()["pictures"]["made_of_originals"])


@pytest.mark.parametrize("deflated", [False, True])
async def test_a_preview_of_an_archive_is_made_once_and_kept(
    tmp_path: Path, deflated: bool
) -> None:
    photos = (("a.png", a_png(3000, 1000)), ("b.jpg", a_jpeg(600, 400)))
    path = an_archive(tmp_path, "t.zip", *photos, deflated=deflated)
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        names = await names_in(core, ALL)
        guessed = await core.tree.stat(await core.tree.resolve(f"{ALL}/a.png.jpg"))
        assert made(core) == 0
        large = await content_of(core, f"{ALL}/a.png.jpg")
        small = await content_of(core, f"{ALL}/b.jpg")
        exact = await core.tree.stat(guessed.inode)
        assert made(core) == 2
    async with signed_out(tmp_path) as core:
        assert await content_of(core, f"{ALL}/a.png.jpg") == large
        assert (await core.tree.stat(exact.inode)) == exact
        assert made(core) == 0

    assert set(names) == {"a.png.jpg", "b.jpg"}
    assert guessed.size_bytes > exact.size_bytes == len(large) > 0
    assert (guessed.size_is_exact, exact.size_is_exact) == (False, True)
    assert measured(large) == ("JPEG", (2048, 683))
    assert measured(small) == ("JPEG", (600, 400))


async def test_exact_sizes_are_made_for_those_who_want_them(tmp_path: Path) -> None:
    path = an_archive(tmp_path, "t.zip", ("b.jpg", a_jpeg(600, 400)))
    async with signed_out(tmp_path, sizes="exact") as core:
        await core.takeout.add([path])
        node = await core.tree.stat(await core.tree.resolve(f"{ALL}/b.jpg"))
        assert made(core) == 1
        content = await content_of(core, f"{ALL}/b.jpg")
        assert made(core) == 1

    assert (node.size_bytes, node.size_is_exact) == (len(content), True)


async def test_a_slideshow_decodes_each_photo_once(tmp_path: Path) -> None:
    photos = [(f"{number:02}.jpg", a_jpeg(900, 600 + number)) for number in range(12)]
    path = an_archive(tmp_path, "t.zip", *photos)
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        names = sorted(await names_in(core, ALL))
        for _ in range(2):
            for name in names:
                await content_of(core, f"{ALL}/{name}")
        assert made(core) == 12


async def test_what_is_no_picture_is_an_error_of_that_file_alone(tmp_path: Path) -> None:
    path = an_archive(tmp_path, "t.zip", ("a.jpg", b"no picture"), ("b.jpg", a_jpeg(60, 40)))
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        with pytest.raises(errors.PictureError):
            await content_of(core, f"{ALL}/a.jpg")
        assert measured(await content_of(core, f"{ALL}/b.jpg")) == ("JPEG", (60, 40))


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("removed", [False, True])
async def test_an_export_with_other_bytes_has_another_preview(
    tmp_path: Path, removed: bool, deflated: bool
) -> None:
    """Whether the archive was replaced where it lies, or came back after it was removed."""
    sidecar = told("a.jpg", url="https://photos.google.com/photo/AF1Qip1")

    def export(width: int) -> str:
        return packed(
            tmp_path / "t.zip",
            ("Photos from 2020/a.jpg", a_jpeg(width, 400)),
            ("Photos from 2020/a.jpg.json", sidecar),
            deflated=deflated,
        )

    seen = Seen()
    async with signed_out(tmp_path, seen=seen) as core:
        await core.takeout.add([export(600)])
        inode = await core.tree.resolve(f"{ALL}/a.jpg")
        before = await content_of(core, f"{ALL}/a.jpg")
        await content_of(core, "media/all/a.jpg")
        if removed:
            await core.takeout.remove(["t.zip"])
        await core.takeout.add([export(700)])
        guessed = await core.tree.stat(inode)
        original = await content_of(core, "media/all/a.jpg")
        after = await content_of(core, f"{ALL}/a.jpg")
        exact = await core.tree.stat(inode)

    assert measured(before)[1] == (600, 400)
    assert original == a_jpeg(700, 400)
    assert measured(after)[1] == (700, 400)
    assert (guessed.size_is_exact, exact.size_is_exact) == (False, True)
    assert seen.renewed == [original_of(inode), inode]


async def test_a_photo_of_both_sources_has_the_preview_of_its_bytes(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Google's until archives turn out to have the photo as well; under the same number."""
    world = World(5, items=4, album_sizes=[], pixels_max=40_000, kinds={"image/jpeg": 1}, days=400)
    photos = SimulatedGoogle(world)
    photos.options.access_token_life_s = 1e9
    archives = [str(path) for path in export(world, tmp_path, Quirks()).paths]
    seen = Seen()
    async with running_core(tmp_path, photos, seen=seen) as core:
        name, *_ = await names_in(core, ALL)
        inode = await core.tree.resolve(f"{ALL}/{name}")
        googles = await content_of(core, f"{ALL}/{name}")
        await core.takeout.add(archives)
        while original_of(inode) not in seen.renewed:
            await trio.sleep(1)
        asked = byte_requests(photos)
        ours = await content_of(core, f"{ALL}/{name}")
        assert await core.tree.resolve(f"{ALL}/{name}") == inode
        assert (await core.tree.stat(inode)).size_bytes == len(ours)

    assert measured(googles)[1] != measured(ours)[1]
    assert inode in seen.renewed
    assert byte_requests(photos) == asked


async def test_a_previews_thumbnail_is_made_of_its_original(tmp_path: Path) -> None:
    path = an_archive(tmp_path, "t.zip", ("a.png", a_png(500, 300)), deflated=True)
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        inode = await core.tree.resolve(f"{ALL}/a.png.jpg")
        picture = await core.tree.picture(inode, 256)
        (place, *_) = await core.tree.places(inode)

    assert (measured(picture.content), picture.mime_type) == (("JPEG", (256, 154)), "image/jpeg")
    assert place.path == b"previews/media/all/a.png.jpg"


async def test_what_is_picked_has_previews_before_it_is_here(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Made of the original too, which the session gives: the same as afterwards, when it is here."""
    photos = a_library_and_more()
    (item,) = [item for item in some(photos, 12) if item.mime_type == "image/jpeg"][:1]
    photos.world.edit_item(item.id, cheap=False)
    photos.faults.add("status", kind="media", times=8)
    async with running_core(tmp_path, photos) as core:
        name = await begun(core, photos, [item])
        await until(lambda: core.picks.state(name)["problem"])
        photos.faults.clear()
        (file,) = await names_in(core, f"previews/picked/{name}")
        early = await content_of(core, f"previews/picked/{name}/{file}")
        await until(lambda: core.picks.state(name)["state"] == "over")
        await core.cache.clear()
        late = await content_of(core, f"previews/picked/{name}/{file}")

    assert measured(early)[0] == "JPEG"
    assert early == late


async def test_a_picked_photo_keeps_its_preview_when_the_session_is_over(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = a_library_and_more()
    items = [item for item in some(photos, 12) if item.mime_type == "image/jpeg"][:3]
    for item in items:
        photos.world.edit_item(item.id, cheap=False)
    async with running_core(tmp_path, photos) as core:
        name = await picked(core, photos, items)
        asked = byte_requests(photos)
        shown = await names_in(core, f"previews/picked/{name}")
        for path in shown:
            content = await content_of(core, f"previews/picked/{name}/{path}")
            assert measured(content)[0] == "JPEG"

    assert len(shown) == 3
    assert byte_requests(photos) == asked, "made of what is kept"
