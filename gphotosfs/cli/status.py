"""`gphotosfs status`."""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from gphotosfs.cli.all_profiles import mounts_in
from gphotosfs.cli.arguments import json_option
from gphotosfs.cli.cache import readable
from gphotosfs.cli.daemons import daemon_of
from gphotosfs.config import Folders
from gphotosfs.control import call, recorded_mounts
from gphotosfs.errors import NotMountedError

# It asks nobody but the daemon's memory.
_STATUS_TIMEOUT_S: Final = 10.0


@click.command()
@click.argument("mountpoint", required=False)
@json_option
def status(mountpoint: str | None, as_json: bool) -> None:
    """Show how a mount is doing, or every mount."""
    folders = Folders.of_user()
    together = [] if mountpoint is None else mounts_in(mountpoint, folders)
    if together:
        sockets = {str(place): daemon_of(place, folders).control_path for place in together}
    elif mountpoint is not None:
        daemon = daemon_of(mountpoint, folders)
        sockets = {str(daemon.mountpoint): daemon.control_path}
    else:
        sockets = {
            record.mountpoint: Path(record.control_path) for record in recorded_mounts(folders)
        }
        if not sockets:
            raise NotMountedError("nothing is mounted; mount with: gphotosfs mount MOUNTPOINT")
    states = [
        {"mountpoint": at} | call(socket, "status", timeout_s=_STATUS_TIMEOUT_S)
        for at, socket in sockets.items()
    ]
    if as_json:
        click.echo(json.dumps(states if mountpoint is None or together else states[0], indent=2))
    else:
        for state in states:
            show(state)


def show(state: Mapping[str, object]) -> None:
    """A table on a terminal, plain lines elsewhere."""
    rows = list(flat(state))
    if not sys.stdout.isatty():
        for name, value in rows:
            click.echo(f"{name}: {value}")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False)
    for name, value in rows:
        table.add_row(name, value)
    Console().print(table, markup=False)


def flat(state: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The values in depth as a person reads them, each with its names joined by dots."""
    for name, value in state.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name.removesuffix("_s").removesuffix("_bytes"), worded(name, value)


def worded(name: str, value: object) -> str:
    """A value in words; its unit is told by its name."""
    match value:
        case None | "" | []:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case int() | float() if name.endswith("bytes"):
            return readable(value)
        case int() | float() if name.endswith(("_at_s", "started_s")):
            return datetime.fromtimestamp(value, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")
        case int() | float() if name.endswith("_s"):
            return f"{value:g} s"
    return str(value)
