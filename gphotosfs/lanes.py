"""How urgent a request is: the word by which all layers tell the network's side.

A context variable rather than a parameter, because the layers in between have nothing to do with
it: a background task says once that it is one, and every request that is made below it, in tasks
that it starts too, is treated so.
"""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final


class Lane(enum.IntEnum):
    """Who waits for an answer; a smaller number goes first."""

    FOREGROUND = 0
    """A person: listings just opened, sizes, the head of a file."""
    DOWNLOAD = 1
    """A program that reads on."""
    BACKGROUND = 2
    """Nobody: re-checks, sweeps, what might be wanted next."""


_lane: Final = ContextVar("lane", default=Lane.FOREGROUND)


def current_lane() -> Lane:
    """The lane of the task that asks."""
    return _lane.get()


@contextmanager
def in_lane(lane: Lane) -> Iterator[None]:
    """Everything asked for inside, and by tasks started inside, is in this lane."""
    before = _lane.set(lane)
    try:
        yield
    finally:
        _lane.reset(before)
