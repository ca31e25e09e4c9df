"""How far what is fetched for good has come: a bar on a terminal, lines elsewhere."""

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

import click

from gphotosfs.cli.telling.sizes import readable

LINES: Final = 10
"""How many lines that is worth where there is no terminal."""


class Shown:
    """Shows states of a pick or of pins, one after the other."""

    def __init__(self) -> None:
        self._bar: _Bar | None = _Bar() if sys.stdout.isatty() else None
        self._said = ""
        self._tenth = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, state: Mapping[str, Any]) -> None:
        """Show this state, if it says anything new."""
        if self._bar is not None:
            self._bar.update(state)
            return
        text = _text(state)
        tenth = LINES * state["here"] // max(1, state["items"])
        # While bytes come, a line for each tenth; else whenever something else is to be said.
        said = text if state["problem"] or not state["items"] else str(tenth)
        if said != self._said:
            self._said = said
            click.echo(text)


class _Bar:
    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self._progress = Progress(
            SpinnerColumn(), BarColumn(), TextColumn("{task.description}", markup=False)
        )
        self._task = self._progress.add_task("", total=None)
        self._progress.start()

    def update(self, state: Mapping[str, Any]) -> None:
        total = state["items"] or None
        text = _text(state)
        self._progress.update(self._task, completed=state["here"], total=total, description=text)

    def stop(self) -> None:
        self._progress.stop()


def photos_and_videos(number: int) -> str:
    """So many of them, in words."""
    return f"{number} photo or video" if number == 1 else f"{number} photos and videos"


def _text(state: Mapping[str, Any]) -> str:
    if state["state"] == "waiting":
        text = "waiting for you to choose"
    elif state["state"] == "listing" and not state["items"]:
        text = "looking what is in it"
    else:
        size = readable(state["size_bytes"])
        text = f"{state['here']} of {state['items']} are here, {size}"
    return f"{text} ({state['problem']})" if state["problem"] else text
