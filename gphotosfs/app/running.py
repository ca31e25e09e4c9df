"""Starting the event loop, with errors as they were raised."""

from collections.abc import Awaitable, Callable
from typing import TypeVar, TypeVarTuple, Unpack

import trio

from gphotosfs import errors

Ts = TypeVarTuple("Ts")
T = TypeVar("T")


def run_loop(function: Callable[[Unpack[Ts]], Awaitable[T]], *args: *Ts) -> T:
    """What an async function returns, run in an event loop of its own.

    Raises:
        GPhotosError: it failed. One failure reaches us in a group for each nursery on its way.
        KeyboardInterrupt: somebody pressed Ctrl-C.
    """
    try:
        return trio.run(function, *args)
    except BaseExceptionGroup as group:
        if group.subgroup(KeyboardInterrupt) is not None:
            raise KeyboardInterrupt from None
        ours = group.subgroup(errors.GPhotosError)
        if ours is None or group.split(errors.GPhotosError)[1] is not None:
            raise
        raise _first(ours) from None


def _first(group: BaseExceptionGroup[errors.GPhotosError]) -> errors.GPhotosError:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
