"""A .tgz: gone through once, then read anywhere; and those that an attacker makes."""

import io
import os
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gphotosfs.errors import ArchiveError
from gphotosfs.takeout.members import Notices
from gphotosfs.takeout.tar_archive import TarArchive, drop_indexes, index_name

PHOTO = random.Random(1).randbytes(700_000)


def written(path: Path, fill: Callable[[tarfile.TarFile], object]) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        fill(archive)
    return path


def add(archive: tarfile.TarFile, name: str, data: bytes = PHOTO, **fields: object) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(data))


def fill_with(*members: tuple[str, bytes]) -> Callable[[tarfile.TarFile], None]:
    def fill(archive: tarfile.TarFile) -> None:
        for name, data in members:
            add(archive, name, data)

    return fill


def test_any_bytes_of_any_member_are_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tgz", fill_with(*((f"é/{n}.jpg", PHOTO[n:]) for n in range(9))))
    archive = TarArchive(path, 0, tmp_path / "indexes")
    found = list(archive.members(Notices()))

    assert [member.path for member in found] == [f"é/{n}.jpg" for n in range(9)]
    for number, member in reversed(list(enumerate(found))):
        for start, size in (
            (0, 10),
            (699_000, 5000),
            (350_000, 300_000),
            (0, 1 << 20),
            (800_000, 5),
        ):
            assert archive.read(member, start, size) == PHOTO[number:][start : start + size]
    archive.close()


def test_the_second_time_nothing_is_gone_through(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tgz", fill_with(*((f"{n}.jpg", PHOTO) for n in range(3))))
    indexes = tmp_path / "indexes"
    first = list(TarArchive(path, 0, indexes).members(Notices()))
    made = {file: file.stat().st_mtime_ns for file in indexes.iterdir()}

    assert list(TarArchive(path, 0, indexes).members(Notices())) == first
    assert {file: file.stat().st_mtime_ns for file in indexes.iterdir()} == made


def test_it_is_told_how_far_into_the_file_the_first_reading_is(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tgz", fill_with(*((f"{n}.jpg", PHOTO[n:]) for n in range(9))))
    size_bytes = path.stat().st_size
    told: list[tuple[int, int]] = []

    def come_to(at_bytes: int, of_bytes: int) -> None:
        told.append((at_bytes, of_bytes))

    list(TarArchive(path, 0, tmp_path / "indexes", come_to).members(Notices()))
    first = [*told]
    list(TarArchive(path, 0, tmp_path / "indexes", come_to).members(Notices()))

    assert first == told == sorted(told)
    assert told[-1] == (size_bytes, size_bytes)
    assert len({at_bytes for at_bytes, _ in told if 0 < at_bytes < size_bytes}) > 1


def test_the_index_of_an_archive_that_was_replaced_goes(tmp_path: Path) -> None:
    indexes = tmp_path / "indexes"
    path = written(tmp_path / "a.tgz", lambda tar: add(tar, "old.jpg"))
    list(TarArchive(path, 0, indexes).members(Notices()))
    written(path, lambda tar: add(tar, "new.jpg", PHOTO[1:]))

    drop_indexes(indexes, {index_name(path)})

    assert list(indexes.iterdir()) == []
    assert [m.path for m in TarArchive(path, 0, indexes).members(Notices())] == ["new.jpg"]


def test_what_is_hostile_is_left_out_and_named(tmp_path: Path) -> None:
    def fill(tar: tarfile.TarFile) -> None:
        add(tar, "../../etc/passwd")
        add(tar, "/etc/passwd")
        add(tar, "link.jpg", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(tar, "hard.jpg", b"", type=tarfile.LNKTYPE, linkname="good.jpg")
        add(tar, "pipe.jpg", b"", type=tarfile.FIFOTYPE)
        add(tar, "good.jpg")

    notices = Notices()
    archive = TarArchive(written(tmp_path / "a.tgz", fill), 0, tmp_path / "indexes")

    assert [member.path for member in archive.members(notices)] == ["good.jpg"]
    assert [line.split(": ")[1].split(" (")[0] for line in notices] == [
        "a member's path leads out of the archive and is left out",
        "a member's path is absolute and is left out",
        "a member is a link and is left out, 2 times",
        "a member is no ordinary file and is left out",
    ]


@pytest.mark.parametrize("kept", [100, 400_000, -9])
def test_an_archive_that_is_cut_off_is_named_and_leaves_no_index(tmp_path: Path, kept: int) -> None:
    path = written(tmp_path / "a.tgz", lambda tar: add(tar, "a.jpg"))
    os.truncate(path, kept % path.stat().st_size)

    with pytest.raises(ArchiveError, match=r"a\.tgz"):
        list(TarArchive(path, 0, tmp_path / "indexes").members(Notices()))

    assert not list(tmp_path.glob("indexes/*.members"))


def test_what_is_no_tar_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(b"\x1f\x8b not at all")

    with pytest.raises(ArchiveError, match="no gzipped tar"):
        TarArchive(tmp_path / "a.tgz", 0, tmp_path).check()
