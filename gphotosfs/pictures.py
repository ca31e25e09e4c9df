"""Pictures made small: thumbnails, previews, and the texts that a PNG carries.

The only module that knows Pillow, which is imported when the first picture comes: a daemon that
draws none neither waits nor pays for it. Every function blocks, so call it in a thread.
"""

import contextlib
import functools
import io
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

from gphotosfs.errors import PictureError

if TYPE_CHECKING:
    from PIL import Image

# 200 million: the largest that a telephone takes (16,320 x 12,240); what claims more is a bomb.
_PIXELS_MAX: Final = 200_000_000

# What Google Photos and cameras hold. A shorter list than Pillow's: each decoder is a risk.
# https://support.google.com/photos/answer/6193313 (read 2026-11)
_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "HEIF", "AVIF", "TIFF", "BMP")

# Pillow and the libraries below it raise any of these at bytes that somebody damaged.
_UNREADABLE: Final = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, AttributeError, LookupError),
    *(ArithmeticError, RuntimeError, Warning, MemoryError, struct.error, zlib.error),
)

_JPEG_QUALITY: Final = 87
_PNG_COMPRESSION: Final = 3


def scaled_jpeg(original: BinaryIO, longest_px: int) -> bytes:
    """The picture as an upright sRGB JPEG whose longer side has at most so many pixels.

    It is never enlarged, and what was transparent becomes white.

    Raises:
        PictureError: not a picture that can be read.
    """
    with _reading():
        image = _opaque(_upright(original, longest_px))
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG", quality=_JPEG_QUALITY)
        return jpeg.getvalue()


def thumbnail_pngs(picture: bytes, sizes_px: Sequence[int]) -> dict[int, bytes]:
    """A PNG for each size, its longer side no longer than that; the picture is decoded once.

    Upright and sRGB, 8 bits a channel, RGB or, where something shows through, RGBA.

    Raises:
        PictureError: not a picture that can be read.
    """
    pngs = {}
    with _reading():
        image = _upright(io.BytesIO(picture), max(sizes_px))
        # Each from the one before it, which is the next larger.
        for size_px in sorted(sizes_px, reverse=True):
            image.thumbnail((size_px, size_px))
            png = io.BytesIO()
            image.save(png, "PNG", compress_level=_PNG_COMPRESSION)
            pngs[size_px] = png.getvalue()
    return pngs


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as exc:
        raise PictureError(f"not a picture that can be read: {exc}") from exc


@functools.cache
def _pillow() -> None:
    """Make Pillow ready, once."""
    from PIL import Image

    with contextlib.suppress(ImportError):  # without it there is no HEIC, and all else works
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = _PIXELS_MAX


def _upright(file: BinaryIO, longest_px: int) -> "Image.Image":
    """The picture scaled down, turned as its EXIF says, in sRGB; its mode is RGB or RGBA."""
    from PIL import Image, ImageOps

    _pillow()
    image: Image.Image = Image.open(file, formats=_FORMATS)
    if image.width * image.height > _PIXELS_MAX:
        raise ValueError(f"{image.width} x {image.height} pixels are too many")
    profile = image.info.get("icc_profile")
    orientation = image.getexif()
    # A JPEG is decoded at a half, a quarter or an eighth, whatever is still large enough.
    image.thumbnail((longest_px, longest_px), reducing_gap=1.5)
    del orientation
    ImageOps.exif_transpose(image, in_place=True)
    return _srgb(image, profile)


def _srgb(image: "Image.Image", profile: bytes | None) -> "Image.Image":
    """The picture in sRGB, from the colours that its profile describes; mode RGB or RGBA."""
    from PIL import ImageCms

    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda level: level / 256).convert("L")
    if image.mode in {"P", "PA", "LA", "La", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode not in {"RGB", "RGBA", "CMYK"}:
        image = image.convert("RGB")
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(theirs):
                ours = ImageCms.createProfile("sRGB")
                mode = "RGBA" if image.mode == "RGBA" else "RGB"
                made = ImageCms.profileToProfile(image, theirs, ours, outputMode=mode)
                image = made or image
    return image if image.mode == "RGBA" else image.convert("RGB")


def _opaque(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode == "RGB":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


# --- texts of a PNG ---------------------------------------------------------------------------
# https://www.w3.org/TR/png-3/#11textinfo: a keyword of Latin-1, a NUL, the text; tEXt holds
# Latin-1, iTXt UTF-8 behind two flags, a language and a translated keyword, all of them empty here.

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_TEXT_TYPES: Final = (b"tEXt", b"zTXt", b"iTXt")


def with_text(png: bytes, texts: Mapping[str, str]) -> bytes:
    """The same picture carrying these texts, and none that it had; no pixel is decoded.

    They stand right behind the header, so that the file's head tells them.

    Raises:
        PictureError: not a whole PNG.
        ValueError: a text that PNG can't hold, such as one with a NUL in it.
    """
    kept: list[memoryview | bytes] = []
    last = b""
    for kind, begin, end in _chunks(png):
        if kind not in _TEXT_TYPES:
            kept.append(memoryview(png)[begin:end])
        last = kind
    if last != b"IEND":
        raise PictureError("not a whole PNG")
    written = [_text_chunk(keyword, text) for keyword, text in texts.items()]
    return b"".join([_SIGNATURE, kept[0], *written, *kept[1:]])


def texts_of(png_head: bytes) -> dict[str, str]:
    """The texts among the first bytes of a PNG, of which any number may be given.

    Raises:
        PictureError: not a PNG.
    """
    texts = {}
    for kind, begin, end in _chunks(png_head):
        keyword, _, text = png_head[begin + 8 : end - 4].partition(b"\0")
        if kind == b"tEXt":
            texts[keyword.decode("latin-1")] = text.decode("latin-1")
        elif kind == b"iTXt" and text[:1] == b"\0":
            utf8 = text[2:].split(b"\0", 2)[-1]
            texts[keyword.decode("latin-1")] = utf8.decode(errors="replace")
    return texts


def _chunks(png: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The type of each chunk that is there as a whole, where it begins and where it ends.

    Raises:
        PictureError: not a PNG.
    """
    if not png.startswith(_SIGNATURE):
        raise PictureError("not a PNG")
    begin = len(_SIGNATURE)
    while begin + 12 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, begin)
        end = begin + 12 + length
        if end > len(png):
            return
        yield kind, begin, end
        begin = end


def _text_chunk(keyword: str, text: str) -> bytes:
    name = keyword.encode("latin-1")
    if not 1 <= len(name) <= 79 or b"\0" in name or "\0" in text:
        raise ValueError(f"PNG can't hold the text {keyword!r}")
    try:
        kind, body = b"tEXt", name + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        kind, body = b"iTXt", name + b"\0\0\0\0\0" + text.encode()
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
