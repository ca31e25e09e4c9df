"""Width and height out of the heads of files, of every type that phones make and of none."""

import io
import struct

import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gphotosfs.simulator.pictures import films, scenes
from gphotosfs.takeout.dimensions import dimensions

WIDTH, HEIGHT = 122, 78


class Watched:
    """A file that counts what is read of it."""

    def __init__(self, data: bytes, size_bytes: int | None = None) -> None:
        self.data = data
        self.size_bytes = len(data) if size_bytes is None else size_bytes
        self.reads = 0
        self.read_bytes = 0

    def read(self, offset: int, size: int) -> bytes:
        self.reads += 1
        found = self.data[offset : offset + size]
        self.read_bytes += len(found)
        return found

    def dimensions(self) -> tuple[int, int] | None:
        return dimensions(self.read, self.size_bytes)


def picture(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((WIDTH, HEIGHT), 60).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def an_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Google"
    return exif.tobytes()


def a_heic() -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (WIDTH, HEIGHT))).save(buffer)
    return buffer.getvalue()


def a_film(*, fast_start: bool) -> bytes:
    return films.encode(scenes.paint("sea", 1, 640, 360), 1, fast_start=fast_start)


def box(kind: bytes, *inner: bytes, is_large: bool = False) -> bytes:
    body = b"".join(inner)
    if is_large:
        return struct.pack(">I4sQ", 1, kind, len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, kind) + body


def tiff(order: str, first: tuple[int, int], raw: tuple[int, int]) -> bytes:
    """A raw file: a preview, and the picture in an IFD below it."""

    def ifd(sides: tuple[int, int], *more: bytes) -> bytes:
        tags = [
            struct.pack(f"{order}HHIHxx", 256, 3, 1, sides[0]),
            struct.pack(f"{order}HHII", 257, 4, 1, sides[1]),
            *more,
        ]
        return struct.pack(f"{order}H", len(tags)) + b"".join(tags) + bytes(4)

    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    at = 8 + len(ifd(first, bytes(12)))
    return head + ifd(first, struct.pack(f"{order}HHII", 330, 4, 1, at)) + ifd(raw)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(picture("JPEG"), id="jpeg"),
        pytest.param(picture("JPEG", progressive=True, exif=an_exif()), id="progressive jpeg"),
        pytest.param(picture("PNG"), id="png"),
        pytest.param(picture("GIF"), id="gif"),
        pytest.param(picture("WEBP"), id="webp"),
        pytest.param(picture("WEBP", lossless=True), id="lossless webp"),
        pytest.param(picture("WEBP", exif=an_exif()), id="webp with exif"),
        pytest.param(picture("TIFF"), id="tiff"),
        pytest.param(a_heic(), id="heic"),
        pytest.param(tiff("<", (16, 12), (WIDTH, HEIGHT)), id="raw of Intel"),
        pytest.param(tiff(">", (16, 12), (WIDTH, HEIGHT)), id="raw of Motorola"),
    ],
)
def test_pictures_tell_their_dimensions(data: bytes) -> None:
    file = Watched(data)

    assert file.dimensions() == (WIDTH, HEIGHT)
    assert file.read_bytes <= 1024


@pytest.mark.parametrize("fast_start", [True, False])
def test_films_tell_theirs_at_either_end(fast_start: bool) -> None:
    file = Watched(a_film(fast_start=fast_start))

    assert file.dimensions() == (640, 360)
    assert file.read_bytes <= 1024


def test_a_film_of_more_than_4_gib_is_not_read() -> None:
    head = box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"mdat", 5 << 30)
    track = bytes(76) + struct.pack(">II", 1920 << 16, 1080 << 16)
    tail = box(b"moov", box(b"trak", box(b"tkhd", track)))
    end = len(head) - 16 + (5 << 30)

    def read(offset: int, size: int) -> bytes:
        return tail[offset - end :][:size] if offset >= end else head[offset : offset + size]

    assert dimensions(read, end + len(tail)) == (1920, 1080)


def test_of_tiles_and_previews_the_whole_picture_counts() -> None:
    sizes = [(512, 512), (4032, 3024), (320, 240)]
    properties = [box(b"ispe", bytes(4) + struct.pack(">II", *size)) for size in sizes]
    file = Watched(
        box(b"ftyp", b"heic")
        + box(b"meta", bytes(4), box(b"iprp", box(b"ipco", *properties)), is_large=True)
    )

    assert file.dimensions() == (4032, 3024)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html></html>",
        picture("JPEG")[:20],
        picture("PNG")[:18],
        b"\xff\xd8\xff\xe0" + bytes(40),
        b"II*\0\x08\0\0\0\xff\xff" + b"\0\1\4\0\1\0\0\0\0\0\0\0" * 70_000,
        box(b"ftyp", b"isom") + box(b"free") * 100_000,
        box(b"ftyp", b"isom") + struct.pack(">I4s", 4, b"free"),
        b"RIFF\0\0\0\0WEBPVP8?" + bytes(20),
    ],
)
def test_what_tells_none_costs_a_bounded_look(data: bytes) -> None:
    file = Watched(data)

    assert file.dimensions() is None
    assert file.reads <= 1000


def test_a_raw_file_whose_parts_point_at_each_other_comes_to_an_end() -> None:
    loop = struct.pack("<HHIII", 1, 330, 0x10004, 8, 0)[:14]

    assert (
        Watched(b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + loop).dimensions() is None
    )


@given(
    st.sampled_from([picture("JPEG"), picture("TIFF"), a_heic(), picture("WEBP")]),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=30),
)
def test_damage_anywhere_is_an_answer_and_no_error(
    data: bytes, damage: list[tuple[int, int]]
) -> None:
    damaged = bytearray(data)
    for at, value in damage:
        damaged[at % len(damaged)] = value
    file = Watched(bytes(damaged))

    file.dimensions()

    assert file.reads <= 1000
