"""Brings httpx clients to the simulated Google without a socket."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from typing import Protocol

import httpx
import trio

from gphotosfs.simulator.content import Content
from gphotosfs.simulator.exchange import Answer, BrokenConnectionError, Logged, Request


class Service(Protocol):
    """Whoever answers: the simulated Google."""

    async def answer(self, request: Request) -> tuple[Answer, Logged]:
        """The answer when it is due."""

    def answer_at_once(self, request: Request) -> tuple[Answer, Logged]:
        """The same without waiting."""

    def body(self, answer: Answer, row: Logged) -> AsyncGenerator[bytes | memoryview, None]:
        """The body piece by piece."""


class InProcess(httpx.AsyncBaseTransport):
    """An httpx transport under trio; every wait is trio's, so virtual under a virtual clock."""

    def __init__(self, photos: Service) -> None:
        self._photos = photos

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request; the body is made while it is read."""
        await trio.lowlevel.checkpoint()
        asked = _request(request, await request.aread())
        timeout_s = request.extensions.get("timeout", {}).get("read")
        with _read_timeout(timeout_s):
            try:
                answer, row = await self._photos.answer(asked)
            except BrokenConnectionError:
                raise httpx.ReadError("connection reset by peer", request=request) from None
        stream = _Body(self._photos, answer, row, timeout_s)
        return httpx.Response(answer.status, headers=answer.all_headers(), stream=stream)


class InProcessSync(httpx.BaseTransport):
    """The same for clients that block, as token refreshes in a thread do."""

    def __init__(self, photos: Service) -> None:
        self._photos = photos
        # The log, the faults and the clock belong to the event loop.
        in_trio = trio.lowlevel.in_trio_run()
        self._loop = trio.lowlevel.current_trio_token() if in_trio else None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request, answered at once."""
        asked = _request(request, request.read())
        try:
            if self._loop is None or trio.lowlevel.in_trio_run():
                answer, row = self._photos.answer_at_once(asked)
            else:
                answer, row = trio.from_thread.run_sync(
                    self._photos.answer_at_once, asked, trio_token=self._loop
                )
        except BrokenConnectionError:
            raise httpx.ReadError("connection reset by peer", request=request) from None
        body = _slice(answer.content, answer.start, answer.end) if answer.has_body else b""
        row.bytes_sent = len(body)
        return httpx.Response(answer.status, headers=answer.all_headers(), content=body)


class _Body(httpx.AsyncByteStream):
    def __init__(
        self, photos: Service, answer: Answer, row: Logged, timeout_s: float | None
    ) -> None:
        self._photos = photos
        self._answer = answer
        self._row = row
        self._timeout_s = timeout_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        promised = self._answer.all_headers().get("Content-Length")
        left = None if promised is None else int(promised)
        async with aclosing(_aclosable(self._photos, self._answer, self._row)) as pieces:
            while True:
                with _read_timeout(self._timeout_s):
                    try:
                        piece = await anext(pieces, None)
                    except BrokenConnectionError:
                        raise _broken(self._answer) from None
                if piece is None:
                    break
                if left is not None:
                    # As a parser of HTTP/1.1 does: what is behind the promised end is not read.
                    piece = piece[:left]
                    left -= len(piece)
                yield bytes(piece)
        if left and self._answer.has_body:
            raise _broken(self._answer)


async def _aclosable(
    photos: Service, answer: Answer, row: Logged
) -> AsyncGenerator[bytes | memoryview, None]:
    async with aclosing(photos.body(answer, row)) as pieces:
        async for piece in pieces:
            # A body that needs no waiting must still let the others run.
            await trio.lowlevel.checkpoint()
            yield piece


def _broken(answer: Answer) -> httpx.TransportError:
    if answer.fault is not None and answer.fault.effect == "reset":
        return httpx.ReadError("connection reset by peer")
    return httpx.RemoteProtocolError("peer closed connection without sending complete message body")


@contextmanager
def _read_timeout(timeout_s: float | None) -> Iterator[None]:
    try:
        with trio.fail_after(float("inf") if timeout_s is None else timeout_s):
            yield
    except trio.TooSlowError:
        raise httpx.ReadTimeout("no answer in time") from None


def _request(request: httpx.Request, body: bytes) -> Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    target = request.url.raw_path.decode("ascii")
    return Request(request.method, headers.get("host", ""), target, headers, body)


def _slice(content: Content, start: int, end: int) -> bytes:
    parts = bytearray()
    while start + len(parts) < end:
        parts += content.read(start + len(parts), end)
    return bytes(parts)
