"""What makes large bodies cheap: reads that take all that is there. Real TLS, on loopback."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore
import httpx
import pytest
import trio
import trio.testing
import trustme

from gphotosfs.google.transport.streams import ARRIVAL_BYTES, Backend, Wide, read_whole_arrivals

RECORD_BYTES = 16 * 2**10


def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@asynccontextmanager
async def listening(authority: trustme.CA, said: bytes = b"") -> AsyncIterator[int]:
    """A server that says something to everybody who comes, and waits for them to go."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def serve(stream: trio.SocketStream) -> None:
        tls = trio.SSLStream(stream, context, server_side=True, https_compatible=True)
        async with stream:
            try:
                await tls.send_all(said)
                await tls.receive_some(1)
            except trio.BrokenResourceError:
                pass  # whoever does not trust us hangs up

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def test_a_read_takes_all_records_that_have_arrived() -> None:
    authority, said = trustme.CA(), bytes(range(256)) * 12 * 16
    assert len(said) == 3 * RECORD_BYTES
    async with listening(authority, said) as port:
        plain = await Backend().connect_tcp("127.0.0.1", port)
        stream = await plain.start_tls(client_tls(authority), "127.0.0.1")
        await trio.testing.wait_all_tasks_blocked()

        assert await stream.read(1) == said
        await stream.aclose()


async def test_the_kernel_is_asked_for_many_records_at_once() -> None:
    """By itself trio's TLS takes 64 KiB at a time."""
    asked: list[int | None] = []

    class Below(trio.abc.Stream):
        async def receive_some(self, max_bytes: int | None = None) -> bytes:
            asked.append(max_bytes)
            return b""

        async def send_all(self, data: bytes | bytearray | memoryview) -> None:
            raise NotImplementedError

        async def wait_send_all_might_not_block(self) -> None:
            raise NotImplementedError

        async def aclose(self) -> None:
            raise NotImplementedError

    await Wide(Below()).receive_some()

    assert asked == [ARRIVAL_BYTES]


async def test_who_is_not_trusted_is_told_why() -> None:
    async with listening(trustme.CA()) as port:
        plain = await Backend().connect_tcp("127.0.0.1", port)

        with pytest.raises(httpcore.ConnectError, match="certificate verify failed"):
            await plain.start_tls(client_tls(trustme.CA()), "127.0.0.1")

        assert plain.get_extra_info("socket").fileno() == -1


async def test_a_handshake_that_is_given_up_leaves_no_socket() -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    plain = await Backend().connect_tcp("127.0.0.1", listeners[0].socket.getsockname()[1])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(plain.start_tls, client_tls(trustme.CA()), "127.0.0.1")
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()

    assert plain.get_extra_info("socket").fileno() == -1
    await listeners[0].aclose()


async def test_every_client_reads_that_way() -> None:
    """A guard: it is set on httpx's inside, which may move with a new version."""
    client = httpx.AsyncClient()
    read_whole_arrivals(client)

    pool = getattr(client._transport, "_pool")  # noqa: B009 - no type knows it
    assert isinstance(pool._network_backend, Backend)
    await client.aclose()
