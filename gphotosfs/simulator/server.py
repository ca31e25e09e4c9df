"""Serves the simulated Google over HTTP/1.1 on loopback sockets."""

import errno
import logging
import socket
import struct
from typing import Final

import h11
import trio

from gphotosfs.simulator import control
from gphotosfs.simulator.exchange import Answer, BrokenConnectionError, Logged, Request
from gphotosfs.simulator.service import SimulatedGoogle

log = logging.getLogger(__name__)

_RECEIVE_BYTES: Final = 1 << 16

# What a client that goes away in the middle of an answer looks like; it may.
_GONE: Final = (trio.BrokenResourceError, trio.ClosedResourceError, h11.RemoteProtocolError)


async def listen(host: str, port: int = 0) -> trio.SocketListener:
    """A listening socket on this address; port 0 takes any free one."""
    (listener,) = await trio.open_tcp_listeners(port, host=host)
    return listener


def origin(listener: trio.SocketListener) -> str:
    """The plain-http origin of a listening socket."""
    host, port = listener.socket.getsockname()[:2]
    return f"http://{host}:{port}"


class Server:
    """Answers whoever connects. `stopped` is set by the control path."""

    def __init__(self, photos: SimulatedGoogle) -> None:
        self.photos = photos
        self.stopped = trio.Event()

    async def run(
        self,
        *listeners: trio.SocketListener,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve until the control path says stop, or until cancelled."""
        async with trio.open_nursery() as nursery:
            await nursery.start(trio.serve_listeners, self.serve, listeners)
            task_status.started()
            await self.stopped.wait()
            nursery.cancel_scope.cancel()

    async def serve(self, stream: trio.abc.Stream) -> None:
        """All requests of one connection."""
        connection = h11.Connection(h11.SERVER)
        try:
            async with stream:
                if isinstance(stream, trio.SocketStream):
                    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while await self._one(stream, connection):
                    connection.start_next_cycle()
        except _GONE:
            log.debug("a client went away")
        except OSError as exc:
            # trio hands on what a reset leaves behind when the socket is used once more.
            if exc.errno not in (errno.EBADF, errno.ECONNRESET, errno.ENOTCONN):
                raise

    async def _one(self, stream: trio.abc.Stream, connection: h11.Connection) -> bool:
        """One request and its answer; whether the connection can be used again."""
        request = await _receive(stream, connection)
        if request is None:
            return False
        if request.path.startswith(control.PREFIX):
            answer = control.answer(self.photos, request)
            row = Logged(request.method, request.host, request.path, {}, None, 200, "other", {})
        else:
            try:
                answer, row = await self.photos.answer(request)
            except BrokenConnectionError:
                _reset(stream)
                return False
        await self._send(stream, connection, request, answer, row)
        if request.path == control.STOP:
            self.stopped.set()
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE

    async def _send(
        self,
        stream: trio.abc.Stream,
        connection: h11.Connection,
        request: Request,
        answer: Answer,
        row: Logged,
    ) -> None:
        headers = list(answer.all_headers().items())
        if not answer.length_known and answer.has_body:
            headers.append(("Transfer-Encoding", "chunked"))
        head = connection.send(h11.Response(status_code=answer.status, headers=headers))
        assert head is not None
        await stream.send_all(head)
        if answer.fault is not None and request.method != "HEAD":
            # What h11 would refuse to send: bodies that break their promise.
            await self._send_broken(stream, answer, row)
            connection.send_failed()
            return
        async for piece in self.photos.body(answer, row):
            for part in connection.send_with_data_passthrough(h11.Data(data=piece)) or ():  # type: ignore[arg-type] # it is passed through
                await stream.send_all(part)
        end = connection.send(h11.EndOfMessage())
        if end:
            await stream.send_all(end)

    async def _send_broken(self, stream: trio.abc.Stream, answer: Answer, row: Logged) -> None:
        try:
            async for piece in self.photos.body(answer, row):
                if answer.length_known:
                    await stream.send_all(piece)
                else:
                    await stream.send_all(b"%x\r\n%b\r\n" % (len(piece), bytes(piece)))
        except BrokenConnectionError:
            assert answer.fault is not None
            if answer.fault.effect == "reset":
                _reset(stream)
        else:
            if not answer.length_known:
                await stream.send_all(b"0\r\n\r\n")


async def _receive(stream: trio.abc.Stream, connection: h11.Connection) -> Request | None:
    """The next request with its body; None when the client has no more."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(bytes(await stream.receive_some(_RECEIVE_BYTES)))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
            return Request(
                head.method.decode(),
                headers.get("host", ""),
                head.target.decode(),
                headers,
                bytes(body),
            )
        else:
            return None


def _reset(stream: trio.abc.Stream) -> None:
    """Close so that the client sees a reset: with nothing lingering, Linux sends RST."""
    below = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
    if isinstance(below, trio.SocketStream):
        below.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        below.socket.close()
