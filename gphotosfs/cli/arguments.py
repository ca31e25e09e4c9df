"""What several commands take, and what a shell offers for it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from gphotosfs.config import OPTIONS, Folders, Place, Profile, known_profiles
from gphotosfs.demo import PREFIX, profile_of_demo

Command = TypeVar("Command", bound=Callable[..., Any])


def files(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Whatever is on disk, for the shell to find.

    Not by click.Path: that looks at what was given, and a stat of a mount whose daemon hangs would hang.
    """
    return [CompletionItem(incomplete, type="file")]


def folders(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The same for folders."""
    return [CompletionItem(incomplete, type="dir")]


def typed(command: str, profile: Profile) -> str:
    """A command of ours for this profile, as a person types it."""
    return f"gphotosfs {command}" + (f" -p {profile.name}" if profile.name != "default" else "")


def named(name: str) -> Profile:
    """The profile of a name, be it one's own or, as `status` shows it, a demo's.

    Raises:
        ConfigError: the name can't be one.
    """
    if name.startswith(PREFIX):
        return profile_of_demo(name, Folders.of_user())
    return Profile(name)


def profile_option(command: Command) -> Command:
    """`-p PROFILE`, handed on as a Profile."""
    return click.option(
        "-p",
        "--profile",
        metavar="PROFILE",
        default="default",
        show_default=True,
        callback=lambda _context, _parameter, name: named(name),
        shell_complete=profiles,
        help="Which account.",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`, handed on as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")(command)


def profiles(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The profiles that there are."""
    known = known_profiles(Folders.of_user())
    return [CompletionItem(name) for name in known if name.startswith(incomplete)]


def source_or_mountpoint(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """A profile, or a folder where none begins like that."""
    return [
        # First: click's script for bash forgets what came before a folder.
        *folders(context, parameter, incomplete),
        *profiles(context, parameter, incomplete),
    ]


def mount_options(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The next one of those that are separated by commas."""
    before, comma, begun = incomplete.rpartition(",")
    return [
        CompletionItem(f"{before}{comma}{name}{'=' if option.kind.metavar else ''}")
        for name, option in OPTIONS.items()
        if option.places & Place.MOUNT and name.startswith(begun)
    ]
