"""`gphotosfs status`."""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import click

from gphotosfs.cli.arguments import folders, json_option
from gphotosfs.cli.mounting.all_profiles import mounts_in
from gphotosfs.cli.mounting.checks import cleared_if_dead
from gphotosfs.cli.mounting.daemons import daemon_of
from gphotosfs.cli.telling.status_lines import flat
from gphotosfs.config import Folders
from gphotosfs.control import call, recorded_mounts
from gphotosfs.errors import NotMountedError

# It asks nobody but the daemon's memory.
_STATUS_TIMEOUT_S: Final = 10.0

_WATCH_S: Final = 1.0


@click.command()
@click.argument("mountpoint", required=False, shell_complete=folders)
@click.option("--watch", is_flag=True, help="Show it anew each second, until Ctrl-C.")
@json_option
def status(mountpoint: str | None, watch: bool, as_json: bool) -> None:
    """Show how a mount is doing, or every mount."""
    if watch and (as_json or not sys.stdout.isatty()):
        raise click.UsageError("--watch draws on a terminal; use --json in a script")
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
    if watch:
        _watch(sockets)
    elif as_json:
        found = _states(sockets)
        click.echo(json.dumps(found if mountpoint is None or together else found[0], indent=2))
    else:
        _show(_states(sockets))


def _states(sockets: dict[str, Path]) -> list[dict[str, Any]]:
    """What every daemon says.

    Raises:
        NotMountedError: none is left.
    """
    found = [state for at, socket in sockets.items() if (state := _state(at, socket)) is not None]
    if not found:
        raise NotMountedError("nothing else is mounted; mount with: gphotosfs mount MOUNTPOINT")
    return found


def _state(mountpoint: str, socket: Path) -> dict[str, Any] | None:
    """What the daemon says; None for a dead mount, which is taken away."""
    try:
        state: dict[str, Any] = call(socket, "status", timeout_s=_STATUS_TIMEOUT_S)
    except NotMountedError:
        if not cleared_if_dead(Path(mountpoint)):
            raise
        click.echo(
            f"{mountpoint} was dead, its daemon had been killed; it is unmounted now", err=True
        )
        return None
    return {"mountpoint": mountpoint} | state


def _show(states: list[dict[str, Any]]) -> None:
    if sys.stdout.isatty():
        from rich.console import Console

        from gphotosfs.cli.telling.status_table import table

        Console().print(table(states))
    else:
        for state in states:
            for name, value in flat(state):
                click.echo(f"{name}: {value}")


def _watch(sockets: dict[str, Path]) -> None:
    from rich.live import Live

    from gphotosfs.cli.telling.status_table import table

    with Live(table(_states(sockets)), screen=True, auto_refresh=False) as live:
        try:
            while True:
                time.sleep(_WATCH_S)
                live.update(table(_states(sockets)), refresh=True)
        except KeyboardInterrupt:
            return
