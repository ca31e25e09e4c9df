"""Archives in a tree, without a kernel: made by hand, added, and what is shown then."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from gphotosfs.app.core import Core
from gphotosfs.catalog import joining
from gphotosfs.config import Settings
from gphotosfs.google import connection
from gphotosfs.model import Inode
from gphotosfs.simulator.takeout.zip_writer import ZipWriter
from tests.component.core_kit import Seen, profile_in

PHOTO = b"a photo, as it is"


@asynccontextmanager
async def signed_out(
    folder: Path, *, seen: Seen | None = None, **settings: Any
) -> AsyncIterator[Core]:
    """The services of a profile that never signed in."""
    profile, seen = profile_in(folder), seen or Seen()
    google = connection.connect(profile.credentials_path, profile.state_dir, may_be_signed_out=True)
    core = Core(
        profile,
        Settings(**settings),
        google,
        changed=seen.changed,
        renewed=seen.renewed.append,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(core.run)
        yield core
        nursery.cancel_scope.cancel()


async def names_in(core: Core, path: str) -> dict[str, int]:
    """The names in a directory and their inodes."""
    directory, after = await core.tree.resolve(path), None
    found: dict[str, int] = {}
    while entries := await core.tree.entries(directory, after):
        found |= {entry.name.decode(): entry.node.inode for entry in entries}
        after = entries[-1].cookie
    return found


async def attributes_of(core: Core, path: str) -> dict[bytes, bytes]:
    """The extended attributes of a file or directory."""
    inode = await core.tree.resolve(path)
    names = await core.tree.attribute_names(inode)
    return {name: await core.tree.attribute(inode, name) for name in names}


async def content_of(core: Core, path: str) -> bytes:
    """All of a file."""
    inode = await core.tree.resolve(path)
    handle = await core.tree.open(inode)
    try:
        size = (await core.tree.stat(inode)).size_bytes
        return b"".join(
            [bytes(await core.tree.read(handle, at, 50_000)) for at in range(0, size, 50_000)]
        )
    finally:
        core.tree.close(handle)


async def looked_at(core: Core) -> None:
    """Wait until it is known of every photo that archives and Google may both have."""
    while joining.next_candidate(core.store.read, Inode(0)) is not None:
        await trio.sleep(1)


def packed(path: Path, *members: tuple[str, bytes], deflated: bool = False) -> str:
    """A zip with these files below the Photos root."""
    with path.open("wb") as file:
        archive = ZipWriter(file)
        for name, data in members:
            archive.add(f"Takeout/Google Photos/{name}", data, deflated=deflated)
        archive.close()
    return str(path)


def told(title: str, taken_s: int = 1_600_000_000, **more: object) -> bytes:
    """The text of an item's sidecar."""
    return json.dumps(
        {"title": title, "photoTakenTime": {"timestamp": str(taken_s)}, **more}
    ).encode()
