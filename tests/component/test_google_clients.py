"""What makes many connections and large bodies cheap: several clients, and reads of all that is there."""

import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpcore
import httpx
import trio

from gphotosfs.google.clients import EACH, Clients
from gphotosfs.google.streams import Backend, Stream, read_whole_arrivals


async def body() -> AsyncIterator[bytes]:
    """A body that has not been read yet."""
    yield b"body"


class Many:
    """Makes clients whose requests are answered at once, and counts them."""

    def __init__(self) -> None:
        self.clients: list[httpx.AsyncClient] = []
        self.used: list[int] = []

    def __call__(self) -> httpx.AsyncClient:
        number = len(self.clients)

        async def answer(request: httpx.Request) -> httpx.Response:
            self.used.append(number)
            return httpx.Response(200, content=body())

        self.clients.append(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
        return self.clients[-1]


async def ask(clients: Clients) -> httpx.Response:
    return await clients.send(clients.build_request("GET", httpx.URL("https://a.example/")))


async def test_no_client_has_more_under_way_than_its_share() -> None:
    many = Many()
    clients = Clients(many)

    answers = [await ask(clients) for _ in range(3 * EACH)]

    assert many.used == [0] * EACH + [1] * EACH + [2] * EACH
    for answer in answers:
        assert await answer.aread() == b"body"
        await answer.aclose()
    await clients.aclose()


async def test_requests_one_after_another_use_one_client() -> None:
    """So that they share one connection."""
    many = Many()
    clients = Clients(many)

    for _ in range(3 * EACH):
        await (await ask(clients)).aclose()

    assert len(many.clients) == 1
    await clients.aclose()


class Refusing(httpx.AsyncBaseTransport):
    """Nobody can be reached."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")


async def test_a_request_that_fails_leaves_its_place() -> None:
    made: list[httpx.AsyncClient] = []

    def make() -> httpx.AsyncClient:
        made.append(httpx.AsyncClient(transport=Refusing()))
        return made[-1]

    clients = Clients(make)
    failures = 0
    for _ in range(3 * EACH):
        try:
            await ask(clients)
        except httpx.ConnectError:
            failures += 1

    assert (failures, len(made)) == (3 * EACH, 1)
    await clients.aclose()


class Arrived(httpcore.AsyncNetworkStream):
    """An encrypted stream of which these records have arrived."""

    def __init__(self, *records: bytes) -> None:
        self.tls = Tls(list(records))

    def get_extra_info(self, info: str) -> Any:
        return self.tls if info == "ssl_object" else None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await trio.lowlevel.checkpoint()
        return self.tls.read(max_bytes) if self.tls.records else b""


class Tls:
    """What an `SSLObject` gives without waiting: the next record, or a part of it."""

    def __init__(self, records: list[bytes]) -> None:
        self.records = records

    def read(self, size: int) -> bytes:
        if not self.records:
            raise ssl.SSLWantReadError
        record = self.records.pop(0)
        if len(record) > size:
            self.records.insert(0, record[size:])
        return record[:size]


async def test_a_read_takes_all_records_that_have_arrived() -> None:
    stream = Stream(Arrived(b"a" * 16384, b"b" * 16384, b"c" * 100))

    assert await stream.read(65536) == b"a" * 16384 + b"b" * 16384 + b"c" * 100
    assert await stream.read(65536) == b""


async def test_a_read_takes_no_more_than_it_was_asked_for() -> None:
    stream = Stream(Arrived(b"a" * 100, b"b" * 100))

    assert await stream.read(150) == b"a" * 100 + b"b" * 50
    assert await stream.read(150) == b"b" * 50


async def test_every_client_reads_that_way() -> None:
    """A guard: it is set on httpx's inside, which may move with a new version."""
    client = httpx.AsyncClient()
    read_whole_arrivals(client)

    pool = getattr(client._transport, "_pool")  # noqa: B009 - no type knows it
    assert isinstance(pool._network_backend, Backend)
    await client.aclose()
