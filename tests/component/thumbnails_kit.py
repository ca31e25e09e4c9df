"""A file manager and its thumbnailer without a kernel: they ask as `fuse/operations.py` passes it on."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import trio
from PIL import Image

from gphotosfs.app.core import Core
from gphotosfs.desktop.making import Maker, Tree
from gphotosfs.desktop.programs import Role
from gphotosfs.desktop.thumbnail_files import SIZES, ThumbnailFiles, uri_of
from gphotosfs.desktop.thumbnails import Thumbnails
from gphotosfs.model import Entry, Inode, Node
from gphotosfs.pictures import texts_of
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import inline, running_core

THUNAR, LS, TUMBLER, NAUTILUS, BALOO = 1, 2, 3, 4, 5
"""Threads of programs."""

ROLES = {
    THUNAR: Role.FILE_MANAGER,
    LS: Role.ORDINARY,
    TUMBLER: Role.THUMBNAILER,
    NAUTILUS: Role.NAUTILUS,
    BALOO: Role.INDEXER,
}

MOUNTPOINT = Path("/home/ada/My photos")

AT_ONCE = 64
"""Entries handed out at a time."""


def painted(items: int, *, latency_s: float = 0.0, **options: Any) -> SimulatedGoogle:
    """Photos that are quickly drawn, at a Google that takes its time for each."""
    world = World(items=0, cheap_bytes=True, photo_bytes=300_000, video_bytes=900_000)
    for number in range(items):
        world.add_item(width=320, height=240, filename=f"{number:03}.jpg", **options)
    photos = SimulatedGoogle(world)
    photos.options.media_latency_s = latency_s
    return photos


def small_requests(photos: SimulatedGoogle) -> Counter[str]:
    """What base URLs were asked for: the method and the parameter."""
    return Counter(
        f"{row.method} {row.path.rpartition('=')[2]}" for row in photos.requests("media")
    )


class Desktop:
    """One mount, and those who look at it."""

    def __init__(
        self,
        core: Core,
        folder: Path,
        root: Inode,
        *,
        everything: bool = False,
        tree: Tree | None = None,
    ) -> None:
        self.core = core
        tree = core.tree if tree is None else tree
        self.folder = folder / "thumbnails"
        self.has_room = True
        self.files = ThumbnailFiles(self.folder, "default")
        self.maker = Maker(
            tree,
            self.files,
            MOUNTPOINT,
            root,
            has_room=lambda: self.has_room,
            blocking=inline,
        )
        self.service = Thumbnails(
            tree, self.maker, everything=everything, role_of=lambda tid: ROLES[tid]
        )

    async def look(self, path: str, tid: int = THUNAR, *, stats: bool = True) -> list[Entry]:
        """Open a directory, read it to its end and ask for the attributes of each file."""
        directory = await self.core.tree.resolve(path)
        await self.core.tree.opened(directory)
        is_browsed = await self.service.opened(directory, tid)
        found: list[Entry] = []
        after: int | None = None
        while entries := (await self.core.tree.entries(directory, after))[:AT_ONCE]:
            if is_browsed:
                await self.service.shown(directory, entries)
            found += entries
            after = entries[-1].cookie
        if is_browsed:
            await self.service.shown(directory, [])
        for entry in found if stats else ():
            await self.stat(entry.node.inode, tid)
        return found

    async def stat(self, inode: Inode, tid: int = THUNAR) -> Node:
        """Ask for the attributes of a file."""
        node = await self.core.tree.stat(inode, probe=False)
        if node.size_is_exact or self.service.is_content_with(node, tid):
            return node
        return await self.core.tree.stat(inode)

    def thumbnail(self, path: str, size_px: int = 128) -> bytes | None:
        """The PNG of a file's thumbnail; None if it has none."""
        file = self.files.path(uri_of(bytes(MOUNTPOINT / path)), size_px)
        return file.read_bytes() if file.exists() else None

    def thumbnails(self, size_px: int = 128) -> list[str]:
        """The URIs of all files that have a thumbnail."""
        folder = self.folder / SIZES[size_px]
        return sorted(texts_of(p.read_bytes())["Thumb::URI"] for p in folder.glob("*.png"))

    def count(self) -> int:
        """How many paths have a thumbnail."""
        return len(list((self.folder / SIZES[128]).glob("*.png")))


@asynccontextmanager
async def browsing(
    folder: Path,
    photos: SimulatedGoogle,
    *,
    everything: bool = False,
    root: str = "",
    **settings: Any,
) -> AsyncIterator[Desktop]:
    """A mount with thumbnails; leaving the context ends it."""
    async with (
        running_core(folder, photos, **settings) as core,
        over(core, folder, everything=everything, root=root) as desktop,
    ):
        yield desktop


@asynccontextmanager
async def over(
    core: Core, folder: Path, *, everything: bool = False, root: str = ""
) -> AsyncIterator[Desktop]:
    """The same over services that are running."""
    desktop = Desktop(core, folder, await core.tree.resolve(root), everything=everything)
    async with trio.open_nursery() as nursery:
        await nursery.start(desktop.service.run)
        yield desktop
        nursery.cancel_scope.cancel()


async def until(happened: Callable[[], object]) -> None:
    """Wait until something has happened; name `autojump_clock` in the test."""
    with trio.fail_after(3600):
        while not happened():
            await trio.sleep(0.05)


def jpeg(width: int = 640, height: int = 480, colour: str = "navy") -> bytes:
    """A photo."""
    file = BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "JPEG")
    return file.getvalue()


def colour_of(png: bytes | None) -> tuple[int, ...]:
    """The colour in the middle of a picture."""
    assert png is not None
    image = Image.open(BytesIO(png)).convert("RGB")
    pixel = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    return pixel
