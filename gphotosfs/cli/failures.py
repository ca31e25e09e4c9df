"""How a failed command ends: one line, and an exit code."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, Final

import click

from gphotosfs import errors
from gphotosfs.cli.notification import as_notification

FAILED: Final = 1
SIGN_IN_NEEDED: Final = 3

# 2 is what click uses for wrong usage as well.
EXIT_CODES: Final[Mapping[type[errors.GPhotosError], int]] = {
    errors.ConfigError: 2,
    errors.SignInError: SIGN_IN_NEEDED,
    errors.NotMountedError: 4,
}


class Commands(click.Group):
    """Subcommands, whose errors become one line and an exit code unless somebody debugs."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand that was asked for."""
        try:
            with as_notification() if ctx.params.get("notify") else nullcontext():
                return super().invoke(ctx)
        except errors.GPhotosError as exc:
            if ctx.params.get("debug"):
                raise
            click.echo(f"gphotosfs: {' '.join(str(exc).split())}", err=True)
            ctx.exit(EXIT_CODES.get(type(exc), FAILED))
