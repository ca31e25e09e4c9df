"""Picking for tests: a library of which the Library API shows a part, and a person who ticks."""

from collections.abc import Callable
from datetime import date

import trio

from gphotosfs.app.core import Core
from gphotosfs.simulator.library.items import Item
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.google_kit import small_library, unix_now_s

TODAY = date(2026, 11, 22)
FOREIGN = 99
"""The number of a client that is not ours: the Library API does not show what it uploaded."""


def a_library_and_more() -> SimulatedGoogle:
    """Ten photos of ours and thirty that only the Picker shows."""
    photos = SimulatedGoogle(small_library(items=40), unix_time=unix_now_s)
    for item in list(photos.world.items())[10:]:
        photos.world.edit_item(item.id, owner=FOREIGN)
    # A refresh runs in a thread, which a clock that jumps would outrun.
    photos.options.access_token_life_s = 1e8
    return photos


def some(photos: SimulatedGoogle, count: int, *, ours: bool = False) -> list[Item]:
    """The newest items that are ours, or are not."""
    found = (item for item in photos.world.items() if (item.owner != FOREIGN) is ours)
    return [item for item, _ in zip(found, range(count), strict=False)]


def the_bytes(photos: SimulatedGoogle, item: Item) -> bytes:
    return photos.world.bytes_of(item.id, "dv" if item.is_video else "d")


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await trio.sleep(0.5)


async def begun(core: Core, photos: SimulatedGoogle, items: list[Item], name: str = "") -> str:
    """A pick in which a person has ticked these; its name."""
    described = await core.picks.begin(name, TODAY)
    photos.picker.pick(photos.picker.youngest(), [item.id for item in items])
    chosen: str = described["name"]
    return chosen


async def picked(core: Core, photos: SimulatedGoogle, items: list[Item], name: str = "") -> str:
    """The same, seen through to its end."""
    chosen = await begun(core, photos, items, name)
    await until(lambda: core.picks.state(chosen)["state"] == "over")
    return chosen


def session_calls(photos: SimulatedGoogle) -> list[str]:
    return [
        row.method + " " + row.path.partition("/v1/")[2].partition("/")[0]
        for row in photos.log
        if "photospicker" in row.host
    ]
