"""`gphotosfs unmount`."""

from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Final

import click

from gphotosfs.cli.arguments import folders
from gphotosfs.cli.mounting.all_profiles import mounts_in
from gphotosfs.cli.mounting.checks import ends_within, take_away
from gphotosfs.cli.mounting.daemons import daemon_of
from gphotosfs.config import Folders
from gphotosfs.errors import MountError

# The daemon has its open files to close and its catalogue to leave tidy, all of it local.
_ENDS_WITHIN_S: Final = 15.0

# Forced away from somebody who uses it, it ends only after them.
_ENDS_WHEN_FORCED_WITHIN_S: Final = 2.0


@click.command()
@click.argument("mountpoint", shell_complete=folders)
@click.option(
    "--force",
    is_flag=True,
    help="Even if it is in use or does not answer: it disappears at once.",
)
def unmount(mountpoint: str, force: bool) -> None:
    """Unmount, and wait for the daemon to end; what `mount --all` made is unmounted together."""
    folders = Folders.of_user()
    places = mounts_in(mountpoint, folders)
    for place in places:
        unmount_ours(place, folders, force=force)
        with suppress(OSError):  # somebody has put something there meanwhile
            place.rmdir()
    if not places:
        unmount_ours(mountpoint, folders, force=force)


def unmount_ours(mountpoint: str | Path, folders: Folders, *, force: bool) -> None:
    """Unmount what is ours at the mount point.

    Raises:
        NotMountedError: nothing of ours is mounted there.
        MountError: it is in use, or somebody else's.
    """
    daemon = daemon_of(mountpoint, folders, to_ask=False)
    try:
        take_away(daemon.mountpoint, lazily=force)
    except MountError as exc:
        if force:
            raise
        by_force = f"gphotosfs unmount --force {quote(str(mountpoint))}"
        raise MountError(f"{exc}; close what uses it, or: {by_force}") from exc
    if daemon.pid is not None:
        ends_within(daemon.pid, _ENDS_WHEN_FORCED_WITHIN_S if force else _ENDS_WITHIN_S)
