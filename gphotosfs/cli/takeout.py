"""`gphotosfs takeout`."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click
import trio

from gphotosfs.cli.arguments import files, folders, json_option, profile_option, typed
from gphotosfs.cli.mounting.reaching import reached
from gphotosfs.cli.telling.failures import FAILED
from gphotosfs.cli.telling.sizes import readable
from gphotosfs.config import Profile
from gphotosfs.control.client import Client
from gphotosfs.errors import NoEntryError
from gphotosfs.takeout import register, verifying
from gphotosfs.takeout.verifying import total_bytes

LOOK_S: Final = 0.3
"""Between two looks at how far a reading has come."""


@click.group()
def takeout() -> None:
    """Show archives of Google Takeout in the tree, where they lie and as they are.

    They are read in place: nothing is unpacked or copied, and no sign-in is needed.
    """


@takeout.command()
@profile_option
@json_option
@click.argument("archives", nargs=-1, required=True, shell_complete=files, metavar="ARCHIVE…")
def add(profile: Profile, as_json: bool, archives: tuple[str, ...]) -> None:
    """Add zips, all parts of an export at once or one after the other, or unpacked folders.

    A later export is added to the ones before it: what is new appears, what was changed is renewed.
    """
    # The writer may run in another folder.
    paths = [str(Path(archive).absolute()) for archive in archives]

    async def added(client: Client) -> Mapping[str, Any]:
        return await _with_progress(client, "takeout_add", paths=paths)

    done = reached(profile, added, may_be_signed_out=True)
    if as_json:
        click.echo(json.dumps(done, indent=2))
        return
    click.echo(
        f"{_count(done['new_items'], 'photo or video', 'photos and videos')} new, "
        f"{done['items']} in {_count(done['albums'], 'album', 'albums')} and by date in all"
    )
    _tell(done["problems"])


@takeout.command("list")
@profile_option
@json_option
def list_(profile: Profile, as_json: bool) -> None:
    """Show the archives, what is in them, and what is wrong or missing."""

    async def listed(client: Client) -> Mapping[str, Any]:
        found: Mapping[str, Any] = await client.call("takeout_list")
        return found

    found = reached(profile, listed, may_be_signed_out=True)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if not found["archives"]:
        tell_that_none_was_added(profile)
    for archive in found["archives"]:
        size = readable(archive["size_bytes"]) if archive["size_bytes"] else "a folder"
        where = size if archive["is_there"] else "NOT THERE"
        click.echo(f"{archive['path']}: {where}, {archive['items']} photos and videos")
    if found["archives"]:
        click.echo(f"in all: {found['items']} photos and videos, {found['albums']} albums")
    for folder in found["watched"]:
        click.echo(f"watched: {folder}")
    for part in found["missing_parts"]:
        click.echo(f"missing part: {part}")
    _tell(found["problems"])


@takeout.command()
@profile_option
@click.argument("archives", nargs=-1, required=True, shell_complete=files, metavar="ARCHIVE…")
def remove(profile: Profile, archives: tuple[str, ...]) -> None:
    """Show archives no longer. The files themselves are not touched.

    ARCHIVE is a path or a file's name as `takeout list` shows them.
    """
    names = [str(Path(name).absolute()) if "/" in name else name for name in archives]

    async def removed(client: Client) -> Mapping[str, Any]:
        return await _with_progress(client, "takeout_remove", names=names)

    done = reached(profile, removed, may_be_signed_out=True)
    click.echo(
        f"{_count(done['removed'], 'archive', 'archives')} removed, {done['items']} photos left"
    )


@takeout.command()
@profile_option
@click.option("--stop", is_flag=True, help="Watch it no longer; what was added stays.")
@click.argument("folder", shell_complete=folders)
def watch(profile: Profile, stop: bool, folder: str) -> None:
    """Add the archives that appear in a folder, now and while anything is mounted.

    They are recognised by Takeout's names for them, and added once they no longer grow.
    """
    path = str(Path(folder).absolute())

    async def watched(client: Client) -> None:
        if stop and path not in (await client.call("takeout_list"))["watched"]:
            listed = typed("takeout list", profile)
            raise NoEntryError(f"{path} is not watched; what is, tells: {listed}")
        await client.call("takeout_watch", folder=path, is_watched=not stop)

    reached(profile, watched, may_be_signed_out=True)
    click.echo(f"{path} is watched {'no longer' if stop else 'while anything is mounted'}")


@takeout.command()
@profile_option
@click.pass_context
def verify(context: click.Context, profile: Profile) -> None:
    """Read every byte of every archive and compare it with the archive's own checksums.

    Nothing is changed, and a mount goes on meanwhile.
    """
    paths = [Path(one.path) for one in register.load(profile.data_dir).archives]
    if not paths:
        tell_that_none_was_added(profile)
        return
    indexes = profile.data_dir / register.INDEXES
    with _Bar(total_bytes(paths, indexes)) as read:
        done = verifying.verify(paths, indexes, read)
    click.echo(f"{_count(done.good, 'file is', 'files are')} as packed")
    if done.unknown:
        click.echo(f"{_count(done.unknown, 'file', 'files')} in unpacked folders could be read")
    _tell(done.problems)
    context.exit(FAILED if done.problems else 0)


def tell_that_none_was_added(profile: Profile) -> None:
    """What there is to do where there is nothing to show."""
    click.echo(f"No archive was added yet: {typed('takeout add', profile)} ARCHIVE…")


class _Bar:
    """A bar on a terminal, nothing elsewhere: the command says at its end what came of it."""

    def __init__(self, total_bytes: int) -> None:
        self._total_bytes = total_bytes

    def __enter__(self) -> Callable[[int], None]:
        if not sys.stderr.isatty():
            return lambda _count: None
        from rich.console import Console
        from rich.progress import Progress

        self._shown = Progress(console=Console(stderr=True))
        task = self._shown.add_task("verifying", total=self._total_bytes)
        self._shown.start()
        return lambda count: self._shown.advance(task, count)

    def __exit__(self, *_: object) -> None:
        if sys.stderr.isatty():
            self._shown.stop()


async def _with_progress(client: Client, call: str, **args: object) -> Mapping[str, Any]:
    """What a call returns that has the archives read; on a terminal it is told how far that is."""
    done: Mapping[str, Any]
    if not sys.stderr.isatty():
        return dict(await client.call(call, **args))
    from rich.console import Console

    with Console(stderr=True).status(how_far({})) as shown:
        async with trio.open_nursery() as nursery:

            async def look() -> None:
                while True:
                    await trio.sleep(LOOK_S)
                    shown.update(how_far(await client.call("takeout_progress")))

            nursery.start_soon(look)
            done = await client.call(call, **args)
            nursery.cancel_scope.cancel()
    return done


def how_far(progress: Mapping[str, Any]) -> str:
    """A reading of archives, as it is shown while it goes on."""
    match progress:
        case {"come_to": [name, at_bytes, of_bytes]}:
            return f"going through {name}, once: {readable(at_bytes)} of {readable(of_bytes)}"
        case {"looked_at": members}:
            return f"reading the archives: {members:,} files looked at"
    return "reading the archives"


def _tell(problems: list[str]) -> None:
    for problem in problems:
        click.echo(f"gphotosfs: {problem}", err=True)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
