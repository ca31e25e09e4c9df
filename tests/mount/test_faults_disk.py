"""Disks that are full, read-only or lie: reads go on, and what is damaged is never served."""

import errno
import hashlib
import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running, running
from tests.mount.failing import (
    SMALL,
    film_of,
    impatient,
    left_clean,
    names_in,
    path_of,
    photos_of,
    timed,
    under_way,
)
from tests.mount.mounting import Home, Mount, content, eventually, sh

pytestmark = pytest.mark.mount

MIB = 1 << 20


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running("--items", "150", "--album-sizes", "120,30", *SMALL) as simulator:
        yield simulator


@pytest.fixture
def home(tmp_path: Path, simulator: Running) -> Home:
    return impatient(tmp_path, simulator)


@contextmanager
def disk(folder: Path, size: str) -> Iterator[None]:
    """A small disk of its own at a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    sh("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", folder)
    try:
        yield
    finally:
        sh("umount", "-l", folder)


def as_google_has_it(mount: Mount, simulator: Running, count: int) -> None:
    """Read so many photos and a film, twice each."""
    for item in [*photos_of(simulator)[:count], film_of(simulator)]:
        expected = content(simulator, item)
        assert path_of(mount, item).read_bytes() == expected
        assert hashlib.md5(expected).hexdigest() in sh("md5sum", path_of(mount, item))


# --- full and read-only -----------------------------------------------------------------------------


def test_a_full_cache_disk_costs_the_cache_and_nothing_else(simulator: Running, home: Home) -> None:
    with (
        disk(home.folder / "cache", "3m"),
        home.mounted("-o", "cache_min_free=0", alarms=True) as mount,
    ):
        as_google_has_it(mount, simulator, 10)

        # Blocks that the disk has taken wait for an index that it has not; nobody else does.
        eventually(lambda: under_way(mount).keys() <= {"open_blobs", "unsynced_blocks"})
        assert any("without the disk" in line for line in home.log)
        assert mount.status()["cache"]["bytes"] <= 3 * MIB


def test_a_cache_disk_that_fills_up_meanwhile_leaves_open_files_readable(
    simulator: Running, home: Home
) -> None:
    with (
        disk(home.folder / "cache", "8m"),
        home.mounted("-o", "cache_min_free=0", alarms=True) as mount,
    ):
        item = film_of(simulator)
        expected = content(simulator, item)
        ballast = home.folder / "cache/others"
        with left_clean(mount):
            with path_of(mount, item).open("rb", buffering=0) as file:
                assert file.read(300_000) == expected[:300_000]
                fill(ballast)

                file.seek(0)
                assert file.read() == expected
            ballast.unlink()
            mount.refresh("albums")  # a person's word that there is room again
            photo = photos_of(simulator)[20]
            path_of(mount, photo).read_bytes()
        assert mount.status()["cache"]["degraded"] == ""
        assert mount.status()["cache"]["bytes"] > 0


def fill(ballast: Path) -> None:
    """Write a file until its disk is full."""
    with ballast.open("wb", buffering=0) as file:
        written = timed(lambda: all(file.write(bytes(4096)) for _ in range(1 << 20)))
    assert written.errno == errno.ENOSPC


def test_a_read_only_cache_folder_is_done_without(simulator: Running, home: Home) -> None:
    cache = home.folder / "cache"
    with disk(cache, "8m"):
        sh("mount", "-o", "remount,ro", cache)
        # Nobody can make the profile's folder in it either.
        with home.mounted(alarms=True) as mount, left_clean(mount):
            as_google_has_it(mount, simulator, 3)

            assert mount.status()["cache"]["degraded"]


def test_a_cache_that_becomes_read_only_leaves_what_is_in_it(
    simulator: Running, home: Home
) -> None:
    cache = home.folder / "cache"
    with disk(cache, "40m"):
        with home.mounted() as mount:
            as_google_has_it(mount, simulator, 2)
        sh("mount", "-o", "remount,ro", cache)

        with home.mounted(alarms=True) as mount, left_clean(mount):
            as_google_has_it(mount, simulator, 5)


def test_a_full_data_disk_leaves_what_is_known_readable(simulator: Running, home: Home) -> None:
    """The catalogue can't grow: what it has is shown, what it has not is an error."""
    data = home.folder / "data"
    with disk(data, "1m"), home.mounted(alarms=True) as mount, left_clean(mount):
        names = names_in(mount / "albums")
        fill(data / "others")

        listed = timed(lambda: names_in(mount / "media/all"))

        assert listed.errno in (0, errno.EIO)
        assert names_in(mount / "albums") == names
        (data / "others").unlink()
        mount.refresh("albums")
        mount.refresh("media/all")
        assert len(names_in(mount / "media/all")) == 150
        as_google_has_it(mount, simulator, 2)


# --- damage -----------------------------------------------------------------------------------------


def blobs_of(home: Home) -> list[Path]:
    return sorted((home.folder / "cache").rglob("*.blob"))


def flip(path: Path, offset: int) -> None:
    """Turn one bit over."""
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 4]))


def test_damaged_blocks_are_fetched_again_and_never_served(simulator: Running, home: Home) -> None:
    items = [*photos_of(simulator)[:4], film_of(simulator)]
    with home.mounted() as mount:
        for item in items:
            path_of(mount, item).read_bytes()
    chance = random.Random(5)
    for path in blobs_of(home):
        flip(path, chance.randrange(path.stat().st_size))

    with home.mounted(alarms=True) as mount, left_clean(mount):
        for item in items:
            assert path_of(mount, item).read_bytes() == content(simulator, item)

    # Further ones were fetched ahead, since this looks like a walk.
    assert sum("the cache was damaged" in line for line in home.log) >= len(items)


def test_blocks_that_are_cut_or_gone_are_fetched_again(simulator: Running, home: Home) -> None:
    items = photos_of(simulator)[:4]
    with home.mounted() as mount:
        for item in items:
            path_of(mount, item).read_bytes()
    cut, gone, *_ = blobs_of(home)
    os.truncate(cut, 1000)
    gone.unlink()

    with home.mounted(alarms=True) as mount, left_clean(mount):
        for item in items:
            assert path_of(mount, item).read_bytes() == content(simulator, item)


def databases(home: Home) -> dict[str, Path]:
    (catalogue,) = (home.folder / "data").rglob("catalog-*.db")
    (index,) = (home.folder / "cache").rglob("blocks.db")
    return {"catalogue": catalogue, "index": index}


@pytest.mark.parametrize("which", ["catalogue", "index"])
@pytest.mark.parametrize("where", ["header", "middle", "cut"])
def test_a_damaged_database_is_set_aside_and_made_anew(
    simulator: Running, home: Home, which: str, where: str
) -> None:
    items = photos_of(simulator)[:3]
    with home.mounted() as mount:
        names = sorted(names_in(mount / "media/all"))
        for item in items:
            path_of(mount, item).read_bytes()
    path = databases(home)[which]
    size = path.stat().st_size
    if where == "cut":
        os.truncate(path, size // 2)
    else:
        with path.open("r+b") as file:
            file.seek(0 if where == "header" else size // 2 // 4096 * 4096)
            file.write(random.Random(1).randbytes(4096))

    with home.mounted(alarms=True) as mount, left_clean(mount):
        assert sorted(names_in(mount / "media/all")) == names
        for item in items:
            assert path_of(mount, item).read_bytes() == content(simulator, item)

    told = [line for line in home.log if " WARNING " in line and "damaged" in line]
    assert len(told) == 1
    assert "set aside" in told[0]
    assert list(path.parent.glob(f"{path.name}.damaged*"))
    with home.mounted() as mount:  # and nothing alarming the next time
        assert sorted(names_in(mount / "media/all")) == names


def test_a_large_catalogue_with_bad_pages_is_set_aside_now_or_at_the_next_start(
    tmp_path: Path,
) -> None:
    """Only a small catalogue is read through when it is opened; the damage is met later."""
    with running("--items", "20000", "--cheap-bytes") as simulator:
        home = impatient(tmp_path, simulator)
        with home.mounted() as mount:
            names = len(names_in(mount / "media/all"))
        path = databases(home)["catalogue"]
        size = path.stat().st_size
        assert size > 8 * MIB
        with path.open("r+b") as file:
            for page in range(size // 4096 // 4, size // 4096, 7):
                file.seek(page * 4096)
                file.write(bytes(range(256)) * 16)
        with home.mounted(alarms=True) as mount:
            listed = timed(lambda: names_in(mount / "media/all"))
            assert listed.errno in (0, errno.EIO)
            assert mount.path.stat().st_mode  # alive
            assert "damaged" in "".join(home.log)

        with home.mounted(alarms=True) as mount:
            assert len(names_in(mount / "media/all")) == names
        with home.mounted() as mount:
            assert len(names_in(mount / "media/all")) == names


# --- kill -9 --------------------------------------------------------------------------------------------


def test_kill_9_and_remount_in_a_loop_never_serves_a_wrong_byte(
    simulator: Running, home: Home
) -> None:
    """Killed at ten random moments of reading; what the next mount finds must be right."""
    chance = random.Random(7)
    items = [*photos_of(simulator)[:30], film_of(simulator)]
    expected = {item["filename"]: content(simulator, item) for item in items}
    names: list[str] = []
    for _ in range(6):
        with home.mounted() as mount:
            listed = names_in(mount / "media/all")
            assert not names or listed == names
            names = listed
            readers = [
                subprocess.Popen(
                    ["cat", path_of(mount, item)],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                for item in chance.sample(items, 8)
            ]
            eventually(lambda: mount.status()["cache"]["blobs"] or chance.random() < 0.3)
            mount.kill()
            for reader in readers:
                reader.wait(timeout=60)
    with home.mounted() as mount, left_clean(mount):
        for item in items:
            assert path_of(mount, item).read_bytes() == expected[item["filename"]]
