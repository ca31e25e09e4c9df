"""Parts of tests in a mount namespace of their own, where /dev/fuse and fusectl are as on a desktop.

Containers often have neither: /dev/fuse is root's alone, and nobody has mounted fusectl. What is
mounted inside is seen by nobody else, and goes with the last process inside.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.mounting import HANG_GUARD_S, PROJECT

needs_root: Final = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root makes a mount namespace with devices in it"
)

NOBODY: Final = 65534

# $1: a folder; $2: who runs the rest; $3: a folder closed to that user, or ""; $4: what they need in it.
_PREPARE: Final = """
set -eu
folder=$1 user=$2 closed=$3 needed=$4
shift 4
# A copy of somebody's mount here would keep it from ending there.
umount --lazy --no-canonicalize --all -t fuse,fuse.gphotosfs,fuse.rclone
mountpoint -q /sys/fs/fuse/connections || mount -t fusectl none /sys/fs/fuse/connections
mknod "$folder/fuse" c 10 229
chmod 666 "$folder/fuse"
mount --bind "$folder/fuse" /dev/fuse
if [ -n "$closed" ]; then
    mkdir "$folder/needed"
    mount --bind "$needed" "$folder/needed"
    mount -t tmpfs -o mode=755 none "$closed"
    mkdir -p "$needed"
    mount --bind "$folder/needed" "$needed"
fi
exec setpriv --reuid="$user" --regid="$user" --clear-groups "$@"
"""


@contextmanager
def _folder(user: int) -> Iterator[Path]:
    """A folder of the user's that they can come to, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="gphotosfs-"))
    try:
        folder.chmod(0o755)
        (folder / "home").mkdir()
        os.chown(folder / "home", user, user)
        yield folder
    finally:
        shutil.rmtree(folder)


def _closed(needed: Path) -> Path | None:
    """The first folder on the way there that only root may enter."""
    ways = [path for path in reversed(needed.parents) if not path.stat().st_mode & 0o001]
    return ways[0] if ways else None


def run_inside(module: str, simulator: Running, user: int = 0) -> None:
    """Run `python -m tests.mount.MODULE FOLDER SIMULATOR` inside; it must end well."""
    interpreter = Path(sys.base_prefix)
    closed = _closed(interpreter) if user else None
    with _folder(user) as folder:
        command = (
            *("unshare", "--mount", "--propagation", "private", "sh", "-c", _PREPARE, "sh"),
            *(folder, str(user), closed or "", interpreter),
            *(sys.executable, "-m", f"tests.mount.{module}"),
            *(folder / "home", json.dumps(asdict(simulator))),
        )
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=os.environ | {"PYTHONPATH": str(PROJECT), "HOME": str(folder / "home")},
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_GUARD_S,
        )
    assert done.returncode == 0, done.stderr
