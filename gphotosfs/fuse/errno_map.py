"""What the kernel is told for each error, and the wrapper around every request handler.

Never EINTR or EAGAIN, on which programs loop, and never ENOENT for trouble, on which they delete.
"""

import errno
import functools
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import pyfuse3
import trio

from gphotosfs import errors

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

ERRNO: Final[dict[type[errors.GPhotosError], int]] = {
    errors.OfflineError: errno.ENETUNREACH,
    errors.DeadlineError: errno.ETIMEDOUT,
    errors.QuotaError: errno.EBUSY,
    errors.SignInError: errno.EACCES,
    errors.PermissionRefusedError: errno.EACCES,
    errors.ServiceDisabledError: errno.EACCES,
    errors.ServerTroubleError: errno.EIO,
    errors.BadAnswerError: errno.EIO,
    errors.RejectedRequestError: errno.EIO,
    errors.PreconditionError: errno.EIO,
    errors.RefusedAddressError: errno.EIO,
    errors.GoneError: errno.EIO,
    errors.CutOffError: errno.ENODATA,  # "No data available": what people read is what it means
    errors.NotReadyError: errno.EBUSY,
    errors.ContentChangedError: errno.ESTALE,
    errors.PictureError: errno.EIO,
    errors.ConfigError: errno.EIO,
    errors.StoreError: errno.EIO,
    errors.NoRoomError: errno.ENOSPC,
    errors.ArchiveError: errno.EIO,
    errors.ArchiveAwayError: errno.EIO,
    errors.NoEntryError: errno.ENOENT,
    errors.NotADirectoryEntryError: errno.ENOTDIR,
    errors.IsADirectoryEntryError: errno.EISDIR,
    errors.NoAttributeError: errno.ENODATA,
    errors.ReadOnlyError: errno.EROFS,
    errors.NotMountedError: errno.EIO,
    errors.MountError: errno.EIO,
    errors.InternalError: errno.EIO,
}

# Answers rather than failures: programs ask for what is not there all day.
_QUIET: Final = (
    errors.NoEntryError,
    errors.NoAttributeError,
    errors.NotADirectoryEntryError,
    errors.IsADirectoryEntryError,
    errors.ReadOnlyError,
)


class Requests:
    """The requests in work: how many there were, and a way to end them all."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.served = 0
        self.ending = False
        """Whether the mount ends, and requests have no time left."""
        self._scopes: set[trio.CancelScope] = set()

    def begin(self) -> trio.CancelScope:
        """The scope of a new request, which ends at its deadline."""
        self.served += 1
        scope = trio.CancelScope(deadline=trio.current_time() + self.timeout_s)
        if self.ending:
            scope.cancel()
        self._scopes.add(scope)
        return scope

    def end(self, scope: trio.CancelScope) -> None:
        """The request has its answer."""
        self._scopes.discard(scope)

    def end_all(self) -> None:
        """Answer every request now, with an error, since the mount ends."""
        self.ending = True
        for scope in self._scopes:
            scope.cancel()

    def __len__(self) -> int:
        return len(self._scopes)


class HasRequests(Protocol):
    """Whoever has handlers."""

    requests: Requests


S = TypeVar("S", bound=HasRequests)


def operation(
    handler: Callable[Concatenate[S, P], Awaitable[R]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, R]]:
    """The handler with a deadline, and with every failure turned into an errno.

    pyfuse3 ends the mount on any exception but FUSEError, so here even a bug is caught. A waiting
    caller can't be killed until it has its answer, so here is the deadline too.
    """

    @functools.wraps(handler)
    async def wrapper(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        scope = self.requests.begin()
        try:
            with scope:
                return await handler(self, *args, **kwargs)
        except pyfuse3.FUSEError:
            raise
        except errors.GPhotosError as exc:
            level = logging.DEBUG if isinstance(exc, _QUIET) else logging.WARNING
            log.log(level, "%s: %s: %s", handler.__name__, type(exc).__name__, exc)
            raise pyfuse3.FUSEError(ERRNO[type(exc)]) from exc
        except Exception as exc:
            log.exception("bug in %s", handler.__name__)
            raise pyfuse3.FUSEError(errno.EIO) from exc
        finally:
            self.requests.end(scope)
        if self.requests.ending:
            # What the kernel itself says to those who wait when a connection is cut.
            raise pyfuse3.FUSEError(errno.ECONNABORTED)
        log.warning("%s: no answer within %g s", handler.__name__, self.requests.timeout_s)
        raise pyfuse3.FUSEError(errno.ETIMEDOUT)

    return wrapper
