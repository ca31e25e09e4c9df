"""What the trips of `bench/` cost in requests and bytes, through a real mount; never in seconds."""

import math
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gphotosfs.fuse.session import READ_AHEAD_KB, device_number
from gphotosfs.simulator.process import Running, running
from tests.mount.mounting import Home, Mount, Spent, counted, sh

pytestmark = pytest.mark.mount

MIB = 1 << 20
KIB = 1 << 10
ITEMS = 600
ALBUM = "albums/Album 0 of 600"


@pytest.fixture
def library() -> Iterator[Running]:
    """Photos of about 1 MB and films of about 20, all in one album."""
    sizes = ("--photo-bytes", str(MIB), "--video-bytes", str(20 * MIB))
    counts = ("--items", str(ITEMS), "--album-sizes", str(ITEMS))
    with running("--cheap-bytes", *counts, *sizes) as simulator:
        yield simulator


@pytest.fixture
def mount(tmp_path: Path, library: Running) -> Iterator[Mount]:
    with Home(tmp_path, library).mounted() as mounted:
        yield mounted


def files(simulator: Running, *, films: bool) -> list[tuple[str, int]]:
    """Names that only one file has, with its size, in the album's order."""
    items: dict[str, dict[str, Any]] = {item["id"]: item for item in simulator.items()}
    (album,) = simulator.call("GET", "albums")
    rows = [items[identity] for identity in album["item_ids"]]
    names = [row["filename"] for row in rows]
    return [
        (row["filename"], row["size_bytes"])
        for row in rows
        if names.count(row["filename"]) == 1 and row["mime_type"].startswith("video/") is films
    ]


def body_bytes(simulator: Running, kind: str = "media") -> int:
    """What was sent of photos; with kind "redirected": of films."""
    return sum(row["bytes_sent"] for row in simulator.log(kind))


def list_album(mount: Mount) -> None:
    assert len(os.listdir(mount / ALBUM)) == ITEMS  # noqa: PTH208 - the names alone


def test_a_listing_costs_a_call_for_each_hundred(mount: Mount, library: Running) -> None:
    """And one for the list of albums; the next page, asked for ahead, is never one too many."""
    with counted(library) as requests:
        list_album(mount)

        assert requests() == Spent(api=1 + math.ceil(ITEMS / 100), media=0)


def test_an_unchanged_album_costs_one_call_when_it_has_grown_old(
    tmp_path: Path, library: Running
) -> None:
    with Home(tmp_path, library, dir_cache_time="1ms").mounted() as mount:
        list_album(mount)
        # Renewed behind its readers, so once more for the renewal of the first visit to be over.
        list_album(mount)
        with counted(library) as requests:
            list_album(mount)
            mount.refresh("albums")

            rows = library.log("api")
            assert {row["path"] for row in rows} == {"/v1/albums"}
            assert requests().api <= 3


def test_the_whole_of_media_costs_one_timeline(mount: Mount, library: Running) -> None:
    with counted(library) as requests:
        found = sh("find", mount / "media", "-type", "f").splitlines()

        ranges = 8
        assert len(found) == 4 * sum(not item["archived"] for item in library.items())
        assert requests().api <= math.ceil(ITEMS / 100) + 3 * ranges + 2
        assert requests().media == 0
    with counted(library) as requests:
        assert sh("find", mount / "media", "-type", "f").splitlines() == found
        assert requests() == Spent(api=0, media=0)


def test_thumbnails_cost_a_request_and_half_a_megabyte_each(mount: Mount, library: Running) -> None:
    list_album(mount)
    photos = files(library, films=False)[:60]
    with counted(library) as requests:
        for name, _ in photos:
            with (mount / ALBUM / name).open("rb", buffering=0) as file:
                assert len(file.read(64 * KIB)) == 64 * KIB

        assert requests() == Spent(api=0, media=len(photos))
        assert body_bytes(library) <= len(photos) * 512 * KIB


def test_a_walk_over_fifty_photos_costs_little_more_than_fifty_requests(
    mount: Mount, library: Running
) -> None:
    list_album(mount)
    listed = [path for path in (mount / ALBUM).iterdir() if path.suffix != ".mp4"][:50]
    with counted(library) as requests:
        sizes = [len(path.read_bytes()) for path in listed]

        # Head and rest of the first ones, and a few that were fetched ahead at the end.
        assert requests().api == 0
        assert requests().media <= len(listed) + 10
        assert body_bytes(library) <= sum(sizes) + 8 * max(sizes)


def test_a_film_costs_its_bytes_and_no_more(mount: Mount, library: Running) -> None:
    list_album(mount)
    name, size = files(library, films=True)[0]
    with counted(library) as requests:
        assert len((mount / ALBUM / name).read_bytes()) == size

        assert requests().media <= 3
        assert body_bytes(library, "redirected") == size
    with counted(library) as requests:
        assert len((mount / ALBUM / name).read_bytes()) == size
        assert requests() == Spent(api=0, media=0)


def test_a_seek_costs_one_range(mount: Mount, library: Running) -> None:
    list_album(mount)
    name, size = max(files(library, films=True), key=lambda film: film[1])
    chance = random.Random(1)
    offsets = [chance.randrange(size - 64 * KIB) for _ in range(20)]
    with counted(library) as requests:
        descriptor = os.open(mount / ALBUM / name, os.O_RDONLY)
        try:
            for offset in offsets:
                assert len(os.pread(descriptor, 64 * KIB, offset)) == 64 * KIB
        finally:
            os.close(descriptor)

        # One more for its length, of which nobody knew.
        assert requests().media <= len(offsets) + 1
        assert body_bytes(library, "redirected") <= size


@pytest.mark.skipif(os.getuid() != 0, reason="only root may raise the read-ahead of a mount")
def test_the_kernel_reads_ahead_as_far_as_it_may(mount: Mount) -> None:
    device = device_number(mount.path)

    read_ahead = Path(f"/sys/class/bdi/{device}/read_ahead_kb").read_text()

    assert int(read_ahead) == READ_AHEAD_KB
