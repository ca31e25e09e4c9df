"""Parts of an export that people have unpacked, renamed or downloaded twice: what belongs together."""

from pathlib import Path

import pytest

from gphotosfs.takeout.exports import missing_parts
from gphotosfs.takeout.inventory import Inventory
from gphotosfs.takeout.members import Notices
from tests.component.archives_kit import PHOTO, packed, told
from tests.takeout_kit import read_back

YEAR = "Photos from 2020"
ROOT = f"Google Photos/{YEAR}"
# Only within one folder does a counter tell which of two titles is meant.
FIRST = {"a(1).jpg": PHOTO, "b.jpg.json": told("b.jpg", 7)}
SECOND = {"a.jpg.supplemental-metadata(1).json": told("a.jpg", 5), "b.jpg": PHOTO + b"b"}


def unpacked(folder: Path, members: dict[str, bytes]) -> Path:
    """A folder with these files in it."""
    folder.mkdir(parents=True)
    for name, data in members.items():
        (folder / name).write_bytes(data)
    return folder


def a_part(path: Path, members: dict[str, bytes]) -> Path:
    """A zip with these files in a year's folder."""
    return Path(packed(path, *((f"{YEAR}/{name}", data) for name, data in members.items())))


def times(found: Inventory) -> dict[str, int | None]:
    """When each item was taken, by its title."""
    return {item.title: item.facts.taken_s for item in found.items}


@pytest.mark.parametrize(
    "first, second",
    [
        # As an issue of GooglePhotosTakeoutHelper_Neo shows it (100).
        ("takeout-20260318T202441Z-3-001/Takeout", "takeout-20260318T202441Z-3-002/Takeout"),
        ("takeout-20260318T202441Z-001", "takeout-20260318T202441Z-002"),
        ("Takeout", "Takeout 2"),
        ("Takeout", "Takeout (1)"),
    ],
)
def test_parts_unpacked_side_by_side_are_one_export(
    tmp_path: Path, first: str, second: str
) -> None:
    unpacked(tmp_path / "all" / first / ROOT, FIRST)
    unpacked(tmp_path / "all" / second / ROOT, SECOND)

    at_once = read_back([tmp_path / "all"])
    one_by_one = read_back([tmp_path / "all" / first, tmp_path / "all" / second])

    assert times(at_once) == times(one_by_one) == {"a.jpg": 5, "b.jpg": 7}


@pytest.mark.parametrize("folder", ["takeout-20260318T202441Z-002", "half of it"])
def test_a_part_that_is_packed_and_one_that_is_unpacked_are_one_export(
    tmp_path: Path, folder: str
) -> None:
    zipped = a_part(tmp_path / "takeout-20260318T202441Z-001.zip", FIRST)
    unpacked(tmp_path / folder / "Takeout" / ROOT, SECOND)

    assert times(read_back([zipped, tmp_path / folder])) == {"a.jpg": 5, "b.jpg": 7}


def test_an_export_that_does_not_say_when_it_was_made_is_kept_apart_where_it_differs(
    tmp_path: Path,
) -> None:
    """Counters are given anew with each export: by name alone these would have the other's time."""
    one, other = PHOTO + b"one", PHOTO + b"the other"
    dated = a_part(
        tmp_path / "takeout-20260318T202441Z-001.zip",
        {"a.jpg": one, "a.jpg.json": told("a.jpg", 1), "a(1).jpg": other, "a.jpg(1).json": told("a.jpg", 2)},
    )  # fmt: skip
    undated = a_part(
        tmp_path / "old.zip",
        {"a.jpg": other, "a.jpg.json": told("a.jpg", 2), "a(1).jpg": one, "a.jpg(1).json": told("a.jpg", 1)},
    )  # fmt: skip
    notices = Notices()

    found = read_back([dated, undated], notices)

    assert sorted((item.member.size_bytes, item.facts.taken_s) for item in found.items) == [
        (len(one), 1),
        (len(other), 2),
    ]
    assert list(notices) == []


def test_a_part_that_is_there_packed_and_unpacked_doubles_nothing(tmp_path: Path) -> None:
    zipped = a_part(tmp_path / "takeout-20260318T202441Z-001.zip", FIRST)
    second = a_part(tmp_path / "takeout-20260318T202441Z-002.zip", SECOND)
    again = a_part(tmp_path / "takeout-20260318T202441Z-001 (1).zip", FIRST)
    unpacked(tmp_path / "Takeout" / ROOT, FIRST)
    notices = Notices()

    found = read_back([zipped, second, again, tmp_path / "Takeout"], notices)

    assert len(found.items) == 2
    assert times(found) == {"a.jpg": 5, "b.jpg": 7}
    assert list(notices) == []


def test_an_album_that_is_called_takeout_is_one(tmp_path: Path) -> None:
    album = {"a.jpg": PHOTO, "a.jpg.json": told("a.jpg"), "metadata.json": b'{"title": "Takeout"}'}
    unpacked(tmp_path / "all" / "Takeout" / "Google Photos" / "Takeout", album)

    found = read_back([tmp_path / "all"])

    assert [one.title for one in found.albums] == ["Takeout"]


def test_what_a_mac_keeps_beside_a_photo_is_none(tmp_path: Path) -> None:
    unpacked(
        tmp_path / "Takeout" / ROOT,
        {"a.jpg": PHOTO, "a.jpg.json": told("a.jpg", 5), "._a.jpg": b"\0\5\x16\7", ".DS_Store": b"x"},
    )  # fmt: skip
    assert times(read_back([tmp_path / "Takeout"])) == {"a.jpg": 5}


def test_a_photo_may_be_called_as_what_a_mac_keeps(tmp_path: Path) -> None:
    unpacked(tmp_path / "Takeout" / ROOT, {"._a.jpg": PHOTO, "._a.jpg.json": told("._a.jpg", 5)})
    assert times(read_back([tmp_path / "Takeout"])) == {"._a.jpg": 5}


def test_other_products_have_no_sidecars_that_could_be_wrong(tmp_path: Path) -> None:
    """Location History has files of hundreds of megabytes that end in `.json`."""
    unpacked(tmp_path / "Takeout" / ROOT, {"a.jpg": PHOTO, "a.jpg.json": told("a.jpg", 5)})
    unpacked(
        tmp_path / "Takeout" / "Location History", {"Records.json": bytes(2 << 20), "a.json": b""}
    )
    notices = Notices()

    found = read_back([tmp_path / "Takeout"], notices)

    assert times(found) == {"a.jpg": 5}
    assert list(notices) == []


def test_a_part_that_was_downloaded_twice_is_not_missing() -> None:
    names = [
        "takeout-20260318T202441Z-3-001.zip",
        "takeout-20260318T202441Z-3-002 (1).zip",
        "takeout-20260318T202441Z-3-004.zip",
        "holiday.zip",
    ]
    assert missing_parts(names) == ["takeout-20260318T202441Z-3-003"]
