"""Zips read in place: every legal form, and those that an attacker makes."""

import io
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gphotosfs.errors import ArchiveError
from gphotosfs.simulator.takeout.zip_writer import ENCRYPTED, LINK, ZipWriter
from gphotosfs.takeout.archive import Folder, ZipArchive
from gphotosfs.takeout.inflating import EVERY_BYTES, Inflater
from gphotosfs.takeout.members import Member, Notices, Packing

PHOTO = random.Random(1).randbytes(100_000)


def written(path: Path, fill: Callable[[ZipWriter], object], **form: bool) -> Path:
    with path.open("wb") as file:
        archive = ZipWriter(file, **form)
        fill(archive)
        archive.close()
    return path


def members_of(path: Path) -> tuple[list[Member], list[str]]:
    notices = Notices()
    archive = ZipArchive(path, 0)
    try:
        return list(archive.members(notices)), list(notices)
    finally:
        archive.close()


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("descriptors", [False, True])
@pytest.mark.parametrize("zip64", [False, True])
def test_any_bytes_of_any_member_are_read(
    tmp_path: Path, zip64: bool, descriptors: bool, deflated: bool
) -> None:
    path = written(
        tmp_path / "a.zip",
        lambda zip_: ([zip_.add(f"é/{n}.jpg", PHOTO[n:], deflated=deflated) for n in range(3)]),
        zip64=zip64,
        descriptors=descriptors,
    )
    found, notices = members_of(path)
    archive = ZipArchive(path, 0)

    assert notices == []
    assert [member.path for member in found] == ["é/0.jpg", "é/1.jpg", "é/2.jpg"]
    for number, member in enumerate(found):
        for start, size in ((0, 10), (99_000, 5000), (50_000, 20_000), (0, 1 << 20), (200_000, 5)):
            assert archive.read(member, start, size) == PHOTO[number:][start : start + size]
    archive.close()


def test_a_zip_of_pythons_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"PK\x05\x06 in a comment" * 10
        archive.mkdir("folder")
        archive.writestr("folder/ä.jpg", PHOTO)

    found, _ = members_of(path)

    assert [(member.path, member.size_bytes, member.packing) for member in found] == [
        ("folder/ä.jpg", len(PHOTO), Packing.DEFLATED)
    ]


def test_names_without_the_flag_are_utf8_or_else_of_dos(tmp_path: Path) -> None:
    def fill(archive: ZipWriter) -> None:
        archive.add("é.jpg".encode(), b"", flags=0)
        archive.add("é.jpg".encode("cp437"), b"", flags=0)
        archive.add(b"a\\b.jpg", b"")

    found, _ = members_of(written(tmp_path / "a.zip", fill))

    assert [member.path for member in found] == ["é.jpg", "é.jpg", "a/b.jpg"]


@pytest.mark.parametrize(
    "name, problem",
    [
        (b"../../etc/passwd", "leads out"),
        (b"a/../../b", "leads out"),
        (b"..\\b", "leads out"),
        (b"/etc/passwd", "absolute"),
        (b"C:\\b.jpg", "absolute"),
        (b"a.jpg\0.exe", "NUL"),
        (b"a//b.jpg", "no name"),
        (b"", "no name"),
    ],
)
def test_a_hostile_name_is_left_out_and_named(tmp_path: Path, name: bytes, problem: str) -> None:
    def fill(archive: ZipWriter) -> None:
        archive.add(name, PHOTO)
        archive.add("good.jpg", PHOTO)

    found, notices = members_of(written(tmp_path / "a.zip", fill))

    assert [member.path for member in found] == ["good.jpg"]
    assert len(notices) == 1
    assert problem in notices[0]


def test_links_and_encrypted_members_are_left_out_and_named(tmp_path: Path) -> None:
    def fill(archive: ZipWriter) -> None:
        archive.add("link.jpg", b"/etc/passwd").mode = LINK
        archive.add("locked.jpg", PHOTO, flags=ENCRYPTED)

    found, notices = members_of(written(tmp_path / "a.zip", fill))

    assert found == []
    assert ["link" in notices[0], "encrypted" in notices[1]] == [True, True]


def test_sizes_that_deflate_can_not_reach_are_no_sizes(tmp_path: Path) -> None:
    def fill(archive: ZipWriter) -> None:
        archive.add("bomb.jpg", bytes(10_000), deflated=True).size_bytes = 1 << 40
        archive.add("stored.jpg", b"abc").size_bytes = 1 << 40

    found, notices = members_of(written(tmp_path / "a.zip", fill, zip64=True))

    assert found == []
    assert "size can't be true and it is left out, 2 times" in notices[0]


def test_where_another_member_lies_by_now_nothing_is_read(tmp_path: Path) -> None:
    """Who has a file open while its archive is replaced knows where it was in the old one."""
    old = written(tmp_path / "old.zip", lambda archive: archive.add("a.jpg", PHOTO))
    new = written(tmp_path / "new.zip", lambda archive: archive.add("b.jpg", PHOTO))
    (member,) = members_of(old)[0]
    archive = ZipArchive(new, 0)

    with pytest.raises(ArchiveError, match=r"a\.jpg is not there"):
        archive.read(member, 0, 10)
    with pytest.raises(ArchiveError, match=r"a\.jpg is not there"):
        archive.read_nowait(member, 0, 10)
    archive.close()


def test_members_that_share_bytes_are_one_member(tmp_path: Path) -> None:
    """The bomb of bytes used a thousand times over."""

    def fill(archive: ZipWriter) -> None:
        first = archive.add("0.jpg", PHOTO)
        for number in range(1, 1000):
            archive.add(f"{number}.jpg", b"").offset = first.offset + number
            archive.entries[-1].packed_bytes = archive.entries[-1].size_bytes = 5000

    found, notices = members_of(written(tmp_path / "a.zip", fill))

    assert [member.path for member in found] == ["0.jpg"]
    assert "overlaps with another and is left out, 999 times" in notices[0]


def test_a_true_bomb_gives_what_is_asked_for_and_no_more(tmp_path: Path) -> None:
    """A member of 40 MB out of 40 KB: reading its end keeps no more than a few MB."""
    path = written(
        tmp_path / "a.zip", lambda zip_: zip_.add("b.jpg", bytes(40 << 20), deflated=True)
    )
    (member,), _ = members_of(path)
    archive = ZipArchive(path, 0)

    assert archive.read(member, (40 << 20) - 10, 100) == bytes(10)
    archive.close()


@pytest.mark.parametrize("kept", [0, 10, 5000, 100_050])
def test_a_zip_that_is_cut_off_is_named(tmp_path: Path, kept: int) -> None:
    path = written(tmp_path / "takeout-1.zip", lambda zip_: zip_.add("a.jpg", PHOTO))
    os.truncate(path, kept)

    with pytest.raises(ArchiveError, match=r"takeout-1\.zip has no directory"):
        members_of(path)


def test_any_damage_is_an_archive_error_or_is_left_out(tmp_path: Path) -> None:
    chance = random.Random(5)

    def fill(archive: ZipWriter) -> None:
        for n in range(40):
            archive.add(f"{n}", b"x" * n, deflated=n % 2 > 0)

    good = written(tmp_path / "a.zip", fill).read_bytes()
    for number in range(200):
        bad = bytearray(good)
        for _ in range(1 + number % 4):
            bad[chance.randrange(len(bad) - 1800, len(bad))] = chance.randrange(256)
        path = tmp_path / "bad.zip"
        path.write_bytes(bad)
        archive = ZipArchive(path, 0)
        try:
            for member in archive.members(Notices()):
                archive.read(member, 0, 1000)
        except ArchiveError:
            continue
        finally:
            archive.close()


class _Deflated:
    """A deflated member, and how much of its packed bytes was asked for."""

    def __init__(self, data: bytes) -> None:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", data)
            self.packed_bytes = archive.getinfo("a").compress_size
        self._packed = stream.getvalue()[31:][: self.packed_bytes]
        self.asked_bytes = 0

    def read_at(self, offset: int, size: int) -> bytes:
        self.asked_bytes += size
        return self._packed[offset : offset + size]


def test_a_seek_goes_on_from_the_nearest_restart_point() -> None:
    """The second seek into a deflated film inflates a few MB, not all that is before it."""
    data = random.Random(2).randbytes(1 << 16) * 200
    film, inflater = _Deflated(data), Inflater()
    end = len(data) - 1000
    assert inflater.read(1, film.read_at, film.packed_bytes, end, 1000) == data[end:]
    all_of_it, film.asked_bytes = film.asked_bytes, 0
    for start in (end - EVERY_BYTES // 2, EVERY_BYTES + 5, 3):
        found = inflater.read(1, film.read_at, film.packed_bytes, start, 500)
        assert found == data[start : start + 500]
    assert film.asked_bytes < all_of_it


def test_reading_on_inflates_nothing_twice() -> None:
    """A film that is watched is inflated once, whatever pieces it is read in."""
    data = random.Random(3).randbytes(3 * EVERY_BYTES // 2)
    film, inflater = _Deflated(data), Inflater()
    read = b""
    while piece := inflater.read(1, film.read_at, film.packed_bytes, len(read), 300_000):
        read += piece
    assert read == data
    # Each piece ends in the middle of a chunk of 64 KiB of packed bytes, whose rest is read again.
    pieces = -(-len(data) // 300_000)
    assert film.asked_bytes <= film.packed_bytes + pieces * 65_536


def test_a_folders_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.jpg").write_bytes(PHOTO)
    (tmp_path / "x" / "b.jpg").symlink_to("/etc/passwd")
    (tmp_path / "x" / "etc").symlink_to("/etc")
    os.mkfifo(tmp_path / "x" / "pipe.jpg")
    (tmp_path / "x" / os.fsdecode(b"\xff.jpg")).write_bytes(b"")
    notices = Notices()
    folder = Folder(tmp_path, 0)

    (member,) = folder.members(notices)

    assert member.path == "x/a.jpg"
    assert folder.read(member, 5, 10) == PHOTO[5:15]
    assert ["link" in line or "UTF-8" in line for line in notices] == [True, True]


def test_a_file_that_has_changed_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(PHOTO)
    folder = Folder(tmp_path, 0)
    (member,) = folder.members(Notices())
    (tmp_path / "a.jpg").write_bytes(b"other")

    with pytest.raises(ArchiveError, match="was changed"):
        folder.read(member, 0, 5)
