"""The units, as systemd reads them and as a real `systemd --user` runs them."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gphotosfs.cli.mounting.checks import ends_within
from gphotosfs.simulator.process import Running
from tests.mount.machine import HOMES, USERS, Machine, machine
from tests.mount.mounting import HANG_GUARD_S, PROJECT

pytestmark = [
    pytest.mark.mount,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can make a mount namespace here"),
]

MANAGER = Path("/lib/systemd/systemd")
UNIT = "gphotosfs@default"


@pytest.fixture
def host(simulator: Running) -> Iterator[Machine]:
    with machine() as made:
        made.sign_in("anna", simulator)
        yield made


@dataclass(frozen=True)
class UserManager:
    """A running `systemd --user`."""

    host: Machine
    user: str

    def ctl(self, *arguments: str, code: int | None = 0) -> str:
        """Run systemctl."""
        runtime = f"/run/user/{USERS[self.user]}"
        command = ("systemctl", "--user", *arguments)
        return self.host.run(*command, user=self.user, code=code, XDG_RUNTIME_DIR=runtime).stdout

    def shows(self, name: str) -> str:
        """A property of the unit."""
        return self.ctl("show", "--value", "-p", name, UNIT).strip()


@contextmanager
def user_manager(host: Machine, user: str) -> Iterator[UserManager]:
    """Systemd for a user, in a control group of its own that is gone afterwards."""
    group = f"/sys/fs/cgroup/gphotosfs-{host.holder}"
    host.sh("mount -t cgroup2 cgroup2 /sys/fs/cgroup; mkdir -p /run/systemd/system")
    host.sh(
        f"mkdir {group}; chown {user} {group} {group}/cgroup.procs {group}/cgroup.subtree_control"
    )
    runtime = f"/run/user/{USERS[user]}"
    command = host.entering(
        *(MANAGER, "--user", "--unit=basic.target"), user=user, XDG_RUNTIME_DIR=runtime
    )
    # The shell joins as root: a user may only move what is in a group of the user's own.
    joining = f'nsenter --mount=/proc/{host.holder}/ns/mnt sh -c "echo $$ >{group}/cgroup.procs"'
    manager = subprocess.Popen(["sh", "-c", f'{joining} && exec "$@"', "sh", *command])
    running = UserManager(host, user)
    try:
        socket = host.path(f"{runtime}/systemd/private")
        while not socket.exists():
            assert manager.poll() is None, "systemd has ended"
            time.sleep(0.01)
        yield running
        running.ctl("exit")
        assert manager.wait(HANG_GUARD_S) == 0
    finally:
        manager.kill()
        manager.wait()
        host.sh(f"find {group} -depth -type d -exec rmdir {{}} +")


@pytest.mark.parametrize("kind", ["user", "system"])
def test_systemd_understands_the_units(host: Machine, kind: str) -> None:
    user = "anna" if kind == "user" else "root"
    written = host.run("gphotosfs", "install", user=user).stdout.splitlines()
    (unit,) = [line for line in written if line.endswith(".service")]

    instance = unit.replace("@", "@anna")
    host.sh(f"cp {unit} {instance}")
    done = host.run("systemd-analyze", "verify", f"--{kind}", instance, XDG_RUNTIME_DIR="/run")

    assert done.stdout + done.stderr == ""


def test_systemd_understands_the_examples(host: Machine) -> None:
    host.run("gphotosfs", "install")

    done = host.sh(f"systemd-analyze verify {PROJECT}/systemd/examples/* 2>&1")

    assert done == ""


def test_the_system_unit_is_restricted_but_for_what_would_hide_the_mount(host: Machine) -> None:
    """systemd-analyze counts down from 10, what restricts nothing; up to 5.0 it calls "OK"."""
    host.run("gphotosfs", "install")
    unit = "/etc/systemd/system/gphotosfs@.service"

    host.run("systemd-analyze", "security", "--offline=true", "--threshold=50", unit)
    restrictions = host.path(unit).read_text()

    hiding = "PrivateTmp|PrivateDevices|PrivateMounts|ProtectSystem|ProtectHome|ReadOnlyPaths"
    assert re.findall(rf"^({hiding})=", restrictions, re.MULTILINE) == []


@pytest.mark.skipif(not MANAGER.exists(), reason="systemd is not installed")
def test_a_user_enables_it_and_systemd_looks_after_it(host: Machine) -> None:
    host.run("gphotosfs", "install", user="anna")
    at = f"{HOMES['anna']}/gphotosfs/default"

    with user_manager(host, "anna") as systemd:
        systemd.ctl("start", UNIT)

        # Started means usable, and everybody outside of the service sees it.
        assert "albums" in host.sh(f"ls {at}", "anna").split()
        assert systemd.shows("StatusText").endswith("calls left today")
        assert int(systemd.shows("WatchdogTimestampMonotonic")) > 0
        daemon = int(systemd.shows("MainPID"))

        systemd.ctl("reload", UNIT)
        os.kill(daemon, signal.SIGKILL)
        assert ends_within(daemon, HANG_GUARD_S)
        while systemd.shows("ActiveState") != "active" or systemd.shows("MainPID") == str(daemon):
            time.sleep(0.05)
        assert "albums" in host.sh(f"ls {at}", "anna").split()

        systemd.ctl("stop", UNIT)
        assert systemd.shows("Result") == "success"
        assert host.mounts() == []


@pytest.mark.skipif(not MANAGER.exists(), reason="systemd is not installed")
def test_archives_are_mounted_by_systemd_without_a_sign_in(host: Machine) -> None:
    host.run("gphotosfs", "install", user="otto")
    packed = host.add_archive("otto")

    with user_manager(host, "otto") as systemd:
        systemd.ctl("start", UNIT)

        shown = host.sh(f"ls {HOMES['otto']}/gphotosfs/default/media/all", "otto").split()
        assert systemd.shows("StatusText") == f"{len(packed)} items"
        systemd.ctl("stop", UNIT)

    assert shown == packed
