"""Makes files of what is painted: JPEG, HEIC, PNG and GIF, as cameras and phones write them."""

import functools
import io
import random
import re
from typing import Final

from PIL import Image, ImageDraw, ImageOps

from gphotosfs.simulator.library.items import Item, moment
from gphotosfs.simulator.pictures import canvas, films, scenes

# EXIF 2.3, the tags that cameras fill in. Those of a place are left out, as Google takes them out
# of what it serves (reference 2.2).
_MAKE, _MODEL, _CHANGED = 0x010F, 0x0110, 0x0132
_EXIF_IFD: Final = 0x8769
_EXPOSURE, _F_NUMBER, _ISO, _TAKEN, _FOCAL_LENGTH = 0x829A, 0x829D, 0x8827, 0x9003, 0x920A

_SIZES: Final = re.compile(r"(?:w(\d+))?-?(?:h(\d+))?(-c)?(?:-no)?")
_GIF_FRAMES: Final = 10
_CHEAP_SIDE: Final = 640


def render(item: Item, variant: str) -> tuple[str, bytes]:
    """MIME type and bytes of an item as a base URL with this parameter shows it.

    Raises:
        ValueError: the parameter means nothing for this item.
    """
    if variant == "dv":
        if not item.is_video:
            raise ValueError("a photo has no film")
        return "video/mp4", films.encode(_scene(item), item.motif, fast_start=item.motif % 2 == 0)
    if variant != "d":
        return "image/jpeg", _jpeg(_scaled(_scene(item), variant), b"", 85)
    if item.mime_type == "image/png":
        return "image/png", _png(item)
    if item.mime_type == "image/gif":
        return "image/gif", _gif(item)
    if item.mime_type == "image/heic":
        return "image/heic", _heic(item)
    # A film answers `=d` with a still of it (reference 2.1).
    return "image/jpeg", _jpeg(_photo(item), b"" if item.is_video else _exif(item), 88)


def _scene(item: Item) -> Image.Image:
    if item.cheap:
        # What stands in for a photo that nobody looks at need not be painted, which takes 50 ms.
        share = _CHEAP_SIDE / max(item.width or 4, item.height or 3)
        width, height = (item.width or 4) * share, (item.height or 3) * share
        size = (max(1, round(width)), max(1, round(height)))
        return Image.new("RGB", size, (item.motif % 256, item.motif // 256 % 256, 128))
    return scenes.paint(item.theme, item.motif, item.width or 640, item.height or 480)


def _photo(item: Item) -> Image.Image:
    """The scene in the camera's size, with its grain."""
    size = (item.width or 640, item.height or 480)
    image = _scene(item).resize(size, Image.Resampling.BICUBIC)
    return canvas.grain(image, 0.05 + item.motif % 7 / 90, _noise())


def _scaled(scene: Image.Image, variant: str) -> Image.Image:
    match = _SIZES.fullmatch(variant)
    if match is None or not (match[1] or match[2]):
        raise ValueError(f"no size: {variant}")
    width, height = int(match[1] or 16383), int(match[2] or 16383)
    if match[3]:
        return ImageOps.fit(scene, (max(1, width), max(1, height)))
    share = min(width / scene.width, height / scene.height)
    size = (max(1, round(scene.width * share)), max(1, round(scene.height * share)))
    return scene.resize(size, Image.Resampling.BICUBIC)


def _jpeg(image: Image.Image, exif: bytes, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, exif=exif)
    return buffer.getvalue()


def _heic(item: Item) -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    heif = pillow_heif.from_pillow(_photo(item))
    heif.save(buffer, quality=55, exif=_exif(item), enc_params={"preset": "ultrafast"})
    return buffer.getvalue()


def _png(item: Item) -> bytes:
    """What a phone's screenshot of a photo looks like: the photo between two bars."""
    image = _scene(item).resize((item.width or 640, item.height or 480))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, image.width, image.height // 12), fill=(32, 33, 36))
    draw.rectangle((0, image.height * 11 // 12, image.width, image.height), fill=(32, 33, 36))
    for dot in range(4):
        x, y, r = image.width * (1 + 2 * dot) // 8, image.height * 23 // 24, image.height // 60
        draw.ellipse((x - r, y - r, x + r, y + r), outline=(232, 234, 237), width=3)
    buffer = io.BytesIO()
    # Fewer colours, or a gradient makes a PNG larger than a photo.
    image.quantize(128).save(buffer, "PNG")
    return buffer.getvalue()


def _gif(item: Item) -> bytes:
    """A view that moves to the right and back."""
    scene = _scene(item).resize(((item.width or 480) * 5 // 4, item.height or 360))
    palette = scene.quantize(64)
    width, room = item.width or 480, scene.width - (item.width or 480)
    frames = []
    for frame in range(_GIF_FRAMES):
        share = 1 - abs(2 * frame / _GIF_FRAMES - 1)
        left = round(room * share)
        frames.append(palette.crop((left, 0, left + width, scene.height)))
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=90, loop=0)
    return buffer.getvalue()


def _exif(item: Item) -> bytes:
    exif = Image.Exif()
    details = exif.get_ifd(_EXIF_IFD)
    if item.created_ns is not None:
        taken = f"{moment(item.created_ns):%Y:%m:%d %H:%M:%S}".rjust(19, "0")
        exif[_CHANGED] = taken
        details[_TAKEN] = taken
    if item.camera_make:
        exif[_MAKE], exif[_MODEL] = item.camera_make, item.camera_model
    if item.focal_length:
        details[_FOCAL_LENGTH] = item.focal_length
        details[_F_NUMBER] = item.aperture
        details[_ISO] = item.iso
        details[_EXPOSURE] = float(item.exposure.removesuffix("s"))
    return exif.tobytes()


@functools.lru_cache(maxsize=1)
def _noise() -> Image.Image:
    """Grey noise, the same in every process."""
    return Image.frombytes("L", (1024, 1024), random.Random(20261122).randbytes(1 << 20))
