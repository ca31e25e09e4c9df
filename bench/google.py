"""The simulated Google of a benchmark, and what it was asked for."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gphotosfs.simulator.process import Running, running

API_LATENCY_S: Final = 0.08
MEDIA_LATENCY_S: Final = 0.06

QUIET_S: Final = 0.3
"""A trip's requests are all there when none has begun for so long."""

QUIET_PATIENCE_S: Final = 3.0


@dataclass(frozen=True)
class Library:
    """What the simulated Google holds."""

    albums: tuple[int, ...]
    photo_bytes: int
    video_bytes: int

    @property
    def items(self) -> int:
        """As many as the albums need."""
        return sum(self.albums)

    @property
    def arguments(self) -> list[str]:
        """How `python -m gphotosfs.simulator` is told."""
        return [
            "--cheap-bytes",
            f"--items={self.items}",
            f"--album-sizes={','.join(map(str, self.albums))}",
            f"--photo-bytes={self.photo_bytes}",
            f"--video-bytes={self.video_bytes}",
            # Neither side's day may end before the benchmark does.
            "--option=calls_per_day=null",
            "--option=byte_requests_per_day=null",
        ]


@dataclass(frozen=True)
class Spent:
    """What a trip cost, as the simulated Google counts it."""

    api: int = 0
    media: int = 0
    """HEAD and GET for bytes; a redirect and its target are one."""
    media_bytes: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.api + other.api,
            self.media + other.media,
            self.media_bytes + other.media_bytes,
        )


class Google:
    """A simulated Google in another process, behind a CONNECT proxy as the real one is behind TLS."""

    def __init__(self, simulator: Running, authority: Path, library: Library) -> None:
        self.simulator = simulator
        self.authority = authority
        self.library = library
        self.albums: list[dict[str, Any]] = simulator.call("GET", "albums")
        self.items = {item["id"]: item for item in simulator.items(library.items)}

    def slow_down(self) -> None:
        """Take as long as the contract says; a media answer may come by way of a redirect."""
        self.simulator.set(api_latency_s=API_LATENCY_S, media_latency_s=MEDIA_LATENCY_S)

    def hurry(self) -> None:
        """Answer at once."""
        self.simulator.set(api_latency_s=0, media_latency_s=0)

    def begin(self) -> None:
        """Count from here on."""
        self.simulator.clear_log()

    def spent(self) -> Spent:
        """What was asked for since `begin`, once nobody asks any more.

        A slow sweep through all items, one `mediaItems.list` a second after the timeline is known,
        belongs to no trip and is left out here; `sweep_calls` counts it.
        """
        rows = self._rows()
        deadline = time.monotonic() + QUIET_PATIENCE_S
        while time.monotonic() < deadline:
            time.sleep(QUIET_S)
            before, rows = rows, self._rows()
            if _cost(rows) == _cost(before):
                break
        return _cost(rows)

    def _rows(self) -> list[dict[str, Any]]:
        return self.simulator.log()


def _cost(rows: list[dict[str, Any]]) -> Spent:
    bodies = [r for r in rows if r["kind"] in ("media", "redirected") and r["status"] != 302]
    return Spent(
        api=sum(row["kind"] == "api" and not _is_sweep(row) for row in rows),
        media=len(bodies),
        media_bytes=sum(row["bytes_sent"] for row in bodies),
    )


def _is_sweep(row: dict[str, Any]) -> bool:
    return bool(row["method"] == "GET" and row["path"] == "/v1/mediaItems")


@contextmanager
def google(folder: Path, library: Library) -> Iterator[Google]:
    """A simulated Google for as long as the context lasts."""
    authority = folder / "authority.pem"
    with running("--proxy-ca", str(authority), *library.arguments) as simulator:
        yield Google(simulator, authority, library)


@dataclass(frozen=True)
class Alone:
    """How fast the simulated Google is by itself, asked by curl through the same proxy."""

    page_s: float
    """A page of 100 items, without latency."""
    bytes_per_s: float
    """A video, one stream."""


def measure_alone(made: Google) -> Alone:
    """Ask it without any latency, so that what is left is its own work."""
    assert shutil.which("curl"), "curl is missing"
    made.hurry()
    simulator, client = made.simulator, made.simulator.credentials
    fields = ("client_id", "client_secret", "refresh_token")
    form = "&".join(f"{name}={client[name]}" for name in fields)
    token = json.loads(_curl(made, "-d", f"{form}&grant_type=refresh_token", simulator.token_uri))[
        "access_token"
    ]
    page = ("-H", f"Authorization: Bearer {token}", f"{simulator.api}/v1/mediaItems?pageSize=100")
    items = json.loads(_curl(made, *page))["mediaItems"]
    video = next(item for item in items if item["mimeType"].startswith("video/"))
    pages = _curl(made, *page, *("-o", "/dev/null", page[-1]) * 20, "-w", "%{time_total}\n")
    one = _curl(made, "-L", "-o", "/dev/null", "-w", "%{speed_download}", video["baseUrl"] + "=dv")
    times = sorted(float(line) for line in pages.splitlines() if line[:1].isdigit())
    return Alone(page_s=times[len(times) // 2], bytes_per_s=float(one))


def _curl(made: Google, *arguments: str) -> str:
    command = ["curl", "-sS", "--proxy", made.simulator.proxy, "--cacert", str(made.authority)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=True).stdout
