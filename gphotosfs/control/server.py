"""The daemon's side of the control socket."""

import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import trio

from gphotosfs import errors
from gphotosfs.config import make_private_dir
from gphotosfs.control import frames
from gphotosfs.control.frame_reader import FrameReader
from gphotosfs.control.socket_path import short_path

log = logging.getLogger(__name__)

Handler = Callable[..., Awaitable[Any]]
"""Called with the arguments by name; returns what JSON can carry, or that and bytes (a tuple).

It runs in a task of its own and is cancelled when nobody waits for its answer any more.
"""

LOOK_S: Final = 2.0
"""How often the daemon sees whether its socket is still there: systemd takes a user's runtime folder away
with their last session, which the daemon outlives."""

_PEER: Final = struct.Struct("3i")  # struct ucred of unix(7): pid, uid, gid


async def serve(
    path: Path,
    handlers: Mapping[str, Handler],
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer calls at the socket until cancelled; started once it can be connected to.

    A socket that is there already is replaced, unless somebody answers at it: the caller holds the
    profile's lock, but that is another one where only the data folder differs (XDG_DATA_HOME).

    Raises:
        StoreError: another daemon listens there.
        OSError: the socket can't be made.
    """
    make_private_dir(path.parent)
    if _is_answered(path):
        raise errors.StoreError(
            f"another daemon answers at {path} already, for a profile of this name in another data "
            "folder: give this one an XDG_RUNTIME_DIR of its own as well"
        )
    answer = _answer_with(handlers)
    try:
        async with trio.open_nursery() as nursery:

            def listen() -> None:
                listener = trio.SocketListener(_listening(path))
                nursery.start_soon(trio.serve_listeners, answer, [listener])

            listen()
            task_status.started()
            while True:
                await trio.sleep(LOOK_S)
                _listen_anew(path, listen)
    finally:
        _remove(path)


def _listen_anew(path: Path, listen: Callable[[], None]) -> None:
    """Listen again if the socket was taken away, as soon as its folder can be made."""
    if os.path.lexists(path):
        return
    try:
        make_private_dir(path.parent)
        listen()
    except (errors.ConfigError, OSError) as exc:
        log.debug("control socket: it was taken away and can't be made anew: %s", exc)
    else:
        log.info("control socket: it was taken away and is there again")


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            with short_path(path) as name:
                asking.connect(name)
        except BlockingIOError:
            return True  # unix(7): so many wait for the listener's answer that there is no room
        except OSError:
            return False
    return True


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _listening(path: Path) -> trio.socket.SocketType:
    _remove(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Before listen() nobody can connect, so there is no moment with wider permissions.
        with short_path(path) as name:
            listening.bind(name)
        path.chmod(0o600)
        listening.listen()
    except BaseException:
        listening.close()
        raise
    return trio.socket.from_stdlib_socket(listening)


def _answer_with(
    handlers: Mapping[str, Handler],
) -> Callable[[trio.SocketStream], Awaitable[None]]:
    async def answer(stream: trio.SocketStream) -> None:
        async with stream:
            peer = stream.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
            assert isinstance(peer, bytes)
            _, uid, _ = _PEER.unpack(peer)
            if uid != os.getuid():
                log.warning("control socket: refused a process of uid %d", uid)
                return
            try:
                await _Connection(stream, handlers).run()
            except (trio.BrokenResourceError, frames.BrokenFrameError) as exc:
                log.debug("control socket: a client went away: %s", exc)

    return answer


def _number(header: frames.Header, name: str) -> int:
    found = header.get(name)
    if not isinstance(found, int):
        raise frames.BrokenFrameError(f"a frame without a number as its {name}")
    return found


class _Connection:
    """The calls of one client, each in a task of its own."""

    def __init__(self, stream: trio.SocketStream, handlers: Mapping[str, Handler]) -> None:
        self._stream = stream
        self._handlers = handlers
        self._sending = trio.Lock()
        self._running: dict[int, trio.CancelScope] = {}

    async def run(self) -> None:
        """Until the client goes; its calls end with it."""
        incoming = FrameReader(self._stream)
        async with trio.open_nursery() as nursery:
            try:
                while (frame := await incoming.frame()) is not None:
                    header, _ = frame
                    if "cancel" in header:
                        if (scope := self._running.get(_number(header, "cancel"))) is not None:
                            scope.cancel()
                        continue
                    if (call_id := _number(header, "id")) in self._running:
                        raise frames.BrokenFrameError(f"two calls are number {call_id}")
                    # Made here, so that a cancel that follows at once finds it.
                    scope = self._running[call_id] = trio.CancelScope()
                    nursery.start_soon(self._call, header, scope)
            except (trio.BrokenResourceError, frames.BrokenFrameError) as exc:
                log.debug("control socket: a client broke off: %r", exc)
            nursery.cancel_scope.cancel()

    async def _call(self, header: frames.Header, scope: trio.CancelScope) -> None:
        answer: bytes | None = None
        try:
            with scope:
                answer = await self._answer(header)
        finally:
            del self._running[header["id"]]
        # Outside of the scope: half a frame would break the connection for all other calls.
        if answer is not None:
            async with self._sending:
                try:
                    await self._stream.send_all(answer)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    log.debug("control socket: nobody left to answer")

    async def _answer(self, header: frames.Header) -> bytes:
        call_id, name = header["id"], str(header.get("call"))
        try:
            handler = self._handlers.get(name)
            if handler is None:
                raise errors.InternalError(f"the running daemon knows no call {name!r}")
            result = await handler(**header.get("args", {}))
            value, payload = result if isinstance(result, tuple) else (result, b"")
            return frames.pack({"id": call_id, "result": value}, payload)
        except errors.GPhotosError as exc:
            return frames.pack_error(call_id, exc)
        except Exception as exc:  # one bad call must not end the mount
            log.exception("bug in the control call %s", name)
            return frames.pack_error(
                call_id, errors.InternalError(f"{name}: {type(exc).__name__}; the log has more")
            )
