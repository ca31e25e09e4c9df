"""Archives that are written into, go away or come back while they are shown."""

import os
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from gphotosfs import errors
from tests.component.archives_kit import content_of, packed, signed_out, told

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
