"""Libraries of a few photos that archives hold too, for what becomes of those."""

from pathlib import Path
from typing import Any

import trio
import trio.testing

from gphotosfs.app.core import Core
from gphotosfs.simulator.library.items import Item
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.takeout.exports import Quirks, export
from tests.component.archives_kit import looked_at, names_in
from tests.component.core_kit import (
    listing,
)
from tests.component.google_kit import unix_now_s

TAKEN_NS = 1_700_000_000 * 10**9
ORIGINALS = Quirks(originals=True)


def a_google(*photos: dict[str, Any], album: bool = True) -> SimulatedGoogle:
    """A library of these photos, all of them in an album that is called Rome."""
    world = World(items=0, album_sizes=[])
    items = [world.add_item(**({"width": 80, "height": 60} | photo)) for photo in photos]
    if album:
        world.new_album("Rome", [item.id for item in items])
    google = SimulatedGoogle(world, unix_time=unix_now_s)
    # A refresh runs in a thread, which a clock that jumps would outrun.
    google.options.access_token_life_s = 1e9
    return google


def a_photo(number: int = 0, **more: Any) -> dict[str, Any]:
    return {"filename": f"IMG_{number}.jpg", "created_ns": TAKEN_NS + number * 10**12, **more}


def exported(google: SimulatedGoogle, folder: Path, quirks: Quirks = ORIGINALS) -> list[str]:
    """The library's archives as they are now."""
    return [str(path) for path in export(google.world, folder, quirks).paths]


def served(google: SimulatedGoogle, item: Item) -> bytes:
    return google.world.bytes_of(item.id, "dv" if item.is_video else "d")


def moved(path: str | Path, to: str | Path) -> None:
    Path(path).rename(to)


async def listed(core: Core) -> dict[str, int]:
    """What `media/all` shows once Google was asked for it anew, and everything was looked at."""
    await listing(core, "media/all")
    await core.refresh("media/all")
    await looked_at(core)
    return await names_in(core, "media/all")


Clock = trio.testing.MockClock
