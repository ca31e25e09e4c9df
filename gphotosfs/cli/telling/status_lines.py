"""The state of a mount in words, a line each."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from gphotosfs.cli.telling.sizes import readable

State = Mapping[str, Any]


def flat(state: State, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The values in depth as a person reads them, each with its names joined by dots."""
    for name, value in state.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name.removesuffix("_s").removesuffix("_bytes"), worded(name, value)


def worded(name: str, value: object) -> str:
    """A value in words; its unit is told by its name."""
    match value:
        case None | "" | []:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return "\n".join(map(str, value))
        case int() | float() if name.endswith("bytes"):
            return readable(value)
        case int() | float() if name.endswith(("_at_s", "started_s")):
            return datetime.fromtimestamp(value, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")
        case int() | float() if name.endswith("_s"):
            return f"{value:g} s"
        case int():
            return f"{value:,}" if name != "pid" else str(value)
    return str(value)
