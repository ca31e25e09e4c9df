"""The group of commands: each is imported when it is run, and each failure becomes one line."""

import pkgutil
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import click

from gphotosfs import errors
from gphotosfs.cli.telling.failures import EXIT_CODES, FAILED
from gphotosfs.cli.telling.streams import discard_output, open_standard_streams


class Commands(click.Group):
    """Subcommands, whose errors become one line and an exit code unless somebody debugs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places: dict[str, str] = {}
        self._is_debugged = False

    def add_lazily(self, name: str, place: str, text: str) -> None:
        """Add the command that is at `module:name`; `text` is what lists of commands say of it."""
        self._places[name] = place
        # Stands for it wherever commands are only listed.
        self.add_command(click.Command(name, short_help=text))

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is to run, or to be completed; it is imported now."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in self._places:
            command = pkgutil.resolve_name(self._places[name])
        return name, command, rest

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run as a program."""
        open_standard_streams()
        try:
            return super().main(*args, **kwargs)
        except OSError as exc:  # a disk that is full, a folder that may not be looked into
            if self._is_debugged or exc.strerror is None:
                raise
            what = f"{exc.filename}: " if exc.filename else ""
            sys.stderr.write(f"gphotosfs: {what}{exc.strerror}\n")
            discard_output()  # what is left of it would fail once more when Python ends
            sys.exit(FAILED)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand that was asked for."""
        self._is_debugged = bool(ctx.params.get("debug"))
        try:
            with _saying(in_notification=bool(ctx.params.get("notify"))):
                return super().invoke(ctx)
        except errors.GPhotosError as exc:
            if self._is_debugged:
                raise
            click.echo(f"gphotosfs: {' '.join(str(exc).split())}", err=True)
            ctx.exit(EXIT_CODES.get(type(exc), FAILED))


def _saying(*, in_notification: bool) -> AbstractContextManager[None]:
    if not in_notification:
        return nullcontext()
    from gphotosfs.cli.telling.notification import as_notification

    return as_notification()
