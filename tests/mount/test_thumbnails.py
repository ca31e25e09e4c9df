"""Thumbnails that are there before a program would read a photo to draw one."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gphotosfs.desktop.thumbnail_files import uri_of
from gphotosfs.pictures import texts_of
from gphotosfs.simulator.process import Running, running
from tests.mount.mounting import Home, Mount, eventually

pytestmark = pytest.mark.mount

PHOTOS = 30


@pytest.fixture(scope="module")
def drawn() -> Iterator[Running]:
    """A library whose small pictures are real ones; no test changes it."""
    sizes = ("--photo-bytes", "200000", "--video-bytes", "600000")
    with running("--items", str(PHOTOS), "--cheap-bytes", *sizes) as simulator:
        for item in simulator.items():
            for variant in ("w256-h256", "w256-h256-no"):
                simulator.bytes_of(item["id"], variant)
        simulator.clear_log()
        yield simulator


def program(folder: Path, name: str) -> str:
    """`ls`, as a program of another name."""
    path = folder / name
    shutil.copy("/bin/ls", path)
    return str(path)


def asked(simulator: Running) -> Counter[str]:
    """What base URLs were asked for: the method and the parameter."""
    rows = simulator.log("media")
    return Counter(f"{row['method']} {row['path'].rpartition('=')[2]}" for row in rows)


def thumbnails(home: Home, mount: Mount, folder: str) -> dict[str, Path]:
    """The names of a folder's files that have both usual thumbnails, with the smaller of these."""
    cache = home.folder / "cache" / "thumbnails"
    uris = {}
    for path in cache.glob("normal/*.png"):
        uris[texts_of(path.read_bytes())["Thumb::URI"]] = path
    return {
        path.name: uris[uri]
        for path in (mount / folder).iterdir()
        if (uri := uri_of(bytes(path))) in uris and (cache / "large" / uris[uri].name).exists()
    }


def test_a_file_manager_costs_one_small_request_a_photo(tmp_path: Path, drawn: Running) -> None:
    """Neither the photos themselves are asked for, nor their sizes."""
    home = Home(tmp_path, drawn)
    thunar = program(tmp_path, "thunar")
    drawn.clear_log()
    with home.mounted() as mount:
        subprocess.run([thunar, "-lU", mount / "media/all"], check=True, capture_output=True)
        eventually(lambda: len(thumbnails(home, mount, "media/all")) == PHOTOS)
        requests = asked(drawn)

    films = sum(item["mime_type"].startswith("video/") for item in drawn.items())
    assert requests == {"GET w256-h256": PHOTOS - films, "GET w256-h256-no": films}
