"""`gphotosfs pin`, `unpin` and `pinned`."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import trio

from gphotosfs.cli.arguments import files, json_option, named, profile_option, profiles, typed
from gphotosfs.cli.mounting.daemons import daemon_around
from gphotosfs.cli.mounting.reaching import reached, reached_at
from gphotosfs.cli.pick import INTERRUPTED
from gphotosfs.cli.telling.failures import FAILED, SIGN_IN_NEEDED
from gphotosfs.cli.telling.progress import Shown, photos_and_videos
from gphotosfs.cli.telling.sizes import readable
from gphotosfs.config import Folders, Profile
from gphotosfs.control.client import Client
from gphotosfs.errors import NoEntryError, NotMountedError

T = TypeVar("T")
State = Mapping[str, Any]
Ask = Callable[[Client, list[str]], Awaitable[T]]

LOOK_S: Final = 0.5
"""Between two looks at how far it has come."""

PATIENCE_S: Final[Mapping[str, float]] = {"network": 60.0, "google": 60.0}
"""How long the command waits where something holds up everything; for all else not at all."""

_LATER: Final = "comes while the profile is mounted."

_inside_option = click.option(
    "-p",
    "--profile",
    "profile_name",
    metavar="PROFILE",
    shell_complete=profiles,
    help="Take PATH as a path inside the tree of this account, mounted or not.",
)


@click.command()
@_inside_option
@click.option("--no-wait", is_flag=True, help="Return at once; a mount fetches it meanwhile.")
@click.option("-q", "--quiet", is_flag=True, help="Say only how it ended.")
@click.argument("paths", nargs=-1, required=True, shell_complete=files, metavar="PATH…")
@click.pass_context
def pin(
    context: click.Context,
    paths: tuple[str, ...],
    profile_name: str | None,
    no_wait: bool,
    quiet: bool,
) -> None:
    """Keep an album, a folder or a file on this machine, to have it without a network.

    PATH is where a mount shows it. What appears in a pinned album or folder later is fetched as well.
    """

    async def begun(client: Client, inside: list[str]) -> list[State]:
        return await _pin(client, inside, waits=not no_wait, quiet=quiet)

    try:
        states = [one for found in _asked(paths, profile_name, begun) for one in found]
    except KeyboardInterrupt:
        click.echo(f"\nWhat was pinned stays pinned, and the rest {_LATER}")
        context.exit(INTERRUPTED)
    context.exit(_told(_merged(states), no_wait=no_wait))


@click.command()
@_inside_option
@click.option("--gone", is_flag=True, help="Let go only of what has left the pinned PATH since.")
@click.argument("paths", nargs=-1, required=True, shell_complete=files, metavar="PATH…")
def unpin(paths: tuple[str, ...], profile_name: str | None, gone: bool) -> None:
    """Keep something on this machine no longer; in Google Photos nothing changes.

    Its bytes are deleted, but for those that another pin or a pick needs.
    """

    async def removed(client: Client, inside: list[str]) -> int:
        freed_bytes: int = await client.call("pin_remove", paths=inside, only_gone=gone)
        return freed_bytes

    freed_bytes = sum(_asked(paths, profile_name, removed, may_be_signed_out=True))
    places = _places(paths)
    what = f"What has left {places} is" if gone else f"{places} {_is_or_are(paths)}"
    click.echo(f"{what} kept offline no longer; {readable(freed_bytes)} freed.")


@click.command()
@profile_option
@json_option
def pinned(profile: Profile, as_json: bool) -> None:
    """Show what is kept offline, and how far it has come."""

    async def listed(client: Client) -> Any:
        return await client.call("pin_list")

    found: list[State] = reached(profile, listed, may_be_signed_out=True)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if not found:
        click.echo(f"Nothing is pinned yet: {typed('pin PATH', profile)}")
    for state in found:
        click.echo(f"{state['path'] or '/'}: {_in_words(state)}")


def _asked(
    paths: Sequence[str], profile_name: str | None, ask: Ask[T], *, may_be_signed_out: bool = False
) -> list[T]:
    """What each writer answers that serves some of these paths, given them as the tree has them.

    Raises:
        NotMountedError: a path is in no mount.
        GPhotosError: a writer can't be reached, or what it was asked for failed.
    """
    if profile_name is not None:
        profile = named(profile_name)
        return [
            reached(
                profile, lambda client: ask(client, [*paths]), may_be_signed_out=may_be_signed_out
            )
        ]
    inside: defaultdict[Path, list[str]] = defaultdict(list)
    for path in paths:
        try:
            daemon, rest = daemon_around(path, Folders.of_user())
        except NotMountedError as exc:
            raise NotMountedError(
                f"{exc}; mount it, or give a path inside the tree with -p PROFILE"
            ) from exc
        inside[daemon.control_path].append("/".join(part for part in (daemon.root, rest) if part))

    def ask_for(found: list[str]) -> Callable[[Client], Awaitable[T]]:
        return lambda client: ask(client, found)

    return [reached_at(socket, ask_for(found)) for socket, found in inside.items()]


async def _pin(client: Client, paths: list[str], *, waits: bool, quiet: bool) -> list[State]:
    """Pin what is at these paths, and wait until it is here or something holds it up."""
    answer = await client.call("pin_begin", paths=paths)
    states: list[State] = answer["pins"]
    left_bytes = sum(state["left_bytes"] for state in states)
    if left_bytes > answer["room_bytes"]:
        click.echo(
            f"This disk has room for {readable(answer['room_bytes'])} of the {readable(left_bytes)} "
            "that are still to come; what fits is fetched."
        )
    if not waits:
        return states
    ids = [state["id"] for state in states]
    stuck_since_s: float | None = None
    with nullcontext() if quiet else Shown() as shown:
        while True:
            state = _merged(states)
            if shown is not None:
                shown.update(state)
            now_s = trio.current_time()
            stuck_since_s = (stuck_since_s or now_s) if state["obstacle"] else None
            stuck_s = None if stuck_since_s is None else now_s - stuck_since_s
            if is_over(state, stuck_s):
                return states
            await trio.sleep(LOOK_S)
            states = await client.call("pin_states", ids=ids)
            if not states:
                raise NoEntryError("it was unpinned meanwhile")


def is_over(state: State, stuck_s: float | None) -> bool:
    """Whether there is nothing to wait for; `stuck_s` is how long something holds up everything."""
    if stuck_s is not None:
        return stuck_s >= PATIENCE_S.get(state["obstacle"], 0.0)
    left: int = state["items"] - state["here"] - state["failed"]
    return state["state"] != "listing" and left <= 0


def _merged(states: Sequence[State]) -> State:
    """Several pins as if they were one."""
    total: dict[str, Any] = {
        name: sum(state[name] for state in states)
        for name in ("items", "here", "in_archives", "failed", "size_bytes")
    }
    words = {state["state"] for state in states}
    total["state"] = next((word for word in ("listing", "fetching") if word in words), "here")
    for name in ("problem", "obstacle"):
        total[name] = next((state[name] for state in states if state[name]), "")
    paths = [state["path"] or "/" for state in states]
    return total | {"path": _places(paths), "is": _is_or_are(paths)}


def _told(state: State, *, no_wait: bool) -> int:
    """Say in one line how it ended; the exit code."""
    size, count = readable(state["size_bytes"]), photos_and_videos(state["items"])
    if state["state"] == "here":
        what = f"{state['path']} {state['is']}"
        if not state["items"]:
            click.echo(f"{what} kept offline; nothing is in it yet.")
        elif state["in_archives"] == state["items"]:
            click.echo(f"{what} here already: {count} in Takeout archives.")
        else:
            click.echo(f"{what} kept offline: {count}, {size}.")
        return 0
    so_far = f"{state['here']} of {state['items']} are here, {size}"
    if no_wait:
        known = f": {so_far}. The rest {_LATER}" if state["items"] else f". It {_LATER}"
        click.echo(f"{state['path']} will be kept offline{known}")
        return 0
    why = f" ({state['problem']})" if state["problem"] else ""
    click.echo(f"gphotosfs: {state['path']}: {so_far}{why}. The rest {_LATER}", err=True)
    return SIGN_IN_NEEDED if state["obstacle"] == "sign-in" else FAILED


def _places(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"


def _is_or_are(paths: Sequence[str]) -> str:
    return "is" if len(paths) == 1 else "are"


def _in_words(state: State) -> str:
    parts = [f"{photos_and_videos(state['here'])} ({readable(state['size_bytes'])})"]
    if state["in_archives"]:
        parts.append(f"{state['in_archives']} of them in Takeout archives")
    if state["items"] > state["here"]:
        parts.append(f"{state['items'] - state['here']} still to come")
    elif state["state"] == "listing":
        parts.append("not listed to the end yet")
    if state["gone"]:
        parts.append(f"{state['gone']} have left it since (unpin --gone)")
    if state["problem"]:
        parts.append(state["problem"])
    return ", ".join(parts)
