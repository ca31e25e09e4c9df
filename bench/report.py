"""The results as a page: a table for every row of the contract's own table."""

import os
import platform
import statistics
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import sections
from bench.google import API_LATENCY_S, MEDIA_LATENCY_S, Alone, Library, Spent
from bench.million import ITEMS, Million
from bench.page import put_first
from bench.peers import GPHOTOSFS, Peer
from bench.rounds import Life, Measured, Sizes
from bench.sections import Row

MB: Final = 1_000_000


@dataclass
class Results:
    """All that was measured."""

    library: Library
    sizes: Sizes
    peers: list[Peer]
    rounds: int
    alone: Alone = field(default_factory=lambda: Alone(0.0, 0.0))
    trips: dict[str, dict[str, list[Measured]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    """By the trip's and the peer's name."""
    lives: dict[str, list[Life]] = field(default_factory=dict)
    million: Million | None = None
    took_s: float = 0.0

    def add(self, peer: Peer, trip: str, measured: Measured) -> None:
        """Take in one result."""
        self.trips[trip][peer.name].append(measured)


def told(measured: Measured) -> str:
    """One result as a line for whoever watches."""
    outcome = measured.outcome
    first = "" if outcome.first_s is None else f"first {outcome.first_s:.3f} s, "
    end = ""
    if outcome.wrong:
        end = f" WRONG: {outcome.wrong}"
    elif outcome.gave_up:
        end = f" gave up at {outcome.done}"
    return f"{first}{outcome.seconds:.3f} s  {_costs(measured.spent)}{end}"


# --- the page -------------------------------------------------------------------------------------


def write(path: Path, results: Results, command: str) -> None:
    """Write the page; what another measurement has put behind it stays."""
    parts: list[str] = [_head(results, command)]
    for section in sections.SECTIONS:
        rows = [row for row in section.rows(results.library.albums) if row.trip in results.trips]
        if rows:
            parts.extend((f"## {section.title}", section.text, _table(results, rows)))
    parts.extend(("## What the daemons took", _lives(results)))
    if results.million is not None:
        parts.extend(("## A million known items", _million(results.million)))
    parts.append(sections.END.strip())
    put_first(path, "\n\n".join(part for part in parts if part))


def _head(results: Results, command: str) -> str:
    alone = results.alone
    peers = "\n".join(f"* **{peer.name}**: `{peer.text}`" for peer in results.peers)
    return sections.HEAD.format(
        command=command,
        rounds=results.rounds,
        minutes=results.took_s / 60,
        machine=_machine(),
        peers=peers,
        rclone=_rclone_version(),
        api_ms=1000 * API_LATENCY_S,
        media_ms=1000 * MEDIA_LATENCY_S,
        items=results.library.items,
        photo_mb=results.library.photo_bytes / MB,
        video_mb=results.library.video_bytes * 1.5 / MB,
        page_ms=1000 * alone.page_s,
        line_mb=alone.bytes_per_s / MB,
    ).strip()


def _table(results: Results, rows: list[Row]) -> str:
    names = [peer.name for peer in results.peers]
    lines = [
        f"| | {' | '.join(names)} | faster |",
        f"| --- |{' ---: |' * len(names)} ---: |",
    ]
    for row in rows:
        measured = results.trips[row.trip]
        cells = [_cell(row, measured.get(name, [])) for name in names]
        lines.append(f"| {row.what} | {' | '.join(cells)} | {_ratio(row, measured)} |")
    return "\n".join(lines)


def _cell(row: Row, measured: list[Measured]) -> str:
    if not measured:
        return "–"
    wrong = next((m.outcome.wrong for m in measured if m.outcome.wrong), "")
    if wrong:
        return f"fails: {wrong}"
    given_up = next((m for m in measured if m.outcome.gave_up), None)
    if given_up is not None:
        return f"> {given_up.limit_s:.0f} s{_far(given_up)}; {_costs(given_up.spent)}"
    seconds = _seconds(row, measured)
    if row.first:
        return f"{_time(seconds)}"
    rate = statistics.median(m.outcome.bytes_read for m in measured) / seconds / MB
    speed = f", {rate:.0f} MB/s" if row.rate else ""
    return f"**{_time(seconds)}**{speed}; {_costs(_median_cost(measured))}"


def _far(measured: Measured) -> str:
    outcome = measured.outcome
    return f" ({outcome.done:,} of {outcome.expected:,})" if outcome.done else ""


def _ratio(row: Row, measured: dict[str, list[Measured]]) -> str:
    """How many times as long the quickest other peer takes."""
    ours = measured.get(GPHOTOSFS.name)
    others = [found for name, found in measured.items() if name != GPHOTOSFS.name]
    if not ours or not others or not _is_good(ours):
        return ""
    bounds = [
        (_seconds(row, found), "") if _is_good(found) else (found[0].limit_s, "> ")
        for found in others
        if not found[0].outcome.wrong
    ]
    if not bounds:
        return ""
    least, sign = min(bounds)
    return f"{sign}{least / _seconds(row, ours):.2g} ×"


def _is_good(measured: list[Measured]) -> bool:
    return not any(m.outcome.wrong or m.outcome.gave_up for m in measured)


def _seconds(row: Row, measured: list[Measured]) -> float:
    outcomes = [m.outcome for m in measured]
    return statistics.median((o.first_s or 0.0) if row.first else o.seconds for o in outcomes)


def _time(seconds: float) -> str:
    if seconds < 0.01:
        return f"{1000 * seconds:.1f} ms"
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _median_cost(measured: list[Measured]) -> Spent:
    return Spent(
        api=round(statistics.median(m.spent.api for m in measured)),
        media=round(statistics.median(m.spent.media for m in measured)),
        media_bytes=round(statistics.median(m.spent.media_bytes for m in measured)),
    )


def _costs(spent: Spent) -> str:
    parts = []
    if spent.api:
        parts.append(f"{spent.api:,} calls" if spent.api > 1 else "1 call")
    if spent.media:
        parts.append(f"{spent.media:,} media")
    if spent.media_bytes:
        parts.append(f"{spent.media_bytes / MB:.1f} MB")
    return ", ".join(parts) or "nothing"


def _lives(results: Results) -> str:
    lines = [
        "| | processor time of a round | peak memory | calls | media requests | media bytes |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for peer in results.peers:
        lives = results.lives.get(peer.name, [])
        if lives:
            cpu_s = statistics.median(life.cpu_s for life in lives)
            peak_mb = max(life.peak_bytes for life in lives) / MB
            spent = lives[-1].spent
            lines.append(
                f"| {peer.name} | {cpu_s:.1f} s | {peak_mb:.0f} MB | {spent.api:,} | {spent.media:,}"
                f" | {spent.media_bytes / MB:,.0f} MB |"
            )
    return "\n".join(lines)


def _million(found: Million) -> str:
    lines = [
        "| | time | entries |",
        "| --- | ---: | ---: |",
        f"| ready | {_time(found.ready_s)} | |",
        *(
            f"| `find {view}` | {_time(one.seconds)} | {one.done:,} |"
            for view, one in found.found.items()
        ),
    ]
    memory = (
        f"A catalogue of {ITEMS:,} items, gphotosfs alone: {found.start_bytes / MB:.0f} MB of memory when"
        f" it was ready, at most {found.peak_bytes / MB:.0f} MB until its end,"
        f" {found.cpu_s:.0f} s of processor time."
    )
    return memory + "\n\n" + "\n".join(lines)


def _machine() -> str:
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{os.cpu_count()} processors, {memory_gb:.0f} GB, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def _rclone_version() -> str:
    program = Path(sys.executable).with_name("rclone")
    done = subprocess.run([program, "version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]
