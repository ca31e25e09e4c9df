"""`python -m bench.backups`: backup programs on a mount, beside rclone, into docs/BENCHMARKS.md.

A backup is run, run again, run once more after the mount was made anew, and then restored elsewhere. What
was restored is compared with what Google has, byte for byte. restic and Borg are looked for on the PATH;
both are packages of Debian (`restic`, `borgbackup`), as `rsync` is.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.google import Google, Library, Spent, google
from bench.page import REPORT, put
from bench.peers import PEERS, Daemon, Peer

ALBUM: Final = Library(albums=(120,), photo_bytes=1_000_000, video_bytes=10_000_000)
RUNS: Final = ("first", "again", "after a remount")
LIMIT_S: Final = 120.0
MB: Final = 1_000_000

INTRODUCTION: Final = """\
An album of {items} photos and videos, {mb:.0f} MB, is backed up, backed up again, and once more after
mounting again; then the backup is restored, and each file compared with what Google has. Seconds, what was
asked of Google meanwhile (as above), and how many restored files are right. *> {limit:.0f} s*: the limit
came first, and what was stored until then counts."""


@dataclass(frozen=True)
class Program:
    """A backup program: its commands, given a folder of its own and the directory to be stored."""

    name: str
    prepare: Callable[[Path, Path], list[str]]
    store: Callable[[Path, Path], list[str]]
    restore: Callable[[Path, Path], list[str]]


@dataclass(frozen=True)
class Run:
    """One run of a backup."""

    seconds: float
    spent: Spent
    said: str = ""
    """What it ended with where that is not well."""


@dataclass(frozen=True)
class Stored:
    """What became of one program's backups of one peer's mount."""

    runs: dict[str, Run]
    right: int
    """How many of Google's files the restored backup has, byte for byte."""


PROGRAMS: Final = (
    Program(
        "rsync -a",
        prepare=lambda folder, _: ["mkdir", str(folder / "copy")],
        store=lambda folder, source: ["rsync", "-a", f"{source}/", str(folder / "copy")],
        restore=lambda folder, _: ["cp", "-a", str(folder / "copy"), str(folder / "restored")],
    ),
    Program(
        "restic",
        prepare=lambda folder, _: ["restic", "-q", "-r", str(folder / "repository"), "init"],
        store=lambda folder, source: [
            *("restic", "-q", "-r", str(folder / "repository")),
            *("backup", str(source)),
        ],
        restore=lambda folder, _: [
            *("restic", "-q", "-r", str(folder / "repository")),
            *("restore", "latest", "--target", str(folder / "restored")),
        ],
    ),
    Program(
        "Borg",
        prepare=lambda folder, _: ["borg", "init", "-e", "none", str(folder / "repository")],
        store=lambda folder, source: [
            *("borg", "create", f"{folder / 'repository'}::{time.monotonic_ns()}", str(source))
        ],
        restore=lambda folder, _: ["borg", "extract", f"{folder / 'repository'}::{_last(folder)}"],
    ),
)


def _last(folder: Path) -> str:
    """The name of Borg's last archive."""
    command = ["borg", "list", "--short", "--last=1", str(folder / "repository")]
    environment = os.environ | _environment(folder)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _environment(folder: Path) -> dict[str, str]:
    """Settings and caches of the programs' own, without a question."""
    return {
        "RESTIC_PASSWORD": "benchmark",
        "RESTIC_CACHE_DIR": str(folder / "cache"),
        "BORG_BASE_DIR": str(folder / "cache"),
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
    }


def measure(program: Program, peer: Peer, made: Google, folder: Path, truth: set[str]) -> Stored:
    """Three backups through two mounts, and what can be restored of them."""
    place, work = folder / "peer", folder / "backup"
    place.mkdir(parents=True)
    work.mkdir()
    peer.prepare(made, place)
    _run(program.prepare(work, place), work)
    runs: dict[str, Run] = {}
    for names in (RUNS[:2], RUNS[2:]):
        daemon = Daemon(peer, made, place)
        try:
            (source,) = (daemon.path / peer.albums).iterdir()
            for name in names:
                made.begin()
                seconds, said = _run(program.store(work, source), work)
                runs[name] = Run(seconds, made.spent(), said)
                print(f"    {name:<18} {seconds:6.1f} s  {runs[name].spent} {said}", flush=True)
        finally:
            daemon.end()
    restored = work / "restored"
    restored.mkdir(exist_ok=True)
    _run(program.restore(work, restored), restored if program.name == "Borg" else work)
    return Stored(runs, len(truth & _hashes(restored)))


def _run(command: list[str], folder: Path) -> tuple[float, str]:
    """Seconds, and what it said if it did not end well."""
    started_s = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            env=os.environ | _environment(folder),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return LIMIT_S, f"> {LIMIT_S:.0f} s"
    said = f"ended with {done.returncode}" if done.returncode else ""
    return time.perf_counter() - started_s, said


def _hashes(folder: Path) -> set[str]:
    """What the files below a folder hold."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _truth(made: Google) -> tuple[set[str], int]:
    """What Google has: the files' hashes, and their bytes together."""
    hashes, total_bytes = set(), 0
    for identity, item in made.items.items():
        is_video = item["mime_type"].startswith("video/")
        content = made.simulator.bytes_of(identity, "dv" if is_video else "d")
        hashes.add(hashlib.sha256(content).hexdigest())
        total_bytes += len(content)
    assert len(hashes) == made.library.items
    return hashes, total_bytes


# --- the page -------------------------------------------------------------------------------------


def section(made: Google, total_bytes: int, found: dict[str, dict[str, Stored]]) -> str:
    """The part of docs/BENCHMARKS.md; `found` by the program's name and the peer's."""
    names = [peer.name for peer in PEERS]
    text = INTRODUCTION.format(items=made.library.items, mb=total_bytes / MB, limit=LIMIT_S)
    lines = [
        "## Backups",
        "",
        f"Written by `python -m bench.backups`. {text}",
        "",
        f"| | {' | '.join(names)} |",
        f"| --- |{' ---: |' * len(names)}",
    ]
    for program, stored in found.items():
        for run in RUNS:
            cells = [_cell(stored[name].runs[run]) for name in names]
            lines.append(f"| {program}: {run} | {' | '.join(cells)} |")
        right = [f"{stored[name].right} of {made.library.items}" for name in names]
        lines.append(f"| {program}: right | {' | '.join(right)} |")
    return "\n".join(lines)


def _cell(run: Run) -> str:
    spent = run.spent
    parts = [f"{spent.api} calls"] if spent.api else []
    if spent.media:
        parts.append(f"{spent.media:,} media, {spent.media_bytes / MB:.0f} MB")
    time_taken = run.said if run.said.startswith(">") else f"**{run.seconds:.1f} s**"
    ended = "" if run.said in ("", time_taken) else f" ({run.said})"
    return f"{time_taken}{ended}; {', '.join(parts) or 'nothing'}"


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.backups", description=__doc__)
    parser.add_argument("--output", type=Path, default=REPORT)
    args = parser.parse_args()
    for name in ("rsync", "restic", "borg"):
        if shutil.which(name) is None:
            parser.error(f"{name} is not on the PATH")
    found: dict[str, dict[str, Stored]] = {}
    with tempfile.TemporaryDirectory(prefix="gphotosfs-bench-") as name:
        folder = Path(name)
        with google(folder, ALBUM) as made:
            truth, total_bytes = _truth(made)
            made.slow_down()
            for program in PROGRAMS:
                for peer in PEERS:
                    print(f"  {program.name}: {peer.name}", flush=True)
                    place = folder / f"{program.name}-{peer.name}".replace(" ", "")
                    stored = measure(program, peer, made, place, truth)
                    print(f"    {stored.right} of {made.library.items} right", flush=True)
                    found.setdefault(program.name, {})[peer.name] = stored
                    shutil.rmtree(place)
            put(args.output, "bench.backups", section(made, total_bytes, found))


if __name__ == "__main__":
    main()
