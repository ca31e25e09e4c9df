"""A Google connection over the simulator, with clocks that stand or jump as the test wants."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import trio

from gphotosfs.google.connection import Google, connect
from gphotosfs.model import BlobKey, ItemId, Variant
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle

# 2026-11-22 12:00 UTC, 04:00 in California.
NOON_S = 1795348800.0

YEAR_S = 365 * 86400.0


def unix_now_s() -> float:
    """The wall clock of these tests: begins at noon and goes with trio's, which may jump."""
    return NOON_S + trio.current_time()


def small_library(**options: Any) -> World:
    """Photos of some 300 KB and videos of some 3 MB, as noise, so that nothing has to be drawn."""
    return World(
        items=options.pop("items", 250),
        cheap_bytes=True,
        photo_bytes=300_000,
        video_bytes=3_000_000,
        **options,
    )


def token_file(folder: Path, photos: SimulatedGoogle, *, signed_in: bool = True) -> Path:
    """The client's token file, with an access token that is good for a year if signed in.

    Under a virtual clock it has to be: a refresh runs in a thread, which such a clock outruns.
    """
    members = photos.client.authorized_user(photos.token_uri)
    if signed_in:
        token = photos.accounts.issue(photos.client, YEAR_S)
        members |= {"token": token, "expiry": "2030-01-01T00:00:00Z"}
    path = folder / "token.json"
    path.write_text(json.dumps(members))
    path.chmod(0o600)
    return path


class Altered(httpx.AsyncBaseTransport):
    """The simulator, but its API's JSON is what `alter` makes of it, called with path and answer."""

    def __init__(self, photos: SimulatedGoogle, alter: Callable[[str, Any], object]) -> None:
        self._photos = photos.transport()
        self._alter = alter

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, altered."""
        response = await self._photos.handle_async_request(request)
        if not request.url.path.startswith("/v1/") or response.status_code != 200:
            return response
        answer = self._alter(request.url.path, json.loads(await response.aread()))
        # What JSON can't say well Python's says as others do that are broken: NaN, half surrogates.
        return httpx.Response(200, content=json.dumps(answer).encode())


def connected(
    folder: Path,
    photos: SimulatedGoogle,
    *,
    signed_in: bool = True,
    transport: httpx.AsyncBaseTransport | None = None,
    **options: Any,
) -> Google:
    """A connection in process; its files lie in the folder."""
    return connect(
        token_file(folder, photos, signed_in=signed_in),
        folder / "state",
        now=unix_now_s,
        elapsed=trio.current_time,
        transport=transport or photos.transport(),
        token_transport=photos.sync_transport(),
        **options,
    )


def a_photo(world: World) -> BlobKey:
    """The bytes of the newest photo."""
    return next(
        BlobKey(ItemId(item.id), Variant.PHOTO) for item in world.items() if not item.is_video
    )


def a_video(world: World) -> BlobKey:
    """The bytes of the newest video."""
    return next(BlobKey(ItemId(item.id), Variant.VIDEO) for item in world.items() if item.is_video)


async def read(google: Google, key: BlobKey, start: int = 0, end: int | None = None) -> bytes:
    """The bytes from start up to end, or as many more as the server insists on, as one body."""
    async with google.media.open(key, start, end) as body:
        parts = bytearray()
        buffer = bytearray(64 * 2**10)
        while count := await body.readinto(memoryview(buffer)):
            parts += buffer[:count]
        return bytes(parts)
