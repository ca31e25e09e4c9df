"""What kernel, libfuse and pyfuse3 hold in store, each trap walked into through a real mount."""

import errno
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from gphotosfs.cli.mounting.checks import take_away
from gphotosfs.control import mounted_at
from gphotosfs.errors import MountError
from gphotosfs.simulator.process import Running, running
from tests.mount.broken_tree import BUGS
from tests.mount.mounting import (
    HANG_GUARD_S,
    PROJECT,
    Home,
    Mount,
    content,
    counted,
    eventually,
    process,
)

pytestmark = pytest.mark.mount

MIB = 1 << 20
SEARCH = "/v1/mediaItems:search"


# --- an exception in a handler would end the mount --------------------------------------------------


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[tuple[Path, "subprocess.Popen[str]"]]:
    """A mount of a tree full of bugs."""
    mountpoint = tmp_path / "mnt"
    mountpoint.mkdir()
    with (tmp_path / "log").open("w") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "tests.mount.broken_tree", mountpoint],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=PROJECT,
        )
    assert daemon.stdout is not None
    try:
        assert daemon.stdout.readline() == "mounted\n"
        yield mountpoint, daemon
    finally:
        with suppress(MountError):
            take_away(mountpoint, lazily=True)
        daemon.communicate(timeout=HANG_GUARD_S)


def test_no_exception_in_a_handler_ends_the_mount(
    broken: tuple[Path, "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    mountpoint, daemon = broken
    calls: list[Callable[[], object]] = [
        *((mountpoint / os.fsdecode(name)).stat for name in BUGS),
        lambda: os.listdir(mountpoint / "broken"),  # noqa: PTH208 - only the error counts
        lambda: os.listxattr(mountpoint / "fine"),
        lambda: os.getxattr(mountpoint / "fine", "user.x"),
        lambda: os.statvfs(mountpoint),
        (mountpoint / "unreadable").read_bytes,
    ]
    for call in calls:
        with pytest.raises(OSError, match="Input/output") as failed:
            call()
        assert failed.value.errno == errno.EIO

    assert (mountpoint / "fine").read_bytes() == b"fine"
    assert daemon.poll() is None
    log = (tmp_path / "log").read_text()
    assert log.count("Traceback") >= len(calls)
    take_away(mountpoint, lazily=False)
    assert daemon.wait(HANG_GUARD_S) == 0
    assert mounted_at(mountpoint) is None


# --- a request that is withdrawn freezes the reader of /dev/fuse ------------------------------------


@contextmanager
def heartbeat(mount: Mount) -> Iterator[list[float]]:
    """Asks the daemon for its status all the time; how long each answer took, in seconds."""
    gaps_s: list[float] = []
    stopped = threading.Event()

    def ask() -> None:
        while not stopped.is_set():
            asked_s = time.monotonic()
            mount.status()
            gaps_s.append(time.monotonic() - asked_s)

    beating = threading.Thread(target=ask)
    beating.start()
    try:
        yield gaps_s
    finally:
        stopped.set()
        beating.join()


def test_a_storm_of_killed_readers_freezes_nothing(tmp_path: Path) -> None:
    """Without the timer one such freeze lasts until the next request, which nobody makes here."""
    dice = random.Random(1)
    with running("--items", "40", "--cheap-bytes", "--video-bytes", str(8 * MIB)) as simulator:
        films = [item for item in simulator.items() if item["fps"]]
        with Home(tmp_path, simulator).mounted() as mount:
            paths = [mount / "videos" / film["filename"] for film in films]
            assert all(path.exists() for path in paths)
            with heartbeat(mount) as gaps_s:
                for _ in range(4):
                    with ExitStack() as readers:
                        started = [
                            readers.enter_context(process("cat", dice.choice(paths)))
                            for _ in range(64)
                        ]
                        for reader in dice.sample(started, len(started)):
                            reader.kill()
                beats = len(gaps_s)
                eventually(lambda: len(gaps_s) > beats + 10)

            # The timer ends such a read within 1 s; the rest is for a machine with other work.
            assert max(gaps_s) < 5
            assert paths[0].read_bytes() == content(simulator, films[0])
            eventually(lambda: not any(mount.status()["under_way"].values()))


# --- notifications wait for locks that only our own answers release ---------------------------------


PIECE = 128 << 10


def read_pieces(path: Path, places: list[int]) -> dict[int, bytes]:
    """Pieces of a file through one handle, by where they begin, until it is another file."""
    found = {}
    descriptor = os.open(path, os.O_RDONLY)
    try:
        for place in places:
            try:
                found[place] = os.pread(descriptor, PIECE, place)
            except OSError as exc:
                if exc.errno != errno.ESTALE:
                    raise
                break
    finally:
        os.close(descriptor)
    return found


def is_of(version: bytes, pieces: dict[int, bytes]) -> bool:
    """Whether all of them are from this version of a file."""
    return all(version[place : place + PIECE] == piece for place, piece in pieces.items())


def test_content_that_changes_while_it_is_read_deadlocks_nothing(tmp_path: Path) -> None:
    """The kernel is told to drop the pages of a file of which many are just being read.

    No handle sees pieces of two versions.
    """
    with running("--items", "40", "--cheap-bytes", "--video-bytes", str(16 * MIB)) as simulator:
        film = next(item for item in simulator.items() if item["fps"])
        versions = [content(simulator, film)]
        with Home(tmp_path, simulator).mounted(alarms=True) as mount:
            path = mount / "videos" / film["filename"]
            size = path.stat().st_size
            simulator.set(media_latency_s=0.05, bytes_per_s=20 * MIB)
            for round_ in range(3):
                places = random.Random(round_).sample(range(0, size - PIECE, PIECE), 60)
                with ThreadPoolExecutor(8) as readers:
                    reads = [readers.submit(read_pieces, path, places[n::8]) for n in range(8)]
                    film = simulator.change("change_bytes", film["id"])
                    versions.append(content(simulator, film))
                    for read in reads:
                        pieces = read.result(HANG_GUARD_S)
                        assert any(is_of(version, pieces) for version in versions)
            simulator.set(media_latency_s=0, bytes_per_s=None)

            eventually(lambda: read_or_nothing(path) == versions[-1])


def read_or_nothing(path: Path) -> bytes | None:
    """The bytes; None while the mount has not noticed that they are others now."""
    try:
        return path.read_bytes()
    except OSError as exc:
        if exc.errno == errno.ESTALE:
            return None
        raise


def test_a_refresh_during_many_look_ups_deadlocks_nothing(home: Home, simulator: Running) -> None:
    """Names come and go in a directory in which programs look for them without a pause."""
    stopped = threading.Event()
    known = [item["filename"] for item in simulator.items()]

    def look(folder: Path, wanted: list[str]) -> int:
        found = 0
        while not stopped.is_set():
            found += sum((folder / name).exists() for name in wanted)
            found += len(os.listdir(folder))  # noqa: PTH208 - the names alone
        return found

    with home.mounted() as mount, ThreadPoolExecutor(8) as programs:
        folder = mount / "media/all"
        assert len(os.listdir(folder)) == 120  # noqa: PTH208 - the names alone
        names = [f"new-{n}.jpg" for n in range(5)]
        looking = [programs.submit(look, folder, [*names, *known[n::8]]) for n in range(8)]
        try:
            for name in names:
                item = simulator.change("add_item", filename=name)
                mount.refresh("media/all")
                eventually((folder / name).exists)
                simulator.change("remove_item", item["id"])
                mount.refresh("media/all")
                eventually(lambda: not (folder / name).exists())  # noqa: B023 - the same
        finally:
            stopped.set()
        assert all(task.result(HANG_GUARD_S) > 0 for task in looking)


# --- a directory is one lane ------------------------------------------------------------------------


def test_a_page_that_does_not_come_blocks_no_other_directory(
    home: Home, simulator: Running
) -> None:
    with home.mounted() as mount:
        names = os.listdir(mount / "media/all")  # noqa: PTH208 - the names alone
        title = next(album["title"] for album in simulator.call("GET", "albums"))
        assert (mount / "albums" / title).exists()
        simulator.fault("stall", path=SEARCH, seconds=HANG_GUARD_S)
        with process("ls", mount / "albums" / title) as blocked, counted(simulator) as requests:
            eventually(lambda: requests().api)

            assert all((mount / "media/all" / name).exists() for name in names)
            assert set(os.listdir(mount / "media/all")) == set(names)  # noqa: PTH208 - the same
            assert (mount / "media/all" / names[0]).read_bytes()
            assert len(os.listdir(mount / "albums")) > 1  # noqa: PTH208 - the same
            assert blocked.poll() is None
            mount.ask("stop")  # which ends the request that `ls` waits for
