"""Partial answers: the `fields` parameter, as in `nextPageToken,albums(id,title)`."""

import re
from typing import Any, Final

from gphotosfs.simulator.exchange import ApiError

# What is kept: everything ({}), or these names with what is kept of each.
Mask = dict[str, "Mask"]

_TOKENS: Final = re.compile(r"\s*([A-Za-z_*][A-Za-z0-9_]*|[(),/])")


def parse(text: str) -> Mask:
    """The mask that a parameter means.

    Raises:
        ApiError: it is no mask.
    """
    words = _TOKENS.findall(text)
    if "".join(words) != re.sub(r"\s", "", text):
        raise _invalid(text)
    mask, rest = _names(words, text)
    if rest:
        raise _invalid(text)
    return mask


def cut(value: Any, mask: Mask) -> Any:
    """What the mask leaves of an answer; lists are cut element by element."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [cut(element, mask) for element in value]
    if isinstance(value, dict):
        return {name: cut(member, mask[name]) for name, member in value.items() if name in mask}
    return value


def _names(words: list[str], text: str) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        if not words or words[0] in "(),/":
            raise _invalid(text)
        name, words = words[0], words[1:]
        below = mask.setdefault(name, {})
        while words[:1] == ["/"]:
            if len(words) < 2 or words[1] in "(),/":
                raise _invalid(text)
            below, words = below.setdefault(words[1], {}), words[2:]
        if words[:1] == ["("]:
            inner, words = _names(words[1:], text)
            if words[:1] != [")"]:
                raise _invalid(text)
            below.update(inner)
            words = words[1:]
        if words[:1] != [","]:
            return mask, words
        words = words[1:]


def _invalid(text: str) -> ApiError:
    message = f"Request contains an invalid argument: invalid field selection {text}"
    return ApiError(400, message)
