"""`python -m bench.takeout`: Takeout archives beside ratarmount, into docs/BENCHMARKS.md.

ratarmount (https://github.com/mxmlnkn/ratarmount) is the best there is for looking into archives without
unpacking them. It shows what an archive has as it has it, sidecars and copies and all; gphotosfs makes
albums, dates and titles of it. It is looked for on the PATH, or where `--ratarmount` says.
"""

import argparse
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from bench.page import REPORT, put
from bench.peers import GPHOTOSFS
from bench.takeout_export import FILM_BYTES, FILMS, PHOTO_BYTES, Archives, make_archives
from bench.trips import HEAD_BYTES, drop_from_page_cache

BEHIND: Final = """\
ratarmount is ahead with tiny files and with a deflated film from beginning to end. An `open` and a
`read` take gphotosfs half a millisecond (pyfuse3, trio, the catalogue), which a photo of 3 MB does not
notice. What it inflates it keeps in its cache on disk, checked, so that a second reading and a seek
inflate nothing."""

TINY_FILES: Final = 2000
SEEKS: Final = 50
START_LIMIT_S: Final = 600.0
MB: Final = 1_000_000


@dataclass
class Result:
    """What one program took."""

    seconds: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    peak_bytes: int = 0
    first_bytes: int = 0
    """The most memory of whatever read the archives for the first time."""


@dataclass(frozen=True)
class Program:
    """How a program is given the archives, and where its tree shows what."""

    name: str
    add: list[str]
    """What it does once; empty if its first mount does it."""
    mount: list[str]
    environment: Mapping[str, str]
    photo: str
    """The path of a photo, of its year and name."""
    film: str
    """The path of a film, of its name."""


# --- the trips ------------------------------------------------------------------------------------


def measure(program: Program, archives: Archives, mountpoint: Path) -> Result:
    """Every trip of one program."""
    found = Result()
    mountpoint.mkdir()
    if program.add:
        started_s = time.perf_counter()
        found.first_bytes = _run_watched(program)
        found.seconds["add"] = time.perf_counter() - started_s
    with _mounted(program, mountpoint, found, "first mount"):
        _timed(found, "find -ls", partial(_find, mountpoint))
    if not program.add:
        found.first_bytes, found.peak_bytes = found.peak_bytes, 0
    drop_from_page_cache(str(path) for path in archives.paths)
    with _mounted(program, mountpoint, found, "mount again"):
        _timed(found, "find -ls, again", partial(_find, mountpoint))
        tiny = [program.photo.format(*photo) for photo in archives.photos[:TINY_FILES]]
        _timed(found, "tiny", partial(_read_all, [mountpoint / path for path in tiny]))
        films = {kind: mountpoint / program.film.format(f"{kind}.mp4") for kind in FILMS}
        for kind in ("stored", "deflated"):
            _timed(found, f"{kind}: whole", partial(_read_all, [films[kind]]))
            _timed(found, f"{kind}: seeks", partial(_seek, films[f"{kind}-2"]))
    return found


def _timed(found: Result, trip: str, made: Callable[[], int]) -> None:
    started_s = time.perf_counter()
    found.counts[trip] = made()
    found.seconds[trip] = time.perf_counter() - started_s
    print(f"  {trip:<20} {found.seconds[trip]:8.2f} s  {found.counts[trip]:,}", flush=True)


def _find(folder: Path) -> int:
    """How many entries `find -ls` tells of."""
    done = subprocess.run(["find", folder, "-ls"], capture_output=True, check=True)
    return done.stdout.count(b"\n")


def _read_all(paths: Iterable[Path]) -> int:
    """How many bytes the files have."""
    count = 0
    for path in paths:
        with path.open("rb", buffering=0) as file:
            while piece := file.read(2**20):
                count += len(piece)
    return count


def _seek(film: Path) -> int:
    """How many bytes are read at random places."""
    dice = random.Random(3)
    descriptor = os.open(film, os.O_RDONLY)
    try:
        places = [dice.randrange(FILM_BYTES - 2**20) for _ in range(SEEKS)]
        return sum(len(os.pread(descriptor, HEAD_BYTES, place)) for place in places)
    finally:
        os.close(descriptor)


def _run_watched(program: Program) -> int:
    """Run what a program does once; the most memory that it, or a process of its own, took."""
    environment = {**os.environ, **program.environment}
    started = subprocess.Popen(program.add, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode != 0:
        raise RuntimeError(f"{program.name} ended with {started.returncode}: {program.add}")
    return 1024 * used.ru_maxrss


@contextmanager
def _mounted(program: Program, mountpoint: Path, found: Result, trip: str) -> Iterator[None]:
    """A mount whose root can be listed; its daemon is ended behind it."""
    started_s = time.perf_counter()
    with subprocess.Popen(
        program.mount,
        env={**os.environ, **program.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as daemon:
        try:
            while not mountpoint.is_mount() or not any(mountpoint.iterdir()):
                if daemon.poll() is not None or time.perf_counter() - started_s > START_LIMIT_S:
                    raise RuntimeError(f"{program.name} was not mounted: {program.mount}")
                time.sleep(0.005)
            found.seconds[trip] = time.perf_counter() - started_s
            print(f"  {trip:<20} {found.seconds[trip]:8.2f} s", flush=True)
            yield
            found.peak_bytes = max(found.peak_bytes, _peak_bytes(daemon.pid))
        finally:
            subprocess.run(["fusermount3", "-u", "-z", mountpoint], check=False)
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)


def _peak_bytes(pid: int) -> int:
    """The most memory that a process has taken until now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(next(iter(re.findall(r"VmHWM:\s+(\d+)", status))))


# --- the two --------------------------------------------------------------------------------------


def gphotosfs(folder: Path, archives: Archives, mountpoint: Path) -> Program:
    """Ours, on a profile of its own without a sign-in."""
    folder.mkdir()
    (folder / "runtime").mkdir(mode=0o700)
    command = [sys.executable, "-m", "gphotosfs.cli.main"]
    return Program(
        name="gphotosfs",
        add=[*command, "takeout", "add", *map(str, archives.paths)],
        mount=[*command, "mount", "--foreground", "default", str(mountpoint)],
        environment=GPHOTOSFS.environment(folder),
        photo="media/by-year/{}/{}",
        film="videos/{}",
    )


def ratarmount(program: str, folder: Path, archives: Archives, mountpoint: Path) -> Program:
    """The peer, with a folder for its indexes."""
    folder.mkdir()
    indexes = f"--index-folders={folder}"
    return Program(
        name="ratarmount",
        add=[],
        mount=[program, "-f", indexes, *map(str, archives.paths), str(mountpoint)],
        environment={},
        photo="Takeout/Google Photos/Photos from {}/{}",
        film="Takeout/Google Photos/Photos from 2024/{}",
    )


# --- the page -------------------------------------------------------------------------------------


def section(archives: Archives, rounds: list[dict[str, Result]], version: str) -> str:
    """The part of docs/BENCHMARKS.md."""
    rows = (
        ("before the first mount (`takeout add`)", "add"),
        ("first mount, until its root is listed", "first mount"),
        ("`find -ls`", "find -ls"),
        ("mount again", "mount again"),
        ("`find -ls`, after mounting again", "find -ls, again"),
        (f"{TINY_FILES:,} files of {PHOTO_BYTES} bytes, one after the other", "tiny"),
        (f"{SEEKS} × 64 KiB at random places of a stored film", "stored: seeks"),
        (f"a stored film of {FILM_BYTES // MB} MB whole", "stored: whole"),
        (f"{SEEKS} × 64 KiB at random places of a deflated film", "deflated: seeks"),
        (f"a deflated film of {FILM_BYTES // MB} MB whole", "deflated: whole"),
    )
    lines = [
        "## Takeout archives, beside ratarmount",
        "",
        f"Written by `python -m bench.takeout`: {len(archives.paths)} zips,",
        f"{archives.members:,} members, medians of {len(rounds)} rounds in turns; {version}. Seconds.",
        "`find -ls` meets more entries in gphotosfs, where each photo stands in several views, and none",
        "of the sidecars; the last column divides the times, not the times an entry.",
        "",
        "| | gphotosfs | ratarmount | faster |",
        "| --- | ---: | ---: | ---: |",
    ]
    for text, trip in rows:
        ours, theirs = (
            [one[name].seconds[trip] for one in rounds if trip in one[name].seconds]
            for name in ("gphotosfs", "ratarmount")
        )
        lines.append(f"| {text} | {_cell(ours)} | {_cell(theirs)} | {_ratio(ours, theirs)} |")
    found = {name: rounds[-1][name].counts["find -ls"] for name in rounds[-1]}
    lines.append(
        f"| entries that `find` met | {found['gphotosfs']:,} | {found['ratarmount']:,} | |"
    )
    for text, what in (
        ("memory, reading the archives first", "first_bytes"),
        ("memory of the daemon after it was mounted again", "peak_bytes"),
    ):
        ours_mb, theirs_mb = (
            max(getattr(one[name], what) for one in rounds) // MB
            for name in ("gphotosfs", "ratarmount")
        )
        lines.append(f"| {text} | {ours_mb} MB | {theirs_mb} MB | |")
    return "\n".join([*lines, "", BEHIND])


def _cell(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f}" if seconds else "–"


def _ratio(ours: list[float], theirs: list[float]) -> str:
    if not ours or not theirs:
        return ""
    return f"{statistics.median(theirs) / statistics.median(ours):.2g} ×"


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.takeout", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--parts", type=int, default=19, help="zips with photos; one has films")
    parser.add_argument("--photos", type=int, default=4780, help="in each of them")
    parser.add_argument("--ratarmount", default=shutil.which("ratarmount"))
    parser.add_argument("--output", type=Path, default=REPORT)
    args = parser.parse_args()
    if args.ratarmount is None:
        parser.error("ratarmount is not on the PATH: pip install ratarmount")
    version = subprocess.run(
        [args.ratarmount, "--version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]
    with tempfile.TemporaryDirectory(prefix="gphotosfs-bench-") as name:
        folder = Path(name)
        archives = make_archives(folder, args.parts, args.photos)
        rounds = [
            _round(folder / str(number), archives, args.ratarmount, number)
            for number in range(args.rounds)
        ]
    put(args.output, "bench.takeout", section(archives, rounds, version))


def _round(folder: Path, archives: Archives, peer: str, number: int) -> dict[str, Result]:
    """Both, in turns that change with the round."""
    folder.mkdir()
    mountpoint = folder / "mount-{}"
    ours, theirs = (Path(str(mountpoint).format(name)) for name in ("ours", "theirs"))
    programs = [
        (gphotosfs(folder / "gphotosfs", archives, ours), ours),
        (ratarmount(peer, folder / "ratarmount", archives, theirs), theirs),
    ]
    found = {}
    for program, path in programs if number % 2 == 0 else reversed(programs):
        print(f"round {number + 1}: {program.name}", flush=True)
        found[program.name] = measure(program, archives, path)
    return found


if __name__ == "__main__":
    main()
