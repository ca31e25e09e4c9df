"""One call without an event loop, for commands."""

import socket
from pathlib import Path
from typing import Any, Final

from gphotosfs import errors
from gphotosfs.control import frames
from gphotosfs.control.socket_path import short_path

# A daemon that is stopped (SIGSTOP, a debugger) would hold a command for ever. The longest call is
# a refresh of a large library: 100,000 items are 1,000 pages.
CALL_TIMEOUT_S: Final = 600.0


def call(path: Path, name: str, /, *, timeout_s: float = CALL_TIMEOUT_S, **args: object) -> Any:
    """What the daemon's handler returns.

    Raises:
        NotMountedError: nobody listens there, or the daemon went away meanwhile.
        DeadlineError: no answer came.
        GPhotosError: whatever the handler raised, as the same class.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            with short_path(path) as short:
                connection.connect(short)
            connection.sendall(frames.pack({"id": 1, "call": name, "args": args}))
            header_bytes, _ = frames.unpack_lengths(_exactly(connection, frames.LENGTHS.size))
            header = frames.unpack_header(_exactly(connection, header_bytes))
        except TimeoutError as exc:
            raise errors.DeadlineError(f"the daemon does not answer at {path}") from exc
        except (OSError, frames.BrokenFrameError) as exc:
            raise errors.NotMountedError(f"no daemon answers at {path}: {_why(exc)}") from exc
    if "error" in header:
        raise frames.unpack_error(header)
    return header.get("result")


def _exactly(connection: socket.socket, count: int) -> bytes:
    received = connection.recv(count, socket.MSG_WAITALL)
    if len(received) != count:
        raise frames.BrokenFrameError("it ended")
    return received


def _why(exc: Exception) -> str:
    return (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
