"""Guesses at sizes that nobody has told: never 0, and rather too large.

With an estimate that is too large every program tried read exactly what there is, since it asks again
after `open`; with 0, `tar` stored an empty file. So the estimate is the 95th percentile of what was
measured in this library, by MIME type and camera.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from gphotosfs.catalog.entries import ItemRow
from gphotosfs.model import PREVIEW_MAX_PX, MediaKind, is_preview

ENOUGH: Final = 10
"""Fewer measured ones say nothing."""

KEPT: Final = 1000
"""Of one camera; beyond that every second one is dropped, which leaves the percentile where it is."""

PHOTO_BYTES_PER_PIXEL: Final = 0.75
"""Phones' JPEGs have 0.2 to 0.6 bytes a pixel."""

PHOTO_BYTES: Final = 16 << 20
"""For a photo whose pixels are unknown as well."""

PREVIEW_BYTES_PER_PIXEL: Final = 0.5
"""Of Google's scaled JPEGs, and of those made here; 1.5 MB for most photos."""

VIDEO_BYTES: Final = 512 << 20
"""The API gives neither a duration nor a bit rate."""


class Estimates:
    """The measured sizes, sorted so that a percentile is one look."""

    def __init__(self, measured: Iterable[tuple[str, str, int, int, int]]) -> None:
        """`measured` holds (MIME type, camera, height, pixels, bytes)."""
        self._ratios: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        self._videos: defaultdict[int, list[float]] = defaultdict(list)
        for mime_type, camera, height, pixels, size_bytes in measured:
            self._learn(mime_type, camera, height, pixels, size_bytes)

    def learn(self, item: ItemRow, size_bytes: int) -> None:
        """Take a measured size into account."""
        if item.width and item.height and not is_preview(item.inode):
            pixels = item.width * item.height
            self._learn(item.mime_type, item.camera, item.height, pixels, size_bytes)

    def size_bytes(self, item: ItemRow) -> int:
        """An estimate of an item's size, above zero."""
        if is_preview(item.inode):
            pixels = (item.width or PREVIEW_MAX_PX) * (item.height or PREVIEW_MAX_PX)
            return max(4096, min(int(PREVIEW_BYTES_PER_PIXEL * pixels), VIDEO_BYTES))
        if item.kind is MediaKind.VIDEO:
            return int(_percentile(self._videos[item.height or 0])) or VIDEO_BYTES
        if not item.width or not item.height or item.width < 0 or item.height < 0:
            return PHOTO_BYTES
        ratio = (
            _percentile(self._ratios[item.mime_type, item.camera])
            or _percentile(self._ratios[item.mime_type, ""])
            or PHOTO_BYTES_PER_PIXEL
        )
        return max(4096, min(int(ratio * item.width * item.height), VIDEO_BYTES))

    def _learn(
        self, mime_type: str, camera: str, height: int, pixels: int, size_bytes: int
    ) -> None:
        if mime_type.startswith("video/"):
            _keep(self._videos[height], size_bytes)
        elif pixels > 0:
            for one in {camera, ""}:
                _keep(self._ratios[mime_type, one], size_bytes / pixels)


def _keep(measured: list[float], value: float) -> None:
    insort(measured, value)
    if len(measured) > KEPT:
        del measured[::2]


def _percentile(measured: list[float]) -> float:
    """The 95th percentile; 0 if too few are known."""
    return 0 if len(measured) < ENOUGH else measured[int(len(measured) * 0.95)]
