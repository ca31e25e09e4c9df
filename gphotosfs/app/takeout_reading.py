"""What the process tells that reads Takeout archives, in the catalogue's words."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import trio

from gphotosfs import errors
from gphotosfs.catalog.takeout import FoundItem, Location
from gphotosfs.model import ItemId, MediaItem, MediaKind
from gphotosfs.takeout.media_types import is_video
from gphotosfs.takeout.register import Registered

NS: Final = 1_000_000_000

KILLED_S: Final = 5.0

STATE_FORMAT: Final = 3
"""Another one has the archives read and all items shown again: what is made of them has changed."""


@asynccontextmanager
async def reading(
    archives: Iterable[Registered], indexes: Path, *, are_all: bool
) -> AsyncIterator[AsyncIterator[bytes]]:
    """What a process tells that reads archives, by lines; it ends with the context.

    `are_all` says whether there are no others, so that other indexes than theirs can go.

    Raises:
        ArchiveError: it ended before it was through.
    """
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "gphotosfs.takeout.reading"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        wanted = json.dumps(
            {
                "archives": [[one.number, one.path] for one in archives],
                "indexes": str(indexes),
                "are_all": are_all,
            }
        )
        async with process.stdin:
            await process.stdin.send_all(wanted.encode())
        async with aclosing(_lines(process.stdout)) as lines:
            yield lines
        if await process.wait():
            raise errors.ArchiveError("reading the archives failed; the log says why")
    finally:
        if process.returncode is None:
            process.kill()
        with trio.CancelScope(shield=True):
            await _wait_for_end(process)
            await process.stdout.aclose()


async def _wait_for_end(process: trio.Process) -> None:
    """Wait for a process that was killed, but not long: one that waits for a disk does not end before.

    In real time, like the process: a test's clock would run out at once.
    """
    until_s = time.monotonic() + KILLED_S
    while process.poll() is None and time.monotonic() < until_s:
        await trio.to_thread.run_sync(time.sleep, 0.01)


async def _lines(stream: trio.abc.ReceiveStream) -> AsyncGenerator[bytes, None]:
    rest = b""
    async for piece in stream:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line


def found_item(told: Mapping[str, Any], line: bytes, include_archived: bool) -> FoundItem:
    """An item of the archives, of which this line told, in the catalogue's words."""
    facts, member, place = told["facts"], told["member"], told["facts"]["place"] or {}
    item = MediaItem(
        id=ItemId(""),
        filename=told["title"],
        mime_type=told["mime_type"],
        kind=MediaKind.VIDEO if is_video(told["mime_type"]) else MediaKind.PHOTO,
        created_ns=_ns(facts["taken_s"]),
        description=facts["description"],
        product_url=facts["url"],
        latitude=place.get("latitude"),
        longitude=place.get("longitude"),
        altitude_m=place.get("altitude_m"),
        people=tuple(facts["people"]),
        origin=facts["origin"],
    )
    return FoundItem(
        item=item,
        keys=tuple(told["keys"]),
        location=Location(
            member["archive"],
            member["path"],
            member["packing"],
            member["offset"],
            member["packed_bytes"],
            member["size_bytes"],
            told["crc"],
        ),
        uploaded_ns=_ns(facts["uploaded_s"]),
        albums=tuple(told["albums"]),
        in_media=not facts["trashed"] and (include_archived or not facts["archived"]),
        favorite=facts["favorite"],
        archived=facts["archived"],
        trashed=facts["trashed"],
        # Without a sidecar there is neither title nor time; what is in the trash Google does not show.
        is_original=told["is_original"]
        and bool(facts["title"])
        and facts["taken_s"] is not None
        and not facts["trashed"],
        has_sidecar=told["has_sidecar"],
        told=_digest(line, include_archived),
    )


def _digest(line: bytes, include_archived: bool) -> str:
    what = f"{STATE_FORMAT} {include_archived} ".encode() + line
    return hashlib.blake2b(what, digest_size=16).hexdigest()


def _ns(time_s: int | None) -> int | None:
    return None if time_s is None else time_s * NS
