"""`gphotosfs browse`."""

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from gphotosfs.cli.arguments import profile_option
from gphotosfs.cli.mount import mount_and_serve, mount_request
from gphotosfs.cli.mounting.checks import check_signed_in, cleared_if_dead
from gphotosfs.config import Folders, MountOptions, Profile, make_private_dir
from gphotosfs.control import recorded_mounts
from gphotosfs.errors import MountError

_FOLDER: Final = "Google Photos"


@click.command()
@profile_option
def browse(profile: Profile) -> None:
    """Open the library in the file manager; it is mounted at ~/Google Photos if it is not yet."""
    with _in_turn(profile):
        mountpoint = mounted_library(profile.name, profile.folders) or mounted_now(profile.name)
    opener = shutil.which("xdg-open")
    if opener is None:
        raise MountError(f"it is mounted at {mountpoint}, but there is no xdg-open to open it with")
    opened = subprocess.run([opener, mountpoint], stdin=subprocess.DEVNULL, check=False)
    if opened.returncode:
        raise MountError(
            f"it is mounted at {mountpoint}, but xdg-open knows no file manager for it"
        )


@contextlib.contextmanager
def _in_turn(profile: Profile) -> Iterator[None]:
    """One click at a time: who clicks twice had two mounts, one on top of the other.

    Raises:
        ConfigError: the profile's folder for sockets can't be made.
    """
    make_private_dir(profile.runtime_dir)
    folder = os.open(profile.runtime_dir, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        # The mount that was begun meanwhile has it open as well, so that closing it ends no lock.
        fcntl.flock(folder, fcntl.LOCK_UN)
        os.close(folder)


def mounted_library(profile: str, folders: Folders) -> Path | None:
    """Where the whole library of a profile is mounted already; None if it is nowhere."""
    for record in recorded_mounts(folders):
        place = Path(record.mountpoint)
        if record.profile == profile and not record.root and not cleared_if_dead(place):
            return place
    return None


def mounted_now(profile: str) -> Path:
    """The library, mounted in the home.

    Raises:
        GPhotosError: it can't be mounted.
    """
    check_signed_in(Profile(profile))  # before there is an empty folder in the home
    name = _FOLDER if profile == "default" else f"{_FOLDER} ({profile})"
    mountpoint = Path.home() / name
    try:
        mountpoint.mkdir(exist_ok=True)
    except OSError as exc:
        raise MountError(f"{mountpoint} can't be made: {exc.strerror}") from exc
    request = mount_request(profile, str(mountpoint), MountOptions({}, ()))

    from gphotosfs.app import run

    mount_and_serve(request, run)
    return request.mountpoint
