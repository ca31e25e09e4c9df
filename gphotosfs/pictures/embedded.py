"""The JPEGs that cameras put into the metadata of a photo, found without decoding anything.

A raw photo (DNG, CR2, NEF, ARW, …) is a TIFF whose directories name a picture of the whole sensor and
one or more JPEGs; the EXIF block of a JPEG is a TIFF as well, and its second directory names a small
one. TIFF 6.0 (https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf), section 2, and Adobe's
DNG 1.7 (https://helpx.adobe.com/camera-raw/digital-negative.html), chapter 2.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

# Tags of a directory. Others are passed over.
_COMPRESSION: Final = 0x103
_PHOTOMETRIC: Final = 0x106
_STRIP_OFFSET: Final = 0x111
_STRIP_BYTES: Final = 0x117
_SUB_DIRECTORIES: Final = 0x14A
_JPEG_TABLES: Final = 0x15B
_JPEG_OFFSET: Final = 0x201
_JPEG_BYTES: Final = 0x202

_JPEG_COMPRESSIONS: Final = ((6,), (7,))  # as in TIFF 6.0, and as in its second technical note
# A mosaic of colour filters, and one that was undone: no picture yet.
_SENSOR: Final = (32803, 34892)

# struct's letter for each type of value that may stand for an offset or a count.
_TYPES: Final = {1: "B", 3: "H", 4: "I", 13: "I"}

# Real files have up to ten directories of up to some 80 tags and four others below them.
_DIRECTORIES_MAX: Final = 32
_TAGS_MAX: Final = 512
_VALUES_MAX: Final = 16

# The same of JPEGs: a preview of all of a sensor's pixels has some 20 MB, and before its frame stand at
# most some 300 segments, most of them a colour profile's.
_JPEG_MAX_BYTES: Final = 64 << 20
_SEGMENTS_MAX: Final = 1024

# Start-of-frame markers of what is drawn: baseline, extended and progressive. The others are
# lossless (the sensor's data in a raw file), hierarchical or arithmetic, and passed over: what
# follows them is no chain of markers for long.
_DRAWN_FRAMES: Final = (0xC0, 0xC1, 0xC2)


@dataclass(frozen=True, slots=True)
class Embedded:
    """One JPEG within a file, as it is stored: nothing turned it upright yet."""

    offset: int
    size_bytes: int
    width_px: int
    height_px: int

    @property
    def longest_px(self) -> int:
        """Its longer side."""
        return max(self.width_px, self.height_px)


def embedded_jpegs(tiff: BinaryIO) -> list[Embedded]:
    """The JPEGs that the directories of a TIFF name, in their order; none if it is no TIFF."""
    found = []
    for tags in _directories(tiff):
        place = _place(tags)
        size = None if place is None else _frame_size(tiff, *place)
        if place is not None and size is not None:
            found.append(Embedded(*place, *size))
    return found


def is_raw(tiff: BinaryIO) -> bool:
    """Whether a TIFF holds what a camera's sensor measured, which is no picture yet."""
    return any(_is_sensor(tags) for tags in _directories(tiff))


def _is_sensor(tags: dict[int, tuple[int, ...]]) -> bool:
    return any(number in _SENSOR for number in tags.get(_PHOTOMETRIC, ()))


def _place(tags: dict[int, tuple[int, ...]]) -> tuple[int, int] | None:
    """Where the JPEG of a directory is, and how many bytes it has."""
    offsets, sizes = tags.get(_JPEG_OFFSET, ()), tags.get(_JPEG_BYTES, ())
    is_whole = _JPEG_TABLES not in tags and not _is_sensor(tags)
    if not offsets and is_whole and tags.get(_COMPRESSION) in _JPEG_COMPRESSIONS:
        offsets, sizes = tags.get(_STRIP_OFFSET, ()), tags.get(_STRIP_BYTES, ())
    return (offsets[0], sizes[0]) if len(offsets) == len(sizes) == 1 else None


def _directories(tiff: BinaryIO) -> Iterator[dict[int, tuple[int, ...]]]:
    """The numbers in each directory, by their tags."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(_bytes_at(tiff, 0, 4))
    if order is None:
        return
    waiting = list(_numbers(tiff, 4, order, "I", 1))
    seen = {0}
    while waiting and len(seen) <= _DIRECTORIES_MAX:
        offset = waiting.pop(0)
        if offset in seen:
            continue
        seen.add(offset)
        tags, next_offset = _directory(tiff, offset, order)
        waiting += [*tags.get(_SUB_DIRECTORIES, ()), *next_offset]
        yield tags


def _directory(
    tiff: BinaryIO, offset: int, order: str
) -> tuple[dict[int, tuple[int, ...]], tuple[int, ...]]:
    """One directory's numbers by tag, and the offset of the next one if it says so."""
    count = min(next(iter(_numbers(tiff, offset, order, "H", 1)), 0), _TAGS_MAX)
    rows = _bytes_at(tiff, offset + 2, count * 12)
    tags = {}
    for at in range(0, len(rows) - 11, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", rows, at)
        letter = _TYPES.get(kind)
        if letter is None or values > _VALUES_MAX:
            continue
        if struct.calcsize(letter) * values <= 4:
            where = offset + 2 + at + 8
        else:
            where = struct.unpack_from(order + "I", rows, at + 8)[0]
        tags[tag] = _numbers(tiff, where, order, letter, values)
    return tags, _numbers(tiff, offset + 2 + count * 12, order, "I", 1)


def _frame_size(tiff: BinaryIO, offset: int, size_bytes: int) -> tuple[int, int] | None:
    """Width and height of the JPEG there; None if it is none, or one that is not drawn."""
    if size_bytes > _JPEG_MAX_BYTES or _bytes_at(tiff, offset, 2) != b"\xff\xd8":
        return None
    at = offset + 2
    for _ in range(_SEGMENTS_MAX):
        head = _bytes_at(tiff, at, 9)
        if len(head) < 9 or head[0] != 0xFF:
            return None
        marker, length, _, height, width = struct.unpack(">xBHBHH", head)
        if marker in _DRAWN_FRAMES:
            return width, height
        at += 2 + length
    return None


def _numbers(tiff: BinaryIO, offset: int, order: str, letter: str, count: int) -> tuple[int, ...]:
    """So many numbers; none if the file ends before."""
    packed = _bytes_at(tiff, offset, struct.calcsize(letter) * count)
    try:
        return struct.unpack(f"{order}{count}{letter}", packed)
    except struct.error:
        return ()


def _bytes_at(tiff: BinaryIO, offset: int, size: int) -> bytes:
    tiff.seek(offset)
    return tiff.read(size)
