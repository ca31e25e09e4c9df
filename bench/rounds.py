"""One round of one peer: every trip, from empty caches to a remount, in an order that is fair.

Names, order and files are the same for every peer; where their trees differ, the directory that shows
the same is taken (gphotosfs `albums/TITLE` is rclone's `album/TITLE`).
"""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.google import Google, Spent
from bench.peers import Daemon, Peer
from bench.trips import HEAD_BYTES, Outcome, drop_from_page_cache

FRESH_S: Final = 3.0
"""In place of five minutes, where a listing has to grow old."""

MIXED: Final = -2
"""The album of which heads and videos are read."""

PHOTOS: Final = -1
"""The one of which photos are read whole: so small that hardly a name occurs twice in it."""

GRACE_S: Final = 2.0
"""What a trip may take beyond its limit before its process and the peer are killed."""

MIB: Final = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """One trip of one peer in one round."""

    outcome: Outcome
    spent: Spent
    limit_s: float


@dataclass(frozen=True)
class Life:
    """What a peer's daemons took in one round."""

    cpu_s: float
    peak_bytes: int
    spent: Spent


@dataclass(frozen=True)
class Sizes:
    """How much a round does."""

    heads: int = 200
    photos: int = 50
    seeks: int = 50


Record = Callable[[str, Measured], None]
"""Takes in the result of the trip of this name."""


Hopeless = dict[tuple[str, str, str | None], Measured]
"""Trips that did not end within their limit, by peer, kind of trip and path; not made again."""


class Round:
    """The trips of one peer, one after the other."""

    def __init__(
        self,
        peer: Peer,
        made: Google,
        folder: Path,
        record: Record,
        sizes: Sizes,
        hopeless: Hopeless,
        *,
        first: bool,
    ) -> None:
        """`first`: the trips that take a peer very long are made as well. `hopeless` is shared."""
        self._peer = peer
        self._made = made
        self._folder = folder
        self._record = record
        self._sizes = sizes
        self._hopeless = hopeless
        self._first = first
        self._cpu_s = 0.0
        self._peak_bytes = 0
        self._spent = Spent()
        self._daemon: Daemon | None = None
        self._is_online = True

    def run(self) -> Life:
        """All of them; what the daemons took."""
        self._folder.mkdir()
        self._peer.prepare(self._made, self._folder)
        try:
            self._start("mount")
            self._look_around()
            self._read_photos()
            self._read_videos()
            self._end()
            self._start("mount, again")
            self._after_a_remount()
            self._end()
            self._start(None, fresh_s=FRESH_S)
            self._when_stale()
            self._end()
            if self._first:
                self._start("mount, no network", online=False)
                self._list("no network: list", self._largest)
        finally:
            self._end()
        return Life(self._cpu_s, self._peak_bytes, self._spent)

    # --- the trips ----------------------------------------------------------------------------

    @property
    def _largest(self) -> int:
        return max(range(len(self._made.albums)), key=lambda n: len(self._members(n)))

    def _look_around(self) -> None:
        """Names and attributes, nothing known."""
        *listed, mixed, _ = range(len(self._made.albums))
        name = self._names(mixed)[20][0]
        self._trip("name", "look_up", 60, path=name)
        for album in listed:
            count = len(self._members(album))
            self._list(f"list {count}", album)
            if album == listed[len(listed) // 2]:
                self._long(f"ls -l {count}", album, 15)
                self._long(f"ls -l {count}, again", album, 15)
        largest = len(self._members(self._largest))
        self._list(f"list {largest}, again", self._largest)
        self._list(f"list {largest}, by pages", self._largest, "list_by_pages")
        self._trip("find media/all", "find", 15, path=str(self._path / "media/all"))
        self._trip("find media/all, again", "find", 15, path=str(self._path / "media/all"))
        if self._first:
            self._trip("find media", "find", 15, path=str(self._path / "media"))
            self._trip("find media, again", "find", 15, path=str(self._path / "media"))
            count = len(self._members(self._largest))
            self._long(None, self._largest, 20)
            self._wait_for_sizes()
            self._long(f"ls -l {count}, known", self._largest, 15)

    def _read_photos(self) -> None:
        """The album that nobody has listed yet, as a file manager does: list it, then open files."""
        mixed = len(self._made.albums) + MIXED
        photos = mixed + 1
        self._list(None, mixed)
        heads = [(path, size) for path, size, video in self._names(mixed) if not video]
        self._trip("heads", "read_heads", 60, files=heads[: self._sizes.heads])
        self._list(None, photos)
        once, crowd = self._photos()
        self._trip("photos", "read_whole", 60, files=once)
        self._trip("photos, 8 readers", "read_whole", 60, files=crowd, readers=8)
        self._trip("photos, again", "read_whole", 60, files=once)

    def _read_videos(self) -> None:
        (played, size), (jumped, jumped_size), (probed, probed_size) = self._videos()
        self._trip("video", "read_whole", 60, files=[(played, size)])
        self._trip("video, again", "read_whole", 60, files=[(played, size)])
        offsets = self._offsets(jumped_size)
        seeks = {"path": jumped, "offsets": offsets, "size": jumped_size}
        self._trip("seeks", "read_pieces", 60, **seeks)
        self._trip("seeks, again", "read_pieces", 60, **seeks)
        ends = {"path": probed, "offsets": [probed_size - HEAD_BYTES, 0], "size": probed_size}
        self._trip("tail, head", "read_pieces", 20, **ends)

    def _after_a_remount(self) -> None:
        listed = range(len(self._made.albums) + MIXED)
        for album in listed:
            self._list(f"list {len(self._members(album))}, remounted", album)
        if self._first:
            count = len(self._members(self._largest))
            self._long(f"ls -l {count}, remounted", self._largest, 15)
        for album in (MIXED, PHOTOS):
            self._list(None, len(self._made.albums) + album)  # what is timed below is the reading
        self._trip("photos, remounted", "read_whole", 60, files=self._photos()[0])
        (played, size), (jumped, jumped_size), _ = self._videos()
        self._trip("video, remounted", "read_whole", 60, files=[(played, size)])
        if self._peer.cache:
            self._read_from_disk(played, size)
        seeks = {"path": jumped, "offsets": self._offsets(jumped_size), "size": jumped_size}
        self._trip("seeks, remounted", "read_pieces", 60, **seeks)

    def _read_from_disk(self, path: str, size: int) -> None:
        """The same video with nothing of it in memory, beside a plain file of its length."""
        plain = self._folder / "plain"
        with plain.open("wb") as file:
            for at in range(0, size, MIB):
                file.write(random.randbytes(min(MIB, size - at)))
        os.sync()  # pages that are not on the disk yet can't be dropped
        cached = [os.fspath(p) for p in (self._folder / self._peer.cache).rglob("*") if p.is_file()]
        drop_from_page_cache([*cached, path, os.fspath(plain)])
        self._trip("plain file, cold", "read_whole", 60, files=[(os.fspath(plain), size)])
        self._trip("plain file", "read_whole", 60, files=[(os.fspath(plain), size)])
        self._trip("video, cold disk", "read_whole", 60, files=[(path, size)])
        drop_from_page_cache([path])
        self._trip("video, warm disk", "read_whole", 60, files=[(path, size)])
        plain.unlink()

    def _when_stale(self) -> None:
        """List once more with a short freshness, let it pass, and list again."""
        for album in range(len(self._made.albums) + MIXED):
            if self._key("list_names", str(self._folder_of(album))) not in self._hopeless:
                self._list(None, album)
                self._made.spent()  # what is renewed behind belongs to this listing
                time.sleep(FRESH_S + 0.5)
            self._list(f"list {len(self._members(album))}, stale", album)

    # --- what they are made of ----------------------------------------------------------------

    def _list(self, name: str | None, album: int, trip: str = "list_names") -> None:
        expected = len(self._members(album))
        limit_s = 60 if name is None else 15
        path = str(self._folder_of(album))
        self._trip(name, trip, limit_s, path=path, expected=expected)

    def _long(self, name: str | None, album: int, limit_s: float) -> None:
        expected = len(self._members(album))
        self._trip(name, "list_long", limit_s, path=str(self._folder_of(album)), expected=expected)

    def _wait_for_sizes(self) -> None:
        """Give a peer that goes on asking for sizes behind its readers the time to finish."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self._made.begin()
            time.sleep(1.0)
            if self._made.spent().media == 0:
                return

    def _trip(self, name: str | None, trip: str, limit_s: float, **job: Any) -> None:
        """Make a trip and record it; without a name it only prepares the next."""
        what = self._key(trip, job.get("path"), name)
        if what in self._hopeless:
            # It would end as it did before, after as long a wait.
            if name is not None:
                self._record(name, self._hopeless[what])
            return
        self._made.begin()
        outcome = self._outcome(limit_s, {"trip": trip, "limit_s": limit_s, **job})
        spent = self._made.spent()
        self._spent += spent
        measured = Measured(outcome, spent, limit_s)
        if outcome.gave_up:
            self._hopeless[what] = measured
        if self._daemon is None:
            self._start(None)
        if name is not None:
            self._record(name, measured)

    def _key(
        self, trip: str, path: str | None, name: str | None = None
    ) -> tuple[str, str, str | None]:
        """What a trip is remembered by if it does not end: its path, whatever folder we are in."""
        where = name if path is None else os.path.relpath(path, self._path)
        return self._peer.name, trip if self._is_online else f"{trip}, no network", where

    def _outcome(self, limit_s: float, job: dict[str, Any]) -> Outcome:
        """What a process says that makes the trip; one that hangs is ended together with the peer."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.trips"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            text, _ = process.communicate(json.dumps(job), timeout=limit_s + GRACE_S)
        except subprocess.TimeoutExpired:
            # A system call that has been begun ends with the peer alone.
            assert self._daemon is not None
            process.kill()
            self._daemon.kill()
            process.communicate()
            self._end()
            return Outcome(limit_s, 0, 1)
        return Outcome(**json.loads(text))

    def _start(self, name: str | None, *, fresh_s: float = 300.0, online: bool = True) -> None:
        self._made.begin()
        self._is_online = online
        self._daemon = Daemon(self._peer, self._made, self._folder, fresh_s=fresh_s, online=online)
        spent = self._made.spent()
        self._spent += spent
        if name is not None:
            self._record(name, Measured(Outcome(self._daemon.ready_s, 1, 1), spent, 30))

    def _end(self) -> None:
        if self._daemon is not None:
            self._daemon.end()
            self._cpu_s += self._daemon.cpu_s
            self._peak_bytes = max(self._peak_bytes, self._daemon.peak_bytes)
            self._daemon = None

    # --- the files ----------------------------------------------------------------------------

    @property
    def _path(self) -> Path:
        return self._folder / "mount"

    def _members(self, album: int) -> list[str]:
        members: list[str] = self._made.albums[album]["item_ids"]
        return members

    def _folder_of(self, album: int) -> Path:
        title: str = self._made.albums[album]["title"]
        return self._path / self._peer.albums / title

    def _names(self, album: int) -> list[tuple[str, int, bool]]:
        """Path, size and whether it is a video, of the files whose names no other has."""
        items = [self._made.items[identity] for identity in self._members(album)]
        taken = Counter(item["filename"] for item in items)
        folder = self._folder_of(album)
        return [
            (os.fspath(folder / i["filename"]), i["size_bytes"], i["mime_type"] == "video/mp4")
            for i in items
            if taken[i["filename"]] == 1
        ]

    def _photos(self) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        """Photos to be read by one, and others to be read by many."""
        photos = [(path, size) for path, size, video in self._names(PHOTOS) if not video]
        count = self._sizes.photos
        return photos[:count], photos[count : 2 * count]

    def _videos(self) -> list[tuple[str, int]]:
        """Three videos: the longest three, so that they are of nearly one size."""
        videos = [(path, size) for path, size, video in self._names(MIXED) if video]
        return sorted(videos, key=lambda video: -video[1])[:3]

    def _offsets(self, size: int) -> list[int]:
        chance = random.Random(20261122)
        return [chance.randrange(size - HEAD_BYTES) for _ in range(self._sizes.seeks)]
