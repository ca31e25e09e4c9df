"""What everyday programs see: names, sizes, dates and bytes, all as the simulator has them."""

import hashlib
import io
import json
import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gphotosfs.simulator.process import running
from tests.mount.mounting import Home, Mount, Pictures, content, sh

pytestmark = pytest.mark.mount


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def album_of(pictures: Pictures) -> tuple[str, set[str]]:
    """The first album: its title and the names in it."""
    album = pictures.simulator.call("GET", "albums")[0]
    names = {name for name, item in pictures.items.items() if item["id"] in album["item_ids"]}
    return album["title"], names


def test_ls_shows_every_name_once(gallery: Mount, pictures: Pictures) -> None:
    assert sh("ls", "-1", gallery / "media/all").splitlines() == sorted(pictures.items)


def test_the_root_holds_the_views(gallery: Mount) -> None:
    shown = sh("ls", gallery.path).split()
    assert shown == ["albums", "favorites", "media", "picked", "recent", "videos"]
    assert sh("ls", gallery / "media").split() == ["all", "by-day", "by-month", "by-year"]


def test_dates_are_directories_where_there_is_an_item(gallery: Mount, pictures: Pictures) -> None:
    dates = [datetime.fromtimestamp(i["created_ns"] // 10**9, UTC) for i in pictures.items.values()]

    found = sh("find", gallery / "media", "-mindepth", "2", "-type", "d", "-printf", "%P\n")

    expected = {f"by-{unit}/{d:%Y}" for d in dates for unit in ("year", "month", "day")}
    expected |= {f"by-month/{d:%Y/%Y-%m}" for d in dates}
    expected |= {f"by-day/{d:%Y/%Y-%m-%d}" for d in dates}
    assert set(found.split()) == expected


def test_find_ls_shows_exact_sizes_and_capture_times(gallery: Mount, pictures: Pictures) -> None:
    assert len(sh("find", gallery / "media/all", "-type", "f", "-ls").splitlines()) == 32

    lines = sh("find", gallery / "media/all", "-type", "f", "-printf", "%f %s %T@ %m\n")

    assert {tuple(line.split()) for line in lines.splitlines()} == {
        (name, str(size), f"{pictures.items[name]['created_ns'] / 1e9:.10f}", "444")
        for name, size in pictures.sizes.items()
    }


def test_cp_copies_an_album_byte_for_byte(
    gallery: Mount, pictures: Pictures, tmp_path: Path
) -> None:
    title, names = album_of(pictures)

    sh("cp", "-r", gallery / "albums" / title, tmp_path / "copy")

    assert contents(tmp_path / "copy") == {name: pictures.bytes[name] for name in names}


def test_tar_stores_every_byte(gallery: Mount, pictures: Pictures, tmp_path: Path) -> None:
    archive = tmp_path / "all.tar"

    sh("tar", "-C", gallery / "media", "-cf", archive, "all")

    with tarfile.open(archive) as tar:
        stored = {
            Path(member.name).name: tar.extractfile(member) or io.BytesIO()
            for member in tar
            if member.isfile()
        }
        assert {name: file.read() for name, file in stored.items()} == pictures.bytes


def test_rsync_copies_once(gallery: Mount, pictures: Pictures, tmp_path: Path) -> None:
    command = ("rsync", "-a", "--itemize-changes", f"{gallery / 'media/all'}/", tmp_path / "copy")

    assert len([line for line in sh(*command).splitlines() if line.startswith(">f")]) == 32
    assert contents(tmp_path / "copy") == pictures.bytes
    assert sh(*command) == ""


def test_du_counts_each_photo_once(gallery: Mount, pictures: Pictures) -> None:
    total = sum(pictures.sizes.values())
    du = ("du", "-s", "--exclude=README.txt", gallery.path)

    # Directories have no size of their own; the album and date views hold the same photos.
    assert sh(*du, "-b").split()[0] == str(total)
    blocks = sum(-(-size // 512) for size in pictures.sizes.values())
    assert sh(*du, "--block-size=512").split()[0] == str(blocks)
    assert sh(*du, "-h", "--apparent-size").split()[0] == f"{-(-total // 2**20)}M"


def test_du_counts_each_photo_once_at_its_first_sight(tmp_path: Path, pictures: Pictures) -> None:
    """When `du` comes through the albums, nobody knows yet that `media` shows the same photos."""
    with Home(tmp_path, pictures.simulator).mounted() as mount:
        total = sh("du", "-sb", "--exclude=README.txt", mount.path).split()[0]

    assert total == str(sum(pictures.sizes.values()))


def test_file_knows_every_type(gallery: Mount, pictures: Pictures) -> None:
    found = sh("file", "--mime-type", "-b", *(gallery / "media/all" / n for n in pictures.items))

    assert found.split() == [item["mime_type"] for item in pictures.items.values()]


def test_exiftool_reads_dates_and_cameras(gallery: Mount, pictures: Pictures) -> None:
    photos = [
        n for n, i in pictures.items.items() if i["mime_type"] in ("image/jpeg", "image/heic")
    ]
    wanted = ("-DateTimeOriginal", "-Make", "-Model")

    found = json.loads(sh("exiftool", "-j", *wanted, *(gallery / "media/all" / n for n in photos)))

    assert [
        (row["DateTimeOriginal"], row["Make"], row["Model"]) for row in found
    ] == [taken(pictures.items[name]) for name in photos]  # fmt: skip


def taken(item: dict[str, Any]) -> tuple[str, str, str]:
    when = datetime.fromtimestamp(item["created_ns"] // 10**9, UTC)
    return f"{when:%Y:%m:%d %H:%M:%S}", item["camera_make"], item["camera_model"]


def test_ffprobe_reads_the_duration_of_films(
    gallery: Mount, pictures: Pictures, tmp_path: Path
) -> None:
    films = [n for n, i in pictures.items.items() if i["mime_type"] == "video/mp4"]
    assert films
    for name in films:
        (tmp_path / name).write_bytes(pictures.bytes[name])
        wanted = ("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0")

        duration = sh(*wanted, gallery / "videos" / name)

        assert float(duration) > 0
        assert duration == sh(*wanted, tmp_path / name)


def test_sha256sum_agrees_in_every_view(gallery: Mount, pictures: Pictures) -> None:
    files = sh("find", gallery.path, "-type", "f", "!", "-name", "README.txt").splitlines()

    sums = sh("sha256sum", *files).splitlines()

    expected = {n: hashlib.sha256(content).hexdigest() for n, content in pictures.bytes.items()}
    assert len(sums) > 6 * 32
    for line in sums:
        digest, path = line.split(maxsplit=1)
        assert digest == expected[Path(path).name], path


def test_hostile_names_are_files_like_others(tmp_path: Path) -> None:
    """Names, times and sizes that nobody would choose, each once, and copied byte for byte."""
    small = ("--cheap-bytes", "--photo-bytes", "9000", "--video-bytes", "9000")
    with running("--items", "20", "--awkward", *small) as simulator:
        by_id = {item["id"]: item for item in simulator.items()}
        (hostile,) = (
            album
            for album in simulator.call("GET", "albums")
            if album["title"] == "Every awkward name"
        )
        items = [by_id[item_id] for item_id in hostile["item_ids"]]
        # What Google still works on can be listed and not read, which is worth a word in the log.
        ready = [item for item in items if item["status"] == "READY"]
        with Home(tmp_path, simulator).mounted(alarms=True) as mount:
            folder = mount / "albums/Every awkward name"
            names = os.listdir(folder)  # noqa: PTH208 - the names alone
            sh("rsync", "-rt", f"{folder}/", tmp_path / "copy", code=23)  # "some files failed"
            copied = contents(tmp_path / "copy")
        expected = sorted(content(simulator, item) for item in ready)

    assert len(set(names)) == len(names) == len(items)
    assert all(len(os.fsencode(name)) <= 255 for name in names)
    assert set(copied) < set(names)
    assert sorted(copied.values()) == expected
