"""How answers end that nobody reads to their end."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

import httpx
import trio

# Both only spare the next request a handshake; neither may hold up a reader where the peer is gone.
CLOSE_S: Final = 0.5
# A connection can be used again only if its last body was read; more than this is not worth it.
SHORT_BYTES: Final = 64 * 2**10


async def close(response: httpx.Response) -> None:
    """Give the connection back, also where the reader was cancelled."""
    with trio.move_on_after(CLOSE_S, shield=True):
        if not response.is_stream_consumed and _is_short(response):
            with suppress(httpx.RequestError):
                await _read_to_end(response)
        await response.aclose()


async def finish(chunks: AsyncIterator[bytes]) -> None:
    """Read behind the last byte of a body that is complete: only then its connection is free."""
    with trio.move_on_after(CLOSE_S, shield=True), suppress(httpx.RequestError):
        await anext(chunks, b"")


async def give_up(chunks: AsyncIterator[bytes]) -> None:
    """End the generators of a body that was begun.

    httpx and httpcore nest several, and `aclose` of the outermost leaves the others to the garbage
    collector, which trio complains about. A cancellation comes from inside and ends them all.
    """
    with trio.CancelScope() as scope:
        scope.cancel()
        with suppress(httpx.RequestError, httpx.StreamError):
            while await anext(chunks, b""):
                pass


async def _read_to_end(response: httpx.Response) -> None:
    """Let what is left of a short body go by; httpx's own reading would decode and keep it."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for _ in response.stream:
        pass


def _is_short(response: httpx.Response) -> bool:
    if response.request.method == "HEAD":
        return True
    length = response.headers.get("Content-Length", "")
    return length.isdecimal() and len(length) < 10 and int(length) <= SHORT_BYTES
