"""What `gphotosfs doctor` finds on a machine, without asking anybody."""

from pathlib import Path
from typing import Any

import pytest

from gphotosfs.config import Folders, Profile
from gphotosfs.doctor import Finding, Level, Machine, examine_machine

FUSERMOUNT3 = "#!/bin/sh\necho fusermount3 version: 3.14.0\n"


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    profile = Profile("default", Folders(*(tmp_path / name for name in "abcde")))
    profile.make_dirs()
    return profile


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    program = tmp_path / "bin" / "fusermount3"
    program.parent.mkdir()
    program.write_text(FUSERMOUNT3)
    program.chmod(0o4755)
    return program.parent


@pytest.fixture
def machine(tmp_path: Path, profile: Profile, bin_dir: Path) -> dict[str, Any]:
    """A machine on which all is well; a test changes what it is about."""
    (tmp_path / "fuse").touch()
    return {
        "profile": profile,
        "mounts": [Path("/mnt/a")],
        "dead": lambda _: False,
        "dev_fuse": tmp_path / "fuse",
        "fuse_conf": tmp_path / "fuse.conf",
        "search_path": str(bin_dir),
    }


def bad(machine: dict[str, Any]) -> Finding:
    (found,) = [f for f in examine_machine(Machine(**machine)) if f.level is not Level.FINE]
    assert found.action
    return found


def test_where_all_is_well_it_says_so(machine: dict[str, Any], profile: Profile) -> None:
    profile.credentials_path.touch(0o600)

    findings = examine_machine(Machine(**machine))

    assert {finding.level for finding in findings} == {Level.FINE}
    assert [finding.check for finding in findings] == [
        "versions",
        "config.toml",
        str(machine["dev_fuse"]),
        "fusermount3",
        "allow_other",
        "folders",
        "tokens",
        "cache",
        "mounts",
    ]
    assert "pyfuse3" in findings[0].what
    assert findings[3].what == "3.14.0"


def test_without_the_kernels_module(machine: dict[str, Any], tmp_path: Path) -> None:
    found = bad(machine | {"dev_fuse": tmp_path / "absent"})

    assert "modprobe fuse" in found.action


def test_without_fuse_installed(machine: dict[str, Any], tmp_path: Path) -> None:
    assert "apt install fuse3" in bad(machine | {"search_path": str(tmp_path)}).action


def test_a_fusermount3_that_is_not_setuid(machine: dict[str, Any], bin_dir: Path) -> None:
    (bin_dir / "fusermount3").chmod(0o755)

    assert "chmod u+s" in bad(machine).action


def test_allow_other_is_asked_for_and_not_allowed(
    machine: dict[str, Any], profile: Profile
) -> None:
    profile.config_path.write_text("allow_other = true\n")

    found = bad(machine)

    assert f"user_allow_other >> {machine['fuse_conf']}" in found.action
    machine["fuse_conf"].write_text("# mount_max = 1000\nuser_allow_other\n")
    assert {f.level for f in examine_machine(Machine(**machine))} == {Level.FINE}


def test_folders_that_others_can_look_into(machine: dict[str, Any], profile: Profile) -> None:
    profile.data_dir.chmod(0o755)

    found = bad(machine)

    assert found.action == f"chmod 700 {profile.data_dir}"


def test_a_folder_that_can_not_be_looked_at(machine: dict[str, Any], profile: Profile) -> None:
    profile.data_dir.rmdir()
    profile.folders.data.rmdir()
    profile.folders.data.touch()

    found = bad(machine)

    assert f"{profile.data_dir} can't be looked at" in found.what
    assert found.action.startswith(f"move {profile.folders.data} away")


def test_tokens_that_others_can_read(machine: dict[str, Any], profile: Profile) -> None:
    profile.credentials_path.touch()
    profile.credentials_path.chmod(0o644)

    assert bad(machine).action == f"chmod 600 {profile.credentials_path}"


def test_a_full_disk_is_told(machine: dict[str, Any], profile: Profile) -> None:
    profile.config_path.write_text('cache_min_free = "9999T"\n')

    found = bad(machine)

    assert found.check == "cache"
    assert "make room" in found.action


def test_a_dead_mount_is_told(machine: dict[str, Any]) -> None:
    assert bad(machine | {"dead": lambda _: True}).action == "gphotosfs unmount --force /mnt/a"


def test_a_config_file_that_is_wrong_is_told_once(
    machine: dict[str, Any], profile: Profile
) -> None:
    profile.config_path.write_text("timeout = 0\n")

    assert "option timeout" in bad(machine).what
