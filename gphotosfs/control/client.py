"""The side of further mounts, and of commands that wait for several answers."""

import itertools
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import trio

from gphotosfs import errors
from gphotosfs.control import frames
from gphotosfs.control.frame_reader import FrameReader
from gphotosfs.control.socket_path import short_path

_GONE: Final = "the daemon that serves this profile has ended"


class _Call:
    """A call on its way: what came back, once something did."""

    def __init__(self) -> None:
        self.done = trio.Event()
        self.answer: tuple[frames.Header, bytes] | None = None


class Client:
    """A connection to the daemon. Any number of tasks may call at once."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._ids = itertools.count(1)
        self._calls: dict[int, _Call] = {}
        self._outgoing, self._queue = trio.open_memory_channel[bytes](float("inf"))
        self._broken = False

    async def call(self, name: str, /, **args: object) -> Any:
        """What the daemon's handler returns. If this is cancelled, so is the handler.

        Raises:
            NotMountedError: the daemon went away, before or meanwhile.
            GPhotosError: whatever the handler raised, as the same class.
        """
        value, _ = await self.call_for_bytes(name, **args)
        return value

    async def call_for_bytes(self, name: str, /, **args: object) -> tuple[Any, bytes]:
        """The same for a handler that returns bytes as well.

        Raises:
            NotMountedError: the daemon went away, before or meanwhile.
            GPhotosError: whatever the handler raised, as the same class.
        """
        if self._broken:
            raise errors.NotMountedError(_GONE)
        call_id, call = next(self._ids), _Call()
        self._calls[call_id] = call
        # Through a queue, since cancelling a task within send_all() would leave half a frame.
        self._outgoing.send_nowait(frames.pack({"id": call_id, "call": name, "args": args}))
        try:
            await call.done.wait()
        finally:
            del self._calls[call_id]
            if not call.done.is_set() and not self._broken:
                self._outgoing.send_nowait(frames.pack({"cancel": call_id}))
        if call.answer is None:
            raise errors.NotMountedError(_GONE)
        header, payload = call.answer
        if "error" in header:
            raise frames.unpack_error(header)
        return header.get("result"), payload

    async def run(self) -> None:
        """Carry the calls until the connection ends; then those under way fail."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._send)
                await self._receive()
                nursery.cancel_scope.cancel()
        finally:
            self._broken = True
            for call in self._calls.values():
                call.done.set()

    async def _send(self) -> None:
        try:
            async for frame in self._queue:
                await self._stream.send_all(frame)
        except trio.BrokenResourceError:
            return  # the receiving side sees the same, and tells the callers

    async def _receive(self) -> None:
        incoming = FrameReader(self._stream)
        try:
            while (frame := await incoming.frame()) is not None:
                # Nobody may wait any more: a cancel and an answer can cross.
                if (call := self._calls.get(frame[0].get("id", 0))) is not None:
                    call.answer = frame
                    call.done.set()
        except (trio.BrokenResourceError, frames.BrokenFrameError):
            return


@asynccontextmanager
async def connect(path: Path) -> AsyncIterator[Client]:
    """A connection to the daemon that listens at the socket.

    Raises:
        NotMountedError: nobody listens there.
    """
    failure: Exception | None = None
    stream = await _connected(path)
    async with stream, trio.open_nursery() as nursery:
        client = Client(stream)
        nursery.start_soon(client.run)
        try:
            yield client
        except Exception as exc:  # noqa: BLE001 - handed on below, out of the nursery's group
            failure = exc
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _connected(path: Path) -> trio.SocketStream:
    connecting = trio.socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_path(path) as name:
            await connecting.connect(name)
    except OSError as exc:
        connecting.close()
        raise errors.NotMountedError(f"no daemon answers at {path}: {exc.strerror}") from exc
    except BaseException:
        connecting.close()
        raise
    return trio.SocketStream(connecting)
