"""Starting the event loop, with errors as they were raised."""

import resource
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, TypeVarTuple, Unpack

import trio

from gphotosfs import errors

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

# Nobody reads more photos than this at once; each descriptor's place takes some bytes of the kernel.
OPEN_FILES_MAX: Final = 1 << 16


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


def allow_open_files() -> None:
    """Let this process open as many files as it may: of each that a program reads there is one here.

    A session begins with 1,024 for the sake of programs that use select(2)
    (https://0pointer.net/blog/file-descriptor-limits.html), and the loop uses epoll.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES_MAX)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _first(group: BaseExceptionGroup[errors.GPhotosError]) -> errors.GPhotosError:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
