"""`gphotosfs refresh`."""

from pathlib import Path, PurePosixPath

import click

from gphotosfs.cli.arguments import files
from gphotosfs.cli.mounting.daemons import Daemon, daemon_around, daemon_of, resolved
from gphotosfs.config import Folders
from gphotosfs.control import call, mounted_at
from gphotosfs.errors import ConfigError, NotADirectoryEntryError


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, shell_complete=files, metavar="MOUNTPOINT [PATH] | PATH…"
)
def refresh(paths: tuple[str, ...]) -> None:
    """Ask Google again what a directory holds, or the whole mount.

    PATH is a directory, seen from MOUNTPOINT or from here; for a file it is the one that holds it.
    """
    folders = Folders.of_user()
    if len(paths) == 2 and mounted_at(resolved(paths[0])) is not None:
        daemon = daemon_of(paths[0], folders)
        found = [(daemon, path_inside(daemon.mountpoint, paths[1]))]
    else:
        found = [daemon_around(path, folders) for path in paths]
    listed = {place for place in dict.fromkeys(found) if _was_listed(*place)}
    # Once for all that were files in it.
    holding = {(daemon, str(PurePosixPath(inside).parent)) for daemon, inside in {*found} - listed}
    listed |= {place for place in holding - listed if _was_listed(*place)}
    if not listed:
        raise NotADirectoryEntryError(f"Google lists nothing at {paths[-1]}")
    for daemon, inside in sorted(listed, key=str):
        click.echo(f"{daemon.mountpoint / inside} is up to date.")


def _was_listed(daemon: Daemon, inside: str) -> bool:
    """Whether it was a directory; then it has been listed again.

    Raises:
        GPhotosError: that was not possible.
    """
    path = "/".join(part for part in (daemon.root, inside) if part not in {"", "."})
    try:
        call(daemon.control_path, "refresh", path=path)
    except NotADirectoryEntryError:
        return False
    return True


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
