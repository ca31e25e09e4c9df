"""`gphotosfs mount --all`: every profile in one directory, and away again."""

import json
import os
from pathlib import Path

import pytest

from gphotosfs.cli.mounting.checks import ends_within, take_away
from gphotosfs.config import Profile
from gphotosfs.control import mounted_at
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.process import Running
from gphotosfs.simulator.takeout.exports import export
from tests.mount.mounting import HANG_GUARD_S, Home

pytestmark = pytest.mark.mount


@pytest.fixture
def family(tmp_path: Path, simulator: Running) -> Home:
    """Two profiles that are signed in, and one whose settings are wrong."""
    home = Home(tmp_path, simulator)
    for name in ("work", "broken"):
        profile = Profile(name, home.profile.folders)
        profile.make_dirs()
        profile.credentials_path.touch(0o600)
        profile.credentials_path.write_text(json.dumps(simulator.credentials))
        profile.config_path.write_text(home.profile.config_path.read_text())
    return home


@pytest.fixture
def together(family: Home, tmp_path: Path) -> Path:
    mountpoint = tmp_path / "photos"
    mountpoint.mkdir()
    return mountpoint


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def cleaned(mountpoint: Path) -> None:
    for path in mountpoint.iterdir():
        while mounted_at(path) is not None:
            take_away(path, lazily=True)


def test_every_profile_is_a_directory_and_all_go_together(family: Home, together: Path) -> None:
    (family.profile.folders.config / "broken" / "credentials.json").unlink()
    try:
        family.run("mount", "--all", together)
        family.run("mount", "--all", together)  # the second time there is nothing left to do

        assert names(together) == ["default", "work"]
        for name in ("default", "work"):
            assert len(names(together / name / "media" / "all")) == 120
        states = json.loads(family.run("status", "--json", together).stdout)
        assert [Path(state["mountpoint"]).name for state in states] == ["default", "work"]
        assert "not empty" in family.run("mount", "default", together, code=1).stderr

        family.run("unmount", together)
    finally:
        cleaned(together)

    assert names(together) == []
    family.run("unmount", together, code=4)


def test_one_profile_that_fails_does_not_keep_the_others_away(family: Home, together: Path) -> None:
    (family.profile.folders.config / "broken" / "config.toml").write_text("timeout = 0\n")
    try:
        done = family.run("mount", "--all", together, code=1)

        assert "profile broken: option timeout" in done.stderr
        assert "1 of 3 profiles" in done.stderr
        assert names(together) == ["default", "work"]
        family.run("unmount", together)
    finally:
        cleaned(together)


def test_a_profile_with_archives_needs_no_sign_in(family: Home, together: Path) -> None:
    """One that has neither is no profile to mount, whatever was kept of it."""
    for name in ("default", "work", "broken"):
        (family.profile.folders.config / name / "credentials.json").unlink()
    nothing = family.run("mount", "--all", together, code=3)
    world = World(3, items=6, cheap_bytes=True, photo_bytes=9_000, video_bytes=9_000)
    made = export(world, together.parent)
    family.run("takeout", "add", "-p", "work", *made.paths)
    family.run("takeout", "add", "-p", "broken", *made.paths)
    family.run("takeout", "remove", "-p", "broken", *made.paths)
    try:
        family.run("mount", "--all", together)

        assert names(together) == ["work"]
        assert len(names(together / "work" / "recent")) == len(made.shown)
        family.run("unmount", together)
    finally:
        cleaned(together)

    assert "signed in or has Takeout archives" in nothing.stderr


def test_a_directory_with_other_things_in_it_is_left_alone(family: Home, together: Path) -> None:
    (together / "diary.txt").touch()

    assert "diary.txt" in family.run("mount", "--all", together, code=1).stderr

    assert names(together) == ["diary.txt"]


def test_a_daemon_that_was_killed_is_mounted_again(family: Home, together: Path) -> None:
    (family.profile.folders.config / "broken" / "credentials.json").unlink()
    try:
        family.run("mount", "--all", together)
        state = json.loads(family.run("status", "--json", together).stdout)
        (record,) = [
            json.loads(path.read_text())
            for path in (family.profile.folders.runtime / ".mounts").glob("*.json")
            if json.loads(path.read_text())["profile"] == "work"
        ]
        os.kill(record["pid"], 9)
        assert ends_within(record["pid"], HANG_GUARD_S)

        family.run("mount", "--all", together)

        assert len(names(together / "work" / "media" / "all")) == 120
        assert len(state) == 2
        family.run("unmount", together)
    finally:
        cleaned(together)


def test_it_can_not_stay_in_the_foreground(family: Home, together: Path) -> None:
    assert "foreground" in family.run("mount", "--all", "-f", together, code=2).stderr
    family.run("mount", "--all", "default", together, code=2)
