"""Connections that hand on all that has arrived, rather than one record of TLS.

trio's stream ends every read after one TLS record, 16 KiB, fetches 64 KiB at most from the kernel, and
httpcore puts a deadline around each. A film is 20,000 records, and every read goes through a dozen
layers: taking what lies there at once spares nine of ten.
"""

import ssl
from collections.abc import Iterable
from typing import Any, Final

import httpcore
import httpx
import trio

# What is taken from the kernel at once: a block of the cache (blobs/blocks.py) and what is around it.
ARRIVAL_BYTES: Final = 256 * 2**10

Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
"""What `setsockopt` takes."""


def read_whole_arrivals(client: httpx.AsyncClient) -> None:
    """Let a client's connections read that way.

    httpx has no option for this, so it is set on httpcore's pools below it; where they keep it
    elsewhere one day, reading is only slower, and a test tells.
    """
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if isinstance(pool, httpcore.AsyncConnectionPool) and hasattr(pool, "_network_backend"):
            pool._network_backend = Backend()


class Backend(httpcore.AsyncNetworkBackend):
    """Connects by trio, as httpcore does."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Option] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection, not encrypted yet.

        Raises:
            httpcore.ConnectTimeout: not within `timeout`.
            httpcore.ConnectError: there is none.
        """
        try:
            with trio.fail_after(_seconds(timeout)):
                connected = await trio.open_tcp_stream(host, port, local_address=local_address)
        except trio.TooSlowError as exc:
            raise httpcore.ConnectTimeout(str(exc)) from exc
        except OSError as exc:
            raise httpcore.ConnectError(str(exc)) from exc
        for option in socket_options or ():
            connected.socket.setsockopt(*option)
        return Stream(connected)

    async def sleep(self, seconds: float) -> None:
        """Wait, between two attempts to connect."""
        await trio.sleep(seconds)


class Stream(httpcore.AsyncNetworkStream):
    """A connection. Its reads and writes have no deadlines but those of the tasks that make them."""

    def __init__(
        self,
        connected: trio.SocketStream,
        tls: trio.SSLStream[trio.abc.Stream] | None = None,
    ) -> None:
        self._connected = connected
        self._stream: trio.abc.Stream = connected if tls is None else tls
        # httpcore reaches for it in the same way; trio shows all of it but its `read`.
        self._tls: ssl.SSLObject | None = getattr(tls, "_ssl_object", None)

    # httpcore's names; `connection.py` sets no time limits but for connecting.
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """At least one byte, as many as are there, be they more than `max_bytes`; b"" at the end.

        Raises:
            httpcore.ReadError: the connection is broken.
        """
        try:
            first = bytes(await self._stream.receive_some(ARRIVAL_BYTES))
        except (trio.BrokenResourceError, trio.ClosedResourceError) as exc:
            raise httpcore.ReadError(str(exc)) from exc
        if self._tls is None or not first:
            return first
        return _with_what_is_there(first, self._tls)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        """Send all of it.

        Raises:
            httpcore.WriteError: the connection is broken.
        """
        try:
            await self._stream.send_all(buffer)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as exc:
            raise httpcore.WriteError(str(exc)) from exc

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted.

        Raises:
            httpcore.ConnectTimeout: not within `timeout`.
            httpcore.ConnectError: the peer is not who it should be, or went away.
        """
        tls: trio.SSLStream[trio.abc.Stream] = trio.SSLStream(
            Wide(self._stream), ssl_context, server_hostname=server_hostname, https_compatible=True
        )
        is_done = False
        try:
            with trio.fail_after(_seconds(timeout)):
                await tls.do_handshake()
            is_done = True
        except trio.TooSlowError as exc:
            raise httpcore.ConnectTimeout(str(exc)) from exc
        except trio.BrokenResourceError as exc:
            # trio's own error has no words; what it comes from says which certificate and why.
            raise httpcore.ConnectError(str(exc.__cause__ or "it hung up")) from exc
        finally:
            if not is_done:  # also where the request was cancelled
                self._connected.socket.close()
        return Stream(self._connected, tls)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a stream: its encryption, whether something has arrived."""
        if info == "ssl_object":
            return self._tls
        if info == "socket":
            return self._connected.socket
        if info == "is_readable":
            return self._connected.socket.is_readable()
        return None


class Wide(trio.abc.Stream):
    """A connection that takes much from the kernel at once; trio's TLS leaves it to the stream below."""

    def __init__(self, below: trio.abc.Stream) -> None:
        self._below = below

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Bytes; b"" at the end."""
        return await self._below.receive_some(max_bytes or ARRIVAL_BYTES)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it."""
        await self._below.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until something can be sent."""
        await self._below.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close it."""
        await self._below.aclose()


def _with_what_is_there(first: bytes, tls: ssl.SSLObject) -> bytes:
    parts = [first]
    # SSLError: no whole record is left, or nothing but nonsense, which the next read tells.
    try:
        while part := tls.read(ARRIVAL_BYTES):
            parts.append(part)
    except ssl.SSLError:
        pass
    return first if len(parts) == 1 else b"".join(parts)


def _seconds(timeout: float | None) -> float:
    return float("inf") if timeout is None else timeout
