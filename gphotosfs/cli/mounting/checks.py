"""What can be known to fail before anything is mounted, each with a line that says so."""

import enum
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Final

from gphotosfs.cli.arguments import typed
from gphotosfs.cli.mounting.daemons import resolved
from gphotosfs.config import Profile, Settings, known_profiles
from gphotosfs.config.settings import nearest
from gphotosfs.control import mounted_at
from gphotosfs.errors import ConfigError, MountError, SignInError
from gphotosfs.takeout import register

_DEV_FUSE: Final = Path("/dev/fuse")
_FUSE_CONF: Final = Path("/etc/fuse.conf")

# A daemon that lives answers a stat of its root from memory.
_PROBE_TIMEOUT_S: Final = 3.0

# In a process of its own: a stat that hangs could not be ended, nor the process that made it.
_PROBE: Final = """
import errno, os, sys
try:
    os.statvfs(sys.argv[1])  # a stat may be answered by the kernel, from what the daemon said earlier
except OSError as exc:
    sys.exit(3 if exc.errno in (errno.ENOTCONN, errno.ECONNABORTED) else 0)
"""
_PROBE_SAYS_DEAD: Final = 3


class Life(enum.Enum):
    """How a mount that is already there answers."""

    ALIVE = enum.auto()
    DEAD = enum.auto()
    """Its daemon was killed: "Transport endpoint is not connected"."""
    HANGS = enum.auto()


def life_of(mountpoint: Path) -> Life:
    """Whether somebody serves the mount."""
    # Not Popen, which wants to be waited for even where that would take for ever.
    probe = os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", "-S", "-c", _PROBE, str(mountpoint)],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in range(3)],
    )
    if not ends_within(probe, _PROBE_TIMEOUT_S):
        os.kill(probe, signal.SIGKILL)  # takes effect when the call returns
        return Life.HANGS
    _, status = os.waitpid(probe, 0)
    return Life.DEAD if os.waitstatus_to_exitcode(status) == _PROBE_SAYS_DEAD else Life.ALIVE


def cleared_if_dead(mountpoint: Path) -> bool:
    """Whether it was a mount whose daemon had been killed; it has been taken away then.

    Raises:
        MountError: it could not be unmounted; the message says why.
    """
    mounted = mounted_at(mountpoint)
    if mounted is None or not mounted.is_fuse or life_of(mountpoint) is not Life.DEAD:
        return False
    take_away(mountpoint, lazily=True)
    return True


def ends_within(pid: int, timeout_s: float) -> bool:
    """Wait for a process to end, a child or not; False if it has not in time."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], timeout_s)[0])
    finally:
        os.close(process)


def usable_mountpoint(given: str | Path) -> Path:
    """The mount point as the kernel will name it; a dead mount on it is taken away first.

    Raises:
        MountError: nothing can be mounted there; the message says why.
    """
    if not str(given):  # `"$VARIABLE"` of a script; it would be the folder that one is in
        raise MountError("no mount point is given: the argument is empty")
    path = resolved(given)
    while (mounted := mounted_at(path)) is not None:
        life = life_of(path) if mounted.is_fuse else Life.ALIVE
        if life is Life.HANGS:
            raise MountError(
                f"the mount at {path} does not answer; end it with: "
                f"gphotosfs unmount --force {quote(str(path))}"
            )
        if life is Life.ALIVE:
            raise MountError(f"{path} is already a mount point, of {mounted.source}")
        take_away(path, lazily=True)
    try:
        entries = os.scandir(path)
    except FileNotFoundError as exc:
        raise MountError(
            f"{path} does not exist; make it with: mkdir -p {quote(str(path))}"
        ) from exc
    except NotADirectoryError as exc:
        raise MountError(f"{path} is not a directory") from exc
    except OSError as exc:
        raise MountError(f"{path} can't be read: {exc.strerror}") from exc
    with entries:
        if next(entries, None) is not None:
            raise MountError(f"{path} is not empty; mounting would hide what is in it")
    # fusermount3 wants it, so that nobody hides another's directory.
    if not os.access(path, os.W_OK):
        raise MountError(f"{path} belongs to somebody else: you may not write to it")
    return path


def links_to(mountpoint: Path, given: str | Path) -> tuple[Path, ...]:
    """Other paths of a mount point: as a person gave it, and below the home, which may be a link."""
    paths = [Path(os.path.abspath(given))]  # noqa: PTH100 - Path.absolute() keeps `..`
    with suppress(RuntimeError):  # a user whom /etc/passwd does not know has no home
        home = Path.home()
        if mountpoint.is_relative_to(home.resolve()):
            paths.append(home / mountpoint.relative_to(home.resolve()))
    return tuple(p for p in dict.fromkeys(paths) if p != mountpoint and resolved(p) == mountpoint)


def take_away(mountpoint: Path, *, lazily: bool) -> None:
    """Unmount; lazily: from the tree at once, for those who use it when they are done.

    Raises:
        MountError: it could not be unmounted; the message says why.
    """
    done = subprocess.run(
        ["fusermount3", "-u", *(["-z"] if lazily else []), "--", mountpoint],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        why = (
            re.sub(r"^.*: ", "", done.stderr.strip()) or f"fusermount3 ended with {done.returncode}"
        )
        raise MountError(f"{mountpoint} can't be unmounted: {why}")


def check_system(settings: Settings) -> None:
    """Whether this machine mounts FUSE file systems for this user.

    Raises:
        MountError: it does not; the message says what is missing.
        ConfigError: `allow_other` or `allow_root` is asked for and not allowed.
    """
    if shutil.which("fusermount3") is None:
        raise MountError("fusermount3 is not installed; on Debian and Ubuntu: apt install fuse3")
    try:
        os.close(os.open(_DEV_FUSE, os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError as exc:
        raise MountError(f"{_DEV_FUSE} does not exist; try: modprobe fuse") from exc
    except OSError as exc:
        raise MountError(f"{_DEV_FUSE} can't be opened: {exc.strerror}") from exc
    if (settings.allow_other or settings.allow_root) and os.getuid() != 0:
        lines = _FUSE_CONF.read_text().splitlines() if _FUSE_CONF.is_file() else []
        if "user_allow_other" not in (line.strip() for line in lines):
            raise ConfigError(
                f"allow_other and allow_root need a line user_allow_other in {_FUSE_CONF}"
            )


def check_signed_in(profile: Profile) -> None:
    """Whether there are tokens that can be read, or archives for which none are needed.

    Nobody is asked whether the tokens are still good.

    Raises:
        SignInError: there are none.
    """
    try:
        with profile.credentials_path.open("rb"):
            return
    except OSError as exc:
        if register.load(profile.data_dir).is_used:
            return
        if isinstance(exc, FileNotFoundError):
            known = set(known_profiles(profile.folders)) - {profile.name}
            what = f"the profile {profile.name} is not signed in{nearest(profile.name, known)}"
        else:
            what = f"{profile.credentials_path} can't be read: {exc.strerror}"
        raise SignInError(f"{what}; sign in with: {typed('login', profile)}") from exc
