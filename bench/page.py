"""docs/BENCHMARKS.md has several writers: each part begins with a mark that says whose it is."""

import re
from pathlib import Path
from typing import Final

REPORT: Final = Path(__file__).parents[1] / "docs/BENCHMARKS.md"

_MARK: Final = "<!-- From here on by python -m {} -->"
_MARKS: Final = re.compile(r"^(?=<!-- From here on by python -m )", re.MULTILINE)


def put(path: Path, writer: str, text: str) -> None:
    """Put a part into the page: in place of what its writer left there, else at the end.

    `writer` is the module that `python -m` runs.
    """
    mark = _MARK.format(writer)
    parts = [part.strip() for part in _MARKS.split(path.read_text())]
    part = f"{mark}\n{text}"
    places = [place for place, old in enumerate(parts) if old.startswith(mark)]
    if places:
        parts[places[0]] = part
    else:
        parts.append(part)
    path.write_text("\n\n".join(parts) + "\n")


def put_first(path: Path, text: str) -> None:
    """Put the part that has no mark, with which the page begins; the others' stay."""
    others = _MARKS.split(path.read_text())[1:] if path.exists() else []
    path.write_text("\n\n".join(part.strip() for part in [text, *others]) + "\n")
