"""A TCP proxy that breaks what goes through it in ways that no HTTP server can be told to."""

import random
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Literal, TypeVar, TypeVarTuple, Unpack

import trio
import trio.testing

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

Effect = Literal[
    "none",
    "refuse",  # nobody listens
    "silence",  # connects, takes the request, never answers
    "garbage",  # answers with bytes that are neither HTTP nor TLS
    "stall",  # falls silent behind `after_bytes` of what the server sends
    "reset",  # RST behind as many
    "cut",  # closes behind as many
    "half_close",  # sends no more behind as many, but goes on listening
    "drip",  # sends `bytes_per_s` from there on
]

# Both stand for one server: its second address is the host of films.
HOSTS: Final = ("127.0.0.1", "127.0.0.2")

_PIECE_BYTES: Final = 1 << 16
_GARBAGE: Final = random.Random(1).randbytes(300)
# A client that goes away, or a connection that was broken on purpose.
_GONE: Final = (trio.BrokenResourceError, trio.ClosedResourceError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What happens to connections that are made from now on."""

    effect: Effect = "none"
    after_bytes: int = 0
    bytes_per_s: int = 1
    connections: int | None = None
    """To how many of them; the later ones are fine. None: all."""


FINE: Final = Weather()


class FaultProxy:
    """Stands before one server. Its methods are for other threads than its own."""

    def __init__(self) -> None:
        self.target: tuple[str, int] = ("127.0.0.1", 1)
        self.accepted = 0
        """How many connections were made since the weather changed."""
        self.port = 0
        self._weather = FINE
        self._started = threading.Event()
        self._thread = threading.Thread(target=trio.run, args=(self._main,), name="fault proxy")

    @property
    def origins(self) -> tuple[str, str]:
        """Where clients find it: as the API's host and as that of films."""
        first, second = (f"http://{host}:{self.port}" for host in HOSTS)
        return first, second

    @contextmanager
    def running(self) -> Iterator["FaultProxy"]:
        """It listens for as long as the context lasts."""
        self._thread.start()
        self._started.wait()
        try:
            yield self
        finally:
            self._ask(self._stop)
            self._thread.join()

    def set(self, effect: Effect, **fields: int) -> None:
        """Change the weather; connections that are there end, so that it holds for all."""
        self._ask(self._change, Weather(effect=effect, **fields))

    def clear(self) -> None:
        """All is well again."""
        self.set("none")

    def _ask(self, change: Callable[[Unpack[Ts]], Awaitable[T]], *args: *Ts) -> T:
        return trio.from_thread.run(change, *args, trio_token=self._token)

    # --- in its own thread --------------------------------------------------------------------

    async def _main(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self._serving = trio.CancelScope()
            await self._listen()
            self._started.set()
            await trio.sleep_forever()

    async def _stop(self) -> None:
        self._nursery.cancel_scope.cancel()

    async def _change(self, weather: Weather) -> None:
        self._serving.cancel()
        # Whoever listened must have closed before somebody listens anew.
        await trio.testing.wait_all_tasks_blocked()
        self._weather, self.accepted = weather, 0
        self._serving = trio.CancelScope()
        if weather.effect != "refuse":
            await self._listen()

    async def _listen(self) -> None:
        listeners = []
        for host in HOSTS:
            listeners += await trio.open_tcp_listeners(self.port, host=host)
            self.port = listeners[0].socket.getsockname()[1]
        self._nursery.start_soon(self._serve_all, listeners, self._serving)

    async def _serve_all(
        self, listeners: list[trio.SocketListener], serving: trio.CancelScope
    ) -> None:
        with serving:
            await trio.serve_listeners(self._serve, listeners)

    async def _serve(self, client: trio.SocketStream) -> None:
        self.accepted += 1
        weather = self._weather
        if weather.connections is not None and self.accepted > weather.connections:
            weather = FINE
        with suppress(*_GONE):
            async with client:
                if weather.effect == "silence":
                    await _swallow(client)
                elif weather.effect == "garbage":
                    await client.receive_some(_PIECE_BYTES)
                    await client.send_all(_GARBAGE)
                else:
                    await self._join(client, weather)

    async def _join(self, client: trio.SocketStream, weather: Weather) -> None:
        async with (
            await trio.open_tcp_stream(*self.target) as server,
            trio.open_nursery() as nursery,
        ):

            async def up() -> None:
                with suppress(*_GONE):
                    while piece := await client.receive_some(_PIECE_BYTES):
                        await server.send_all(piece)
                nursery.cancel_scope.cancel()

            nursery.start_soon(up)
            with suppress(*_GONE):
                await _down(server, client, weather)
            nursery.cancel_scope.cancel()


async def _down(server: trio.SocketStream, client: trio.SocketStream, weather: Weather) -> None:
    left = weather.after_bytes
    while piece := await server.receive_some(_PIECE_BYTES):
        if weather.effect == "none":
            await client.send_all(piece)
            continue
        await client.send_all(piece[:left])
        rest, left = piece[left:], max(0, left - len(piece))
        if not rest:
            continue
        if weather.effect == "drip":
            for byte in range(len(rest)):
                await client.send_all(rest[byte : byte + 1])
                await trio.sleep(1 / weather.bytes_per_s)
            continue
        if weather.effect == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif weather.effect == "half_close":
            await client.send_eof()
            await trio.sleep_forever()
        elif weather.effect == "stall":
            await trio.sleep_forever()
        return


async def _swallow(client: trio.SocketStream) -> None:
    while await client.receive_some(_PIECE_BYTES):
        pass
