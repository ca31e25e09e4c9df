"""`gphotosfs pick`."""

import json
from collections.abc import Mapping
from typing import Any, Final

import click
import trio

from gphotosfs.cli.arguments import json_option, profile_option, typed
from gphotosfs.cli.mounting.reaching import reached
from gphotosfs.cli.sign_in.browser import open_page, show_address
from gphotosfs.cli.telling.failures import FAILED
from gphotosfs.cli.telling.progress import Shown, photos_and_videos
from gphotosfs.cli.telling.sizes import readable
from gphotosfs.config import Profile
from gphotosfs.control.client import Client
from gphotosfs.errors import NoEntryError, PermissionRefusedError, SignInError

LOOK_S: Final = 0.5
"""Between two looks at how far it has come."""

INTERRUPTED: Final = 130
"""What a shell calls the end by Ctrl-C."""


@click.group(invoke_without_command=True)
@profile_option
@click.option("--name", default="", metavar="NAME", help="Its directory in picked/; else the date.")
@click.option("--no-browser", is_flag=True, help="Print the page's address instead of opening it.")
@click.pass_context
def pick(context: click.Context, profile: Profile, name: str, no_browser: bool) -> None:
    """Choose photos on a page of Google's, out of your whole library.

    What you tick there appears in picked/NAME and in media/, and is copied to this machine, where it
    stays until you remove it. With the NAME of a pick that is not complete, this goes on with it.
    """
    if context.invoked_subcommand is not None:
        context.default_map = {command: {"profile": profile.name} for command in ("list", "remove")}
        return
    context.exit(pick_photos(profile, name, no_browser=no_browser))


def pick_photos(profile: Profile, name: str, *, no_browser: bool) -> int:
    """Bring a person to Google's page and fetch what they tick there; the exit code.

    Raises:
        GPhotosError: nothing was picked; the message says why.
    """
    try:
        state = reached(profile, lambda client: _pick(client, name, no_browser=no_browser))
    except KeyboardInterrupt:
        again = typed("pick --name NAME", profile)
        click.echo(f"\nEvery mount goes on with it, and so does `{again}`.")
        return INTERRUPTED
    where = f"picked/{state['name']}"
    click.echo(
        f"{photos_and_videos(state['here'])} are in {where} ({readable(state['size_bytes'])})."
    )
    if not state["lost"]:
        return 0
    click.echo(
        f"gphotosfs: {photos_and_videos(state['lost'])} of {where} could not be had before the session "
        f"ended; pick them again: {typed('pick', profile)}",
        err=True,
    )
    return FAILED


@pick.command("list")
@profile_option
@json_option
def list_(profile: Profile, as_json: bool) -> None:
    """Show what was picked, and how far it has come."""

    async def listed(client: Client) -> Any:
        return await client.call("pick_list")

    found: list[dict[str, Any]] = reached(profile, listed)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if not found:
        click.echo(f"Nothing has been picked yet: {typed('pick', profile)}")
    for state in found:
        click.echo(f"{state['name']}: {_in_words(state)}")


@pick.command()
@profile_option
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def remove(profile: Profile, name: str, yes: bool) -> None:
    """Forget a pick and delete its photos from this machine; in Google Photos nothing changes."""

    async def removed(client: Client) -> int | None:
        state = await client.call("pick_state", name=name)
        if not yes and not await trio.to_thread.run_sync(_confirmed, state):
            return None
        freed_bytes: int = await client.call("pick_remove", name=name)
        return freed_bytes

    freed_bytes = reached(profile, removed)
    click.echo("Nothing was deleted." if freed_bytes is None else f"{readable(freed_bytes)} freed")


async def _pick(client: Client, name: str, *, no_browser: bool) -> Mapping[str, Any]:
    """See a pick through; how it ended.

    Raises:
        NoEntryError: nothing was picked.
        SignInError: this sign-in is not for picking.
        RemoteError: Google gave no usable answer; the subclass says why.
    """
    try:
        state = await client.call("pick_begin", name=name)
    except PermissionRefusedError as exc:
        raise SignInError(
            "this sign-in does not allow picking; sign in again: gphotosfs login --source both"
        ) from exc
    name = state["name"]
    if state["page_url"]:
        if not no_browser and open_page(state["page_url"]):
            click.echo("Choose photos in the browser and press Done. The page, if it is not there:")
        else:
            click.echo("Choose photos on this page, in any browser, and press Done:")
        show_address(state["page_url"])
    with Shown() as shown:
        while True:
            shown.update(state)
            if state["state"] == "over":
                return dict(state)
            await trio.sleep(LOOK_S)
            try:
                state = await client.call("pick_state", name=name)
            except NoEntryError:
                raise NoEntryError("nothing was picked") from None


def _confirmed(state: Mapping[str, Any]) -> bool:
    click.echo(
        f"picked/{state['name']} has {photos_and_videos(state['items'])}, {readable(state['size_bytes'])} of "
        "them on this machine. They are deleted here, except those that stand in another pick. In "
        "Google Photos nothing is deleted."
    )
    return click.confirm("Delete them?")


def _in_words(state: Mapping[str, Any]) -> str:
    if state["state"] == "waiting":
        return f"waits for you at {state['page_url']}"
    parts = [f"{photos_and_videos(state['here'])} ({readable(state['size_bytes'])})"]
    if state["state"] == "fetching":
        parts.append(f"{state['items'] - state['here']} still to come")
    if state["lost"]:
        parts.append(f"{state['lost']} lost when the session ended")
    if state["problem"]:
        parts.append(state["problem"])
    return ", ".join(parts)
