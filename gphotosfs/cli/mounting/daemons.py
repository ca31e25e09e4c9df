"""Which daemon serves a mount point, found without touching the mount."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from gphotosfs.config import Folders, Profile, parse_source
from gphotosfs.control import mounted_at, mounts, record_of, socket_of
from gphotosfs.errors import MountError, NotMountedError


@dataclass(frozen=True, slots=True)
class Daemon:
    """Who serves a mount."""

    mountpoint: Path
    root: str
    """The directory of the tree that is the mount's root."""
    control_path: Path
    pid: int | None
    """None where it left no record."""


def resolved(mountpoint: str | Path) -> Path:
    """The mount point as the kernel names it: absolute, all links resolved.

    Its last part is resolved only where nothing is mounted at it, as even an lstat of a mount
    whose daemon hangs would hang.
    """
    path = Path(os.path.abspath(mountpoint))  # noqa: PTH100 - Path.absolute() keeps `..`
    within_parent = path.parent.resolve() / path.name
    return within_parent if mounted_at(within_parent) else within_parent.resolve()


def daemon_of(mountpoint: str | Path, folders: Folders, *, to_ask: bool = True) -> Daemon:
    """The daemon that serves what is mounted there, to ask it something or only to end its mount.

    Raises:
        NotMountedError: nothing of ours is mounted there.
        MountError: it is a mount of somebody else's, who alone may do that.
    """
    path = resolved(mountpoint)
    mounted = mounted_at(path)
    record = record_of(path, folders) if mounted and mounted.is_fuse else None
    if record is not None:
        return Daemon(path, record.root, Path(record.control_path), record.pid)
    if mounted is None or not mounted.is_ours:
        what = f"{mounted.fstype} is mounted" if mounted else "nothing is mounted"
        raise NotMountedError(f"{path} is no gphotosfs mount: {what} there")
    me = os.geteuid()
    if mounted.user_id not in (None, me) and (to_ask or me != 0):
        owner = user_name(mounted.user_id)
        may = f"it answers {owner} alone" if to_ask else f"only {owner} and root can unmount it"
        raise MountError(f"{path} is a mount of {owner}'s: {may}")
    name, root = parse_source(mounted.source)
    return Daemon(path, root, socket_of(Profile(name, folders)), None)


def user_name(uid: int) -> str:
    """What a user is called, or the number where nobody knows."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def daemon_around(path: str | Path, folders: Folders) -> tuple[Daemon, str]:
    """The daemon that serves a file or directory, and its path as seen from the mount point.

    The path is "" for the mount point itself. Nothing below that is touched.

    Raises:
        NotMountedError: it is in no mount of ours.
        MountError: it is in one of somebody else's.
    """
    given = Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute() keeps `..`
    mountpoints = {
        mounted.mountpoint
        for mounted in mounts()
        if mounted.is_ours or (mounted.is_fuse and record_of(mounted.mountpoint, folders))
    }
    real = Path(given.anchor)
    for depth, part in enumerate(given.parts[1:], 2):
        here = real / part
        # A link on the way may lead into a mount.
        real = here if here in mountpoints else here.resolve()
        around = next((place for place in (real, *real.parents) if place in mountpoints), None)
        if around is not None:
            inside = (*real.relative_to(around).parts, *given.parts[depth:])
            return daemon_of(around, folders), "/".join(inside)
    raise NotMountedError(f"{path} is in no gphotosfs mount")
