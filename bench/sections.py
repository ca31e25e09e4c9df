"""What the page says: a section for every row of the contract's table, and which trips are in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.rounds import FRESH_S


@dataclass(frozen=True)
class Row:
    """A line of a table."""

    what: str
    trip: str
    first: bool = False
    """The time to the first entry rather than to the last."""
    rate: bool = False
    """Also as bytes a second."""


@dataclass(frozen=True)
class Section:
    """A table, and what has to be known to read it."""

    title: str
    text: str
    rows: Callable[[Sequence[int]], list[Row]]
    """Its rows, from the sizes of the albums; the files of the last two are read."""


HEAD: Final = """
# gphotosfs and rclone mount, side by side

Written by `{command}`: {rounds} rounds in {minutes:.0f} minutes, medians of them. Do not edit; run it.

{peers}

{rclone}, everything else at its defaults. Machine: {machine}.

**How it was measured.** All mount the same simulated Google (one process, `gphotosfs/simulator`)
one after the other, through the same CONNECT proxy and TLS, in turns that change with the round. It
takes {api_ms:.0f} ms for an API call and {media_ms:.0f} ms to the headers of a media answer; a
video is redirected first, which takes as long again. The library holds {items:,} items: photos of
about {photo_mb:.0f} MB, the videos that are read of about {video_mb:.0f} MB. Asked by curl alone it
hands out a page of 100 items in {page_ms:.0f} ms (beside the latency) and a video at {line_mb:,.0f}
MB/s, so it is not what limits. Every round begins with empty caches, each peer in folders of its
own; every trip is a process of its own. A cell has the median time, and what was asked of Google,
as the simulated Google counts it: API calls, media requests (HEAD or GET; a redirect and its target
are one), bytes of bodies. What a peer goes on asking for behind the trip is counted too, as long as
there is no pause of 0.3 s. *> 15 s (400 of 1,000)*: the trip's limit came first; it was not tried
again. *faster*: the time of the quicker rclone divided by that of gphotosfs. rclone's trees are
`album/TITLE` and `media/…`, those of gphotosfs `albums/TITLE` and `media/…`; the same files are
read in the same order. What takes rclone minutes
(marked ¹) was done in the first round alone.
"""


def _n(count: int) -> str:
    return f"{count:,}"


def _listed(albums: Sequence[int]) -> list[int]:
    return sorted(albums[:-2])


def _first_listings(albums: Sequence[int]) -> list[Row]:
    rows = []
    for count in _listed(albums):
        rows += [
            Row(f"{_n(count)}: first entry", f"list {count}", first=True),
            Row(f"{_n(count)}: all names", f"list {count}"),
        ]
    return rows


def _known_listings(albums: Sequence[int]) -> list[Row]:
    counts = _listed(albums)
    middle, largest = albums[1], max(albums)
    return [
        Row(f"{_n(largest)}: again, at once", f"list {largest}, again"),
        Row(f"{_n(largest)}: again, a page of 4 KiB at a time", f"list {largest}, by pages"),
        *(Row(f"{_n(n)}: six minutes later", f"list {n}, stale") for n in counts),
        *(Row(f"{_n(n)}: after a restart", f"list {n}, remounted") for n in counts),
        Row(f"`ls -l` of {_n(middle)}, new", f"ls -l {middle}"),
        Row(f"`ls -l` of {_n(middle)}, again", f"ls -l {middle}, again"),
        Row(f"`ls -l` of {_n(largest)}, known ¹", f"ls -l {largest}, known"),
        Row(f"`ls -l` of {_n(largest)}, known, after a restart ¹", f"ls -l {largest}, remounted"),
    ]


SECTIONS: Final = (
    Section(
        "Mount, with or without network",
        "Ready means that a program has listed the root.",
        lambda albums: [
            Row("ready, nothing known", "mount"),
            Row("ready, library known", "mount, again"),
            Row("ready, no network ¹", "mount, no network"),
            Row(f"a known album of {_n(max(albums))}, no network ¹", "no network: list"),
        ],
    ),
    Section("First listing of an album of N", "", _first_listings),
    Section(
        "The same listing again, or after a remount",
        f"*Six minutes later*: freshness was set to {FRESH_S:g} s in both (`--dir-cache-time`) and passed"
        " before the listing. *New*: names known, no size known yet. Without `--gphotos-read-size` rclone"
        " shows every size as 0, which costs nothing.",
        _known_listings,
    ),
    Section(
        "The whole `media/` tree",
        "gphotosfs needs one timeline for all four views. rclone asks for each year, month and day.",
        lambda _: [
            Row("`find media/all`, first time", "find media/all"),
            Row("`find media/all`, again", "find media/all, again"),
            Row("`find media`, first time ¹", "find media"),
            Row("`find media`, again ¹", "find media, again"),
        ],
    ),
    Section(
        "A name in a directory that was never listed",
        "",
        lambda albums: [Row(f"`stat` of the 20th name in an album of {_n(albums[-2])}", "name")],
    ),
    Section(
        "Read a photo",
        "In an album whose names are listed and no size is known.",
        lambda _: [
            Row("the first 64 KiB of each of many photos (a thumbnailer)", "heads"),
            Row("photos whole, one reader", "photos", rate=True),
            Row("photos whole, 8 readers", "photos, 8 readers", rate=True),
        ],
    ),
    Section(
        "Read it again",
        "",
        lambda _: [
            Row("photos, again", "photos, again", rate=True),
            Row("photos, after a restart", "photos, remounted", rate=True),
            Row("video, again", "video, again", rate=True),
            Row("video, after a restart", "video, remounted", rate=True),
            Row("video, from a disk that is cold", "video, cold disk", rate=True),
            Row("video, from the disk cache in memory", "video, warm disk", rate=True),
            Row("*for comparison: a plain file, cold*", "plain file, cold", rate=True),
            Row("*for comparison: a plain file in memory*", "plain file", rate=True),
            Row("seeks, again", "seeks, again"),
            Row("seeks, after a restart", "seeks, remounted"),
        ],
    ),
    Section(
        "Sequential video",
        "",
        lambda _: [Row("from beginning to end", "video", rate=True)],
    ),
    Section(
        "Seek in a video",
        "",
        lambda _: [
            Row("64 KiB at random places, one after the other", "seeks"),
            Row("64 KiB at the tail, then at the head", "tail, head"),
        ],
    ),
)

END: Final = """
## Where rclone is ahead, and why

* **Mount.** gphotosfs is ready in half a second, four tenths of it Python and its libraries being loaded;
  rclone is one compiled program. Nothing is asked of Google by either.
* **First listing, last name.** Both need one call for each hundred items, one after the other, since each
  answer holds the token of the next. What differs is that the first hundred are shown at once.
* **A known directory, names only** (`ls -U`, `find`). gphotosfs hands each name out with its attributes,
  so that `ls -l` and file managers need no second question: slower for who wants names alone, and several
  times faster for who wants more.
* **`ls -l` of a new album against rclone without `--gphotos-read-size`.** There every size is 0: `tar`
  stores empty files, and seeks fail. With it each size costs rclone one request after another, already
  when a directory is listed.
* **Eight readers at once.** With no other limit than the processor, which here also plays Google: Python,
  TLS and HTTP take 3 to 5 ms for a megabyte, Go half of that. And until a walk is noticed a photo of 3 MB
  is asked for in two parts, its head and its rest, so that looking at heads alone stays cheap (a seventh
  of rclone's bytes). On a line of up to about 1 Gb/s both have the speed of the line. Reading bodies
  outside Python (pycurl, or a process of its own) would change it.
* **Video from beginning to end, on a line without a limit.** The same: Python's share of the
  processor, for the same bytes.
* **One film on a line that gives each connection little.** rclone can read several ranges side by side
  (`--vfs-read-chunk-streams`, not its default); gphotosfs reads a film through one answer
  (docs/ARCHITECTURE.md, *One answer a film*).
* **Random places in a video.** rclone reads on behind each place, some thirty times as many bytes in
  all, so that some of the later places are here already. gphotosfs asks for one range each, which takes
  the 60 ms of the answer and some 13 ms of both programs.
"""
