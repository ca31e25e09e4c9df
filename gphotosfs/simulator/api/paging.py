"""Cuts listings into pages, as awkwardly as the real ones are cut (reference 1.6)."""

import base64
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gphotosfs.simulator.dice import roll
from gphotosfs.simulator.exchange import ApiError
from gphotosfs.simulator.faults import Fault
from gphotosfs.simulator.options import Options

T = TypeVar("T")

# A place in a listing. A page begins behind one, so that what is added or removed elsewhere while
# a client pages on neither repeats nor hides an item.
Cursor = tuple[int, ...]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows and the token behind them."""

    rows: list[T]
    next_token: str | None


@dataclass(frozen=True)
class _State:
    """What a page token stands for."""

    after: Cursor | None = None
    number: int = 1
    ended: bool = False


def page(
    rows_after: Callable[[Cursor | None], Iterator[tuple[Cursor, T]]],
    *,
    size: int,
    token: str,
    listing: str,
    options: Options,
    fault: Fault | None = None,
) -> Page[T]:
    """One page of a listing.

    Args:
        rows_after: the rows behind a place, each with its own place.
        size: how many rows a page may hold.
        token: the page token, "" for the first page.
        listing: names the request apart from its token; a token is good for this one only.
        options: how pages are cut.
        fault: what goes wrong with it.

    Raises:
        ApiError: the token belongs to another request, or to none.
    """
    state = _open(token, listing) if token else _State()
    if state.ended:
        return Page([], None)
    every = options.empty_page_every
    if (fault and fault.effect == "empty_pages") or (every and state.number % every == 0):
        return Page([], _seal(_State(state.after, state.number + 1), listing))
    if options.short_pages and size > 1:
        size = 1 + roll(state.number, *_two(state.after)) % size
    found = list(itertools.islice(rows_after(state.after), size + 1))
    more, found = len(found) > size, found[:size]
    rows = [row for _, row in found]
    after = found[-1][0] if found else state.after
    if options.repeat_at_border and more and len(found) > 1:
        after = found[-2][0]
    next_token = None
    if more or (options.last_token_leads_to_nothing and found):
        next_token = _seal(_State(after, state.number + 1, not more), listing)
    if fault and fault.effect == "repeat_token" and token:
        next_token = token
    return Page(rows, next_token)


def _two(after: Cursor | None) -> tuple[int, int]:
    return (after[0], after[-1]) if after else (0, 0)


def _seal(state: _State, listing: str) -> str:
    plain = json.dumps([state.after, state.number, state.ended, _name(listing)])
    return base64.urlsafe_b64encode(plain.encode()).decode()


def _open(token: str, listing: str) -> _State:
    try:
        values: list[Any] = json.loads(base64.urlsafe_b64decode(token))
        after, number, ended, name = values
    except (TypeError, ValueError):
        raise ApiError(400, "Invalid page token.") from None
    if name != _name(listing):
        # A token is bound to its request: the same filters, album and page size.
        raise ApiError(400, "Request contains an invalid argument: page token of another request.")
    return _State(None if after is None else tuple(after), number, ended)


def _name(listing: str) -> str:
    return hashlib.sha256(listing.encode()).hexdigest()[:24]
