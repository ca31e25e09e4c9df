"""`gphotosfs log-level`."""

import click

from gphotosfs.cli.arguments import folders
from gphotosfs.cli.mounting.daemons import daemon_of
from gphotosfs.config import Folders, LogLevel
from gphotosfs.control import call
from gphotosfs.errors import NotMountedError


@click.command("log-level")
@click.argument("mountpoint", shell_complete=folders)
@click.argument("level", type=click.Choice([level.value for level in LogLevel]))
def log_level(mountpoint: str, level: str) -> None:
    """Log more or less from now on, until the mount ends.

    SIGUSR1 to the daemon switches debugging on and off.
    """
    daemon = daemon_of(mountpoint, Folders.of_user())
    writer = call(daemon.control_path, "status")["pid"]
    if daemon.pid not in (None, writer):
        raise NotMountedError(
            f"{daemon.mountpoint} is a further mount of its profile and has a log of its own; "
            f"switch debugging on and off with: kill -USR1 {daemon.pid}"
        )
    call(daemon.control_path, "log_level", level=level)
