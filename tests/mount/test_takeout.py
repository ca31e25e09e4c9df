"""Takeout archives through a real mount, of a profile that never signed in."""

import hashlib
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from gphotosfs.config import Folders, Profile
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.takeout.exports import Quirks, export
from tests.mount.mounting import HANG_GUARD_S, Home, sh

pytestmark = pytest.mark.mount


class Alone(Home):
    """A user's private XDG folders, with nothing in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = ("config", "data", "cache", "state", "runtime")
        self.profile = Profile(
            "default", Folders(**{name: folder / name / "gphotosfs" for name in names})
        )
        (folder / "runtime").mkdir(mode=0o700)


def sums_of(folder: Path) -> Counter[str]:
    """The checksums of all files below a folder, read as `sha256sum` reads them."""
    lines = sh("find", folder, "-type", "f", "-exec", "sha256sum", "{}", "+").splitlines()
    return Counter(line.removeprefix("\\")[:64] for line in lines)


def unzipped(path: Path, member: str) -> bytes:
    """What `unzip -p` gives for a member."""
    return subprocess.run(
        ["unzip", "-p", path, member], capture_output=True, check=True, timeout=HANG_GUARD_S
    ).stdout


@pytest.mark.parametrize("deflated", [False, True])
def test_added_archives_are_mounted_as_unzip_reads_them(tmp_path: Path, deflated: bool) -> None:
    world = World(3, items=40, cheap_bytes=True, photo_bytes=200_000, video_bytes=600_000)
    quirks = Quirks(parts=3, edited_every=5, motion_every=7, deflated=deflated, trash_every=9)
    made = export(world, tmp_path, quirks)
    home = Alone(tmp_path)

    said = home.run("takeout", "add", *made.paths).stdout
    with home.mounted() as mount:
        sums = sums_of(mount.path / "media" / "all") + sums_of(mount.path / "trash")
        archived = (
            sums_of(mount.path / "archive") if any(s.archived for s in made.shown) else Counter()
        )
        albums = {
            path.name: len(list(path.iterdir())) for path in (mount.path / "albums").iterdir()
        }
        links = {path.stat().st_ino for path in mount.path.glob("albums/*/*")}
        assert links <= {path.stat().st_ino for path in mount.path.glob("media/all/*")} | {
            path.stat().st_ino for path in mount.path.glob("archive/*")
        }

    wanted: Counter[str] = Counter()
    seen = set()
    for path in made.paths:
        for member in sh("unzip", "-Z1", path).splitlines():
            if member.endswith((".json", ".html")):
                continue
            digest = hashlib.sha256(unzipped(path, member)).hexdigest()
            wanted[digest] = 1
            seen.add(member)
    assert sums + archived == wanted
    assert f"{len(made.shown)} photos and videos new" in said
    assert albums == Counter(album for one in made.shown for album in one.albums)


def test_what_is_encrypted_is_named_with_what_to_do_and_the_rest_is_served(tmp_path: Path) -> None:
    world = World(3, items=12, cheap_bytes=True, photo_bytes=9_000, video_bytes=9_000)
    made = export(world, tmp_path, Quirks())
    unpacked, mixed, locked = (tmp_path / name for name in ("unpacked", "mixed.zip", "locked.zip"))
    sh("unzip", "-q", made.paths[0], "-d", unpacked)
    photos = sorted(unpacked.rglob("*.[jJ][pP][gG]"))
    some = [path.relative_to(unpacked) for path in photos[:2]]
    sh("sh", "-c", f"cd '{unpacked}' && zip -q -r '{mixed}' . -x '{some[0]}' -x '{some[1]}'")
    sh("sh", "-c", f"cd '{unpacked}' && zip -q -P secret '{mixed}' '{some[0]}' '{some[1]}'")
    sh("sh", "-c", f"cd '{unpacked}' && zip -q -r -P secret '{locked}' .")
    home = Alone(tmp_path)

    added = [home.run("takeout", "add", path).stderr.splitlines() for path in (locked, mixed)]
    listed = home.run("takeout", "list").stderr.splitlines()
    with home.mounted() as mount:
        shown = sums_of(mount.path / "media" / "all")

    told_of_locked, told_of_mixed = (
        [line for line in listed if line.startswith(f"gphotosfs: {path.name}: ")]
        for path in (locked, mixed)
    )
    assert added[0] == told_of_locked
    assert set(added[1]) == {*told_of_locked, *told_of_mixed}
    assert len(told_of_locked) == len(told_of_mixed) == 1
    assert "encrypted" in told_of_mixed[0]
    assert "without a password, 2 times" in told_of_mixed[0]
    assert set(shown) == {sh("sha256sum", path)[:64] for path in photos[2:]} | {
        sh("sha256sum", path)[:64] for path in unpacked.rglob("*.mp4")
    }


def test_archives_are_added_and_removed_while_mounted(tmp_path: Path) -> None:
    world = World(3, items=20, cheap_bytes=True, photo_bytes=9_000, video_bytes=9_000)
    first, second = export(world, tmp_path, Quirks(parts=2)).paths
    home = Alone(tmp_path)
    home.run("takeout", "add", first)
    with home.mounted() as mount:
        before = {path.name: path.stat().st_ino for path in mount.path.glob("media/all/*")}
        home.run("takeout", "add", second)
        both = {path.name: path.stat().st_ino for path in mount.path.glob("media/all/*")}
        listed = home.run("takeout", "list").stdout
        home.run("takeout", "remove", first.name)
        after = {path.name for path in mount.path.glob("media/all/*")}

    assert set(before.values()) < set(both.values())
    assert after < set(both)
    assert first.name in listed


def test_verify_reads_every_byte_and_names_what_is_damaged(tmp_path: Path) -> None:
    world = World(3, items=12, cheap_bytes=True, photo_bytes=20_000, video_bytes=20_000)
    zips = export(world, tmp_path, Quirks(parts=2)).paths
    (packed,) = export(world, tmp_path, Quirks(packed="tgz", made="20260101T000000Z")).paths
    home = Alone(tmp_path)
    home.run("takeout", "add", *zips, packed)

    good = home.run("takeout", "verify")
    with zips[0].open("r+b") as file:
        file.seek(zips[0].stat().st_size // 3)
        file.write(b"a bit of rust")
    bad = home.run("takeout", "verify", code=1)

    assert " files are as packed" in good.stdout
    assert good.stderr == ""
    assert "is damaged" in bad.stderr
    assert zips[0].name in bad.stderr


def test_without_archives_a_sign_in_is_needed(tmp_path: Path) -> None:
    home = Alone(tmp_path)
    (tmp_path / "mnt").mkdir()

    assert "gphotosfs login" in home.run("mount", tmp_path / "mnt", code=3).stderr
    assert "No archive was added yet" in home.run("takeout", "list").stdout
