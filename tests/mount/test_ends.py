"""How a mount ends: by unmounting or by a signal, also while something is in flight."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gphotosfs.cli.mounting.checks import ends_within
from gphotosfs.control import mounted_at
from gphotosfs.simulator.process import Running
from tests.mount.mounting import (
    HANG_GUARD_S,
    PROGRAM,
    Home,
    Mount,
    content,
    end,
    eventually,
    process,
    sh,
)

pytestmark = pytest.mark.mount


@contextmanager
def read_in_flight(mount: Mount, simulator: Running) -> Iterator["subprocess.Popen[bytes]"]:
    """A program that reads a photo which does not come."""
    item = next(item for item in simulator.items() if not item["fps"])
    path = mount / "media/all" / item["filename"]
    assert path.stat().st_size > 0
    simulator.clear_log()
    simulator.fault("stall", kind="media", times=None)
    with process("cat", path) as reader:
        eventually(lambda: simulator.log("media"))
        yield reader


def sigterm(mount: Mount) -> None:
    os.kill(mount.pid, signal.SIGTERM)


def sigint(mount: Mount) -> None:
    os.kill(mount.pid, signal.SIGINT)


def stop(mount: Mount) -> None:
    mount.ask("stop")


def fusermount3(mount: Mount) -> None:
    sh("fusermount3", "-u", mount.path)


def umount(mount: Mount) -> None:
    sh("umount", mount.path)


def lazy_umount(mount: Mount) -> None:
    sh("umount", "-l", mount.path)


SIGNALS = [sigterm, sigint, stop]
EVERY_END = [*SIGNALS, fusermount3, umount, lazy_umount]


@pytest.mark.parametrize("ended", EVERY_END)
def test_every_end_leaves_nothing_behind(home: Home, ended: Callable[[Mount], None]) -> None:
    with home.mounted() as mount:
        assert len(list((mount / "media/all").iterdir())) == 120

        ended(mount)

        assert ends_within(mount.pid, HANG_GUARD_S)
        assert not mount.is_mounted
        assert list(mount.path.iterdir()) == []
        assert not home.profile.control_path.exists()


@pytest.mark.parametrize("ended", SIGNALS)
def test_a_read_in_flight_does_not_hold_up_the_end(
    home: Home, simulator: Running, ended: Callable[[Mount], None]
) -> None:
    """The server is silent, and the deadline of the read is far away."""
    with home.mounted("--timeout", "10m") as mount, read_in_flight(mount, simulator) as reader:
        ended(mount)

        assert ends_within(mount.pid, HANG_GUARD_S)
        assert not mount.is_mounted
        assert reader.wait(HANG_GUARD_S) == 1


def test_a_lazy_unmount_lets_its_last_user_finish(home: Home, simulator: Running) -> None:
    item = simulator.items(1)[0]
    expected = content(simulator, item)
    with home.mounted() as mount:
        with (mount / "media/all" / item["filename"]).open("rb") as file:
            lazy_umount(mount)

            assert not mount.is_mounted
            assert file.read() == expected
        assert ends_within(mount.pid, HANG_GUARD_S)


def test_a_reader_killed_after_a_lazy_unmount_alarms_nobody(home: Home, simulator: Running) -> None:
    with home.mounted("--timeout", "10m") as mount, read_in_flight(mount, simulator) as reader:
        lazy_umount(mount)
        reader.kill()
        reader.wait(HANG_GUARD_S)
        sigterm(mount)

        assert ends_within(mount.pid, HANG_GUARD_S)


def test_a_mount_in_use_is_not_unmounted(home: Home) -> None:
    with home.mounted() as mount:
        inside = os.open(mount / "media", os.O_RDONLY)
        try:
            failed = home.run("unmount", mount.path, code=1)
        finally:
            os.close(inside)

        assert "in use" in failed.stderr or "busy" in failed.stderr
        assert mount.is_mounted


def test_ctrl_c_ends_a_mount_in_the_foreground(home: Home) -> None:
    mountpoint = home.folder / "mnt"
    mountpoint.mkdir()
    daemon = subprocess.Popen(
        [*PROGRAM, "mount", "-f", mountpoint],
        env=home.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert daemon.stderr is not None
    try:
        assert any("mounted at" in line for line in daemon.stderr)
        daemon.send_signal(signal.SIGINT)
        _, said = daemon.communicate(timeout=HANG_GUARD_S)
    finally:
        end(Mount(mountpoint, daemon.pid, home.profile))

    assert daemon.returncode == 0
    assert "Traceback" not in said
    assert mounted_at(mountpoint) is None
    with pytest.raises(FileNotFoundError):
        home.profile.control_path.stat()
