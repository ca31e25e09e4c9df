"""Pinning for tests: how far it has come, and what lies in the data folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import trio

from gphotosfs.app.core import Core
from tests.component.core_kit import content, walk


def state(core: Core, path: str) -> Mapping[str, Any]:
    """How far a pin has come, as nobody sees who waits for it."""
    (found,) = [one for one in core.pins.all() if one["path"] == path]
    return found


async def here(core: Core, *paths: str) -> None:
    """Wait until everything that these pins stand for is here; name `autojump_clock` in the test."""
    while any(state(core, path)["state"] != "here" for path in paths):
        await trio.sleep(0.1)


async def pinned(core: Core, *paths: str) -> None:
    """Pin, and wait as the command does."""
    begun = await core.pins.begin(list(paths))
    ids = [one["id"] for one in begun]
    while any(one["state"] != "here" for one in core.pins.states(ids)):
        await trio.sleep(0.5)


def kept_in(folder: Path) -> list[Path]:
    """The files of kept bytes, and what came of others."""
    return [path for path in (folder / "data").rglob("*") if path.suffix in (".blob", ".part")]


async def contents(core: Core, path: str) -> dict[str, bytes]:
    """All bytes below a directory."""
    return {file: await content(core, file) for file in await walk(core, path)}
