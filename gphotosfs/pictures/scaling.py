"""Photos of any format as small pictures: upright, in sRGB, and no larger in memory than they must be."""

import contextlib
import functools
import io
import math
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

from gphotosfs.errors import PictureError
from gphotosfs.pictures.embedded import Embedded, embedded_jpegs, is_raw

if TYPE_CHECKING:
    from PIL import Image

# 200 million: the largest that a telephone takes (16,320 x 12,240). What claims more is a bomb.
_PIXELS_MAX: Final = 200_000_000

# Only JPEG can be decoded smaller than it is, and of a progressive one all coefficients are held. The
# largest HEIC of an iPhone has 48 million.
_WHOLE_PIXELS_MAX: Final = 64_000_000

# libwebp holds three whole pictures of its own: 64 million pixels took 950 MiB, in other formats 580 at most.
_WEBP_PIXELS_MAX: Final = 32_000_000

# Above that one at a time. While it is decoded, a picture of 12 million pixels takes 97 MiB as HEIC,
# 190 as WebP, 50 as PNG and 35 as progressive JPEG, one of 48 million 355 as HEIC and 190 as PNG;
# a plain JPEG takes 1 MiB.
_WHOLE_PIXELS_SHARED: Final = 8_000_000
_large: Final = threading.Lock()

# What Google Photos and cameras hold. A shorter list than Pillow's, as each decoder is a risk.
# https://support.google.com/photos/answer/6193313 (read 2026-11)
_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "HEIF", "AVIF", "TIFF", "BMP")

# Pillow and the libraries below it raise any of these at bytes that somebody damaged.
_UNREADABLE: Final = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, AttributeError, LookupError),
    *(ArithmeticError, RuntimeError, MemoryError, struct.error, zlib.error),
)

_JPEG_QUALITY: Final = 87

# One core of a two-core virtual machine, eight photos of 256 pixels, each becoming a PNG of 256 and
# one of 128: zlib's level 6 makes 81 pairs a second of 103 KB, level 1 197 of 107 KB, and level 1
# that looks for runs of one byte only (RLE; no level above 0 makes a difference then) 234 of 106 KB,
# decoding and scaling included.
_PNG_COMPRESSION: Final = 1

# How much larger than the result a JPEG of 1/1, 1/2, 1/4 or 1/8 is decoded at least. The same core, 12
# megapixels to 256 pixels: 24 a second at 1.5, 20 at 2.0; 406 where a preview of 512 is embedded, of
# which 35 KB are read instead of 5 MB.
_DRAFT_GAP: Final = 1.5

_ORIENTATION: Final = 0x0112


def scaled_jpeg(original: BinaryIO, longest_px: int) -> bytes:
    """The picture as an upright sRGB JPEG whose longer side has at most so many pixels.

    It is never enlarged, and what was transparent becomes white. Where the camera embedded a JPEG
    that is large enough, only that one is read.

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
    from PIL import Image

    pngs = {}
    with _reading():
        image = _upright(io.BytesIO(picture), max(sizes_px))
        # Each from the one before it, which is the next larger.
        for size_px in sorted(sizes_px, reverse=True):
            image.thumbnail((size_px, size_px))
            png = io.BytesIO()
            image.save(png, "PNG", compress_level=_PNG_COMPRESSION, compress_type=Image.RLE)
            pngs[size_px] = png.getvalue()
    return pngs


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Whatever is wrong with the bytes becomes a PictureError."""
    from PIL import Image

    _prepare_pillow()
    try:
        yield
    except (*_UNREADABLE, Image.DecompressionBombError) as exc:
        raise PictureError(f"not a picture that can be read: {exc}") from exc


@functools.cache
def _prepare_pillow() -> None:
    """Once a process: what it may read, and that it keeps silent."""
    from PIL import Image

    with contextlib.suppress(ImportError):  # without it there is no HEIC, and all else works
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = _PIXELS_MAX
    # What Pillow thinks of a photo's metadata would end up among our log lines.
    warnings.filterwarnings("ignore", module=r"PIL\.")


def _upright(file: BinaryIO, longest_px: int) -> "Image.Image":
    """The picture scaled down, turned as its EXIF says, in sRGB; its mode is RGB or RGBA."""
    from PIL import Image

    with Image.open(file, formats=_FORMATS) as opened:
        if opened.width * opened.height > _PIXELS_MAX:
            raise ValueError(f"{opened.width} x {opened.height} pixels are too many")
        orientation = _orientation(opened)
        preview = _preview(opened, file, longest_px)
        if preview is not None:
            with contextlib.suppress(PictureError), _reading():
                inner = Image.open(io.BytesIO(preview), formats=("JPEG",))
                # Its colours are those of the photo, though it seldom says so.
                inner.info.setdefault("icc_profile", opened.info.get("icc_profile"))
                return _finished(_scaled(inner, longest_px), orientation)
        if opened.format == "TIFF":
            orientation = 1  # Pillow turns these itself, as it decodes them
        return _finished(_scaled(opened, longest_px), orientation)


def _orientation(image: "Image.Image") -> int:
    """How the camera was held, 1 to 8; upright where the metadata are damaged."""
    with contextlib.suppress(*_UNREADABLE):
        return int(image.getexif().get(_ORIENTATION, 1))
    return 1


def _scaled(image: "Image.Image", longest_px: int) -> "Image.Image":
    """The picture decoded and scaled down, in a mode that keeps its colours."""
    # The longer side alone would do, but a draft is as large as what is asked for in each direction.
    shrink = min(1.0, longest_px / max(image.size))
    wanted = (max(1, int(side * shrink * _DRAFT_GAP)) for side in image.size)
    held = image.size if image.info.get("progressive") else None
    image.draft(None, (next(wanted), next(wanted)))
    pixels = math.prod(held or image.size)
    if pixels > (_WEBP_PIXELS_MAX if image.format == "WEBP" else _WHOLE_PIXELS_MAX):
        raise ValueError(f"{pixels} pixels are too many to decode")
    with _large if pixels > _WHOLE_PIXELS_SHARED else contextlib.nullcontext():
        image.load()
        image = _continuous(image)
        image.thumbnail((longest_px, longest_px), reducing_gap=3.0)
    return image


def _continuous(image: "Image.Image") -> "Image.Image":
    """The picture in a mode whose pixels can be averaged."""
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda level: level / 256).convert("L")
    if image.mode in {"P", "PA", "LA", "La", "RGBa"} or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in {"L", "RGB", "RGBA", "CMYK"}:
        return image
    return image.convert("RGB")


def _finished(image: "Image.Image", orientation: int) -> "Image.Image":
    """The picture turned upright, in sRGB, mode RGB or RGBA."""
    from PIL import Image, ImageCms

    turns = (
        *(Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180),
        *(Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.TRANSPOSE),
        *(Image.Transpose.ROTATE_270, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90),
    )
    profile = image.info.get("icc_profile")
    if orientation in range(2, 9):
        image = image.transpose(turns[orientation - 2])
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(theirs):
                mode = "RGBA" if image.mode == "RGBA" else "RGB"
                srgb = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image, theirs, srgb, outputMode=mode)
                image = converted or image
    image = image if image.mode == "RGBA" else image.convert("RGB")
    # Pillow would write what is left of the original's comments and profile into whatever is made of it.
    image.info.clear()
    return image


def _preview(opened: "Image.Image", file: BinaryIO, longest_px: int) -> bytes | None:
    """The smallest JPEG within the photo that is large enough and shows the same, if there is one."""
    if opened.format == "TIFF":
        source = file
    elif opened.format in {"JPEG", "MPO"}:  # MPO: a JPEG with more pictures behind the first
        source = io.BytesIO(opened.info.get("exif", b"").removeprefix(b"Exif\0\0"))
    else:
        return None
    previews = sorted(embedded_jpegs(source), key=lambda preview: preview.longest_px)
    enough = [preview for preview in previews if preview.longest_px >= longest_px]
    if is_raw(source):
        # Of a raw photo Pillow decodes a thumbnail at most.
        enough = enough or previews[-1:]
    else:
        # The shape tells whether it was cut, or has black bars, as many have.
        enough = [preview for preview in enough if _is_alike(preview, opened)]
    if not enough:
        return None
    source.seek(enough[0].offset)
    return source.read(enough[0].size_bytes)


def _is_alike(preview: Embedded, image: "Image.Image") -> bool:
    skew = preview.width_px * image.height / max(1, preview.height_px * image.width)
    return 0.98 < skew < 1.02


def _opaque(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode == "RGB":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white
