"""mount(8), fstab and umount on a machine of one's own: what an administrator types."""

import os
import signal
from collections.abc import Iterator

import pytest

from gphotosfs.cli.mounting.checks import ends_within
from gphotosfs.simulator.process import Running
from tests.mount.machine import PROGRAMS, Machine, machine
from tests.mount.mounting import HANG_GUARD_S

pytestmark = [
    pytest.mark.mount,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can make a mount namespace here"),
]

MOUNT_FAILURE = 32


@pytest.fixture
def host(simulator: Running) -> Iterator[Machine]:
    """A machine with the helper, on which anna has signed in."""
    with machine() as made:
        for name in ("mount.gphotosfs", "mount.fuse.gphotosfs"):
            made.sh(f"ln -s {PROGRAMS}/mount.gphotosfs /usr/sbin/{name}")
        made.sign_in("anna", simulator)
        yield made


def daemon(host: Machine) -> int:
    """The process that serves the one mount; beside it there is only fusermount3, as root."""
    (found,) = [pid for pid, uid in host.daemons().items() if uid != 0]
    return found


def test_root_mounts_for_the_owner_of_the_profile(host: Machine) -> None:
    """Nobody is named: it is whoever the mount point belongs to, never root."""
    at = host.mountpoint("anna")

    done = host.run("mount", "-v", "-t", "gphotosfs", "default", at)

    assert done.stderr == f"mount.gphotosfs: default mounted at {at} as uid 4711\n"
    assert "albums" in host.sh(f"ls {at}", "anna").split()
    status = host.path(f"/proc/{daemon(host)}/status").read_text()
    assert "CapPrm:\t0000000000000000" in status
    assert "CapEff:\t0000000000000000" in status


def test_a_line_in_fstab_is_all_that_is_needed(host: Machine) -> None:
    at = host.mountpoint("anna", "Google Photos")
    options = (
        "run_as=anna,ro,_netdev,nofail,user,noexec,comment=mine,uid=anna,cache_size=1G,"
        "x-systemd.automount,x-systemd.idle-timeout=10min,x-gvfs-show,"
        "x-gvfs-name=Anna's%20photos"
    )
    line = f"default {at} gphotosfs {options} 0 0".replace("Google ", "Google\\040")
    host.path("/etc/fstab").write_text(line + "\n")

    assert host.run("mount", "-a").stderr == ""
    found = host.sh(f"findmnt -no FSTYPE,SOURCE,OPTIONS -M '{at}'").split()
    assert found[:2] == ["fuse.gphotosfs", "default"]
    assert {"ro", "nosuid", "nodev", "noexec", "user_id=4711"} <= set(found[2].split(","))
    assert host.sh(f"stat -c %U '{at}/albums'", "anna") == "anna\n"
    # mount(8) keeps this one to itself, and a file manager asks the mount first.
    assert "Name=Anna's photos\n" in host.sh(f"cat '{at}/.xdg-volume-info'", "anna")
    host.run("mount", "-a")
    assert len(host.mounts()) == 1

    # What is used can't be unmounted, but lazily.
    serving = daemon(host)
    inside = f"cd '{at}/media' && "
    assert (
        "busy" in host.run("sh", "-c", f"{inside}umount '{at}' 2>&1", code=32, user="anna").stdout
    )
    host.sh(f"{inside}umount -l '{at}' && ls -d .", "anna")
    assert host.mounts() == []
    assert ends_within(serving, HANG_GUARD_S)

    # Killed, it leaves nothing that a person would have to clear away.
    host.run("mount", "-a")
    serving = daemon(host)
    os.kill(serving, signal.SIGKILL)
    assert ends_within(serving, HANG_GUARD_S)
    host.run("mount", at)
    assert daemon(host) != serving
    host.run("umount", at)
    assert host.mounts() == []


def test_archives_are_mounted_by_fstab_without_a_sign_in(host: Machine) -> None:
    at = host.mountpoint("otto")
    packed = host.add_archive("otto")
    host.path("/etc/fstab").write_text(f"default {at} gphotosfs run_as=otto,nofail 0 0\n")

    host.run("mount", "-a")

    assert host.sh(f"ls {at}/media/all", "otto").split() == packed


def test_a_user_mounts_and_unmounts_what_fstab_allows(host: Machine) -> None:
    at = host.mountpoint("anna")
    host.path("/etc/fstab").write_text(f"default {at} gphotosfs noauto,user 0 0\n")

    host.run("mount", at, user="anna")
    assert host.sh(f"ls {at}/media/all | head -1", "anna")
    host.run("umount", at, user="anna")

    assert host.mounts() == []


def test_a_type_with_a_dot_finds_the_helper_as_well(host: Machine) -> None:
    at = host.mountpoint("anna")

    host.run("mount", "-t", "fuse.gphotosfs", "-o", "rw", "default", at)

    assert [one.user_id for one in host.mounts()] == [4711]


def test_what_is_not_known_is_named_unless_told_not_to_mind(host: Machine) -> None:
    at = host.mountpoint("anna")
    command = ("mount", "-t", "gphotosfs", "-o", "cache_sise=1G", "default", at)

    refused = host.run(*command, code=1)
    assert "'cache_sise'; did you mean cache_size?" in refused.stderr
    assert host.mounts() == []

    host.run(*command, "-s")
    assert len(host.mounts()) == 1


def test_a_trial_does_all_but_the_mount(host: Machine) -> None:
    at = host.mountpoint("anna")

    done = host.run("mount", "-f", "-n", "-v", "-t", "gphotosfs", "default", at)
    assert "could be mounted" in done.stderr
    assert host.mounts() == []

    host.run("mount", "-f", "-t", "gphotosfs", "nobodys", at, code=MOUNT_FAILURE)


def test_the_real_reason_is_one_line(host: Machine) -> None:
    at = host.mountpoint("anna")
    full = host.mountpoint("anna", "full")
    host.sh(f"touch {full}/file")
    for source, where, options, code, why in (
        ("work", at, "ro", MOUNT_FAILURE, "gphotosfs login -p work"),
        ("default", full, "ro", MOUNT_FAILURE, "not empty"),
        ("default", at, "run_as=otto", MOUNT_FAILURE, "Permission denied"),
        ("default", at, "run_as=nobodyatall", 1, "there is no user 'nobodyatall'"),
        ("default", at, "allow_other", 1, "user_allow_other"),
        ("default:albums/None", at, "ro", MOUNT_FAILURE, "'None'"),
    ):
        done = host.run("mount", "-t", "gphotosfs", "-o", options, source, where, code=code)
        assert why in done.stderr
        assert done.stderr.startswith("mount.gphotosfs: ")
        assert len(done.stderr.splitlines()) == 1
    assert host.mounts() == []
    twice = ("mount", "-t", "gphotosfs", "default", at)
    host.run(*twice)
    assert "already" in host.run(*twice, code=MOUNT_FAILURE).stderr


def test_only_root_mounts_as_somebody_else(host: Machine) -> None:
    at = host.mountpoint("otto")

    done = host.run("mount.gphotosfs", "default", at, "-o", "run_as=anna", user="otto", code=1)

    assert "only root" in done.stderr


def test_a_profile_of_roots_own_stays_with_root(host: Machine, simulator: Running) -> None:
    host.sign_in("root", simulator)
    at = host.mountpoint("root")

    host.run("mount", "-t", "gphotosfs", "default", at)

    assert [one.user_id for one in host.mounts()] == [0]


def test_it_can_be_mounted_in_another_namespace(host: Machine, simulator: Running) -> None:
    """mount(8) stays in its own and leaves it to the helper to go there."""
    with machine() as other:
        at = other.mountpoint("root")
        other.sign_in("root", simulator)

        host.run("mount", "-N", f"/proc/{other.holder}/ns/mnt", "-t", "gphotosfs", "default", at)

        assert host.mounts() == []
        assert [str(one.mountpoint) for one in other.mounts()] == [at]
