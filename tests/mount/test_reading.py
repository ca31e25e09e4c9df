"""Bytes through the kernel, however a program asks for them, and what they cost."""

import mmap
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gphotosfs.simulator.process import Running, running
from tests.mount.mounting import Home, content, counted, sh

pytestmark = pytest.mark.mount

MIB = 1 << 20
BLOCK = 256 << 10


@pytest.fixture
def films() -> Iterator[Running]:
    """A library whose films are large enough for reading to take several fetches."""
    with running("--items", "60", "--cheap-bytes", "--video-bytes", str(30 * MIB)) as simulator:
        yield simulator


def film(simulator: Running) -> dict[str, Any]:
    return next(item for item in simulator.items() if item["mime_type"] == "video/mp4")


@contextmanager
def opened(path: Path, flags: int = 0) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_a_mapped_file_has_its_bytes(home: Home, simulator: Running) -> None:
    item = simulator.items(1)[0]
    with home.mounted() as mount, opened(mount / "media/all" / item["filename"]) as descriptor:
        size = os.fstat(descriptor).st_size
        for flags in (mmap.MAP_SHARED, mmap.MAP_PRIVATE):
            with mmap.mmap(descriptor, size, flags=flags, prot=mmap.PROT_READ) as mapped:
                assert mapped[:] == content(simulator, item)


def test_the_end_is_where_the_bytes_end(home: Home, simulator: Running) -> None:
    """Also for a program that never asked for the size before."""
    item = simulator.items(1)[0]
    expected = content(simulator, item)
    with home.mounted() as mount, opened(mount / "media/all" / item["filename"]) as descriptor:
        assert os.lseek(descriptor, 0, os.SEEK_END) == len(expected)
        assert os.read(descriptor, 10) == b""
        assert os.pread(descriptor, 10, len(expected) + MIB) == b""
        assert os.pread(descriptor, 1000, len(expected) - 10) == expected[-10:]


def test_direct_reads_have_the_same_bytes(home: Home, simulator: Running) -> None:
    item = simulator.items(1)[0]
    expected = content(simulator, item)
    path_in = "media/all/" + item["filename"]
    with (
        home.mounted() as mount,
        opened(mount / path_in, os.O_DIRECT) as descriptor,
        mmap.mmap(-1, MIB) as page_aligned,
    ):
        length = os.preadv(descriptor, [page_aligned], 0)
        assert page_aligned[:length] == expected
        length = os.preadv(descriptor, [memoryview(page_aligned)[:4096]], 4096)
        assert page_aligned[:length] == expected[4096:8192]


def test_64_readers_of_one_file_cost_what_one_does(tmp_path: Path, films: Running) -> None:
    item = film(films)
    expected = content(films, item)
    with Home(tmp_path, films).mounted() as mount:
        path = mount / "videos" / item["filename"]
        assert path.exists()
        with counted(films) as requests, ThreadPoolExecutor(64) as readers:
            assert set(readers.map(lambda _: path.read_bytes() == expected, range(64))) == {True}

            rows = films.log()
            bodies = sum(row["bytes_sent"] for row in rows if row["kind"] == "redirected")
            assert len(expected) <= bodies < len(expected) + 2 * MIB
            assert requests().media <= 4


def test_a_second_reading_costs_nothing(home: Home, simulator: Running) -> None:
    item = simulator.items(1)[0]
    with home.mounted() as mount:
        first = (mount / "media/all" / item["filename"]).read_bytes()
        with counted(simulator) as requests:
            assert (mount / "media/all" / item["filename"]).read_bytes() == first
            assert requests().media == 0
    with home.mounted() as mount, counted(simulator) as requests:
        assert (mount / "media/all" / item["filename"]).read_bytes() == first
        assert requests().media == 0


def test_a_small_photo_costs_one_request(home: Home, simulator: Running) -> None:
    item = next(i for i in simulator.items() if i["size_bytes"] < BLOCK and not i["fps"])
    with home.mounted() as mount:
        path = mount / "media/all" / item["filename"]
        with counted(simulator) as requests:
            assert path.read_bytes() == content(simulator, item)

            assert requests().media == 1


def test_base_urls_that_die_while_a_film_is_read_are_renewed(
    tmp_path: Path, films: Running
) -> None:
    """A film on a slow line that breaks again and again, with addresses that live 5 s."""
    item = film(films)
    expected = content(films, item)
    with Home(tmp_path, films).mounted() as mount:
        path = mount / "videos" / item["filename"]
        assert path.stat().st_size == len(expected)
        films.set(url_life_s=5, bytes_per_s=len(expected) / 12)
        # Half of it arrives within 6 s, when the address with which it began is dead.
        films.fault("truncate", kind="redirected", bytes=len(expected) // 2, times=None)
        with counted(films):
            sh("cp", path, tmp_path / "copy")

            assert (tmp_path / "copy").read_bytes() == expected
            rows = films.log()
        assert 403 in [row["status"] for row in rows]
        assert [row["path"] for row in rows if row["kind"] == "api"] == ["/v1/mediaItems:batchGet"]


def test_a_film_read_backwards_on_a_slow_line_is_exact(tmp_path: Path, films: Running) -> None:
    """Every piece is a range of its own, most of them from an address that has died."""
    item = film(films)
    expected = content(films, item)
    piece = len(expected) // 8
    films.set(url_life_s=1, bytes_per_s=len(expected) / 5)
    with (
        Home(tmp_path, films).mounted() as mount,
        opened(mount / "videos" / item["filename"]) as descriptor,
    ):
        for start in reversed(range(0, len(expected), piece)):
            assert os.pread(descriptor, piece, start) == expected[start : start + piece]


def test_the_tail_of_a_film_costs_no_film(tmp_path: Path, films: Running) -> None:
    item = film(films)
    expected = content(films, item)
    with Home(tmp_path, films).mounted() as mount:
        with opened(mount / "videos" / item["filename"]) as descriptor:
            assert os.pread(descriptor, 65536, len(expected) - 65536) == expected[-65536:]

        bodies = sum(row["bytes_sent"] for row in films.log("redirected"))
        assert bodies < 4 * MIB


def test_the_head_of_a_photo_costs_one_block(tmp_path: Path) -> None:
    with running("--items", "20", "--cheap-bytes", "--photo-bytes", str(8 * MIB)) as simulator:
        item = next(i for i in simulator.items() if not i["fps"])
        # Where the mount may raise the kernel's read-ahead (as root), it asks for up to 416 KiB.
        with Home(tmp_path, simulator).mounted() as mount:
            with opened(mount / "media/all" / item["filename"]) as descriptor:
                assert os.read(descriptor, 65536) == content(simulator, item)[:65536]

            assert sum(row["bytes_sent"] for row in simulator.log("media")) <= 512 << 10
