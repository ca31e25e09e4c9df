"""Archives that are written into, go away or come back while they are shown."""

import os
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.catalog.store import Connection
from gphotosfs.takeout.reading import read_all
from tests.component.archives_kit import PHOTO, content_of, names_in, packed, signed_out, told
from tests.component.joining_kit import moved

OLD, NEW = b"old bytes " * 40_000, b"new bytes " * 40_000
FOLDER = "Photos from 2020"


def with_sidecar(photo: bytes) -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    """A photo whatever its bytes are: its address in Google Photos stays."""
    sidecar = told("a.jpg", url="https://photos.google.com/photo/AF1a")
    return (f"{FOLDER}/a.jpg", photo), (f"{FOLDER}/a.jpg.json", sidecar)


def a_zip(path: Path, photo: bytes) -> str:
    return packed(path, *with_sidecar(photo))


def a_deflated_zip(path: Path, photo: bytes) -> str:
    return packed(path, *with_sidecar(photo), deflated=True)


def a_tgz(path: Path, photo: bytes) -> str:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in with_sidecar(photo):
            info = tarfile.TarInfo(f"Takeout/Google Photos/{name}")
            info.size = len(data)
            tar.addfile(info, BytesIO(data))
    return str(path)


def written_into(path: str, by: str) -> None:
    """As `cp` does over a file that is there, which is not as a rename does."""
    with Path(path).open("r+b") as file:
        file.write(Path(by).read_bytes())
        file.truncate()
    found = Path(path).stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 10**9))


@pytest.mark.parametrize("made", [a_zip, a_deflated_zip, a_tgz])
async def test_bytes_of_an_archive_that_was_written_into_are_not_taken_for_the_photos(
    tmp_path: Path, made: Callable[[Path, bytes], str]
) -> None:
    """They would stand in the kernel's page cache for good."""
    path = made(tmp_path / "t", OLD)
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        inode = await core.tree.resolve("media/all/a.jpg")
        handle = await core.tree.open(inode)
        head = bytes(await core.tree.read(handle, 0, 1000))
        written_into(path, made(tmp_path / "other", NEW))
        at = len(OLD) - 1000  # what no read has brought along yet
        with pytest.raises(errors.ArchiveError):
            await core.tree.read(handle, at, 1000)
        core.tree.close(handle)

    assert head == OLD[:1000]


async def test_it_is_read_again_and_shows_what_it_holds_now(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "t.zip", OLD)
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        await content_of(core, "media/all/a.jpg")
        written_into(path, a_zip(tmp_path / "other.zip", NEW))
        await core.takeout.add([path])
        shown = await content_of(core, "media/all/a.jpg")

    assert shown == NEW


async def test_who_has_a_photo_open_that_is_renewed_reads_no_mix(tmp_path: Path) -> None:
    """Old bytes read through the old handle would stand among the new ones in the page cache."""
    old = a_zip(tmp_path / "takeout-20250101T000000Z-001.zip", OLD)
    new = a_zip(tmp_path / "takeout-20260101T000000Z-001.zip", NEW)
    async with signed_out(tmp_path) as core:
        await core.takeout.add([old])
        handle = await core.tree.open(await core.tree.resolve("media/all/a.jpg"))
        await core.tree.read(handle, 0, 1000)
        await core.takeout.add([new])
        with pytest.raises(errors.ContentChangedError):
            await core.tree.read(handle, 200_000, 1000)
        core.tree.close(handle)
        assert await content_of(core, "media/all/a.jpg") == NEW


async def test_what_lies_beside_an_archive_that_is_away_keeps_its_time_people_and_album(
    tmp_path: Path,
) -> None:
    """A third of all sidecars lie in another part than their photo."""
    first = packed(
        tmp_path / "takeout-20260318T202441Z-001.zip",
        (f"{FOLDER}/a.jpg", PHOTO),
        ("Rome/a.jpg.json", told("a.jpg")),
    )
    second = packed(
        tmp_path / "takeout-20260318T202441Z-002.zip",
        (f"{FOLDER}/a.jpg.json", told("a.jpg", people=[{"name": "Ann"}])),
        ("Rome/a.jpg", PHOTO),
        ("Rome/metadata.json", b'{"title": "Rome"}'),
    )
    third = packed(tmp_path / "takeout-20260318T202441Z-003.zip", (f"{FOLDER}/c.jpg", NEW))
    places = ["media/by-day/2020/2020-09-13", "people/Ann", "albums/Rome"]
    async with signed_out(tmp_path) as core:
        await core.takeout.add([first, second])
        before = [await names_in(core, place) for place in places]
        moved(second, tmp_path / "away")
        await core.takeout.add([third])
        during = [await names_in(core, place) for place in places]
        problems = (await core.takeout.listed())["problems"]
        moved(tmp_path / "away", second)
        await core.takeout.add([first])
        after = [await names_in(core, place) for place in places]
        later = (await core.takeout.listed())["problems"]

    assert [list(names) for names in before] == [["a.jpg"]] * 3
    assert before == during == after
    assert problems == [f"{second} is not there; the rest is served"]
    assert later == []


async def test_what_was_away_while_others_were_read_is_read_when_it_is_back(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Though it is as it was: what had changed meanwhile needs it."""
    first = packed(tmp_path / "takeout-20260318T202441Z-001.zip", (f"{FOLDER}/a.jpg", PHOTO))
    second = packed(
        tmp_path / "takeout-20260318T202441Z-002.zip",
        (f"{FOLDER}/a.jpg.json", told("a.jpg")),
        (f"{FOLDER}/b.jpg.json", told("b.jpg")),
    )
    third = packed(tmp_path / "takeout-20260318T202441Z-003.zip", (f"{FOLDER}/b.jpg", NEW))
    async with signed_out(tmp_path) as core:
        await core.takeout.add([first, second])
        moved(second, tmp_path / "away")
        await core.takeout.add([third])
        before = await names_in(core, "media/by-day/2020/2020-09-13")
        moved(tmp_path / "away", second)
        while len(await names_in(core, "media/by-day/2020/2020-09-13")) < 2:
            await trio.sleep(60)
        after = await names_in(core, "media/by-day/2020/2020-09-13")

    assert (list(before), list(after)) == (["a.jpg"], ["a.jpg", "b.jpg"])


async def test_a_folder_is_read_again_when_more_was_unpacked_into_it(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    folder = tmp_path / "Takeout"
    inner = folder / "Google Photos" / FOLDER
    inner.mkdir(parents=True)
    (inner / "a.jpg").write_bytes(OLD)
    (inner / "a.jpg.json").write_bytes(told("a.jpg"))
    async with signed_out(tmp_path) as core:
        await core.takeout.add([str(folder)])
        (inner / "b.jpg").write_bytes(NEW)
        (inner / "b.jpg.json").write_bytes(told("b.jpg"))
        await core.takeout.add([str(folder)])
        added = await names_in(core, "media/all")
        (inner / "c.jpg").write_bytes(PHOTO)
        (inner / "c.jpg.json").write_bytes(told("c.jpg"))
        while len(await names_in(core, "media/all")) < 3:
            await trio.sleep(60)

    assert list(added) == ["a.jpg", "b.jpg"]


async def test_an_empty_place_of_a_disk_takes_nothing_away(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    inner = folder / "Takeout" / "Google Photos" / FOLDER
    inner.mkdir(parents=True)
    (inner / "a.jpg").write_bytes(OLD)
    (inner / "a.jpg.json").write_bytes(told("a.jpg"))
    other = a_zip(tmp_path / "takeout-20260101T000000Z-001.zip", NEW)
    async with signed_out(tmp_path) as core:
        await core.takeout.add([str(folder)])
        before = await names_in(core, "media/all")
        moved(folder, tmp_path / "unplugged")
        folder.mkdir()
        await core.takeout.add([other])
        assert before.items() <= (await names_in(core, "media/all")).items()
        assert (await core.takeout.listed())["archives"][0]["is_there"] is False


async def test_an_archive_more_writes_what_is_new_and_a_mark_for_all_else(tmp_path: Path) -> None:
    """All are read again, since a photo and its sidecar may lie in different parts."""
    known = [(f"{FOLDER}/{n}.jpg", PHOTO + b"%d" % n) for n in range(200)]
    sidecars = [(f"{FOLDER}/{n}.jpg.json", told(f"{n}.jpg", 1_600_000_000 + n)) for n in range(200)]
    first = packed(tmp_path / "takeout-20260318T202441Z-001.zip", *known, *sidecars)
    second = a_zip(tmp_path / "takeout-20260318T202441Z-002.zip", NEW)

    def rows_written(db: Connection) -> int:
        return db.total_changes

    async with signed_out(tmp_path) as core:
        await core.takeout.add([first])
        before = await core.store.write(rows_written)
        await core.takeout.add([second])
        after = await core.store.write(rows_written)
        assert len(await names_in(core, "media/all")) == 201

    assert 200 <= after - before < 300


async def test_an_archive_is_added_once_whatever_its_path(tmp_path: Path) -> None:
    path = Path(a_zip(tmp_path / "takeout-20260101T000000Z-001.zip", OLD))
    (tmp_path / "symbolic.zip").symlink_to(path)
    (tmp_path / "hard.zip").hardlink_to(path)
    others = [
        tmp_path / "symbolic.zip",
        tmp_path / "hard.zip",
        tmp_path / "missing" / ".." / path.name,
        path.parent / ".." / path.parent.name / path.name,
    ]
    async with signed_out(tmp_path) as core:
        await core.takeout.add([str(path)])
        added = await core.takeout.add([str(other) for other in others])
        listed = await core.takeout.listed()

    assert [one["path"] for one in listed["archives"]] == [str(path)]
    assert sum(f"is the same as {path}" in problem for problem in added["problems"]) == 3


async def test_archives_that_are_added_at_the_same_time_are_all_added(tmp_path: Path) -> None:
    paths = []
    for n in range(1, 5):
        photo = (f"{FOLDER}/{n}.jpg", PHOTO), (f"{FOLDER}/{n}.jpg.json", told(f"{n}.jpg", n))
        paths.append(packed(tmp_path / f"{n}.zip", *photo))
    async with signed_out(tmp_path) as core:
        async with trio.open_nursery() as nursery:
            for path in paths:
                nursery.start_soon(core.takeout.add, [path])
        assert len(await names_in(core, "media/all")) == 4
        listed = await core.takeout.listed()

    assert {one["path"] for one in listed["archives"]} == set(paths)


def test_what_lies_in_a_folder_is_read_once_to_tell_copies_from_others(tmp_path: Path) -> None:
    """Every photo in an album has the length of its year's copy."""
    folders = [tmp_path / "Takeout" / "Google Photos" / name for name in (FOLDER, "Rome")]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "a.jpg").write_bytes(PHOTO)
        (folder / "a.jpg.json").write_bytes(told("a.jpg"))
    albums = [item_of(tmp_path)["albums"]]
    for folder in folders:
        found = (folder / "a.jpg").stat()
        (folder / "a.jpg").write_bytes(bytes(len(PHOTO)) if folder.name == "Rome" else PHOTO)
        os.utime(folder / "a.jpg", ns=(found.st_atime_ns, found.st_mtime_ns))
    albums.append(item_of(tmp_path)["albums"])
    os.utime(folders[1] / "a.jpg", ns=(1, 1))
    albums.append(item_of(tmp_path)["albums"])

    assert albums == [["Rome"], ["Rome"], []]


def item_of(folder: Path) -> dict[str, Any]:
    """The item with the sidecar of the year, as it is told of."""
    lines = read_all(
        [(1, str(folder / "Takeout"))], folder / "indexes", lambda _: None, lambda *_: None
    )
    items: list[dict[str, Any]] = [line["item"] for line in lines if "item" in line]
    return next(item for item in items if FOLDER in item["member"]["path"])
