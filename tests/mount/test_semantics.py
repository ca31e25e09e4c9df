"""docs/SEMANTICS.md promises nothing that no test holds it to."""

import ast
import re
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "SEMANTICS.md"

# A promise ends with the names of its tests: `[test_one]` or `[test_one, test_two]`.
_NAMES: Final = re.compile(r"`\[(test_\w+(?:, test_\w+)*)\]`")
# An item of a list or a row of a table is a promise; headings and paragraphs around them only introduce.
_PROMISE: Final = re.compile(r"^(?:- |\| (?!---|Trouble))")


def promises() -> list[str]:
    """The promises of the page, each on one line."""
    joined = re.sub(r"\n  +", " ", PAGE.read_text())
    return [line for line in joined.splitlines() if _PROMISE.match(line)]


def sentences(promise: str) -> list[str]:
    """The sentences of a promise with the tests behind each."""
    parts = _NAMES.split(promise)
    return [text.strip(" .|-") for text in parts[::2]]


def mount_tests() -> set[str]:
    """The names of every test that goes through a real mount."""
    return {
        node.name
        for path in Path(__file__).parent.glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_promise_names_its_test() -> None:
    assert len(promises()) > 30
    for promise in promises():
        *promised, rest = sentences(promise)
        assert promised, promise
        assert not rest, f"nothing stands behind: {rest}"
        for text in promised:
            assert len(re.findall(r"[a-z0-9`)][.;] [A-Z]", text)) == 0, f"two sentences: {text}"


def test_every_named_test_is_there() -> None:
    named = {name for found in _NAMES.findall(PAGE.read_text()) for name in found.split(", ")}

    assert named <= mount_tests(), named - mount_tests()
