"""An archive on a disk that does not answer: who waits for it can give up, and nobody else waits."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from gphotosfs.takeout.archive import Archive, ZipArchive
from gphotosfs.takeout.looks import Looks
from gphotosfs.takeout.members import Member, Notices
from gphotosfs.takeout.source import Archives, open_archive
from gphotosfs.takeout.stamps import Stamp, stamp_of
from tests.component.archives_kit import PHOTO, packed


class Disk:
    """A disk that answers or does not, with zips on it."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()

    def opened(self, path: Path, number: int, indexes: Path) -> Archive:
        return (
            _OnDisk(self, path, number)
            if "hanging" in path.name
            else open_archive(path, number, indexes)
        )


class _OnDisk(ZipArchive):
    def __init__(self, disk: Disk, path: Path, number: int) -> None:
        super().__init__(path, number)
        self._disk = disk

    def read(self, member: Member, start: int, size: int) -> bytes:
        self._disk.answers.wait()
        return super().read(member, start, size)


def first_member(path: Path, number: int) -> Member:
    archive = ZipArchive(path, number)
    try:
        return next(archive.members(Notices()))
    finally:
        archive.close()


@pytest.fixture
def disk() -> Iterator[Disk]:
    made = Disk()
    yield made
    made.answers.set()


async def test_who_waits_for_a_disk_that_hangs_can_give_up(tmp_path: Path, disk: Disk) -> None:
    paths = [
        Path(packed(tmp_path / name, ("a.jpg", PHOTO))) for name in ("hanging.zip", "fine.zip")
    ]
    hanging, fine = (first_member(path, number) for number, path in enumerate(paths))
    archives = Archives(tmp_path, opening=disk.opened)
    archives.know({number: (path, stamp_of(path)) for number, path in enumerate(paths)})
    await archives.read(hanging, 0, 5)
    disk.answers.clear()

    given_up = []
    for _ in range(2):  # the second does not even get a thread
        with trio.move_on_after(0.05) as scope:
            await archives.read(hanging, 0, 5)
        given_up.append(scope.cancelled_caught)
    other = await archives.read(fine, 0, 5)
    archives.know({})  # returns, though a thread still reads
    disk.answers.set()

    assert given_up == [True, True]
    assert other == PHOTO[:5]


def test_an_archive_whose_disk_does_not_answer_counts_as_not_there(tmp_path: Path) -> None:
    """And one thread waits for it, however often it is looked at."""
    hanging, fine = tmp_path / "hanging.zip", tmp_path / "fine.zip"
    answers, asked = threading.Event(), []

    def look(path: Path) -> Stamp:
        asked.append(path)
        if path == hanging:
            answers.wait()
        return 1, 1

    looks = Looks(look, answer_s=0.01)
    first = looks.at([hanging, fine])
    second = looks.at([hanging])
    answers.set()
    while (third := looks.at([hanging])) == second:
        pass

    assert first == {hanging: None, fine: (1, 1)}
    assert second == {hanging: None}
    assert third == {hanging: (1, 1)}
    assert asked.count(hanging) == 1
