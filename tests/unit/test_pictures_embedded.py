"""Previews within photos: the photo is blue, so a preview's colour tells that it was used."""

import io
import struct
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gphotosfs import pictures
from gphotosfs.pictures.embedded import Embedded, embedded_jpegs, is_raw
from tests.pictures_kit import linear_profile

BLUE, GREEN, YELLOW = (0, 0, 254), (0, 160, 0), (254, 254, 0)

# A directory: its numbers by tag, and the bytes that two of them say where and how many they are.
Directory = tuple[Mapping[int, Sequence[int]], tuple[int, int] | None, bytes]


def jpeg(
    width: int,
    height: int,
    colour: tuple[int, int, int],
    exif: bytes = b"",
    profile: bytes | None = None,
) -> bytes:
    file = io.BytesIO()
    image = Image.new("RGB", (width, height), colour)
    image.save(file, "JPEG", exif=exif, icc_profile=profile)
    return file.getvalue()


def tiff(*chain: Directory, below: Sequence[Directory] = (), order: str = "<") -> bytes:
    """A TIFF of a chain of directories; those below are named by the first one."""
    everything = [*chain, *below]
    sizes = [2 + 12 * (len(tags) + 3) + 4 + 4 * 16 + len(blob) for tags, _, blob in everything]
    starts = [8 + sum(sizes[:index]) for index in range(len(sizes))]
    out = bytearray(b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    for index, (tags, place, blob) in enumerate(everything):
        start, numbers = starts[index], dict(tags)
        long_at = start + 2 + 12 * (len(tags) + 3) + 4
        if place is not None:
            numbers |= {place[0]: [long_at + 64], place[1]: [len(blob)]}
        if index == 0 and below:
            numbers[0x14A] = starts[len(chain) :]
        longs, rows = b"", b""
        for tag in sorted(numbers):
            values = numbers[tag]
            packed = struct.pack(f"{order}{len(values)}I", *values)
            if len(values) > 1:
                packed = struct.pack(order + "I", long_at + len(longs))
                longs += struct.pack(f"{order}{len(values)}I", *values)
            rows += struct.pack(order + "HHI", tag, 4, len(values)) + packed
        follower = starts[index + 1] if index + 1 < len(chain) else 0
        head = struct.pack(order + "H", len(numbers)) + rows + struct.pack(order + "I", follower)
        out += head.ljust(long_at - start, b"\0") + longs.ljust(64, b"\0") + blob
    return bytes(out)


def in_exif(preview: bytes, order: str = "<", orientation: int = 1) -> bytes:
    """The EXIF block of a JPEG with that preview."""
    block = tiff(({0x112: [orientation]}, None, b""), ({}, (0x201, 0x202), preview), order=order)
    return b"Exif\0\0" + block


def raw(order: str = "<") -> bytes:
    """A raw photo: a tiny picture, the sensor's data, and two JPEGs."""
    tiny = {
        0x100: [16],
        0x101: [12],
        0x102: [8, 8, 8],
        0x103: [1],
        0x106: [2],
        0x115: [3],
        0xFE: [1],
    }
    strip = (0x111, 0x117)
    sensor = {0x100: [4000], 0x101: [3000], 0x103: [7], 0x106: [32803]}
    preview = {0x103: [7], 0x106: [6], 0xFE: [1]}
    return tiff(
        (tiny, strip, bytes(BLUE) * 16 * 12),
        below=[
            (sensor, strip, jpeg(4000, 3000, YELLOW)),
            (preview, strip, jpeg(1024, 768, YELLOW)),
            (preview, strip, jpeg(512, 384, GREEN)),
        ],
        order=order,
    )


def colour_of(photo: bytes, longest_px: int) -> object:
    with Image.open(io.BytesIO(pictures.scaled_jpeg(io.BytesIO(photo), longest_px))) as image:
        return image.getpixel((image.width // 2, image.height // 2))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_preview_is_used_where_it_is_large_enough(order: str) -> None:
    photo = jpeg(800, 600, BLUE, in_exif(jpeg(320, 240, GREEN), order))

    assert colour_of(photo, 256) == GREEN
    assert colour_of(photo, 512) == BLUE


def test_a_preview_with_black_bars_is_not_used() -> None:
    """160 x 120 is what many cameras embed, whatever shape the photo has."""
    assert colour_of(jpeg(900, 600, BLUE, in_exif(jpeg(320, 240, GREEN))), 256) == BLUE


def test_a_preview_is_turned_as_its_photo_is() -> None:
    photo = jpeg(800, 600, BLUE, in_exif(jpeg(320, 240, GREEN), orientation=6))

    with Image.open(io.BytesIO(pictures.scaled_jpeg(io.BytesIO(photo), 256))) as image:
        assert image.size == (192, 256)
        assert image.getpixel((9, 9)) == GREEN


def test_a_broken_preview_is_no_reason_to_use_none() -> None:
    """What says that it is a JPEG of the right size and is not one: the photo itself is there."""
    broken = jpeg(320, 240, GREEN)[:400]

    assert colour_of(jpeg(800, 600, BLUE, in_exif(broken)), 256) == BLUE


def test_a_preview_has_the_colours_of_its_photo() -> None:
    """Only the photo says what its numbers mean, and the preview's mean the same."""
    photo = jpeg(800, 600, BLUE, in_exif(jpeg(320, 240, (128, 128, 128))), linear_profile())

    colour = colour_of(photo, 256)

    assert isinstance(colour, tuple)
    assert all(abs(level - 188) < 4 for level in colour)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_raw_photo_shows_its_smallest_preview_that_is_large_enough(order: str) -> None:
    assert colour_of(raw(order), 256) == GREEN
    assert colour_of(raw(order), 1000) == YELLOW
    assert colour_of(raw(order), 3000) == YELLOW


def test_the_data_of_a_sensor_is_no_preview() -> None:
    photo = io.BytesIO(raw())

    assert is_raw(photo)
    assert [each.longest_px for each in embedded_jpegs(photo)] == [1024, 512]


def test_a_lossless_jpeg_is_no_preview() -> None:
    """Canon's CR2 holds the sensor's data as one, and says so in its frame header alone."""
    lossless = jpeg(4000, 3000, YELLOW).replace(b"\xff\xc0", b"\xff\xc3", 1)
    photo = tiff(({}, (0x201, 0x202), lossless), ({}, (0x201, 0x202), jpeg(40, 30, GREEN)))

    assert [each.longest_px for each in embedded_jpegs(io.BytesIO(photo))] == [40]


def test_of_a_plain_tiff_the_picture_is_decoded() -> None:
    file = io.BytesIO()
    Image.new("RGB", (400, 300), BLUE).save(file, "TIFF")

    assert not is_raw(file)
    assert embedded_jpegs(file) == []


def test_only_what_was_asked_for_is_read() -> None:
    """Of a photo on a slow disk the head is read, not the megabytes behind it."""

    class Counted(io.BytesIO):
        read_bytes = 0

        def read(self, size: int | None = -1, /) -> bytes:
            content = super().read(size)
            self.read_bytes += len(content)
            return content

    noise = Image.effect_noise((1600, 1200), 90).convert("RGB")
    file = io.BytesIO()
    noise.save(file, "JPEG", exif=in_exif(jpeg(320, 240, GREEN)))
    photo = Counted(file.getvalue())

    pictures.scaled_jpeg(photo, 256)

    assert len(photo.getvalue()) > 1_000_000
    assert photo.read_bytes < 150_000


def test_a_preview_that_says_it_is_huge_is_not_read() -> None:
    exif = bytearray(in_exif(jpeg(320, 240, GREEN)))
    at = exif.index(struct.pack("<HHI", 0x202, 4, 1)) + 8
    struct.pack_into("<I", exif, at, 0xFFFF_FFFF)

    assert colour_of(jpeg(800, 600, BLUE, bytes(exif)), 256) == BLUE


def test_directories_in_a_circle_end() -> None:
    circle = bytearray(tiff(({}, (0x201, 0x202), jpeg(40, 30, GREEN))))
    entries = struct.unpack_from("<H", circle, 8)[0]
    struct.pack_into("<I", circle, 10 + 12 * entries, 8)

    assert [(each.width_px, each.height_px) for each in embedded_jpegs(io.BytesIO(circle))] == [
        (40, 30)
    ]


@given(order=st.sampled_from([b"II*\0", b"MM\0*"]), rest=st.binary(max_size=400))
def test_any_bytes_are_survived(order: bytes, rest: bytes) -> None:
    assert embedded_jpegs(io.BytesIO(order + rest)) == []


@given(st.data())
def test_any_damage_is_survived(data: st.DataObject) -> None:
    photo = bytearray(tiff(({0x112: [1]}, None, b""), ({}, (0x201, 0x202), jpeg(40, 30, GREEN))))
    for at in data.draw(st.lists(st.integers(0, len(photo) - 1), max_size=8)):
        photo[at] = data.draw(st.integers(0, 255))

    assert all(isinstance(each, Embedded) for each in embedded_jpegs(io.BytesIO(photo)))
