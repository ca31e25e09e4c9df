"""Items made small: from bytes that are here, else by Google, and with one request then."""

import io
import struct
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
import trio
from PIL import Image

from gphotosfs import errors
from gphotosfs.app.core import Core
from gphotosfs.blobs.source import Body
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.model import BlobKey, Inode, ItemId, MediaKind, Picture, Processing, Variant
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.views.pictures import Pictures, scaled
from tests.component.archives_kit import packed, signed_out, told
from tests.component.core_kit import content, running_core
from tests.component.thumbnails_kit import jpeg, painted, small_requests

ITEM = ItemRow(
    inode=Inode(100),
    id=ItemId("a"),
    kind=MediaKind.PHOTO,
    mime_type="image/jpeg",
    camera="",
    width=3000,
    height=2000,
    processing=Processing.READY,
    size_bytes=None,
    modified_ns=0,
    links=1,
)


def of_a_file(folder: Path, **fields: object) -> SimulatedGoogle:
    """A library of one real photo, red at Google only as long as nobody scales it."""
    path = folder / "red.jpg"
    path.write_bytes(jpeg(1200, 900, "red"))
    world = World(items=0)
    world.add_file(str(path), width=1200, height=900, cheap=True, **fields)
    return SimulatedGoogle(world)


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height."""
    return Image.open(io.BytesIO(picture)).size


def with_preview(width: int, height: int, preview: bytes) -> bytes:
    """A photo of noise, some megabytes, with a preview in its EXIF block as cameras write it."""
    # One directory without a tag, and behind it one whose tags say where the preview is.
    head = b"II*\0" + struct.pack("<IHI", 8, 0, 14)
    tags = struct.pack("<HHHIIHHIII", 2, 0x201, 4, 1, 44, 0x202, 4, 1, len(preview), 0)
    block = b"Exif\0\0" + head + tags + preview
    file = io.BytesIO()
    noise = Image.effect_noise((width, height), 90).convert("RGB")
    noise.save(file, "JPEG", quality=95, exif=block)
    return file.getvalue()


async def picture(core: Core, path: str, longest_px: int = 256) -> Picture:
    return await core.tree.picture(await core.tree.resolve(path), longest_px)


@pytest.mark.parametrize(
    "longest_px, asked",
    [(128, "w256-h256"), (256, "w256-h256"), (512, "w512-h512"), (1024, "w1024-h1024")],
)
async def test_google_scales_with_one_request(tmp_path: Path, longest_px: int, asked: str) -> None:
    photos = painted(1)
    async with running_core(tmp_path, photos) as core:
        found = await picture(core, "media/all/000.jpg", longest_px)

    assert max(size_of(found.content)) <= int(asked.partition("-")[0][1:])
    assert (found.mime_type, found.width, found.height) == ("image/jpeg", 320, 240)
    assert small_requests(photos) == {f"GET {asked}": 1}


async def test_a_film_gives_a_still_without_the_sign_to_play_it(tmp_path: Path) -> None:
    photos = painted(0)
    photos.world.add_item(filename="a.mp4", mime_type="video/mp4")
    async with running_core(tmp_path, photos) as core:
        found = await picture(core, "media/all/a.mp4")

    assert max(size_of(found.content)) == 256
    assert found.mime_type == "video/mp4"
    assert small_requests(photos) == {"GET w256-h256-no": 1}


async def test_what_is_cached_whole_is_not_asked_for_again(tmp_path: Path) -> None:
    photos = of_a_file(tmp_path)
    async with running_core(tmp_path, photos) as core:
        await content(core, "media/all/red.jpg")
        asked = len(photos.log)
        found = await picture(core, "media/all/red.jpg")

        assert size_of(found.content) == (256, 192)
        assert core.status()["pictures"] == {"made_of_originals": 1, "had_from_google": 0}
    assert len(photos.log) == asked


async def test_what_is_cached_in_part_is_scaled_by_google(tmp_path: Path) -> None:
    photos = painted(1)
    async with running_core(tmp_path, photos) as core:
        inode = await core.tree.resolve("media/all/000.jpg")
        handle = await core.tree.open(inode)
        await core.tree.read(handle, 0, 4096)
        core.tree.close(handle)
        await picture(core, "media/all/000.jpg")

    assert small_requests(photos)["GET w256-h256"] == 1


async def test_what_we_can_not_read_google_does(tmp_path: Path) -> None:
    """A cached original of a format that is not known here."""
    path = tmp_path / "raw.jpg"
    path.write_bytes(b"no picture at all" * 1000)
    world = World(items=0)
    world.add_file(str(path), width=1200, height=900, cheap=True)
    photos = SimulatedGoogle(world)
    async with running_core(tmp_path, photos) as core:
        await content(core, "media/all/raw.jpg")
        found = await picture(core, "media/all/raw.jpg")

    assert max(size_of(found.content)) == 256
    assert small_requests(photos)["GET w256-h256"] == 1


@pytest.mark.parametrize("deflated", [False, True])
async def test_a_photo_in_an_archive_is_made_small_here(tmp_path: Path, deflated: bool) -> None:
    path = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/a.jpg", jpeg(1200, 900)),
        ("Photos from 2020/a.jpg.json", told("a.jpg")),
        deflated=deflated,
    )
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        found = await picture(core, "media/all/a.jpg", 512)

    assert size_of(found.content) == (512, 384)


async def test_a_photo_in_an_unpacked_folder_is_made_small_here(tmp_path: Path) -> None:
    photos = tmp_path / "Takeout/Google Photos/Photos from 2020"
    photos.mkdir(parents=True)
    (photos / "a.jpg").write_bytes(jpeg(1200, 900))
    (photos / "a.jpg.json").write_bytes(told("a.jpg"))
    async with signed_out(tmp_path) as core:
        await core.takeout.add([str(tmp_path / "Takeout")])
        found = await picture(core, "media/all/a.jpg")

    assert size_of(found.content) == (256, 192)


async def test_only_the_head_of_an_original_is_read_where_a_preview_is_in_it() -> None:
    """Five megabytes a photo would make an external disk the slowest part."""
    original = Counting(with_preview(3000, 2000, jpeg(480, 320, "lime")))
    pictures = Pictures(NoSource(), OneKept(original), NoCache())

    found = await pictures.picture(ITEM, 256)

    assert size_of(found.content) == (256, 171)
    assert original.size_bytes > 4_000_000
    assert original.read_bytes <= 300_000


async def test_a_film_in_an_archive_has_no_still(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/a.mp4", b"a film" * 1000),
        ("Photos from 2020/a.mp4.json", told("a.mp4")),
    )
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        with pytest.raises(errors.PictureError):
            await picture(core, "media/all/a.mp4")


async def test_directories_and_virtual_files_have_no_picture(tmp_path: Path) -> None:
    async with running_core(tmp_path, painted(1)) as core:
        for inode in (Inode(1), Inode(33)):
            with pytest.raises(errors.NoEntryError):
                await core.tree.picture(inode, 256)


async def test_a_film_in_the_making_costs_no_request(tmp_path: Path) -> None:
    photos = painted(0)
    photos.world.add_item(filename="a.mp4", mime_type="video/mp4", status="PROCESSING")
    async with running_core(tmp_path, photos) as core:
        with pytest.raises(errors.NotReadyError):
            await picture(core, "media/all/a.mp4")

    assert small_requests(photos).total() == 0


async def test_a_picture_without_end_is_none() -> None:
    pictures = Pictures(EndlessSource(), NothingKept(), NoCache())

    with trio.fail_after(60), pytest.raises(errors.PictureError):
        await pictures.picture(ITEM, 256)


class Counting:
    """An open original."""

    def __init__(self, content: bytes) -> None:
        self.size_bytes = len(content)
        self.read_bytes = 0
        self._content = content

    async def read(self, offset: int, size: int) -> bytes:
        piece = self._content[offset : offset + size]
        self.read_bytes += len(piece)
        return piece

    def gave_up(self) -> None:
        raise AssertionError

    def close(self) -> None:
        pass


class OneKept:
    """One original that is here for good."""

    def __init__(self, original: Counting) -> None:
        self._original = original

    def has(self, item: ItemRow) -> bool:
        return True

    async def open(self, item: ItemRow) -> Counting:
        return self._original


class NoCache:
    def whole(self, key: BlobKey) -> None:
        return None


class NoSource:
    def open(self, key: BlobKey, start: int, end: int | None) -> AbstractAsyncContextManager[Body]:
        raise AssertionError("nobody is asked")

    async def size(self, key: BlobKey) -> int | None:
        raise AssertionError("nobody is asked")


class NothingKept:
    def has(self, item: ItemRow) -> bool:
        return False

    async def open(self, item: ItemRow) -> None:
        return None


class Endless:
    """A body that never ends."""

    start = 0
    total_bytes = None

    async def readinto(self, buffer: memoryview) -> int:
        await trio.lowlevel.checkpoint()
        return len(buffer)


class EndlessSource:
    @asynccontextmanager
    async def open(self, key: BlobKey, start: int, end: int | None) -> AsyncIterator[Body]:
        yield Endless()

    async def size(self, key: BlobKey) -> int | None:
        return None


def test_the_smallest_that_is_large_enough() -> None:
    assert scaled(MediaKind.PHOTO, 128) is Variant.PICTURE_256
    assert scaled(MediaKind.PHOTO, 257) is Variant.PICTURE_512
    assert scaled(MediaKind.VIDEO, 5000) is Variant.STILL_1024
