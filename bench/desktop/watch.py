"""What is counted while a file manager works: requests, thumbnails, and when nothing moves any more."""

import hashlib
import struct
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

from PIL import Image

from bench.desktop.screen import Screen, changed
from gphotosfs.simulator.process import Running

LOOK_S: Final = 0.1
"""How often is looked."""

SIZES: Final = ("normal", "large", "x-large", "xx-large")
"""The folders of https://specifications.freedesktop.org/thumbnail-spec/, 128 to 1024 pixels."""

OURS: Final = "gphotosfs"
"""What `Software` says in a thumbnail of ours."""


@dataclass(frozen=True)
class Spent:
    """What was asked of the simulated Google; a redirect and its target are one."""

    api: int = 0
    heads: int = 0
    small: int = 0
    """Scaled pictures."""
    small_bytes: int = 0
    full: int = 0
    """Requests for bytes of originals."""
    full_bytes: int = 0

    @property
    def media(self) -> int:
        """All that count against the day's byte requests."""
        return self.heads + self.small + self.full


def spent(simulator: Running) -> Spent:
    """The sum since the log was cleared."""
    api = heads = small = small_bytes = full = full_bytes = 0
    for row in simulator.log():
        if row["kind"] == "api":
            # A slow sweep through all items, one a second, which belongs to no folder.
            api += (row["method"], row["path"]) != ("GET", "/v1/mediaItems")
        elif row["kind"] not in ("media", "redirected"):
            continue
        elif row["kind"] == "media" and row["path"].rpartition("=")[2] not in ("d", "dv"):
            small += 1
            small_bytes += row["bytes_sent"]
        else:
            # The answer of a redirect is some bytes of HTML.
            full_bytes += row["bytes_sent"] if row["status"] != 302 else 0
            if row["status"] == 302:
                continue
            heads += row["method"] == "HEAD"
            full += row["method"] != "HEAD"
    return Spent(api, heads, small, small_bytes, full, full_bytes)


@dataclass(frozen=True)
class Last:
    """When something happened last, on the clock of time.monotonic."""

    moved_s: float
    """A request for bytes, a thumbnail written, or a change of the screen."""
    shown_s: float
    """A change of the screen."""
    gave_up: bool = False
    """It had not ended when the wait did."""


class Stillness:
    """Waits until neither requests for bytes, nor thumbnails, nor the screen change any more."""

    def __init__(self, simulator: Running, screen: Screen, thumbnails: Path) -> None:
        self._simulator = simulator
        self._screen = screen
        self._thumbnails = thumbnails
        self._rows = 0
        self._asked = 0
        self._before: tuple[int, int] = (0, 0)
        self._picture = self.empty = screen.picture()
        self.moved()

    def wait(self, quiet_s: float, limit_s: float) -> Last:
        """When anything moved last, once nothing has moved for so long, or after the limit."""
        now_s = time.monotonic()
        last = Last(now_s, now_s)
        give_up_s = now_s + limit_s
        while now_s - last.moved_s < quiet_s:
            if now_s > give_up_s:
                return replace(last, gave_up=True)
            time.sleep(LOOK_S)
            now_s = time.monotonic()
            asked, shown = self.moved()
            if asked or shown:
                last = Last(now_s, now_s if shown else last.shown_s)
        return last

    def moved(self) -> tuple[bool, bool]:
        """Whether anything was asked for or written since the last look, and whether the screen changed."""
        rows = self._simulator.call("GET", f"log?after={self._rows}")
        self._rows += len(rows)
        self._asked += sum(row["kind"] in ("media", "redirected") for row in rows)
        before, self._before = self._before, (self._asked, _count(self._thumbnails))
        shown, self._picture = self._picture, self._screen.picture()
        return before != self._before, changed(shown, self._picture)

    @property
    def picture(self) -> Image.Image:
        """The screen at the last look."""
        return self._picture


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*/*.png"))


@dataclass
class Thumbnails:
    """What lies in a user's folders of thumbnails for the files of one directory."""

    expected: int = 0
    """How many files there are."""
    by_size: dict[str, Counter[str]] = field(default_factory=dict)
    """By folder, then by the program that wrote them."""
    missing: list[str] = field(default_factory=list)
    """Names of files that have none at all."""
    failed: int = 0
    """Those of which a thumbnailer has noted that it can't."""


def thumbnails_of(directory: Path, cache: Path) -> Thumbnails:
    """Look for a thumbnail of each file of a directory, in every size."""
    found = Thumbnails()
    failed = {path.name for path in (cache / "fail").rglob("*.png")}
    for path in sorted(directory.iterdir()):
        found.expected += 1
        name = thumbnail_name(path)
        there = False
        for size in SIZES:
            if (thumbnail := cache / size / name).exists():
                there = True
                found.by_size.setdefault(size, Counter())[_software(thumbnail)] += 1
        if not there:
            found.missing.append(path.name)
        found.failed += name in failed
    return found


def thumbnail_name(path: Path) -> str:
    """The name under which the thumbnail of a file is looked for."""
    # What GLib leaves as it is in a path, besides letters and digits.
    uri = "file://" + quote(str(path), safe="/!$&'()*+,;=:@-._~")
    return hashlib.md5(uri.encode(), usedforsecurity=False).hexdigest() + ".png"


def _software(path: Path) -> str:
    texts = dict(_texts(path.read_bytes()[:4096]))
    return texts.get("Software", "") or "unnamed"


def _texts(png: bytes) -> Iterator[tuple[str, str]]:
    """The tEXt chunks at the beginning of a PNG."""
    at = 8
    while at + 8 <= len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        if kind == b"tEXt":
            name, _, text = png[at + 8 : at + 8 + length].partition(b"\0")
            yield name.decode("latin-1"), text.decode("latin-1")
        at += length + 12
