"""Large albums page by page, and a tree that outlives the network."""

import ctypes
import errno
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running, running
from tests.mount.mounting import HANG_GUARD_S, Home, Mount, content, counted, sh

pytestmark = pytest.mark.mount

ALBUM = "albums/Album 0 of 10000"
SEARCH = "/v1/mediaItems:search"


@pytest.fixture
def large() -> Iterator[Running]:
    """10,000 items, all in one album."""
    with running("--items", "10000", "--album-sizes", "10000", "--cheap-bytes") as simulator:
        yield simulator


def searches(simulator: Running) -> int:
    """The pages of the album that were asked for."""
    return sum(row["path"] == SEARCH for row in simulator.log("api"))


def test_the_first_entry_needs_one_page_of_a_hundred(tmp_path: Path, large: Running) -> None:
    """The second page does not come for a while, and the first entries are there all the same."""
    large.fault("stall", path=SEARCH, skip=1, seconds=5)
    with Home(tmp_path, large).mounted() as mount:
        with os.scandir(mount / ALBUM) as entries:
            assert next(entries).name
            assert searches(large) <= 2

        assert len(os.listdir(mount / ALBUM)) == 10_000  # noqa: PTH208 - the names alone
        assert searches(large) == 100


def test_a_second_listing_asks_nobody(tmp_path: Path, large: Running) -> None:
    home = Home(tmp_path, large)
    with home.mounted() as mount:
        first = sh("ls", "-U", mount / ALBUM)
        with counted(large) as requests:
            assert sh("ls", "-U", mount / ALBUM) == first
            assert requests().api == 0
    with home.mounted() as mount, counted(large) as requests:
        assert sh("ls", "-U", mount / ALBUM) == first
        assert requests().api == 0


def names_by(path: Path, buffer_bytes: int) -> list[bytes]:
    """The names in a directory, as a program reads them whose buffer has this size."""
    libc, buffer = ctypes.CDLL(None), ctypes.create_string_buffer(buffer_bytes)
    descriptor, names = os.open(path, os.O_RDONLY), []
    try:
        while (count := libc.getdents64(descriptor, buffer, buffer_bytes)) > 0:
            content, at = buffer.raw[:count], 0
            while at < count:  # struct dirent64: inode, offset, length, type, name
                (length,) = struct.unpack_from("H", content, at + 16)
                names.append(content[at + 19 : at + length].partition(b"\0")[0])
                at += length
    finally:
        os.close(descriptor)
    return names


def test_every_name_comes_once_whatever_buffers_programs_have(
    tmp_path: Path, large: Running
) -> None:
    """How much is looked up for the next answer depends on how much fitted into the last ones."""
    with Home(tmp_path, large).mounted() as mount:
        expected = sorted(
            os.fsencode(name) for name in sh("ls", "-aU", mount / ALBUM).split("\n")[:-1]
        )

        for buffer_bytes in (4096, 32768, 1 << 20, 4096):
            assert sorted(names_by(mount / ALBUM, buffer_bytes)) == expected


def tree(mount: Mount) -> list[str]:
    """Every path with type, size, inode and time."""
    lines = sh("find", mount.path, "-mindepth", "1", "-printf", "%P %y %s %i %T@\n").splitlines()
    return sorted(lines)


def test_without_google_everything_known_is_there(home: Home, simulator: Running) -> None:
    first, second = [item for item in simulator.items() if not item["fps"]][:2]
    expected = content(simulator, first)
    with home.mounted() as mount:
        sh(
            "du", "-s", mount.path
        )  # twice: some directories have fewer entries before others are seen
        before = tree(mount)
        assert (mount / "media/all" / first["filename"]).read_bytes() == expected
        before = tree(mount)
    simulator.stop()

    with home.mounted(alarms=True) as mount:
        assert tree(mount) == before
        assert (mount / "media/all" / first["filename"]).read_bytes() == expected
        for _ in range(2):
            began_s = time.monotonic()
            with pytest.raises(OSError, match="unreachable") as failed:
                (mount / "media/all" / second["filename"]).read_bytes()
            assert failed.value.errno == errno.ENETUNREACH
            # The deadline of a call is 30 s; that nobody listens is known before.
            assert time.monotonic() - began_s < HANG_GUARD_S / 4


def test_an_unknown_directory_without_google_is_an_error(home: Home, simulator: Running) -> None:
    """Never an empty directory, which a program would take for the truth."""
    simulator.stop()
    with home.mounted(alarms=True) as mount:
        with pytest.raises(OSError, match="unreachable") as failed:
            os.listdir(mount / "albums")  # noqa: PTH208 - only the error counts
        assert failed.value.errno == errno.ENETUNREACH
        with pytest.raises(OSError, match="unreachable"):
            (mount / "media/all/photo.jpg").stat()
