"""Pinning for tests: how far it has come, and what lies in the data folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import trio

from gphotosfs.app.core import Core
from gphotosfs.simulator.library.items import Item
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import content, walk
from tests.component.google_kit import small_library, unix_now_s

State = Mapping[str, Any]


def a_library(**options: Any) -> SimulatedGoogle:
    """Forty photos and videos in albums, under a clock that may jump."""
    photos = SimulatedGoogle(small_library(items=40, **options), unix_time=unix_now_s)
    # A refresh runs in a thread, which a clock that jumps would outrun.
    photos.options.access_token_life_s = 1e8
    return photos


async def state(core: Core, path: str) -> State:
    """How far a pin has come, asked by somebody who does not wait for it."""
    (found,) = [one for one in await core.pins.all() if one["path"] == path]
    return found


async def here(core: Core, *paths: str) -> None:
    """Wait until everything that these pins stand for is here; name `autojump_clock` in the test."""
    for path in paths:
        while (await state(core, path))["state"] != "here":
            await trio.sleep(0.1)


async def begun(core: Core, *paths: str) -> None:
    """Pin, and do not wait."""
    await core.pins.begin([*paths])


async def pinned(core: Core, *paths: str) -> State:
    """Pin, and wait as the command does; the last pin's state."""
    states, _ = await core.pins.begin([*paths])
    while any(one["state"] != "here" for one in states):
        await trio.sleep(0.5)
        states = core.pins.states([one["id"] for one in states])
    return states[-1]


async def unpinned(core: Core, *paths: str, only_gone: bool = False) -> int:
    """Unpin; the bytes given back."""
    return await core.pins.remove([*paths], only_gone=only_gone)


def kept_in(folder: Path) -> list[Path]:
    """The files of kept bytes, and what came of others."""
    return [path for path in (folder / "data").rglob("*") if path.suffix in (".blob", ".part")]


async def contents(core: Core, path: str) -> dict[str, bytes]:
    """All bytes below a directory, by name."""
    files = await walk(core, path)
    return {file.rpartition("/")[2]: await content(core, file) for file in files}


def the_bytes(photos: SimulatedGoogle, item: Item) -> bytes:
    return photos.world.bytes_of(item.id, "dv" if item.is_video else "d")


def all_bytes(photos: SimulatedGoogle) -> list[bytes]:
    """Of every item, sorted."""
    return sorted(the_bytes(photos, item) for item in photos.world.items())


def bytes_sent(photos: SimulatedGoogle) -> int:
    """The body bytes of media that Google sent, without those of redirects."""
    return sum(
        row.bytes_sent
        for row in photos.log
        if row.kind in ("media", "redirected") and row.status != 302
    )
