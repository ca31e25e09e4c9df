"""Whose mounts `gphotosfs doctor` looks at."""

from pathlib import Path

import pytest

from gphotosfs.cli.doctor import mounts_of
from gphotosfs.config import Folders
from gphotosfs.control import MountRecord

ROOT, ANNA, OTTO = 0, 1000, 1001

MOUNTINFO = """28 1 254:1 / / rw shared:1 - ext4 /dev/vda1 rw
90 28 0:50 / /home/anna/Photos ro - fuse.gphotosfs default ro,user_id=1000,group_id=1000
91 28 0:51 / /home/otto/Photos ro - fuse.gphotosfs default ro,user_id=1001,group_id=1001
92 28 0:52 / /home/anna/Other ro - fuse.other default ro,user_id=1000,group_id=1000
93 28 0:53 / /home/anna/rclone ro - fuse.rclone remote: ro,user_id=1000,group_id=1000
"""


@pytest.fixture
def mountinfo(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTINFO)
    return path


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in ("config", "data", "cache", "state", "run")))


def test_a_user_is_told_of_their_own_mounts_which_alone_they_can_mend(
    folders: Folders, mountinfo: Path
) -> None:
    assert mounts_of(ANNA, folders, mountinfo) == [Path("/home/anna/Photos")]
    assert mounts_of(OTTO, folders, mountinfo) == [Path("/home/otto/Photos")]


def test_root_is_told_of_all(folders: Folders, mountinfo: Path) -> None:
    found = mounts_of(ROOT, folders, mountinfo)

    assert found == [Path("/home/anna/Photos"), Path("/home/otto/Photos")]


def test_a_mount_of_another_type_is_known_by_its_record(folders: Folders, mountinfo: Path) -> None:
    """The option `subtype` gives it one; somebody else's may have come to its place since."""
    for mountpoint in ("/home/anna/Other", "/home/otto/Photos"):
        MountRecord(
            mountpoint=mountpoint, root="", profile="default", control_path="/sock", pid=1
        ).write(folders)

    assert mounts_of(ANNA, folders, mountinfo) == [
        Path("/home/anna/Other"),
        Path("/home/anna/Photos"),
    ]
