"""What several commands take."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from gphotosfs.config import Profile

Command = TypeVar("Command", bound=Callable[..., Any])


def profile_option(command: Command) -> Command:
    """`-p PROFILE`, handed on as a Profile."""
    return click.option(
        "-p",
        "--profile",
        metavar="PROFILE",
        default="default",
        show_default=True,
        callback=lambda _context, _parameter, name: Profile(name),
        help="Which account.",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`, handed on as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")(command)
