"""One directory with a mount for each profile: `gphotosfs mount --all`.

The directory is an ordinary one. Each profile in it is a mount of its own with its own daemon, so that
one account's trouble never touches another's, and inode numbers of two catalogues never meet.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shlex import quote

import click

from gphotosfs.cli.mounting.checks import Life, life_of
from gphotosfs.cli.mounting.daemons import resolved
from gphotosfs.config import Folders, signed_in_profiles
from gphotosfs.control import mounted_at, recorded_mounts
from gphotosfs.errors import GPhotosError, MountError, SignInError, StoreError
from gphotosfs.takeout import register


def mount_all(mountpoint: str, mount_one: Callable[[str, Path], None]) -> None:
    """Mount every profile that can be at MOUNTPOINT/PROFILE; those that are mounted stay as they are.

    Raises:
        SignInError: there is none.
        MountError: some can't be mounted, each of which is told; the others are.
    """
    names = mountable_profiles(Folders.of_user())
    if not names:
        raise SignInError(
            "no profile is signed in or has Takeout archives yet: gphotosfs login [-p PROFILE]"
        )
    parent = usable_parent(mountpoint, names)
    failures = 0
    for name in names:
        try:
            _mount_unless_alive(name, parent / name, mount_one)
        except GPhotosError as exc:
            failures += 1
            click.echo(f"gphotosfs: profile {name}: {exc}", err=True)
    if failures:
        raise MountError(f"{failures} of {len(names)} profiles could not be mounted")


def mountable_profiles(folders: Folders) -> list[str]:
    """The names of the profiles that are signed in, or have archives for which that is not needed."""
    lists = folders.data.glob(f"*/{register.FILE}")
    with_archives = [path.parent.name for path in lists if _has_archives(path.parent)]
    return sorted({*signed_in_profiles(folders), *with_archives})


def _has_archives(data_dir: Path) -> bool:
    try:
        return register.load(data_dir).is_used
    except StoreError:
        return True  # mounting it tells what is wrong with its list


def _mount_unless_alive(name: str, place: Path, mount_one: Callable[[str, Path], None]) -> None:
    if mounted_at(place) is not None:
        if life_of(place) is Life.ALIVE:
            return
    else:
        try:
            place.mkdir(exist_ok=True)
        except OSError as exc:
            raise MountError(f"{place} can't be made: {exc.strerror}") from exc
    try:
        mount_one(name, place)
    except GPhotosError:
        with suppress(OSError):
            place.rmdir()
        raise


def usable_parent(mountpoint: str, names: list[str]) -> Path:
    """The directory for the mounts, in which there may be nothing but they.

    Raises:
        MountError: it is not usable; the message says why.
    """
    path = resolved(mountpoint)
    if mounted_at(path) is not None:
        raise MountError(f"{path} is already a mount point")
    try:
        others = sorted({entry.name for entry in path.iterdir()} - set(names))
    except FileNotFoundError as exc:
        raise MountError(
            f"{path} does not exist; make it with: mkdir -p {quote(str(path))}"
        ) from exc
    except OSError as exc:
        raise MountError(f"{path} can't be read: {exc.strerror}") from exc
    if others:
        raise MountError(f"{path} is not empty: {others[0]} is no profile")
    return path


def mounts_in(mountpoint: str | Path, folders: Folders) -> list[Path]:
    """The profiles' mounts that `mount --all` made in a directory; none for a mount itself."""
    parent = resolved(mountpoint)
    found = ((Path(record.mountpoint), record.profile) for record in recorded_mounts(folders))
    return sorted(place for place, profile in found if place == parent / profile)
