"""What the tests of faults share: calls that are timed, figures of a daemon, a mount behind a proxy."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gphotosfs.simulator.process import Running, running
from tests.fault_proxy import FaultProxy
from tests.mount.mounting import Home, Mount, eventually

TIMEOUT_S: Final = 3.0
"""The option `timeout` in these tests, so that waiting for it is short."""

MARGIN_S: Final = 2.5
"""A busy machine's part of a time. Less than the timeout, so that a call which waits twice is noticed."""

SOON_S: Final = 3.0
"""What the contract gives a call that can't be answered (section 4)."""

assert MARGIN_S < TIMEOUT_S

PHOTO_BYTES: Final = 600_000
SMALL: Final = ("--cheap-bytes", "--photo-bytes", str(PHOTO_BYTES), "--video-bytes", "6000000")
"""A library whose photos take two requests (the head, the rest) and whose films a few blocks."""


@dataclass(frozen=True)
class Outcome:
    """How a system call, or several, ended."""

    value: Any
    errno: int
    """0 if it went well."""
    seconds: float

    def __str__(self) -> str:
        return f"{errno.errorcode.get(self.errno, 'well')} after {self.seconds:.2f} s"


def timed(call: Callable[[], Any]) -> Outcome:
    """What a call returned or how it failed, and how long it took."""
    began = time.monotonic()
    try:
        value, code = call(), 0
    except OSError as exc:
        value, code = None, exc.errno or -1
    return Outcome(value, code, time.monotonic() - began)


def names_in(directory: Path) -> list[str]:
    """A directory's entries, as readdir hands them on, without a stat."""
    return os.listdir(directory)  # noqa: PTH208 - as it says


# --- a daemon's figures -------------------------------------------------------------------------


def under_way(mount: Mount) -> dict[str, int]:
    """Every gauge that is not zero."""
    status = mount.status()
    gauges = {**status["under_way"], **status["google"]["under_way"]}
    return {name: count for name, count in gauges.items() if count}


def descriptors(mount: Mount) -> int:
    """How many files, pipes and sockets the daemon has open."""
    return len(names_in(Path(f"/proc/{mount.pid}/fd")))


def resident_bytes(mount: Mount) -> int:
    """What the daemon takes of the memory."""
    for line in Path(f"/proc/{mount.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) << 10
    raise AssertionError("the kernel tells no figures")


# Connections that stay open for the next request (google/connection.py), blocks.db, a few threads' pipes.
DESCRIPTORS_SPARE: Final = 80


@contextmanager
def left_clean(mount: Mount) -> Iterator[None]:
    """Afterwards the daemon is alive and has met no bug, and all that was under way has ended."""
    before = descriptors(mount)
    yield
    assert Path(f"/proc/{mount.pid}").exists()
    eventually(lambda: not under_way(mount))
    assert descriptors(mount) <= before + DESCRIPTORS_SPARE
    log = mount.profile.log_path.read_text().splitlines()
    assert [line for line in log if " ERROR " in line] == []


# --- a simulator behind a proxy --------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A simulated Google, and the proxy through which everybody reaches it."""

    simulator: Running
    proxy: FaultProxy


@contextmanager
def line(*arguments: str) -> Iterator[Line]:
    """A simulator with these arguments behind a proxy of its own."""
    with FaultProxy().running() as proxy:
        simulated = running("--behind", *proxy.origins, *arguments)
        with simulated as simulator:
            host, port = simulator.control.split("/")[2].split(":")
            proxy.target = host, int(port)
            yield Line(simulator, proxy)


def impatient(folder: Path, simulator: Running, **settings: object) -> Home:
    """A profile whose system calls wait for 3 s."""
    return Home(folder, simulator, timeout=f"{TIMEOUT_S:g}s", **settings)


# --- bytes ------------------------------------------------------------------------------------------


def photos_of(simulator: Running) -> list[dict[str, Any]]:
    """The photos, newest first."""
    return [item for item in simulator.items() if item["mime_type"].startswith("image/")]


def film_of(simulator: Running) -> dict[str, Any]:
    """The newest film."""
    return next(item for item in simulator.items() if item["mime_type"] == "video/mp4")


def path_of(mount: Mount, item: dict[str, Any]) -> Path:
    """Where an item is shown."""
    name: str = item["filename"]
    return mount / "media/all" / name


def nothing_wrong_in_the_cache(home: Home, expected: dict[str, bytes]) -> None:
    """With Google gone, every byte that a new mount hands out is the right one.

    Reads that fail are fine: what is not there can't be had.
    """
    with home.mounted(alarms=True) as mount:
        for name, content in expected.items():
            with (mount / "media/all" / name).open("rb", buffering=0) as file:
                for offset in range(0, len(content), 1 << 16):
                    part = timed(lambda: os.pread(file.fileno(), 1 << 16, offset))  # noqa: B023
                    if part.errno:
                        break
                    assert part.value == content[offset : offset + (1 << 16)], (name, offset)
