"""Bytes that can be sent: whole ones in memory, and endless-looking ones made slice by slice."""

import functools
import io
import random
import struct
from dataclasses import dataclass
from typing import Final, Protocol

from PIL import Image, ImageDraw

from gphotosfs.simulator.dice import roll


class Content(Protocol):
    """A body: of what type, how long, and its bytes from anywhere in it."""

    @property
    def content_type(self) -> str:
        """The MIME type that is sent along."""

    @property
    def size_bytes(self) -> int:
        """Its whole length."""

    def read(self, start: int, end: int) -> bytes | memoryview:
        """The bytes from start up to end, or fewer: at least one where start < end."""


@dataclass(frozen=True, slots=True)
class Whole:
    """Bytes that are there."""

    content_type: str
    data: bytes

    @property
    def size_bytes(self) -> int:
        """Its whole length."""
        return len(self.data)

    def read(self, start: int, end: int) -> memoryview:
        """The bytes from start up to end."""
        return memoryview(self.data)[start:end]


_POOL_BYTES: Final = 1 << 20
_SLICE_BYTES: Final = 1 << 16


@functools.lru_cache(maxsize=1)
def _pool() -> memoryview:
    return memoryview(random.Random(20261121).randbytes(_POOL_BYTES + _SLICE_BYTES))


@dataclass(frozen=True, slots=True)
class Noise:
    """A small real picture or film header with noise behind it up to the wanted length.

    Each slice of 64 KiB is a window into one pool of random bytes, chosen by the seed and by where
    the slice stands: nothing is computed or copied, and bytes in a wrong place are noticed.
    """

    content_type: str
    size_bytes: int
    seed: int

    def read(self, start: int, end: int) -> bytes | memoryview:
        """The bytes from start to the end of the slice that start is in, or up to end."""
        head = _head(self.content_type, self.size_bytes)
        if start < len(head):
            return memoryview(head)[start : min(end, len(head), self.size_bytes)]
        number, offset = divmod(start, _SLICE_BYTES)
        at = roll(self.seed, number, 1) % _POOL_BYTES
        length = min(end, self.size_bytes, (number + 1) * _SLICE_BYTES) - start
        return _pool()[at + offset : at + offset + length]


def _head(content_type: str, size_bytes: int) -> bytes:
    if content_type.startswith("video/"):
        # An MP4 that is one box of media after the file type, as players sniff it.
        kind = b"isomiso2avc1mp41"
        box = struct.pack(">I4s4sI", 16 + len(kind), b"ftyp", b"isom", 512) + kind
        rest = max(16, size_bytes - len(box))
        return box + struct.pack(">I4sQ", 1, b"mdat", rest)
    return _thumbnail()


@functools.lru_cache(maxsize=1)
def _thumbnail() -> bytes:
    picture = Image.new("RGB", (96, 72), (120, 170, 220))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((66, 8, 84, 26), fill=(255, 240, 180))
    draw.polygon([(0, 72), (34, 26), (60, 72)], fill=(80, 100, 90))
    draw.polygon([(38, 72), (66, 38), (96, 72)], fill=(60, 80, 70))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def read_all(content: Content) -> bytes:
    """The whole of a content; for tests, and never for large noise."""
    parts = bytearray()
    while len(parts) < content.size_bytes:
        parts += content.read(len(parts), content.size_bytes)
    return bytes(parts)
