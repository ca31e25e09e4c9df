"""Secrets that a person hands over: from a file or from standard input, never as an argument."""

import re
import sys
from pathlib import Path
from typing import Final

import click

from gphotosfs.errors import ConfigError

STANDARD_INPUT: Final = "-"

# Google's refresh tokens, access tokens and client secrets, and JSON that holds them.
_LOOKS_SECRET: Final = re.compile(r"1//|ya29\.|GOCSPX-|[{}\"]")


def read_secret_file(option: str, name: str, *, prompt: str = "") -> str:
    """The text of the file that an option names; `-` is standard input.

    With a `prompt`, a person at a terminal types it there, and it is not shown.

    Raises:
        ConfigError: there is no such file; the message never repeats what might be the secret.
    """
    if name == STANDARD_INPUT:
        if prompt and sys.stdin.isatty():
            return str(click.prompt(prompt, hide_input=True, err=True))
        return sys.stdin.read()
    refuse_secret(option, name)
    path = Path(name).expanduser()  # no shell does that in --option=~/file
    try:
        with path.open("rb") as file:
            mode = path.stat().st_mode
            text = file.read().decode()
    except FileNotFoundError as exc:
        raise ConfigError(
            f"{option} takes a file, and there is none of the name given; a secret itself does not "
            "belong on the command line"
        ) from exc
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is no text"
        raise ConfigError(f"{name} can't be read: {why}") from exc
    if mode & 0o044:
        click.echo(
            f"gphotosfs: others can read {name}: chmod 600 it, or remove it afterwards", err=True
        )
    return text


def refuse_secret(option: str, given: str) -> None:
    """Raises ConfigError for a secret where a name is expected: every process can read it there."""
    if _LOOKS_SECRET.search(given):
        raise ConfigError(
            f"{option} takes the name of a file, or - to be asked: what stands on the command line "
            "can be read by every process on this machine, and stays in the shell's history"
        )


def shown(name: str) -> str:
    """A file's name for a message."""
    return "standard input" if name == STANDARD_INPUT else name
