"""Names and times of files: legal, once, and the same tomorrow."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gphotosfs.simulator.process import Running, running
from tests.mount.mounting import Home, eventually

pytestmark = pytest.mark.mount

ALL = "media/all"


@pytest.fixture
def hostile() -> Iterator[Running]:
    """A library with every name and time that the simulator thinks of."""
    small = ("--cheap-bytes", "--photo-bytes", "9000", "--video-bytes", "9000")
    with running("--items", "20", "--awkward", *small) as simulator:
        yield simulator


def names_in(folder: Path) -> set[str]:
    return set(os.listdir(folder))  # noqa: PTH208 - as readdir gives them


def by_id(folder: Path) -> dict[str, str]:
    """The name of each item in a directory."""
    return {
        os.getxattr(folder / name, "user.gphotos.id").decode(): name for name in names_in(folder)
    }


def added(simulator: Running, **fields: Any) -> str:
    """The id of a new item."""
    item: str = simulator.change("add_item", **fields)["id"]
    return item


def test_what_no_file_can_be_called_is_replaced(home: Home, simulator: Running) -> None:
    ids = {
        added(simulator, filename=given): shown
        for given, shown in {
            "a/b.jpg": "a／b.jpg",
            "a\nb.jpg": "a␊b.jpg",
            "cafe\u0301.jpg": "caf\u00e9.jpg",
            "no extension": "no extension.jpg",
        }.items()
    }
    with home.mounted() as mount:
        shown = by_id(mount / ALL)

    assert ids.items() <= shown.items()


def test_a_long_name_keeps_its_extension(home: Home, simulator: Running) -> None:
    item = added(simulator, filename="ä" * 300 + ".jpeg")
    with home.mounted() as mount:
        name = by_id(mount / ALL)[item]

    assert name.endswith("ä.jpeg")
    assert 253 < len(name.encode()) <= 255


def test_two_of_one_name_are_told_apart(home: Home, simulator: Running) -> None:
    ids = [added(simulator, filename="same.jpg") for _ in range(3)]
    with home.mounted() as mount:
        names = [by_id(mount / ALL)[item] for item in ids]

    assert len(set(names)) == 3
    assert "same.jpg" in names
    assert all(name.startswith("same") and name.endswith(".jpg") for name in names)


def test_a_name_never_changes_because_of_what_else_comes(home: Home, simulator: Running) -> None:
    first = added(simulator, filename="same.jpg")
    with home.mounted() as mount:
        assert by_id(mount / ALL)[first] == "same.jpg"
        second = added(simulator, filename="same.jpg")
        mount.refresh(ALL)
        eventually(lambda: second in by_id(mount / ALL))
        before = by_id(mount / ALL)
        assert before[first] == "same.jpg"
    with home.mounted() as mount:
        mount.refresh(ALL)
        assert by_id(mount / ALL) == before


def test_times_are_capture_times_to_the_nanosecond(tmp_path: Path, hostile: Running) -> None:
    taken = {item["id"]: item["created_ns"] for item in hostile.items()}
    with Home(tmp_path, hostile).mounted() as mount:
        folder = mount / "albums/Every awkward name"
        found = {item: (folder / name).stat() for item, name in by_id(folder).items()}

    assert min(taken[item] or 0 for item in found) < 0, "nothing is older than 1970"
    for item, attributes in found.items():
        if taken[item] is not None:
            assert attributes.st_mtime_ns == attributes.st_ctime_ns == taken[item]


def test_an_empty_view_says_why(tmp_path: Path) -> None:
    with running("--items", "1", "--cheap-bytes") as simulator:
        simulator.change("remove_item", simulator.items()[0]["id"])
        for album in simulator.call("GET", "albums"):
            simulator.change("remove_album", album["id"])
        with Home(tmp_path, simulator).mounted() as mount:
            for view in ("albums", "favorites", "videos", "picked", ALL):
                assert names_in(mount / view) == {"README.txt"}
                text = (mount / view / "README.txt").read_text()
                assert "gphotosfs login" in text or "gphotosfs pick" in text
                assert (mount / view / "README.txt").stat().st_size == len(text.encode())


def test_an_empty_album_holds_nothing(home: Home, simulator: Running) -> None:
    simulator.change("new_album", "Nothing in it")
    with home.mounted() as mount:
        assert names_in(mount / "albums/Nothing in it") == set()


def test_what_is_deleted_at_google_goes(home: Home, simulator: Running) -> None:
    item = simulator.items(1)[0]
    with home.mounted() as mount:
        assert (mount / ALL / item["filename"]).exists()
        simulator.change("remove_item", item["id"])

        mount.refresh(ALL)

        eventually(lambda: not (mount / ALL / item["filename"]).exists())
        assert item["filename"] not in names_in(mount / ALL)
