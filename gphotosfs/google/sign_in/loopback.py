"""The place on this machine to which the browser is led back, for one sign-in."""

import html
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import trio

from gphotosfs.errors import SignInError

# A redirect is one short request; browsers send some KB of headers.
_REQUEST_MAX_BYTES: Final = 64 * 2**10
# Browsers connect ahead of need and may send nothing.
_REQUEST_S: Final = 30.0

_DONE: Final = "Signed in. You can close this page and go back to the terminal."


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[trio.SocketListener, str]]:
    """A listener on a free port of 127.0.0.1, and the redirect URI that leads to it.

    Not `localhost`, which may be another address to the browser (RFC 8252, section 8.3).
    """
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        yield listener, f"http://127.0.0.1:{listener.socket.getsockname()[1]}"


async def answered(
    listener: trio.SocketListener, state: str, judge: Callable[[str], str | SignInError]
) -> str | SignInError:
    """What `judge` says of the first request that carries this state.

    Any page in the browser can send requests here, so others are passed over.
    """
    verdicts: list[str | SignInError] = []
    async with trio.open_nursery() as nursery:

        async def answer(stream: trio.SocketStream) -> None:
            target = await _target(stream)
            if target is None:
                return
            if f"state={state}" not in target.partition("?")[2].split("&"):
                await _send(stream, "404 Not Found", "There is nothing here.")  # /favicon.ico
                return
            verdict = judge(target)
            verdicts.append(verdict)
            await _send(stream, "200 OK", _DONE if isinstance(verdict, str) else _failed(verdict))
            nursery.cancel_scope.cancel()

        await nursery.start(partial(trio.serve_listeners, answer, [listener]))
    return verdicts[0]


def _failed(error: SignInError) -> str:
    return f"Not signed in: {html.escape(str(error))}."


async def _target(stream: trio.SocketStream) -> str | None:
    """Path and query of a GET; None for anything else."""
    received = bytearray()
    with trio.move_on_after(_REQUEST_S):
        while b"\r\n\r\n" not in received and len(received) <= _REQUEST_MAX_BYTES:
            try:
                part = await stream.receive_some()
            except trio.BrokenResourceError:
                return None
            if not part:
                return None
            received += part
    words = received.partition(b"\r\n")[0].decode("latin-1").split(" ")
    return words[1] if len(words) == 3 and words[0] == "GET" else None


async def _send(stream: trio.SocketStream, status: str, text: str) -> None:
    page = f"<!DOCTYPE html><meta charset=utf-8><title>gphotosfs</title><p>{text}".encode()
    # The address of this page holds the code: it is not to be kept, nor told to other sites.
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(page)}\r\nConnection: close\r\nCache-Control: no-store\r\n"
        "Referrer-Policy: no-referrer\r\n\r\n"
    )
    try:
        await stream.send_all(head.encode("ascii") + page)
    except trio.BrokenResourceError:
        return  # the browser has gone; what it brought counts
