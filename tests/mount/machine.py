"""A machine of a test's own: a mount namespace with users, an /etc and an /sbin that it may change.

Nothing of it is seen outside, and nothing is left: when the context is left, so is every mount that
was made in it, and every process that ran there has ended.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gphotosfs.cli.mounting.checks import ends_within
from gphotosfs.control.mounts import Mounted, mounts
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.process import Running
from gphotosfs.simulator.takeout.exports import export
from tests.mount.mounting import HANG_GUARD_S, PROJECT

# Beside the interpreter that runs the tests, where `pip install` puts what is to be linked.
PROGRAMS: Final = Path(sys.prefix) / "bin"

USERS: Final = {"root": 0, "anna": 4711, "otto": 4712}
HOMES: Final = {"root": "/srv/home/root", "anna": "/srv/home/anna", "otto": "/srv/home/otto"}

_SETUP: Final = """
set -e
# A copy of somebody's mount here would keep it from ending there.
umount --lazy --no-canonicalize --all -t fuse,fuse.gphotosfs,fuse.rclone
mount -t tmpfs -o mode=755 tmpfs /srv
over() {
    mkdir -p "/srv/over$1/upper" "/srv/over$1/work"
    mount -t overlay -o "lowerdir=$1,upperdir=/srv/over$1/upper,workdir=/srv/over$1/work" overlay "$1"
}
over /etc
over /usr/sbin
over /usr/local
for closed in $CLOSED; do over "$closed"; chmod o+x "$closed"; done
mount -t tmpfs -o mode=755 tmpfs /run
# Some machines keep theirs for root alone; fusermount3 and libfuse open it as the user.
mknod -m 666 /srv/fuse c 10 229
mount --bind /srv/fuse /dev/fuse
for name in anna otto; do
    [ $name = anna ] && id=4711 || id=4712
    echo "$name:x:$id:$id::/srv/home/$name:/bin/sh" >>/etc/passwd
    echo "$name:x:$id:" >>/etc/group
    install -d -m 700 -o $id -g $id /srv/home/$name /run/user/$id
    install -d -m 755 /srv/home
done
install -d -m 700 /srv/home/root
sed -i 's|:/root:|:/srv/home/root:|' /etc/passwd
: >/etc/fstab
"""


@dataclass(frozen=True)
class Machine:
    """The namespace, entered with each command."""

    holder: int
    """The process that keeps it."""

    def path(self, inside: str) -> Path:
        """A path of the machine, as the test reaches it; not for what lies on a mount of FUSE."""
        return Path(f"/proc/{self.holder}/root{inside}")

    def run(
        self, *command: str | Path, user: str = "root", code: int | None = 0, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as one of the users, as after a login."""
        done = subprocess.run(
            self.entering(*command, user=user, **variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_GUARD_S,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    def entering(self, *command: str | Path, user: str, **variables: str) -> list[str]:
        """The command line that runs a command there."""
        uid = str(USERS[user])
        environment = {
            "PATH": f"{PROGRAMS}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": HOMES[user],
            "USER": user,
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(PROJECT),
            **variables,
        }
        return [
            *("nsenter", f"--mount=/proc/{self.holder}/ns/mnt", "--wd=/"),
            *("setpriv", "--reuid", uid, "--regid", uid, "--clear-groups"),
            *("env", "-i", *(f"{name}={value}" for name, value in environment.items())),
            *map(str, command),
        ]

    def sh(self, script: str, user: str = "root", code: int | None = 0) -> str:
        """The output of a shell script."""
        return self.run("sh", "-c", script, user=user, code=code).stdout

    def sign_in(self, user: str, simulator: Running, profile: str = "default") -> None:
        """Give a user a profile, as `gphotosfs login` would."""
        folder = f"{HOMES[user]}/.config/gphotosfs/{profile}"
        self.sh(f"umask 077; mkdir -p {folder}; touch {folder}/credentials.json", user)
        inside = self.path(folder)
        (inside / "credentials.json").write_text(json.dumps(simulator.credentials))
        (inside / "config.toml").write_text(f"endpoints = {json.dumps(simulator.api)}\n")

    def add_archive(self, user: str) -> list[str]:
        """Give a user's profile an archive of Takeout, without a sign-in; the names of its photos."""
        world = World(items=0, album_sizes=(), cheap_bytes=True)
        names = [
            world.add_item(filename=f"{n}.jpg", size_bytes=9000 + n).filename for n in range(3)
        ]
        (made,) = export(world, self.path(HOMES[user])).paths
        self.run("gphotosfs", "takeout", "add", f"{HOMES[user]}/{made.name}", user=user)
        return names

    def mountpoint(self, user: str, name: str = "Photos") -> str:
        """An empty directory in the user's home."""
        path = f"{HOMES[user]}/{name}"
        self.sh(f"mkdir -p {shlex.quote(path)}", user)
        return path

    def mounts(self) -> list[Mounted]:
        """What of ours is mounted there."""
        return [one for one in mounts(Path(f"/proc/{self.holder}/mountinfo")) if one.is_ours]

    def daemons(self) -> dict[int, int]:
        """The processes that run there, but for the one that keeps it, with the uids they run as."""
        here = _namespace(self.holder)
        found = {}
        for pid in (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()):
            with suppress(OSError):
                if _namespace(pid) == here and pid != self.holder:
                    found[pid] = Path(f"/proc/{pid}").stat().st_uid
        return found


@contextmanager
def machine() -> Iterator[Machine]:
    """A new machine, for root to make."""
    holder = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", f"{_SETUP}\necho; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"CLOSED": " ".join(map(str, _closed()))},
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.read(1) == b"\n"
    made = Machine(holder.pid)
    try:
        yield made
        for mounted in made.mounts():
            made.run("umount", "-l", mounted.mountpoint)
        lasting = [pid for pid in made.daemons() if not ends_within(pid, HANG_GUARD_S)]
        assert lasting == []
    finally:
        for pid in made.daemons():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        holder.stdin.close()
        holder.stdout.close()
        holder.wait()


def _namespace(pid: int) -> Path:
    return Path(f"/proc/{pid}/ns/mnt").readlink()


def _closed() -> list[Path]:
    """The folders on the way to the interpreter and to the project that only their owner may enter."""
    ways = [
        PROJECT,
        Path(sys.prefix),
        Path(sys.base_prefix).resolve(),
        Path(sys.executable).resolve(),
    ]
    above = {folder for way in ways for folder in (way, *way.parents) if folder.is_dir()}
    return sorted(folder for folder in above if not folder.stat().st_mode & 0o001)
