"""`gphotosfs completion`."""

from typing import Final

import click
from click.shell_completion import ShellComplete, get_completion_class

SHELLS: Final = ("bash", "zsh", "fish")

_VARIABLE: Final = "_GPHOTOSFS_COMPLETE"
"""By which click knows that a shell asks."""


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that completes gphotosfs in a shell.

    `gphotosfs install` puts it where bash and fish look for it, and as root zsh as well. For one
    shell alone: eval "$(gphotosfs completion bash)"; in fish: gphotosfs completion fish | source
    """
    click.echo(script(shell))


def script(shell: str) -> str:
    """The script for one of SHELLS."""
    found = get_completion_class(shell)
    assert found is not None
    # Not bash's own method, which starts a bash to see whether it is new enough.
    return ShellComplete.source(found(click.Command("gphotosfs"), {}, "gphotosfs", _VARIABLE))
