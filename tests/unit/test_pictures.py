"""Pictures of every kind made small; `corner` says where the red corner of the test picture went."""

import io
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageCms

from gphotosfs import pictures
from gphotosfs.errors import PictureError
from tests.pictures_kit import linear_profile

RED, GREEN, BLUE = (254, 0, 0), (0, 160, 0), (0, 0, 254)


def drawn(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    """Red in the upper left quarter, green in the upper right one, blue below."""
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture))


def is_like(colour: object, expected: tuple[int, ...], by: int = 40) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(is_ - was) <= by for is_, was in zip(colour, expected, strict=True))


def corners(image: Image.Image) -> list[object]:
    """The colours in the middle of the quarters, row by row."""
    width, height = image.size
    points = ((1, 1), (3, 1), (1, 3), (3, 3))
    return [image.getpixel((x * width // 4, y * height // 4)) for x, y in points]


def assert_drawn(picture: bytes, width: int, height: int, by: int = 40) -> None:
    image = opened(picture)
    assert image.size == (width, height)
    for colour, expected in zip(corners(image), (RED, GREEN, BLUE, BLUE), strict=True):
        wanted = expected if image.mode == "RGB" else (*expected, 255)
        assert is_like(colour, wanted, by), (image.mode, corners(image))


# --- every kind -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "HEIF", "AVIF", "TIFF", "BMP"])
def test_every_kind_of_picture_is_scaled(kind: str) -> None:
    assert_drawn(pictures.scaled_jpeg(io.BytesIO(saved(drawn(), kind)), 160), 160, 120)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_shown(kind: str) -> None:
    film = saved(drawn(), kind, save_all=True, append_images=[Image.new("RGB", (320, 240))] * 3)

    assert_drawn(pictures.scaled_jpeg(io.BytesIO(film), 160), 160, 120)


def grey(mode: str) -> Image.Image:
    """A picture of that mode that is mid grey everywhere, or white where there is no grey."""
    plain = Image.new("RGB", (400, 300), (128,) * 3)
    match mode:
        case "1":
            return Image.new("1", plain.size, 1)
        case "I;16":
            return Image.new("I;16", plain.size, 128 * 256)
        case "F":
            return Image.new("F", plain.size, 128.0)
        case "P":
            return plain.quantize()
    return plain.convert(mode)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    """Sixteen bits keep their upper half."""
    picture = saved(grey(mode), "TIFF" if mode in {"CMYK", "F"} else "PNG")

    made = opened(pictures.scaled_jpeg(io.BytesIO(picture), 100))

    assert made.mode == "RGB"
    assert is_like(made.getpixel((50, 30)), (255 if mode == "1" else 128,) * 3, by=3)


def test_sixteen_bits_of_colour_are_read() -> None:
    rows = b"".join(b"\0" + struct.pack(">3H", 0xFE00, 0, 0) * 40 for _ in range(30))
    chunks = (b"IHDR", struct.pack(">2I5B", 40, 30, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in (*chunks, (b"IEND", b"")))

    assert is_like(opened(pictures.scaled_jpeg(io.BytesIO(png), 20)).getpixel((5, 5)), RED)


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    assert_drawn(pictures.scaled_jpeg(io.BytesIO(saved(drawn(mode="CMYK"), "JPEG")), 160), 160, 120)


def test_other_colour_spaces_become_srgb() -> None:
    """The same grey means a lighter one where the profile says that greys are linear."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    plain, linear = made.tobytes(), linear_profile()

    for profile, expected in ((plain, 128), (linear, 188)):
        picture = saved(Image.new("RGB", (300, 200), (128,) * 3), "JPEG", icc_profile=profile)
        scaled = opened(pictures.scaled_jpeg(io.BytesIO(picture), 100))
        assert is_like(scaled.getpixel((10, 10)), (expected,) * 3, by=4)
        assert "icc_profile" not in scaled.info


def test_a_broken_colour_profile_is_passed_over() -> None:
    picture = saved(drawn(), "JPEG", icc_profile=b"this is no profile")

    assert_drawn(pictures.scaled_jpeg(io.BytesIO(picture), 160), 160, 120)


def test_what_the_original_says_of_itself_is_not_written_again() -> None:
    """Its comment and a profile that can't be read would make a thumbnail many times as large."""
    noise = random.Random(1).randbytes(50_000)
    picture = saved(drawn(), "JPEG", icc_profile=noise, comment=noise)

    pngs = pictures.thumbnail_pngs(picture, [128])
    for made in (opened(pngs[128]), opened(pictures.scaled_jpeg(io.BytesIO(picture), 128))):
        assert not {"icc_profile", "comment"} & made.info.keys()


def test_pillow_is_imported_with_the_first_picture() -> None:
    """A daemon that draws none does without its 12 MiB."""
    program = "import sys, gphotosfs.desktop.thumbnail_files; print('PIL' in sys.modules)"

    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert ran.stdout == b"False\n"


# --- sizes ------------------------------------------------------------------------------------


def test_a_small_picture_is_not_enlarged() -> None:
    assert_drawn(pictures.scaled_jpeg(io.BytesIO(saved(drawn(80, 60), "PNG")), 256), 80, 60)


@pytest.mark.parametrize("size", [(3000, 1), (1, 3000)])
def test_a_line_stays_a_line(size: tuple[int, int]) -> None:
    made = opened(pictures.scaled_jpeg(io.BytesIO(saved(drawn(*size), "PNG")), 256))

    assert sorted(made.size) == [1, 256]


def test_thumbnails_of_all_sizes_come_from_one_picture() -> None:
    pngs = pictures.thumbnail_pngs(saved(drawn(600, 800), "JPEG"), [128, 512, 256])

    assert {size_px: opened(png).size for size_px, png in pngs.items()} == {
        128: (96, 128),
        256: (192, 256),
        512: (384, 512),
    }
    for size_px, png in pngs.items():
        assert_drawn(png, size_px * 3 // 4, size_px)
        assert opened(png).format == "PNG"


# --- transparency -----------------------------------------------------------------------------


def test_what_is_transparent_shows_through_a_thumbnail_and_is_white_in_a_jpeg() -> None:
    image = drawn(mode="RGBA")
    image.paste((0, 0, 0, 0), (0, 120, 320, 240))
    picture = saved(image, "PNG")

    thumbnail = opened(pictures.thumbnail_pngs(picture, [256])[256])
    flat = opened(pictures.scaled_jpeg(io.BytesIO(picture), 256))

    assert thumbnail.mode == "RGBA"
    assert thumbnail.getpixel((20, 180)) == (0, 0, 0, 0)
    assert is_like(flat.getpixel((20, 180)), (255, 255, 255))
    assert is_like(flat.getpixel((20, 20)), RED)


def test_a_transparent_colour_of_a_palette_shows_through() -> None:
    palette = drawn(mode="RGB").quantize(4)
    blue = palette.getpixel((10, 230))
    picture = saved(palette, "PNG", transparency=blue)

    thumbnail = opened(pictures.thumbnail_pngs(picture, [128])[128])

    alphas = [colour[3] for colour in corners(thumbnail) if isinstance(colour, tuple)]
    assert alphas == [255, 255, 0, 0]


# --- orientation ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright_once(kind: str, orientation: int) -> None:
    """Stored as a camera held that way would, it comes out as it was seen."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = drawn()
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = image.transpose(undo[orientation]) if orientation > 1 else image
    picture = saved(stored, kind, exif=exif.tobytes())

    assert_drawn(pictures.scaled_jpeg(io.BytesIO(picture), 160), 160, 120)
    assert_drawn(pictures.thumbnail_pngs(picture, [128])[128], 128, 96)


def test_an_orientation_that_means_nothing_turns_nothing() -> None:
    exif = Image.Exif()
    exif[0x0112] = 99

    assert_drawn(
        pictures.scaled_jpeg(io.BytesIO(saved(drawn(), "JPEG", exif=exif.tobytes())), 256), 256, 192
    )


@pytest.mark.filterwarnings("ignore:Metadata Warning", "ignore:Corrupt EXIF data")
def test_damaged_metadata_leave_the_picture_as_it_is() -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x02\xff\xff\xff\xff"

    assert_drawn(pictures.scaled_jpeg(io.BytesIO(saved(drawn(), "JPEG", exif=exif)), 160), 160, 120)


# --- hostile ----------------------------------------------------------------------------------


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is that large, in some hundred bytes."""
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 10_000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def webp_bomb(width: int, height: int) -> bytes:
    """The same as WebP: a lossless frame whose header, 14 bits each, says how large it is."""
    webp = bytearray(saved(drawn(8, 8), "WEBP", lossless=True))
    at = webp.index(b"VP8L") + 9  # behind the length and a signature
    has_alpha = int.from_bytes(webp[at : at + 4], "little") >> 28
    head = (width - 1) | (height - 1) << 14 | has_alpha << 28
    webp[at : at + 4] = head.to_bytes(4, "little")
    return bytes(webp)


def progressive_bomb() -> bytes:
    """A JPEG whose frame header, behind a marker of two bytes, a length and a depth, says 9000 x 9000."""
    jpeg = bytearray(saved(drawn(8, 8), "JPEG", progressive=True))
    struct.pack_into(">2H", jpeg, jpeg.index(b"\xff\xc2") + 5, 9_000, 9_000)
    return bytes(jpeg)


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<!doctype html><title>Sign in</title>", id="HTML"),
        pytest.param(b"\xff\xd8\xff", id="three bytes of a JPEG"),
        *(
            pytest.param(saved(drawn(), kind)[:300], id=f"cut {kind}")
            for kind in ("JPEG", "PNG", "GIF", "WEBP", "HEIF", "AVIF", "TIFF", "BMP")
        ),
        pytest.param(bomb(30_000, 30_000), id="900 million pixels"),
        pytest.param(bomb(15_000, 15_000), id="225 million pixels"),
        pytest.param(bomb(9_000, 9_000), id="81 million pixels of PNG"),
        pytest.param(progressive_bomb(), id="81 million pixels, progressive"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", id="PostScript"),
    ],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_is_no_picture_is_refused(hostile: bytes) -> None:
    with pytest.raises(PictureError):
        pictures.scaled_jpeg(io.BytesIO(hostile), 256)
    with pytest.raises(PictureError):
        pictures.thumbnail_pngs(hostile, [128, 256])


def test_a_webp_takes_no_more_memory_than_others() -> None:
    """Its decoder takes twice as much for each pixel."""
    with pytest.raises(PictureError, match="36000000 pixels are too many"):
        pictures.thumbnail_pngs(webp_bomb(8_000, 4_500), [128])


def test_a_large_jpeg_is_never_decoded_whole(tmp_path: Path) -> None:
    """108 million pixels take 108 MB even in grey; a process of its own tells what it took."""
    large = tmp_path / "large.jpg"
    Image.new("L", (12_000, 9_000), 128).save(large)
    program = """
import resource, sys
from gphotosfs import pictures
def peak(name):
    with open(name, "rb") as file:
        pictures.scaled_jpeg(file, 256)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak(sys.argv[1]), peak(sys.argv[2]))
"""
    small = tmp_path / "small.jpg"
    Image.new("L", (1200, 900), 128).save(small)

    ran = subprocess.run(
        [sys.executable, "-c", program, small, large], check=True, capture_output=True, text=True
    )

    before_kib, after_kib = map(int, ran.stdout.split())
    assert after_kib - before_kib < 20_000


# --- texts ------------------------------------------------------------------------------------


def test_texts_replace_those_that_were_there() -> None:
    png = pictures.thumbnail_pngs(saved(drawn(), "JPEG"), [128])[128]
    first = pictures.with_text(png, {"Thumb::URI": "file:///a", "Thumb::MTime": "1"})

    second = pictures.with_text(first, {"Thumb::URI": "file:///b"})

    assert pictures.texts_of(second) == {"Thumb::URI": "file:///b"}
    assert pictures.with_text(second, {}) == png


def test_pillow_reads_the_texts_and_the_same_pixels() -> None:
    png = pictures.thumbnail_pngs(saved(drawn(), "JPEG"), [128])[128]
    texts = {"Title": "Größe ½", "Comment": "日本 \N{CAMERA}"}

    with opened(pictures.with_text(png, texts)) as image:
        image.load()
        assert image.info == texts
        assert image.tobytes() == opened(png).tobytes()


def test_the_head_of_a_png_tells_its_texts() -> None:
    texts = {"Thumb::URI": "file:///" + "a" * 300}
    png = pictures.with_text(pictures.thumbnail_pngs(saved(drawn(), "JPEG"), [128])[128], texts)

    assert pictures.texts_of(png[:400]) == texts
    assert pictures.texts_of(png[:300]) == {}


def test_only_a_whole_png_is_given_texts() -> None:
    png = pictures.thumbnail_pngs(saved(drawn(), "JPEG"), [128])[128]

    for broken in (b"", b"GIF89a", png[:-1], png[:40]):
        with pytest.raises(PictureError):
            pictures.with_text(broken, {})
    with pytest.raises(PictureError):
        pictures.texts_of(b"GIF89a")


@pytest.mark.parametrize("texts", [{"": "no keyword"}, {"k" * 80: "long"}, {"k": "N\0UL"}])
def test_a_text_that_png_cannot_hold_is_an_error(texts: dict[str, str]) -> None:
    png = pictures.thumbnail_pngs(saved(drawn(), "JPEG"), [128])[128]

    with pytest.raises(ValueError, match="PNG can't hold"):
        pictures.with_text(png, texts)
