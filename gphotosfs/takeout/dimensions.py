"""Width and height of a photo or video, from a look at its head. Pure; for files of any size and any content.

Only boxes, chunks and tags that lead to the numbers are read, a bounded number of them, so that a hostile
file costs no more than a good one. Pillow reads all of a WebP and of an AVIF when it opens them, and has no
films; imagesize (PyPI) knows neither HEIC nor films.

Which way up a picture is shown is not looked at: who compares must take both.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final

ReadAt = Callable[[int, int], bytes]
"""(offset, size): the bytes of a file, fewer only at its end."""

Dimensions = tuple[int, int]
"""(width, height) in pixels."""

_STEPS_MAX: Final = 400
"""Segments, boxes or tags looked at: a photo with previews and a film with five tracks have some 60."""

_HEAD_BYTES: Final = 32


def dimensions(read: ReadAt, size_bytes: int) -> Dimensions | None:
    """The dimensions of a file of this length, told by its content alone; None if it does not say."""
    head = read(0, _HEAD_BYTES)
    try:
        found = _of(head, read, size_bytes)
    except (struct.error, _EndlessError):
        return None  # it ends where a number should be, or goes round in circles
    return found if found is not None and all(found) else None


class _EndlessError(Exception):
    """More steps than any real file has."""


def _of(head: bytes, read: ReadAt, size_bytes: int) -> Dimensions | None:
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(read)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _pair(">II", head, 16)
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _pair("<HH", head, 6)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp(head)
    if head.startswith((b"II*\0", b"MM\0*")):
        return _tiff(read, "<" if head.startswith(b"II") else ">")
    if head[4:8] in _FIRST_BOXES:
        return _film(read, size_bytes) or _heif(read, size_bytes)
    return None


def _pair(layout: str, data: bytes, offset: int) -> Dimensions:
    width, height = struct.unpack_from(layout, data, offset)
    return width, height


# ITU-T T.81, table B.1: the frame headers SOF0 to SOF15, but for DHT, JPG and DAC among them.
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg(read: ReadAt) -> Dimensions | None:
    at = 2
    for _ in range(_STEPS_MAX):
        segment = read(at, 9)
        marker, length = struct.unpack_from(">xBH", segment)
        if segment[0] != 0xFF:
            return None
        if marker == 0xFF:  # filled up
            at += 1
        elif marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", segment, 5)
            return width, height
        else:
            at += 2 + length
    raise _EndlessError


def _webp(head: bytes) -> Dimensions | None:
    """Of each of the three kinds (https://developers.google.com/speed/webp/docs/riff_container)."""
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8 ":
        width, height = _pair("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF  # the upper two bits tell a scale
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


_WIDTH, _HEIGHT, _SUB_IFDS = 256, 257, 330


def _tiff(read: ReadAt, order: str) -> Dimensions | None:
    """The largest picture's: a raw file's first one may be its preview (TIFF 6.0, section 2; DNG 1.6)."""
    found: list[Dimensions] = []
    (first,) = struct.unpack(f"{order}I", read(4, 4))
    waiting, steps = [first], 0
    while waiting:
        at = waiting.pop()
        (count,) = struct.unpack(f"{order}H", read(at, 2))
        tags = {}
        for number in range(count):
            steps += 1
            if steps > _STEPS_MAX:
                raise _EndlessError
            tag, kind, values, value = struct.unpack(
                f"{order}HHI4s", read(at + 2 + 12 * number, 12)
            )
            tags[tag] = kind, values, value
        sides = [_number(order, *tags[tag]) for tag in (_WIDTH, _HEIGHT) if tag in tags]
        if len(sides) == 2:
            found.append((sides[0], sides[1]))
        if _SUB_IFDS in tags:
            _, values, value = tags[_SUB_IFDS]
            where = struct.unpack(f"{order}I", value)[0]
            offsets = value if values == 1 else read(where, 4 * min(values, 8))
            waiting += struct.unpack(f"{order}{len(offsets) // 4}I", offsets)
    return max(found, key=_area, default=None)


def _number(order: str, kind: int, _values: int, value: bytes) -> int:
    short: Final = 3
    number: int = struct.unpack_from(f"{order}H" if kind == short else f"{order}I", value)[0]
    return number


# ISO/IEC 14496-12 and QuickTime: what a file of boxes may begin with.
_FIRST_BOXES: Final = frozenset((b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))


def _film(read: ReadAt, size_bytes: int) -> Dimensions | None:
    """The largest track's, as it is shown; sound has none."""
    found = [
        _track(read, start)
        for start, _ in _boxes(read, (0, size_bytes), (b"moov", b"trak", b"tkhd"))
    ]
    return max(found, key=_area, default=None)


def _track(read: ReadAt, start: int) -> Dimensions:
    # Version 1 has times of 64 bits; width and height are the last eight bytes, with 16 bits of fraction.
    length = 92 if read(start, 1) == b"\1" else 80
    width, height = _pair(">II", read(start + length - 4, 8), 0)
    return width >> 16, height >> 16


def _heif(read: ReadAt, size_bytes: int) -> Dimensions | None:
    """The largest picture's: the others are tiles of it and previews (ISO/IEC 23008-12, 6.5.3)."""
    path = b"meta", b"iprp", b"ipco", b"ispe"
    found = [
        _pair(">II", read(start + 4, 8), 0) for start, _ in _boxes(read, (0, size_bytes), path)
    ]
    return max(found, key=_area, default=None)


def _boxes(
    read: ReadAt, within: tuple[int, int], path: tuple[bytes, ...], steps: list[int] | None = None
) -> Iterator[tuple[int, int]]:
    """(start, end) of what is in each box at the end of a path of boxes."""
    steps = [] if steps is None else steps
    at, end = within
    while at + 8 <= end:
        steps.append(at)
        if len(steps) > _STEPS_MAX:
            raise _EndlessError
        head = read(at, 16)
        length, kind = struct.unpack_from(">I4s", head)
        start = at + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", head, 8)
            start = at + 16
        elif length == 0:
            length = end - at
        if length < start - at:
            return
        if kind == path[0]:
            # A meta box has a version and flags before the boxes in it.
            inner = start + 4 if kind == b"meta" else start, min(end, at + length)
            if len(path) == 1:
                yield inner
            else:
                yield from _boxes(read, inner, path[1:], steps)
        at += length


def _area(sides: Dimensions) -> int:
    return sides[0] * sides[1]
