"""A profile's services over the simulator in process, without a kernel."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple, Unpack

import httpx
import trio

from gphotosfs.app.core import Core
from gphotosfs.catalog.places import Changes
from gphotosfs.config import Folders, Profile, Settings
from gphotosfs.model import ROOT, Entry, Inode, Node
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.google_kit import connected, unix_now_s

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def inline(function: Callable[[Unpack[Ts]], T], /, *args: *Ts) -> T:
    """Disk work at once and on the spot: a thread would be outrun by a clock that jumps."""
    await trio.lowlevel.checkpoint()
    return function(*args)


class Seen:
    """What the kernel would have been told."""

    def __init__(self) -> None:
        self.appeared: list[tuple[Inode, bytes]] = []
        self.vanished: list[tuple[Inode, bytes, Inode]] = []
        self.renewed: list[Inode] = []

    def changed(self, changes: Changes) -> None:
        self.appeared += changes.appeared
        self.vanished += changes.vanished


def profile_in(folder: Path) -> Profile:
    """A profile with all its files below a folder."""
    names = ("config", "data", "cache", "state", "runtime")
    profile = Profile("default", Folders(**{name: folder / name for name in names}))
    profile.make_dirs()
    return profile


@asynccontextmanager
async def running_core(
    folder: Path,
    photos: SimulatedGoogle,
    *,
    seen: Seen | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    **settings: Any,
) -> AsyncIterator[Core]:
    """The services, running; leaving the context ends them as an unmount does."""
    seen = seen or Seen()
    chosen = Settings(**settings)
    core = Core(
        profile_in(folder),
        chosen,
        connected(
            folder,
            photos,
            deadline_s=chosen.timeout_s,
            quota_calls=chosen.quota_calls,
            quota_bytes=chosen.quota_byte_requests,
            chance=random.Random(0),
            transport=transport,
        ),
        changed=seen.changed,
        renewed=seen.renewed.append,
        now_ns=lambda: int(unix_now_s() * 1e9),
        blocking=inline,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(core.run)
        yield core
        nursery.cancel_scope.cancel()


async def listing(core: Core, path: str = "") -> dict[str, Node]:
    """Every entry of a directory, as readdir hands them on, to the end."""
    directory = await core.tree.resolve(path)
    await core.tree.opened(directory)
    found: list[Entry] = []
    after: int | None = None
    while batch := await core.tree.entries(directory, after):
        found += batch
        after = batch[-1].cookie
    assert len({one.name for one in found}) == len(found)
    return {one.name.decode(): one.node for one in found}


async def walk(core: Core, path: str = "") -> dict[str, Node]:
    """Every file below a directory, by path."""
    files: dict[str, Node] = {}
    for name, node in (await listing(core, path)).items():
        inner = f"{path}/{name}".strip("/")
        if node.is_directory:
            files |= await walk(core, inner)
        else:
            files[inner] = node
    return files


async def content(core: Core, path: str) -> bytes:
    """A file's bytes, read as a program does, in the kernel's pieces."""
    inode = await core.tree.resolve(path)
    handle = await core.tree.open(inode)
    try:
        size = core.tree.node(inode).size_bytes
        parts = [
            bytes(await core.tree.read(handle, offset, 1 << 17))
            for offset in range(0, size, 1 << 17)
        ]
        assert await core.tree.read(handle, size, 1 << 17) == b""
        return b"".join(parts)
    finally:
        core.tree.close(handle)


async def everything_seen(core: Core) -> None:
    """Wait for the first slow look at every item; name `autojump_clock` in the test."""
    while not core.listings.everything_was_seen():
        await trio.sleep(1)


def calls(photos: SimulatedGoogle) -> int:
    """The API calls so far, but for the slow look at every item, which nobody waits for."""
    return sum(1 for row in photos.log if row.kind == "api" and row.path != "/v1/mediaItems")


def byte_requests(photos: SimulatedGoogle) -> int:
    """The fetches of base URLs so far."""
    return sum(1 for row in photos.log if row.kind == "media")


__all__ = [
    "ROOT", "Seen", "byte_requests", "calls", "content", "everything_seen", "inline", "listing", "profile_in",
    "running_core", "walk",
]  # fmt: skip
