"""Exports of a simulated library, with every quirk that real ones have, read back to what they were."""

import json
import os
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.takeout.exports import Quirks, Shown, export
from gphotosfs.simulator.takeout.names import LANGUAGES
from gphotosfs.simulator.takeout.zip_writer import ZipWriter
from gphotosfs.takeout.exports import read_exports
from gphotosfs.takeout.members import Notices
from tests.takeout_kit import bytes_of, difference, opened, read_back, tried

ALIKE: tuple[list[Shown], list[Shown]] = ([], [])


def library(*, awkward: bool = False) -> World:
    """Items whose bytes differ from each other."""
    return World(3, items=60, awkward=awkward, cheap_bytes=True, photo_bytes=8000, video_bytes=9000)


QUIRKS = [
    Quirks(),
    Quirks(layout=2019),
    Quirks(layout=2024),
    *(Quirks(language=language, edited_every=4) for language in LANGUAGES),
    Quirks(parts=4),
    Quirks(parts=3, repeated=True),
    Quirks(uncut_sidecars=True),
    Quirks(mixed_sidecars=True),
    Quirks(decomposed=True, language="fr"),
    Quirks(edited_every=2, edited_counters=True),
    Quirks(motion_every=2),
    Quirks(edited_every=3, motion_every=2, parts=3),
    Quirks(album_sidecars=False),
    Quirks(album_pictures=False),
    Quirks(album_json="title"),
    Quirks(album_json="missing"),
    Quirks(other_json=True),
    Quirks(trash_every=5),
    Quirks(trash_every=5, language="de"),
    Quirks(ampersands=False),
    Quirks(takeout_level=False),
    Quirks(photos_root=False),
    Quirks(takeout_level=False, photos_root=False),
    Quirks(deflated=True),
    Quirks(zip64=True, descriptors=True),
    Quirks(packed="tgz"),
    Quirks(packed="tgz", parts=3, decomposed=True, language="fr"),
]


def only_what_differs(quirks: Quirks) -> str:
    usual = Quirks()
    names = [name for name in vars(quirks) if getattr(quirks, name) != getattr(usual, name)]
    return ",".join(f"{name}={getattr(quirks, name)}" for name in names) or "usual"


@pytest.mark.parametrize("quirks", QUIRKS, ids=only_what_differs)
def test_an_export_is_read_back_as_what_it_was(tmp_path: Path, quirks: Quirks) -> None:
    assert tried(library(), tmp_path, quirks) == ALIKE


# Of two names that are cut to the same, or that Unicode takes for one, an edited copy says nothing.
@pytest.mark.parametrize(
    "quirks", [one for one in QUIRKS if not (one.edited_every or one.motion_every)], ids=only_what_differs
)  # fmt: skip
def test_awkward_names_titles_and_times_survive_an_export(tmp_path: Path, quirks: Quirks) -> None:
    assert tried(library(awkward=True), tmp_path, quirks) == ALIKE


def test_an_unpacked_export_is_read_as_well(tmp_path: Path) -> None:
    made = export(library(awkward=True), tmp_path, Quirks(parts=2, album_sidecars=False))
    folder = tmp_path / "unpacked"
    for path in made.paths:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)

    found = read_back([folder])

    # What lies alone of its length is never read for a checksum.
    for item in found.items:
        if item.crc is None:
            item.crc = next(
                one.crc for one in made.shown if one.size_bytes == item.member.size_bytes
            )
    assert difference(made, found) == ALIKE


def test_the_bytes_of_every_item_are_those_that_unzip_gives(tmp_path: Path) -> None:
    made = export(library(), tmp_path, Quirks(parts=2, edited_every=5, deflated=True))
    found = read_back(made.paths)

    for item in found.items:
        with zipfile.ZipFile(made.paths[item.member.archive]) as archive:
            assert bytes_of(made.paths, item.member) == archive.read(item.member.path)


def test_a_later_export_renews_what_is_there_and_doubles_nothing(tmp_path: Path) -> None:
    world = library()
    first = export(world, tmp_path, Quirks(made="20260101T000000Z"))
    before = read_back(first.paths)
    changed, *_ = (item for item in world.items() if not item.is_video)
    world.change_bytes(changed.id)
    world.edit_item(changed.id, description="Now with words")
    added = world.add_item(filename="new.jpg", size_bytes=8111)
    second = export(world, tmp_path, Quirks(made="20260301T000000Z"), since_ns=changed.created_ns)
    whole = export(world, tmp_path, Quirks(made="20260401T000000Z"))

    found = read_back([*first.paths, *second.paths])

    assert len(found.items) == len(before.items) + 1
    assert difference(whole, found) == ALIKE
    assert added.filename in {item.title for item in found.items}
    assert {key for item in before.items for key in item.keys if key.startswith("url")} < {
        key for item in found.items for key in item.keys
    }


def test_an_albums_copy_with_other_bytes_is_an_item_of_its_own(tmp_path: Path) -> None:
    told = json.dumps({"title": "a.jpg", "photoTakenTime": {"timestamp": "5"}, "url": "u"}).encode()
    with (tmp_path / "t.zip").open("wb") as file:
        archive = ZipWriter(file)
        for folder, data in (("Photos from 1970", b"one"), ("Rome", b"two"), ("Oslo", b"one")):
            archive.add(f"Takeout/Google Photos/{folder}/a.jpg", data)
            archive.add(f"Takeout/Google Photos/{folder}/a.jpg.json", told)
        archive.close()

    found = read_back([tmp_path / "t.zip"])

    assert sorted((item.member.path.split("/")[2], item.albums) for item in found.items) == [
        ("Photos from 1970", ["Oslo"]),
        ("Rome", ["Rome"]),
    ]
    assert len({key for item in found.items for key in item.keys}) == 3


def test_two_readings_are_both_kept_and_told_of(tmp_path: Path) -> None:
    """A copy without a sidecar, of a photo that two sidecars know with different times."""
    with (tmp_path / "t.zip").open("wb") as file:
        archive = ZipWriter(file)
        for folder, time in (("Photos from 1970", "5"), ("Photos from 1971", "40000000")):
            told = {"title": "a.jpg", "photoTakenTime": {"timestamp": time}}
            archive.add(f"Takeout/Google Photos/{folder}/a.jpg", b"same")
            archive.add(f"Takeout/Google Photos/{folder}/a.jpg.json", json.dumps(told).encode())
        archive.add("Takeout/Google Photos/Rome/a.jpg", b"same")
        archive.close()
    notices = Notices()

    found = read_back([tmp_path / "t.zip"], notices)

    assert sorted(item.facts.taken_s or 0 for item in found.items) == [0, 5, 40_000_000]
    assert any("may be a copy of two items" in line for line in notices)


def test_the_same_path_with_other_bytes_is_kept_twice_and_told_of(tmp_path: Path) -> None:
    told = json.dumps({"title": "a.jpg", "photoTakenTime": {"timestamp": "5"}}).encode()
    for number, data in enumerate((b"one", b"two"), 1):
        with (tmp_path / f"takeout-20260101T000000Z-{number:03}.zip").open("wb") as file:
            archive = ZipWriter(file)
            archive.add("Takeout/Google Photos/Photos from 1970/a.jpg", data)
            archive.add("Takeout/Google Photos/Photos from 1970/a.jpg.json", told)
            archive.close()
    notices = Notices()

    found = read_back(sorted(tmp_path.iterdir()), notices)

    assert len(found.items) == 2
    assert any("other bytes" in line for line in notices)


def test_other_products_in_the_same_export_are_not_shown(tmp_path: Path) -> None:
    made = export(library(), tmp_path, Quirks())
    with made.paths[0].open("ab"), zipfile.ZipFile(made.paths[0], "a") as archive:
        archive.writestr("Takeout/Drive/plan.jpg", b"a plan")
        archive.writestr("Takeout/Mail/All mail.mbox", b"From")

    assert difference(made, read_back(made.paths)) == ALIKE


def test_one_part_that_is_damaged_is_named_and_the_rest_is_served(tmp_path: Path) -> None:
    made = export(library(), tmp_path, Quirks(parts=3))
    os.truncate(made.paths[1], 5000)
    notices = Notices()

    found = read_back(made.paths, notices)

    assert [line for line in notices if made.paths[1].name in line and "cut off" in line]
    assert {item.member.archive for item in found.items} == {0, 2}


def test_adding_reads_sidecars_and_directories_only(tmp_path: Path) -> None:
    """50 GB are not read to be added: of every photo not one byte."""
    made = export(library(), tmp_path, Quirks())
    with zipfile.ZipFile(made.paths[0]) as archive:
        lengths = {info.filename: info.file_size for info in archive.infolist()}
    read: list[str] = []
    (archive_,) = opened(made.paths)
    original = archive_.read

    class Counting:
        name = archive_.name
        check = archive_.check
        members = archive_.members
        close = archive_.close

        def read(self, member: object, start: int, size: int) -> bytes:
            read.append(member.path)  # type: ignore[attr-defined]  # it is a Member
            return original(member, start, size)  # type: ignore[arg-type]  # the same

    read_exports([Counting()], Notices())
    archive_.close()

    assert read
    assert all(path.endswith(".json") for path in read)
    assert len(lengths) > len(read)


def test_a_million_empty_sidecars_are_one_line(tmp_path: Path) -> None:
    """Here some thousands: memory and time grow with the directory's length alone."""
    with (tmp_path / "t.zip").open("wb") as file:
        archive = ZipWriter(file)
        for number in range(70_000):
            archive.add(f"Takeout/Google Photos/Photos from 2020/{number}.jpg.json", b"")
        archive.close()
    notices = Notices()

    found = read_back([tmp_path / "t.zip"], notices)

    assert found.items == []
    assert [line for line in notices if "a sidecar is empty, 70000 times" in line]


def test_a_sidecar_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "t.zip").open("wb") as file:
        archive = ZipWriter(file)
        archive.add(
            "Takeout/Google Photos/Photos from 2020/a.jpg.json", bytes(2 << 20), deflated=True
        )
        entry = archive.entries[-1]
        entry.size_bytes = 1 << 30
        entry.packed_bytes = 2 << 20  # so that the promised length is a possible one
        file.write(bytes(2 << 20))
        archive.close()
    notices = Notices()

    read_back([tmp_path / "t.zip"], notices)

    assert any("far too large" in line for line in notices)


def test_a_sidecar_that_is_a_bomb_is_inflated_to_its_bound_only(tmp_path: Path) -> None:
    chance = random.Random(4)
    with (tmp_path / "t.zip").open("wb") as file:
        archive = ZipWriter(file)
        data = b'{"title": "' + bytes(chance.choices(b"ab", k=900_000)) + b'"}'
        archive.add("Takeout/Google Photos/Photos from 2020/a.jpg.json", data, deflated=True)
        archive.entries[-1].size_bytes = 1000
        archive.close()

    assert read_back([tmp_path / "t.zip"]).items == []


@pytest.mark.parametrize("made", ["", "20260101T000000Z"])
def test_a_world_without_anything_is_an_export_without_anything(tmp_path: Path, made: str) -> None:
    assert (
        tried(World(items=0), tmp_path, replace(Quirks(), made=made or "20260101T000000Z")) == ALIKE
    )
