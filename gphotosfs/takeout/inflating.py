"""Bytes from anywhere in a deflated member, without inflating from its start each time.

zlib's state can be copied: a copy every few MiB of output is a point to start again from.
"""

import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from gphotosfs.errors import ArchiveError

EVERY_BYTES: Final = 4 << 20
"""Inflating this much takes about 15 ms; a copy takes about 45 KB."""

MEMBERS_KEPT: Final = 8
POINTS_KEPT: Final = 256
"""Of one member, beyond which every second one is dropped: 12 MB."""

_CHUNK_BYTES: Final = 1 << 16

ReadAt = Callable[[int, int], bytes]
"""(offset, size) within the packed bytes."""


class _Point:
    """zlib's state when so much had come out."""

    def __init__(self, state: Any, packed_at: int, at: int) -> None:
        self.state = state
        self.packed_at = packed_at
        self.at = at


class Inflater:
    """Restart points of the members that were read last. For one thread at a time."""

    def __init__(self) -> None:
        self._members: OrderedDict[object, list[_Point]] = OrderedDict()
        self._tip: tuple[object, _Point] | None = None
        """Where the last read ended, and of which member: the next one mostly begins there."""

    def read(self, key: object, read_at: ReadAt, packed_bytes: int, start: int, size: int) -> bytes:
        """Bytes of a member, fewer only at its end; `key` names the member.

        Raises:
            ArchiveError: the packed bytes are damaged.
        """
        points = self._points(key)
        state, packed_at, at = self._begin(key, points, start)
        pieces: list[bytes] = []
        waiting = b""
        while at < start + size and not state.eof:
            if not waiting:
                waiting = read_at(packed_at, min(_CHUNK_BYTES, packed_bytes - packed_at))
                packed_at += len(waiting)
            # Stop where a point is due, so that every point stands behind whole input.
            room = min(EVERY_BYTES, max(start + size - at, 1))
            try:
                piece = state.decompress(waiting, room)
            except zlib.error as exc:
                raise ArchiveError(f"the archive is damaged: {exc}") from exc
            waiting = state.unconsumed_tail
            if not piece and not waiting and packed_at >= packed_bytes and not state.eof:
                raise ArchiveError("the archive is damaged: a member ends early")
            pieces.append(piece[max(0, start - at) : max(0, start + size - at)])
            at += len(piece)
            if at - points[-1].at >= EVERY_BYTES:
                points.append(_Point(state.copy(), packed_at - len(waiting), at))
        if len(points) > POINTS_KEPT:
            del points[1::2]
        self._tip = key, _Point(state, packed_at - len(waiting), at)
        return b"".join(pieces)

    def _begin(self, key: object, points: list[_Point], start: int) -> tuple[Any, int, int]:
        """The state, and both positions, that lead to `start` with the least to inflate."""
        nearest = points[bisect_right(points, start, key=lambda point: point.at) - 1]
        tip, self._tip = self._tip, None
        if tip is not None and tip[0] == key and nearest.at <= tip[1].at <= start:
            return tip[1].state, tip[1].packed_at, tip[1].at
        return nearest.state.copy(), nearest.packed_at, nearest.at

    def _points(self, key: object) -> list[_Point]:
        if key not in self._members:
            self._members[key] = [_Point(zlib.decompressobj(-zlib.MAX_WBITS), 0, 0)]
        self._members.move_to_end(key)
        while len(self._members) > MEMBERS_KEPT:
            self._members.popitem(last=False)
        return self._members[key]
