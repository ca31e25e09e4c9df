"""What makes many connections cheap: several clients, which keep nothing of what passes."""

from collections.abc import AsyncIterator

import httpx

from gphotosfs.google.transport.clients import EACH, Client, Clients


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


async def test_no_cookie_is_kept_or_sent() -> None:
    """An account's must not go along with the requests of another."""
    sent: list[httpx.Headers] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers)
        return httpx.Response(200, headers={"Set-Cookie": "who=me; Path=/"}, content=body())

    clients = Clients(lambda: Client(transport=httpx.MockTransport(answer)))
    for _ in range(2):
        await (await ask(clients)).aclose()

    assert ["Cookie" in headers for headers in sent] == [False, False]
    await clients.aclose()
