"""Mounts that were left behind: what the commands do where a careless stat would fail or hang."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gphotosfs.cli.mounting.checks import Life, life_of, take_away, usable_mountpoint
from gphotosfs.cli.mounting.daemons import daemon_of
from gphotosfs.config import Folders, Profile
from gphotosfs.control import mounted_at
from gphotosfs.errors import MountError, NotMountedError

pytestmark = pytest.mark.mount

# Mounts, and then answers nothing until its standard input is closed.
SILENT_DAEMON = """
import os, sys
import pyfuse3
pyfuse3.init(pyfuse3.Operations(), sys.argv[1], {"fsname=work:albums/x", "subtype=" + sys.argv[2]})
os.write(1, b"mounted")
os.read(0, 1)
os._exit(0)
"""

Silent = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def mountpoint(tmp_path: Path) -> Path:
    path = tmp_path / "mnt"
    path.mkdir()
    return path


@pytest.fixture
def silent(mountpoint: Path) -> Iterator[Silent]:
    daemons = []

    def start(subtype: str = "gphotosfs") -> subprocess.Popen[bytes]:
        daemon = subprocess.Popen(
            [sys.executable, "-c", SILENT_DAEMON, mountpoint, subtype],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        daemons.append(daemon)
        assert daemon.stdout is not None
        assert daemon.stdout.read(7) == b"mounted"
        return daemon

    yield start
    for daemon in daemons:
        end(daemon)
    while mounted_at(mountpoint):
        take_away(mountpoint, lazily=True)


def end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.communicate()


def test_a_dead_mount_is_taken_away_by_the_next(silent: Silent, mountpoint: Path) -> None:
    end(silent())
    assert life_of(mountpoint) is Life.DEAD

    assert usable_mountpoint(mountpoint) == mountpoint

    assert mounted_at(mountpoint) is None


def test_a_mount_that_hangs_is_told_and_can_be_forced_away(
    silent: Silent, mountpoint: Path
) -> None:
    silent()

    with pytest.raises(MountError, match="unmount --force"):
        usable_mountpoint(mountpoint)
    take_away(mountpoint, lazily=True)

    assert usable_mountpoint(mountpoint) == mountpoint


def test_a_daemon_is_found_without_touching_its_mount(
    silent: Silent, mountpoint: Path, tmp_path: Path
) -> None:
    """The mount answers nothing, so whatever touched it would hang here."""
    silent()
    folders = Folders(*(tmp_path / name for name in ("c", "d", "k", "s", "r")))

    daemon = daemon_of(mountpoint, folders)

    assert daemon.control_path == Profile("work", folders).control_path
    assert (daemon.mountpoint, daemon.root) == (mountpoint, "albums/x")


def test_the_mount_of_another_program_is_not_ours(
    silent: Silent, mountpoint: Path, tmp_path: Path
) -> None:
    silent("sshfs")
    folders = Folders(*(tmp_path / name for name in ("c", "d", "k", "s", "r")))

    with pytest.raises(NotMountedError, match=r"fuse\.sshfs"):
        daemon_of(mountpoint, folders)
