"""Short films: the camera moves over a scene while a bird crosses it."""

import math
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from PIL import Image, ImageDraw

WIDTH: Final = 640
HEIGHT: Final = 360
FRAMES_PER_S: Final = 24


def encode(scene: Image.Image, seed: int, *, fast_start: bool) -> bytes:
    """An MP4 of two to four seconds.

    Args:
        scene: what is filmed.
        seed: another one is another film.
        fast_start: the index stands before the pictures, as in a streaming service's files; else
            behind them, as cameras write it, and players seek to the end first.
    """
    frames = FRAMES_PER_S * (2 + seed % 3)
    wide = scene.resize((WIDTH * 5 // 4, WIDTH * 5 // 4 * scene.height // scene.width))
    if wide.height < HEIGHT:
        wide = wide.resize((wide.width, HEIGHT))
    # Bit-exact: no version of the library and no time of day in the file.
    options = {"fflags": "+bitexact", "movflags": "faststart" if fast_start else "disable_chpl"}
    # A file, because ffmpeg opens it a second time by name to move the index to its front.
    with tempfile.TemporaryDirectory(prefix="gphotosfs-simulator-") as folder:
        path = Path(folder) / "film.mp4"
        _write(path, wide, frames, options)
        return path.read_bytes()


def _write(path: Path, wide: Image.Image, frames: int, options: dict[str, str]) -> None:
    with av.open(path, "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, FRAMES_PER_S)
        # One thread, because the result depends on their number.
        stream.options = {"preset": "ultrafast", "crf": "26", "threads": "1", "flags": "+bitexact"}
        for number in range(frames):
            picture = _frame(wide, number / frames, number)
            shown: av.VideoFrame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            for packet in stream.encode(shown):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def _frame(wide: Image.Image, share: float, number: int) -> Image.Image:
    left = round((wide.width - WIDTH) * share)
    top = (wide.height - HEIGHT) // 2
    picture = wide.crop((left, top, left + WIDTH, top + HEIGHT))
    draw = ImageDraw.Draw(picture)
    x, y = WIDTH * (1 - share), HEIGHT * 0.2 + 14 * math.sin(number / 7)
    beat = 9 * math.sin(number / 2)
    wings = [(x - 18, y - beat), (x - 6, y), (x, y + 3), (x + 6, y), (x + 18, y - beat)]
    draw.line(wings, fill=(30, 30, 34), width=3, joint="curve")
    return picture
