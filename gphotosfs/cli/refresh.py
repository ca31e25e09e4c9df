"""`gphotosfs refresh`."""

from pathlib import Path

import click

from gphotosfs.cli.daemons import daemon_of, resolved
from gphotosfs.config import Folders
from gphotosfs.control import call
from gphotosfs.errors import ConfigError


@click.command()
@click.argument("mountpoint")
@click.argument("path", required=False, default="")
def refresh(mountpoint: str, path: str) -> None:
    """Ask Google again what a directory holds, or the whole mount.

    PATH is a directory, seen from MOUNTPOINT or absolute.
    """
    daemon = daemon_of(mountpoint, Folders.of_user())
    inside = path_inside(daemon.mountpoint, path)
    call(
        daemon.control_path,
        "refresh",
        path="/".join(part for part in (daemon.root, inside) if part),
    )


def path_inside(mountpoint: Path, path: str) -> str:
    """The path as seen from the mount point, "" for itself; nothing in the mount is touched.

    Raises:
        ConfigError: it lies outside.
    """
    if path.startswith("/"):
        given = Path(path)
        # The mount point may have been written with links in it.
        for parent in (given, *given.parents):
            if parent.name == mountpoint.name and resolved(parent) == mountpoint:
                return "/".join(given.relative_to(parent).parts)
        raise ConfigError(f"{path} is not within {mountpoint}")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise ConfigError(f"{path} may not go up with '..'")
    return "/".join(parts)
