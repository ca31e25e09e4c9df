"""TLS streams that hand on all that has arrived, rather than one record of it.

trio's stream ends every read after one TLS record, 16 KiB, and lets other tasks run each time. A film
is 20,000 records; taking together those that lie there already spares three of four rounds.
"""

import ssl
from collections.abc import Iterable
from typing import Any, Final

import httpcore
import httpx

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
    """Connects as httpcore does under trio."""

    def __init__(self) -> None:
        self._below: Final = httpcore.TrioBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Option] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection, not encrypted yet."""
        return Stream(
            await self._below.connect_tcp(host, port, timeout, local_address, socket_options)
        )

    async def sleep(self, seconds: float) -> None:
        """Wait, between two attempts to connect."""
        await self._below.sleep(seconds)


class Stream(httpcore.AsyncNetworkStream):
    """One of httpcore's streams, with another way of reading."""

    def __init__(self, below: httpcore.AsyncNetworkStream) -> None:
        self._below = below
        self._tls: ssl.SSLObject | None = below.get_extra_info("ssl_object")

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At least one byte, as many as are there; b"" at the end."""
        first = await self._below.read(max_bytes, timeout)
        if self._tls is None or not first:
            return first
        parts, left = [first], max_bytes - len(first)
        # SSLError: no whole record is left, or nothing but nonsense, which the next read tells.
        try:
            while left > 0 and (part := self._tls.read(left)):
                parts.append(part)
                left -= len(part)
        except ssl.SSLError:
            pass
        return first if len(parts) == 1 else b"".join(parts)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        await self._below.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._below.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted."""
        return Stream(await self._below.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a stream: its socket, whether something has arrived."""
        return self._below.get_extra_info(info)
