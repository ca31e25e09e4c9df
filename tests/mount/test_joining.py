"""Photos that a Takeout archive and Google both have, through a real mount."""

import errno
import hashlib
import os
from collections import Counter
from pathlib import Path

import pytest

from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.process import running
from gphotosfs.simulator.takeout.exports import Quirks, export
from tests.mount.mounting import Home, Mount, counted, eventually, sh
from tests.mount.test_takeout import unzipped

pytestmark = pytest.mark.mount

ITEMS, PIXELS_MAX = 12, 240_000


def inodes(mount: Mount) -> dict[str, int]:
    """Of the files in `media/all`, as `readdir` tells them: a name may go at any moment."""
    with os.scandir(mount / "media/all") as found:
        return {entry.name: entry.inode() for entry in found}


def is_stale(opened: int) -> bool:
    try:
        os.pread(opened, 1000, 1000)
    except OSError as exc:
        return exc.errno == errno.ESTALE
    return False


def sums(mount: Mount) -> Counter[str]:
    """The checksums in `media/all`, read as `sha256sum` reads them."""
    lines = sh("find", mount / "media/all", "-type", "f", "-exec", "sha256sum", "{}", "+")
    return Counter(line.removeprefix("\\")[:64] for line in lines.splitlines())


def test_a_photo_from_an_archive_and_from_google_is_one_file_with_the_archives_bytes(
    tmp_path: Path,
) -> None:
    world = World(7, items=ITEMS, pixels_max=PIXELS_MAX)
    (archive,) = export(world, tmp_path, Quirks(originals=True, album_pictures=False)).paths
    originals = Counter(
        hashlib.sha256(unzipped(archive, name)).hexdigest()
        for name in set(sh("unzip", "-Z1", archive).splitlines())
        if "/Photos from " in name and not name.endswith(".json")
    )
    sizes = ("--items", str(ITEMS), "--pixels-max", str(PIXELS_MAX))
    with running("--seed", "7", *sizes) as simulator:
        home = Home(tmp_path, simulator)
        with home.mounted(alarms=True) as mount:
            before = inodes(mount)
            googles = sums(mount)
            name = next(iter(before))
            with (mount / "media/all" / name).open("rb", buffering=0) as opened:
                opened.read(1000)
                home.run("takeout", "add", archive)
                # Pages that the kernel still has are of the same version as those before.
                eventually(lambda: is_stale(opened.fileno()))
            eventually(lambda: inodes(mount) == before and sums(mount) == originals)
            paths = sh("find", mount.path, "-inum", str(before[name])).splitlines()
            links = (mount / "media/all" / name).stat().st_nlink
            with counted(simulator) as spent:
                assert sums(mount) == originals
                assert spent().media == 0

            home.run("takeout", "remove", archive)
            assert inodes(mount) == before
            assert sums(mount) == googles

    assert len(paths) == links
    assert len({Path(path).parent for path in paths}) == len(paths)
    assert sum(googles.values()) == ITEMS
    assert googles & originals != googles
