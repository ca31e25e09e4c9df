"""Many at once, for long, or under a clock that jumps: nothing is mixed up, nothing grows."""

import errno
import os
import resource
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from gphotosfs.simulator.process import running
from tests.mount.failing import (
    MARGIN_S,
    SMALL,
    TIMEOUT_S,
    Line,
    film_of,
    impatient,
    left_clean,
    line,
    names_in,
    path_of,
    photos_of,
    resident_bytes,
    timed,
)
from tests.mount.mounting import Home, Mount, content, counted, eventually, sh

pytestmark = pytest.mark.mount

MIB = 1 << 20


@pytest.fixture(scope="module")
def wire() -> Iterator[Line]:
    with line("--items", "80", "--album-sizes", "40,40", *SMALL) as made:
        yield made


@pytest.fixture(autouse=True)
def mended(wire: Line) -> Iterator[None]:
    """Whatever a test does to the line is mended."""
    yield
    wire.proxy.clear()
    wire.simulator.call("DELETE", "faults")


# --- fio ------------------------------------------------------------------------------------------------

FIO_FILES = 4
FIO_BYTES = 3 * MIB


def fio(folder: Path, *arguments: str) -> str:
    """Fio over the same files, in that folder."""
    names = ":".join(f"fio{number}.jpg" for number in range(FIO_FILES))
    return sh(
        "fio", "--name=verified", f"--directory={folder}", f"--filename={names}", "--bs=16k",
        f"--size={FIO_FILES * FIO_BYTES}", "--verify=crc32c", "--verify_fatal=1", "--ioengine=psync",
        "--file_service_type=sequential", "--verify_state_save=0", *arguments,
    )  # fmt: skip


def test_fio_verifies_its_own_files_through_a_mount_on_a_line_that_breaks(
    tmp_path: Path,
) -> None:
    """What fio has written is what the simulator serves; every body breaks off, every address dies."""
    plain = tmp_path / "plain"
    plain.mkdir()
    fio(plain, "--rw=write", "--do_verify=0")
    with running("--items", "5", "--cheap-bytes") as simulator:
        for path in sorted(plain.iterdir()):
            simulator.change("add_file", path=str(path))
        simulator.set(url_life_s=1)
        simulator.fault("truncate", kind="media", path="GET *", bytes=700_000, times=None)
        with Home(tmp_path, simulator).mounted(alarms=True) as mount, left_clean(mount):
            fio(mount / "media/all", "--rw=read", "--readonly", "--verify_only")
            fio(mount / "media/all", "--rw=randread", "--readonly", "--direct=1", "--numjobs=2")
            assert simulator.log("media")


# --- many readers -----------------------------------------------------------------------------------------


def test_64_readers_on_a_line_that_resets_every_connection_get_the_right_bytes(
    tmp_path: Path, wire: Line
) -> None:
    items = [*photos_of(wire.simulator)[:20], film_of(wire.simulator)]
    expected = {item["filename"]: content(wire.simulator, item) for item in items}
    with Home(tmp_path, wire.simulator).mounted(alarms=True) as mount, left_clean(mount):
        names_in(mount / "media/all")
        wire.proxy.set("reset", after_bytes=400_000)
        with ThreadPoolExecutor(64) as readers:

            def read(number: int) -> bool:
                item = items[number % len(items)]
                return path_of(mount, item).read_bytes() == expected[item["filename"]]

            outcomes = list(readers.map(lambda number: timed(lambda: read(number)), range(64)))

        assert all(outcome.value for outcome in outcomes if not outcome.errno)
        # A body that breaks again within 256 KiB is given up, the others are continued.
        assert {outcome.errno for outcome in outcomes} <= {0, errno.EIO, errno.ENETUNREACH}
        assert sum(outcome.errno == 0 for outcome in outcomes) > 20
        wire.proxy.clear()
        mount.refresh("albums")
        assert all(map(read, range(len(items))))


def test_a_stalled_line_fails_all_its_readers_once_and_leaves_what_is_cached(
    tmp_path: Path, wire: Line
) -> None:
    """Sixteen readers of one file that does not come: none waits twice."""
    cached, stalled = photos_of(wire.simulator)[:2]
    with impatient(tmp_path, wire.simulator).mounted(alarms=True) as mount, left_clean(mount):
        names_in(mount / "media/all")
        right = path_of(mount, cached).read_bytes()
        path_of(mount, stalled).stat()
        wire.proxy.set("silence")
        with ThreadPoolExecutor(17) as readers:
            waiting = [readers.submit(timed, path_of(mount, stalled).read_bytes) for _ in range(16)]
            eventually(lambda: mount.status()["under_way"]["waiters"])
            sh("md5sum", path_of(mount, cached))
            beside = timed(path_of(mount, cached).read_bytes)
            failed = [one.result() for one in waiting]

        assert beside.value == right
        assert beside.seconds < TIMEOUT_S
        assert all(one.errno and one.seconds < TIMEOUT_S + MARGIN_S for one in failed)
        again = timed(path_of(mount, stalled).read_bytes)
        assert again.errno
        assert again.seconds < TIMEOUT_S


# --- two mounts -------------------------------------------------------------------------------------------


def test_two_mounts_of_a_profile_on_a_bad_line_agree_with_google(
    tmp_path: Path, wire: Line
) -> None:
    home = impatient(tmp_path, wire.simulator)
    items = photos_of(wire.simulator)[:16]
    with home.mounted(alarms=True) as first, home.mounted(at="second", alarms=True) as second:
        names = names_in(first / "media/all")
        assert names_in(second / "media/all") == names
        wire.proxy.set("cut", after_bytes=500_000)
        right = {item["filename"]: content(wire.simulator, item) for item in items}

        def read(mount: Mount, item: dict[str, Any]) -> bool:
            outcome = timed(path_of(mount, item).read_bytes)
            return bool(outcome.errno) or outcome.value == right[item["filename"]]

        with ThreadPoolExecutor(8) as readers:
            assert all(readers.map(read, [first] * len(items) + [second] * len(items), items * 2))
        wire.proxy.set("refuse")
        for mount in (first, second):
            failed = timed(path_of(mount, photos_of(wire.simulator)[30]).read_bytes)
            assert failed.errno
            assert failed.seconds < TIMEOUT_S + MARGIN_S
            assert names_in(mount / "media/all") == names
        wire.proxy.clear()
        second.refresh("albums")
        for item in items:
            assert path_of(second, item).read_bytes() == right[item["filename"]]
        first.kill()

        # The second becomes the writer, and goes on where the first was.
        assert names_in(second / "media/all") == names
        item = photos_of(wire.simulator)[40]
        assert path_of(second, item).read_bytes() == content(wire.simulator, item)


# --- clocks and memory ------------------------------------------------------------------------------------


def test_a_daemon_that_was_stopped_for_a_while_goes_on(tmp_path: Path, wire: Line) -> None:
    """As after a suspend: every deadline has passed, every address has died."""
    item, later = photos_of(wire.simulator)[:2]
    film = film_of(wire.simulator)
    wire.simulator.set(url_life_s=2)
    try:
        with impatient(tmp_path, wire.simulator).mounted(alarms=True) as mount, left_clean(mount):
            names = names_in(mount / "media/all")
            with path_of(mount, film).open("rb", buffering=0) as file:
                right = content(wire.simulator, film)
                assert file.read(300_000) == right[:300_000]
                os.kill(mount.pid, signal.SIGSTOP)
                time.sleep(TIMEOUT_S + 1)
                os.kill(mount.pid, signal.SIGCONT)

                rest = timed(lambda: right[:300_000] + file.readall())

            assert rest.value == right
            assert names_in(mount / "media/all") == names
            for one in (item, later):
                assert path_of(mount, one).read_bytes() == content(wire.simulator, one)
    finally:
        wire.simulator.set(url_life_s=3600)


def test_memory_does_not_grow_with_what_is_read(tmp_path: Path) -> None:
    """300 MB through a cache of 20 MB, so that most of it is evicted again."""
    with running("--items", "40", "--cheap-bytes", "--video-bytes", str(60 * MIB)) as simulator:
        films = [item for item in simulator.items() if item["mime_type"] == "video/mp4"]
        if len(films) < 6:
            films += [simulator.change("add_item", mime_type="video/mp4") for _ in range(6)]
        home = Home(tmp_path, simulator)
        with home.mounted("-o", "cache_size=20M", alarms=True) as mount, left_clean(mount):
            names_in(mount / "media/all")
            sh("md5sum", path_of(mount, films[0]))
            before = resident_bytes(mount)
            for film in films[1:6]:
                sh("md5sum", path_of(mount, film))

            assert resident_bytes(mount) < before + 50 * MIB
            assert resident_bytes(mount) < 200 * MIB


TINY = ("--photo-bytes", "5000", "--video-bytes", "5000")


@contextmanager
def soft_limit(files: int) -> Iterator[None]:
    """Programs that are started meanwhile may have so many files open, until they ask for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_more_files_are_open_at_once_than_a_session_allows_at_first(tmp_path: Path) -> None:
    """With the 1,024 of most systems what is cached could not be read, and counted as damaged."""
    with (
        running("--items", "200", "--cheap-bytes", *TINY) as simulator,
        ExitStack() as stack,
    ):
        with soft_limit(100):
            mount = stack.enter_context(Home(tmp_path, simulator).mounted())
        paths = [mount / "media/all" / name for name in names_in(mount / "media/all")]
        expected = [path.read_bytes() for path in paths]
        files = [stack.enter_context(path.open("rb")) for path in paths]
        with counted(simulator) as requests:
            for file in files:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            assert [file.read() for file in files] == expected
            assert requests().media == 0
