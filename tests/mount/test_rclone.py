"""`rclone mount` on the simulated Google, as the benchmarks use it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rclone import Rclone, rclone

pytestmark = pytest.mark.mount


@contextmanager
def mounted(sim: Rclone, mountpoint: Path) -> Iterator[Path]:
    """The remote, mounted while the context lasts."""
    sim("mount", "--daemon", "--read-only", "sim:", str(mountpoint))
    try:
        yield mountpoint
    finally:
        subprocess.run(["fusermount3", "-u", str(mountpoint)], check=True)


def test_an_album_is_read_through_the_mount(tmp_path: Path) -> None:
    """Names and bytes of an album are what the simulator says they are."""
    mountpoint = tmp_path / "mount"
    mountpoint.mkdir()
    with rclone(tmp_path, "--items", "40", "--cheap-bytes", "--video-bytes", "5000000") as sim:
        album = sim.simulator.call("GET", "albums")[0]
        items = {item["id"]: item for item in sim.simulator.items()}
        with mounted(sim, mountpoint):
            folder = mountpoint / "album" / album["title"]
            names = os.listdir(folder)  # noqa: PTH208 - the names, without a stat of each
            first = items[album["item_ids"][0]]
            content = (folder / first["filename"]).read_bytes()

        assert len(names) == len(album["item_ids"])
        film = first["mime_type"].startswith("video/")
        assert content == sim.simulator.bytes_of(first["id"], "dv" if film else "d")
