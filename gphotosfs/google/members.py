"""The members of Google's JSON objects, none of which is sure to be there.

proto3 leaves out whatever has its default value, and an empty list is an answer of `{}`. int64 come
as strings, smaller numbers as numbers; both are read everywhere. A value of a wrong type is taken as
absent, since one odd field must not hide a photo.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from gphotosfs.errors import BadAnswerError

Members = Mapping[str, Any]
"""A JSON object whose members may be anything."""

# Whatever is larger is no number of Google's, and would not fit into SQLite either.
_INT64_MAX: Final = 2**63 - 1
_INTEGER: Final = re.compile(r"[0-9]{1,19}", re.ASCII)


def whole(answer: object) -> Members:
    """An answer as a whole.

    Raises:
        BadAnswerError: it is no JSON object, or the envelope of an error.
    """
    if not isinstance(answer, dict):
        raise BadAnswerError("Google's answer is not a JSON object")
    if "error" in answer:
        raise BadAnswerError("Google's answer is an error, though its status says that all is well")
    return answer


def page(answer: object, name: str) -> tuple[Iterator[Members], str | None]:
    """The objects of a page of a listing, and the token of the next page; None at the listing's end.

    Here a wrong type is not taken as absent: that would end the listing, and all that did not come
    would count as deleted.

    Raises:
        BadAnswerError: it is no page.
    """
    members = whole(answer)
    rows, token = members.get(name), members.get("nextPageToken")
    if not isinstance(rows, list | None) or not isinstance(token, str | None):
        raise BadAnswerError("Google's answer is no page of a listing")
    return objects(members, name), text(members, "nextPageToken") or None


def objects(members: Members, name: str) -> Iterator[Members]:
    """The objects in a list; what is none is passed over."""
    rows = members.get(name)
    return (row for row in rows if isinstance(row, dict)) if isinstance(rows, list) else iter(())


def part(members: Members, name: str) -> Members:
    """An object within; empty where it is absent."""
    value = members.get(name)
    return value if isinstance(value, dict) else {}


def text(members: Members, name: str) -> str:
    """A text; "" where it is absent."""
    value = members.get(name)
    if not isinstance(value, str):
        return ""
    # JSON can spell half a surrogate pair ("\ud800"), which neither UTF-8 nor SQLite can hold.
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def integer(members: Members, name: str) -> int | None:
    """A number of 0 or more, also one in a string, as int64 come; None where it is absent."""
    value = members.get(name)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _INT64_MAX:
        return None
    return value


def number(members: Members, name: str) -> float | None:
    """A number with a fraction; None where it is absent."""
    value = members.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def seconds(members: Members, name: str) -> float | None:
    """A duration such as `1.5s`; None where it is absent."""
    value = text(members, name)
    try:
        found = float(value.removesuffix("s")) if value.endswith("s") else None
    except ValueError:
        return None
    return found if found is not None and math.isfinite(found) else None
