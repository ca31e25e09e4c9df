"""Several httpx clients as one, so that each of them holds few connections.

httpcore's pool looks at every connection, with a system call, twice a request, and counts them all
again for each that is idle (httpcore 1.0.9, connection_pool.py, `_assign_requests_to_connections`).
With the 40 connections of `ls -l` in a new album that was half of all processor time, 2.5 ms a
request; with two in each client it is a tenth. Requests one after another still share one connection:
the first client with room has it.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import httpx

EACH: Final = 2
"""Requests under way in one client; the next one goes to another."""


class Client(httpx.AsyncClient):
    """httpx's, but that it keeps no cookies.

    None of Google's answers needs one, one account's must not go along with another's requests, and
    looking for them in each answer took httpx a tenth of all that it does.
    """

    @property
    def cookies(self) -> httpx.Cookies:
        """None, ever."""
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise NotImplementedError("cookies are not kept")


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        pass


_NO_COOKIES: Final = _NoCookies()


class Clients:
    """Sends requests through as many clients as it takes."""

    def __init__(self, make: Callable[[], httpx.AsyncClient]) -> None:
        self._make = make
        self._members = [_Member(make())]

    def build_request(self, method: str, url: httpx.URL, **content: Any) -> httpx.Request:
        """A request as httpx makes it; any client may send it."""
        return self._members[0].client.build_request(method, url, **content)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The answer, its body not read yet. Its connection is free again once it is closed.

        Raises:
            httpx.TransportError: there is none.
        """
        member = self._with_room()
        member.under_way += 1
        try:
            response = await member.client.send(request, stream=True)
        except BaseException:
            member.under_way -= 1
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Counted(response.stream, member)
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        for member in self._members:
            await member.client.aclose()

    def _with_room(self) -> "_Member":
        for member in self._members:
            if member.under_way < EACH:
                return member
        self._members.append(_Member(self._make()))
        return self._members[-1]


class _Member:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.under_way = 0


class _Counted(httpx.AsyncByteStream):
    """A body that tells when it is closed."""

    def __init__(self, body: httpx.AsyncByteStream, member: _Member) -> None:
        self._body = body
        self._member: _Member | None = member

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._body.__aiter__()

    async def aclose(self) -> None:
        member, self._member = self._member, None
        if member is not None:
            member.under_way -= 1
        await self._body.aclose()
