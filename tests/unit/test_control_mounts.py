import os
from pathlib import Path

import pytest

from gphotosfs.config import Folders
from gphotosfs.control.mounts import MountRecord, mounted_at, mounts, record_of, recorded_mounts

MOUNTINFO = rb"""22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
90 28 0:50 / /home/anna/My\040Photos ro - fuse.gphotosfs default:albums/Paris\0402024 ro,user_id=1000
91 28 0:51 / /mnt/%s rw shared:3 master:4 - fuse.rclone remote: rw
92 28 0:52 / /mnt/back\134slash rw - tmpfs tmpfs rw
93 92 0:53 / /mnt/back\134slash rw - fuse x rw
"""


@pytest.fixture
def mountinfo(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_bytes(MOUNTINFO % b"line\xe2\x80\xa8break\xff")
    return path


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in ("config", "data", "cache", "state", "run")))


def test_blanks_and_optional_fields_are_read(mountinfo: Path) -> None:
    ours = mounted_at(Path("/home/anna/My Photos"), mountinfo)

    assert ours is not None
    assert ours.is_ours
    assert ours.source == "default:albums/Paris 2024"
    assert [mounted.is_fuse for mounted in mounts(mountinfo)] == [
        False,
        False,
        True,
        True,
        False,
        True,
    ]


def test_names_that_are_no_unicode_are_kept(mountinfo: Path) -> None:
    rclone = mounted_at(Path(os.fsdecode(b"/mnt/line\xe2\x80\xa8break\xff")), mountinfo)

    assert rclone is not None
    assert not rclone.is_ours


def test_the_topmost_mount_counts(mountinfo: Path) -> None:
    top = mounted_at(Path("/mnt/back\\slash"), mountinfo)

    assert top is not None
    assert top.fstype == "fuse"
    assert mounted_at(Path("/home"), mountinfo) is None


def test_a_record_leads_to_the_daemon(folders: Folders, mountinfo: Path) -> None:
    record = MountRecord(
        mountpoint="/home/anna/My Photos",
        root="",
        profile="default",
        control_path="/run/c.sock",
        pid=7,
    )
    gone = MountRecord(
        mountpoint="/home/gone", root="", profile="default", control_path="/c", pid=8
    )
    record.write(folders)
    gone.write(folders)

    assert record_of(Path("/home/anna/My Photos"), folders) == record
    assert list(recorded_mounts(folders, mountinfo)) == [record]
    assert record_of(Path("/home/gone"), folders) is None


def test_a_broken_record_is_none(folders: Folders) -> None:
    path = MountRecord(mountpoint="/a", root="", profile="p", control_path="/c", pid=7).write(
        folders
    )
    path.write_text("{")

    assert record_of(Path("/a"), folders) is None
