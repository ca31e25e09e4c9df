"""Who may do what, tried as ordinary users on a machine of one's own."""

import os
import signal
from collections.abc import Iterator

import pytest

from gphotosfs.cli.mounting.checks import ends_within
from gphotosfs.simulator.process import Running
from tests.mount.machine import HOMES, PROGRAMS, Machine, machine
from tests.mount.mounting import HANG_GUARD_S

pytestmark = [
    pytest.mark.mount,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can make a mount namespace here"),
]

AT = f"{HOMES['anna']}/Photos"


@pytest.fixture
def host(simulator: Running) -> Iterator[Machine]:
    """A machine on which anna has signed in, and lets others as far as her mount point."""
    with machine() as made:
        made.sign_in("anna", simulator)
        made.mountpoint("anna")
        made.sh(f"chmod 711 {HOMES['anna']}")
        yield made


def mount(host: Machine, *options: str, code: int = 0) -> str:
    """What mounting as anna says."""
    given = ("-o", ",".join(options)) if options else ()
    return host.run("gphotosfs", "mount", *given, "default", AT, user="anna", code=code).stderr


def may_look(host: Machine, user: str) -> bool:
    return host.run("ls", f"{AT}/albums", user=user, code=None).returncode == 0


def test_nobody_but_the_owner_looks_into_a_mount(host: Machine) -> None:
    """Not even root, whom backups and sudo run as."""
    mount(host)

    assert [user for user in HOMES if may_look(host, user)] == ["anna"]
    assert {uid for uid in host.daemons().values() if uid} == {4711}


def test_a_mount_of_somebody_else_is_called_that(host: Machine) -> None:
    """Only its owner's processes are answered, and only they and root end it."""
    mount(host)

    for user in ("root", "otto"):
        for command in (("status", AT), ("refresh", AT), ("pin", f"{AT}/favorites")):
            done = host.run("gphotosfs", *command, user=user, code=1)
            assert done.stderr == f"gphotosfs: {AT} is a mount of anna's: it answers anna alone\n"
    told = host.run("gphotosfs", "unmount", "--force", AT, user="otto", code=1).stderr
    assert told == f"gphotosfs: {AT} is a mount of anna's: only anna and root can unmount it\n"
    assert len(host.mounts()) == 1

    host.run("gphotosfs", "unmount", AT)

    assert host.mounts() == []


def test_allow_other_is_asked_for_in_vain_without_the_administrators_leave(host: Machine) -> None:
    for option in ("allow_other", "allow_root"):
        told = mount(host, option, code=2)
        assert "user_allow_other in /etc/fuse.conf" in told
        assert len(told.splitlines()) == 1
    assert host.mounts() == []


def test_allow_other_lets_everybody_in_as_far_as_the_modes_do(host: Machine) -> None:
    host.sh("echo user_allow_other >>/etc/fuse.conf")
    mount(host, "allow_other", "uid=anna", "gid=otto", "umask=007", "file_mode=0640")

    first = host.sh(f"ls {AT}/media/all | head -1", "anna").strip()
    shown = host.sh(f"stat -c '%A %U %G' {AT}/albums '{AT}/media/all/{first}'", "otto")
    assert shown.splitlines() == ["dr-xr-x--- anna otto", "-r--r----- anna otto"]
    # The kernel checks the modes: otto comes in by his group, and another user does not.
    assert host.sh(f"head -c 3 '{AT}/media/all/{first}' | wc -c", "otto") == "3\n"
    outsider = ("setpriv", "--reuid", "4799", "--regid", "4799", "--clear-groups")
    assert host.run(*outsider, "ls", f"{AT}/albums", code=None).returncode != 0
    assert may_look(host, "root")


def test_allow_root_lets_root_in_and_nobody_else(host: Machine) -> None:
    host.sh("echo user_allow_other >>/etc/fuse.conf")
    mount(host, "allow_root")

    assert [user for user in HOMES if may_look(host, user)] == ["root", "anna"]


def test_nothing_can_be_changed_by_anybody(host: Machine) -> None:
    mount(host, "file_mode=0777", "dir_mode=0777")

    assert host.sh(f"stat -c %a {AT} {AT}/albums", "anna").split() == ["555", "555"]
    told = host.run("touch", f"{AT}/albums/new", user="anna", code=1).stderr
    assert "Read-only file system" in told


@pytest.mark.parametrize(
    "broken, why",
    [
        ("chmod 600 /srv/fuse", "/dev/fuse can't be opened: Permission denied"),
        (
            "mount -t tmpfs tmpfs /dev; mknod -m 666 /dev/null c 1 3",
            "/dev/fuse does not exist; try: modprobe fuse",
        ),
        (f"touch {AT}/file", "is not empty"),
        (f"rmdir {AT}", "does not exist; make it with: mkdir -p"),
        (f"rmdir {AT}; touch {AT}", "is not a directory"),
        (f"chown otto {AT}", "belongs to somebody else"),
    ],
)
def test_what_prevents_a_mount_is_one_line(host: Machine, broken: str, why: str) -> None:
    host.sh(broken)

    told = mount(host, code=1)

    assert why in told
    assert len(told.splitlines()) == 1


def test_without_fusermount3_one_line_says_what_to_install(host: Machine) -> None:
    command = ("gphotosfs", "mount", "default", AT)

    done = host.run(*command, user="anna", code=1, PATH=str(PROGRAMS))

    assert "apt install fuse3" in done.stderr


def test_a_mount_that_lost_its_daemon_is_cleared_by_status_and_by_mount(host: Machine) -> None:
    """Both the daemon and the fusermount3 that waits beside it are killed."""
    runtime = "/run/user/4711"
    for command, code in (("status", 4), ("mount", 0)):
        host.run("gphotosfs", "mount", "default", AT, user="anna", XDG_RUNTIME_DIR=runtime)
        for pid in sorted(host.daemons(), key=lambda pid: host.daemons()[pid]):
            os.kill(pid, signal.SIGKILL)
            assert ends_within(pid, HANG_GUARD_S)
        (dead,) = host.mounts()
        assert "not connected" in host.run("ls", AT, user="anna", code=2).stderr

        arguments = ("default", AT) if command == "mount" else (AT,)
        done = host.run(
            "gphotosfs", command, *arguments, user="anna", code=code, XDG_RUNTIME_DIR=runtime
        )

        if command == "status":
            assert f"{dead.mountpoint} was dead" in done.stderr
            assert host.mounts() == []
    assert may_look(host, "anna")
