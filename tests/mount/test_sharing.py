"""Handing a mount on: a real smbd on loopback, and the user namespace of a container."""

import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.machine import HOMES, Machine, machine
from tests.mount.mounting import HANG_GUARD_S

pytestmark = [
    pytest.mark.mount,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can make a mount namespace here"),
]

AT = f"{HOMES['anna']}/Photos"
FOLDERS = ("private", "lock", "state", "cache", "pid")


@pytest.fixture
def host(simulator: Running) -> Iterator[Machine]:
    """A machine on which anna lets others into her mount."""
    with machine() as made:
        made.sign_in("anna", simulator)
        made.mountpoint("anna")
        made.sh(f"chmod 711 {HOMES['anna']}; echo user_allow_other >>/etc/fuse.conf")
        made.run("gphotosfs", "mount", "-o", "allow_other", "default", AT, user="anna")
        yield made


@contextmanager
def samba(host: Machine) -> Iterator[int]:
    """A server with the share of docs/RECIPES.md; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    for folder in (*FOLDERS, "rpc"):
        host.path(f"/srv/samba/{folder}").mkdir(parents=True)
    kinds = {"private": "dir"}
    places = "".join(f"{one} {kinds.get(one, 'directory')} = /srv/samba/{one}\n" for one in FOLDERS)
    host.path("/srv/smb.conf").write_text(
        f"[global]\nsmb ports = {port}\ninterfaces = lo\nbind interfaces only = yes\n{places}"
        "ncalrpc dir = /srv/samba/rpc\nlog file = /srv/samba/log\nmap to guest = bad user\n"
        "load printers = no\ndisable spoolss = yes\n"
        f"[photos]\npath = {AT}\nread only = yes\nguest ok = yes\nforce user = anna\n"
    )
    before = set(host.daemons())
    server = subprocess.Popen(
        host.entering("smbd", "--foreground", "--no-process-group", "-s/srv/smb.conf", user="root"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + HANG_GUARD_S
        while not _listens(port) and time.monotonic() < until:
            time.sleep(0.05)
        yield port
    finally:
        for pid in set(host.daemons()) - before:  # it and those that it has forked
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        server.wait(HANG_GUARD_S)


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def test_samba_shares_the_mount(host: Machine) -> None:
    photo = host.sh(f"ls {AT}/media/all | grep -m1 jpg", "anna").strip()
    folder = "media\\all"
    with samba(host) as port:
        client = ("smbclient", "-s/srv/smb.conf", f"-p{port}", "-N", "//127.0.0.1/photos", "-c")

        listed = host.run(*client, "ls").stdout
        host.run(*client, f'get "{folder}\\{photo}" /srv/copy.jpg')
        refused = host.run(*client, f"put /etc/fstab {folder}\\new", code=None).stdout

    assert {"albums", "media", "favorites"} <= set(listed.split())
    host.sh(f"cmp {shlex.quote(f'{AT}/media/all/{photo}')} /srv/copy.jpg", "anna")
    assert "NT_STATUS_ACCESS_DENIED" in refused or "NT_STATUS_MEDIA_WRITE_PROTECTED" in refused


def test_a_container_sees_a_mount_of_the_host(host: Machine) -> None:
    """Another user, in user and mount namespaces of its own, with the mount bound elsewhere."""
    inside = f"mount --bind {AT} /mnt && ls /mnt"

    seen = host.run("unshare", "-Urm", "sh", "-c", inside, user="otto").stdout

    assert {"albums", "media"} <= set(seen.split())
