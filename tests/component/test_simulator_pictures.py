"""The bytes are what their types say, and are drawn the same way every time."""

import io

import av
import pillow_heif
import pytest
from PIL import Image

from gphotosfs.simulator.library.items import THEMES, Item, moment
from gphotosfs.simulator.library.world import World

DATE_TAKEN = 0x9003
EXIF_IFD, GPS_IFD = 0x8769, 0x8825


@pytest.fixture(scope="module")
def world() -> World:
    return World(items=250)


def first(world: World, mime_type: str) -> Item:
    return next(item for item in world.items() if item.mime_type == mime_type)


def test_a_jpeg_has_its_size_date_and_camera_but_no_place(world: World) -> None:
    item = first(world, "image/jpeg")

    image = Image.open(io.BytesIO(world.bytes_of(item.id, "d")))

    assert (image.format, image.size) == ("JPEG", (item.width, item.height))
    exif = image.getexif()
    assert item.created_ns is not None
    taken = f"{moment(item.created_ns):%Y:%m:%d %H:%M:%S}"
    assert exif.get_ifd(EXIF_IFD)[DATE_TAKEN] == taken
    assert item.camera_make in exif.values()
    assert not exif.get_ifd(GPS_IFD)


def test_a_jpeg_is_as_large_as_a_photo(world: World) -> None:
    item = first(world, "image/jpeg")

    assert 300_000 < world.size_of(item.id, "d") < 4_500_000


@pytest.mark.parametrize("mime_type", ["image/png", "image/gif"])
def test_drawn_types(world: World, mime_type: str) -> None:
    item = first(world, mime_type)

    image = Image.open(io.BytesIO(world.bytes_of(item.id, "d")))

    assert image.get_format_mimetype() == mime_type
    assert image.size == (item.width, item.height)


def test_a_heic(world: World) -> None:
    item = first(world, "image/heic")

    heif = pillow_heif.open_heif(io.BytesIO(world.bytes_of(item.id, "d")))

    assert heif.size == (item.width, item.height)
    assert heif.info["exif"]


def test_films_play_and_some_have_their_index_behind(world: World) -> None:
    films = [item for item in world.items() if item.is_video]
    contents = [world.bytes_of(item.id, "dv") for item in films[:8]]

    for content in contents:
        with av.open(io.BytesIO(content), "r") as container:
            frames = list(container.decode(video=0))
        assert len(frames) >= 48
    index_first = {content.index(b"moov") < content.index(b"mdat") for content in contents}
    assert index_first == {True, False}


@pytest.mark.parametrize("mime_type", ["image/jpeg", "image/heic", "image/png", "video/mp4"])
def test_drawing_twice_gives_the_same_bytes(mime_type: str) -> None:
    """So that sizes and checksums hold across processes."""
    one, other = World(items=250), World(items=250)
    item = first(one, mime_type)
    variant = "dv" if item.is_video else "d"

    assert one.bytes_of(item.id, variant) == other.bytes_of(item.id, variant)


def test_every_theme_is_painted(world: World) -> None:
    """All motifs occur in a small library, and none is a single colour."""
    for theme in THEMES:
        item = world.add_item(theme=theme, mime_type="image/jpeg", width=400, height=300)
        image = Image.open(io.BytesIO(world.bytes_of(item.id, "w100-h75")))
        colours = image.getcolors(100 * 75)
        assert colours is not None
        assert len(colours) > 300


def test_an_item_without_a_size_can_be_drawn(world: World) -> None:
    item = world.add_item(mime_type="image/jpeg", width=0, height=0)

    assert world.bytes_of(item.id, "d").startswith(b"\xff\xd8")
