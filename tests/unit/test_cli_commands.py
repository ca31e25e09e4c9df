"""The commands as a whole: each can be found, says what it takes, and is completed by a shell."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gphotosfs.cli.completion import SHELLS, script
from gphotosfs.cli.main import COMMANDS, main
from gphotosfs.config import OPTIONS, Place

PROGRAM = Path(sys.prefix) / "bin" / "gphotosfs"


def found(name: str) -> click.Command:
    _, command, _ = main.resolve_command(click.Context(main), [name])
    assert command is not None
    return command


def all_commands() -> Iterator[click.Command]:
    """Every command, and those within groups."""
    for command in map(found, COMMANDS):
        yield command
        if isinstance(command, click.Group):
            yield from command.commands.values()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_where_the_list_says(name: str) -> None:
    command = found(name)

    assert command.name == name
    assert command.help


def test_every_option_of_every_command_is_explained() -> None:
    options = [
        (command.name, option)
        for command in all_commands()
        for option in command.params
        if isinstance(option, click.Option)
    ]

    assert [(name, option.name) for name, option in options if not option.help] == []


def test_what_the_list_says_of_each_command_fits_a_line() -> None:
    """A terminal has 80 columns; click cuts nothing off, and wraps what is longer."""
    listed = main.get_help(click.Context(main, terminal_width=80)).partition("Commands:\n")[2]

    assert [line.split()[0] for line in listed.splitlines()] == list(COMMANDS)


def completed(*words: str, home: Path) -> list[str]:
    """What bash offers for the last word, by our script; "" for files and folders is left out."""
    done = subprocess.run(
        [
            *("bash", "-c"),
            'eval "$1"; program=$2; shift 2; COMP_WORDS=(gphotosfs "$@"); COMP_CWORD=$#; '
            '_gphotosfs_completion "$program" 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"',
            *("bash", script("bash"), str(PROGRAM), *words),
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".config/gphotosfs/work").mkdir(parents=True)
    (tmp_path / ".local/share/gphotosfs/archives").mkdir(parents=True)
    return tmp_path


def test_bash_completes_commands_and_their_options(home: Path) -> None:
    assert completed("un", home=home) == ["unmount", "unpin", "uninstall"]
    assert completed("takeout", "", home=home) == ["add", "list", "remove", "verify", "watch"]
    assert completed("status", "--", home=home) == ["--watch", "--json", "--help"]


def test_bash_completes_profiles(home: Path) -> None:
    assert completed("doctor", "-p", "", home=home) == ["archives", "work"]
    assert completed("mount", "w", home=home) == ["work"]


def test_bash_completes_mount_options_one_after_the_other(home: Path) -> None:
    assert completed("mount", "-o", "previews,nest", home=home) == ["previews,nest_albums"]
    offered = completed("mount", "-o", "", home=home)
    known = [name for name, option in OPTIONS.items() if option.places & Place.MOUNT]
    assert [name.rstrip("=") for name in offered] == known


def test_bash_completes_values_that_are_words(home: Path) -> None:
    assert completed("mount", "--sizes", "", home=home) == ["auto", "exact", "on-open"]
    assert completed("mount", "--cache-size", "", home=home) == []


@pytest.mark.parametrize(
    "arguments", [["status"], ["mount"], ["takeout", "add"], ["pin"]], ids=" ".join
)
def test_a_shell_offers_its_own_files_where_paths_are_expected(
    arguments: list[str], home: Path
) -> None:
    """An empty list would be worse than no completion: the shell would offer nothing at all."""
    done = subprocess.run(
        [PROGRAM],
        env={
            "HOME": str(home),
            "_GPHOTOSFS_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["gphotosfs", *arguments, "./"]),
            "COMP_CWORD": str(len(arguments) + 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout in ("dir,./\n", "file,./\n")


@pytest.mark.parametrize("shell", SHELLS)
def test_there_is_a_script_for_each_shell(shell: str) -> None:
    assert f"_GPHOTOSFS_COMPLETE={shell}_complete" in script(shell)
