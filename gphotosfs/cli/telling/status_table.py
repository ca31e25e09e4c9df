"""The state of a mount as a table, for a terminal."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gphotosfs.cli.telling.status_lines import State, worded

_BAR_WIDTH: Final = 24

_UNDER_WAY: Final = "under_way"
_COUNTED: Final = frozenset({"picks", "pinned", "takeout", "pictures", _UNDER_WAY, "thumbnails"})


def table(states: Iterable[State]) -> RenderableType:
    """Every mount in a frame of its own."""
    return Group(*(_mount(state) for state in states))


def _mount(state: State) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    google, cache = state.get("google", {}), state.get("cache", {})
    bars = {
        "cache.bytes": (cache.get("bytes", 0), cache.get("limit_bytes", 0)),
    }
    for section, rows in _sections(state):
        for number, (name, value) in enumerate(rows.items()):
            shown = _bar(*bars[f"{section}.{name}"]) if f"{section}.{name}" in bars else None
            text = Text(worded(name, value), style=_style(name, value))
            grid.add_row(
                section.replace("_", " ") if number == 0 else "",
                _said(name),
                text if shown is None else _side_by_side(text, shown),
            )
    problem = google.get("sign_in_problem") or cache.get("degraded")
    title = Text(str(state.get("mountpoint", "")), style="bold")
    return Panel(grid, title=title, title_align="left", border_style="red" if problem else "green")


def _sections(state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    """The single values first, then one section for each value that has values in it.

    Of what is only counted, zeros are left out: the table has to fit a terminal, and all numbers are in
    the lines that go elsewhere.
    """
    single = {name: value for name, value in state.items() if not isinstance(value, Mapping)}
    single.pop("mountpoint", None)
    yield "mount", single
    for name, value in state.items():
        if isinstance(value, Mapping):
            rows = dict(_deep(value))
            if name in _COUNTED:
                rows = {row: number for row, number in rows.items() if number}
            if rows:
                yield name, {r: v for r, v in rows.items() if v or not r.startswith(_UNDER_WAY)}


def _deep(values: State, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _deep(value, f"{prefix}{name} ")
        else:
            yield prefix + name, value


def _said(name: str) -> str:
    return name.removesuffix("_s").removesuffix("_bytes").removesuffix("_at").replace("_", " ")


def _style(name: str, value: object) -> str:
    if name in {"sign_in_problem", "degraded", "last_errors"} and value:
        return "red"
    return "yellow" if name == "is_offline" and value else ""


def _bar(part: float, whole: float) -> ProgressBar:
    return ProgressBar(total=whole or 1, completed=part, width=_BAR_WIDTH)


def _side_by_side(text: Text, bar: ProgressBar) -> Table:
    row = Table.grid(padding=(0, 2))
    row.add_row(text, bar)
    return row
