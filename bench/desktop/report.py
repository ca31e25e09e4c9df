"""The measured part of docs/DESKTOP.md, between two marks, and its screenshots."""

import io
import os
import platform
import subprocess
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image

from bench.desktop.cases import VISITS
from bench.desktop.managers import Manager
from bench.desktop.viewers import FILM_S, JUMPS, PAGES, PLAYERS, Viewed, Viewer
from bench.desktop.visit import Visit
from bench.desktop.watch import OURS
from bench.google import API_LATENCY_S, MEDIA_LATENCY_S
from bench.peers import Peer

BEGIN: Final = "<!-- measured: python -m bench.desktop writes from here -->"
END: Final = "<!-- to here -->"

MB: Final = 1_000_000
PICTURE_BYTES_MAX: Final = 190_000

FIRST, SECOND, REMOUNTED = VISITS


@dataclass
class Results:
    """All that was measured."""

    photos: int
    album_bytes: int = 0
    visits: dict[tuple[str, str], dict[str, Visit]] = field(default_factory=dict)
    """By the file manager's and the mount's name, then by visit."""
    viewed: list[tuple[Viewer, Viewed]] = field(default_factory=list)

    def add(self, manager: Manager, peer: Peer, name: str, visit: Visit) -> None:
        """Take in one visit."""
        self.visits.setdefault((manager.name, peer.name), {})[name] = visit


def write(page: Path, results: Results, managers: Sequence[Manager], peers: Sequence[Peer]) -> None:
    """Put the tables into the page, in place of those that are there, and the pictures beside it."""
    text = page.read_text() if page.exists() else ""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = [_head(results, managers, peers), _opening(results, managers, peers)]
    parts += [_again(results, managers, peers), _viewers(results)]
    for manager in managers:
        if picture := _picture(results, manager, peers[0], page.parent):
            parts.append(f"![An album in {manager.name}, opened for the first time]({picture})")
    body = "\n\n".join(part for part in parts if part)
    page.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{after}")


def _head(results: Results, managers: Sequence[Manager], peers: Sequence[Peer]) -> str:
    programs = ", ".join(f"{manager.name} {_version(manager)}" for manager in managers)
    mounts = "\n".join(f"* **{peer.name}**: `{peer.text}`" for peer in peers)
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    text = (
        f"Measured by `python -m bench.desktop`: an album of {results.photos} photos and films, "
        f"{results.album_bytes / MB:,.0f} MB in all, without thumbnails of the camera's own, on a "
        f"simulated Google that takes {1000 * API_LATENCY_S:.0f} ms a call and "
        f"{1000 * MEDIA_LATENCY_S:.0f} ms to the first byte of a photo, opened on a virtual screen of "
        f"1200 × 800 and scrolled through to its end; {programs}. All mounts in one run on "
        f"{os.cpu_count()} processors and {memory_gb:.0f} GB, which also play Google and did other work "
        f"meanwhile (load {os.getloadavg()[2]:.0f}), under Linux {platform.release()}: the counts are "
        "exact, the seconds say which is quicker."
    )
    return f"{textwrap.fill(text, 112, break_on_hyphens=False)}\n\n{mounts}"


def _opening(results: Results, managers: Sequence[Manager], peers: Sequence[Peer]) -> str:
    lines = [
        "### The first time",
        "",
        "| | mount | first page drawn after | all pages, together | small requests | other requests "
        "| bytes of originals | thumbnails made by |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for manager, peer, visits in _rows(results, managers, peers):
        visit = visits[FIRST]
        spent = visit.spent
        late = "> " if visit.gave_up else ""
        lines.append(
            f"| {manager.name} | {peer.name} | {visit.first_page_s:.1f} s | {late}{visit.settled_s:.1f} s "
            f"| {spent.small:,} | {spent.heads + spent.full:,} | {spent.full_bytes / MB:,.1f} MB "
            f"| {_drawn_by(visit)} |"
        )
    return "\n".join(lines)


def _again(results: Results, managers: Sequence[Manager], peers: Sequence[Peer]) -> str:
    lines = [
        "### The second time, and after a remount",
        "",
        "| | mount | second time: first page, all pages | requests | after a remount: first page, all "
        "pages | requests |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for manager, peer, visits in _rows(results, managers, peers):
        cells = [
            f"{visit.first_page_s:.1f} s, {visit.settled_s:.1f} s | {visit.spent.media:,}"
            for visit in (visits[SECOND], visits[REMOUNTED])
        ]
        lines.append(f"| {manager.name} | {peer.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _viewers(results: Results) -> str:
    if not results.viewed:
        return ""
    lines = [
        "### Viewers and players",
        "",
        f"A viewer opens a photo of the album and goes {PAGES} photos on; a player plays a film of "
        f"{FILM_S // 60} minutes and jumps a minute on, {JUMPS} times.",
        "",
        "| | shown | small requests | other requests | bytes of originals |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for viewer, viewed in results.viewed:
        spent = viewed.spent
        share = f" of {viewed.file_bytes / MB:,.0f}" if viewer in PLAYERS else ""
        lines.append(
            f"| {viewer.name} | {viewed.pages} of {viewed.pressed} | {spent.small:,} "
            f"| {spent.heads + spent.full:,} | {spent.full_bytes / MB:,.1f}{share} MB |"
        )
    return "\n".join(lines)


def _rows(
    results: Results, managers: Sequence[Manager], peers: Sequence[Peer]
) -> Iterator[tuple[Manager, Peer, dict[str, Visit]]]:
    for manager in managers:
        for peer in peers:
            visits = results.visits.get((manager.name, peer.name), {})
            if len(visits) == len(VISITS):
                yield manager, peer, visits


def _drawn_by(visit: Visit) -> str:
    """Whose thumbnails there are, as counts of files; a file may have one in several sizes."""
    found = visit.thumbnails
    most: Counter[str] = Counter()
    for by_program in found.by_size.values():
        most |= by_program
    ours, theirs = most[OURS], most.total() - most[OURS]
    parts = [f"gphotosfs {ours}"] if ours else []
    if theirs:
        parts.append(f"the desktop {theirs}")
    if found.missing:
        parts.append(f"nobody {len(found.missing)}")
    return ", ".join(parts)


def _version(manager: Manager) -> str:
    query = ["dpkg-query", "--show", "--showformat=${Version}", manager.command[0]]
    done = subprocess.run(query, capture_output=True, text=True, check=False)
    return done.stdout.rpartition(":")[2].partition("-")[0].partition("+")[0]


def _picture(results: Results, manager: Manager, peer: Peer, folder: Path) -> str:
    """Save the first page of the first visit beside the page; its name, or nothing."""
    visits = results.visits.get((manager.name, peer.name))
    if not visits or not visits[FIRST].pictures:
        return ""
    name = f"desktop-{manager.name.lower()}.png"
    picture = visits[FIRST].pictures[0]
    for width_px in (1000, 900, 800, 700, 600):
        height_px = picture.height * width_px // picture.width
        smaller = picture.resize((width_px, height_px), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        smaller.quantize(160).save(buffer, "PNG", optimize=True)
        if len(buffer.getvalue()) <= PICTURE_BYTES_MAX:
            break
    (folder / name).write_bytes(buffer.getvalue())
    return name
