"""A source of bytes under a test's control: counted, slow on demand, and faulty on demand."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from gphotosfs.errors import GPhotosError, RejectedRequestError
from gphotosfs.lanes import Lane, current_lane
from gphotosfs.model import BlobKey, ItemId, Variant

# What comes in one piece; not a divisor of a block, so that borders are crossed.
PIECE_BYTES = 60_000


def photo(name: str) -> BlobKey:
    return BlobKey(ItemId(name), Variant.PHOTO)


def film(name: str) -> BlobKey:
    return BlobKey(ItemId(name), Variant.VIDEO)


def some_bytes(count: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(count)


@dataclass
class Request:
    """One request as the source saw it."""

    key: BlobKey
    start: int
    end: int | None
    lane: Lane
    sent_bytes: int = 0


@dataclass
class Behaviour:
    """How one request is answered."""

    error: GPhotosError | None = None
    ignores_range: bool = False
    hides_length: bool = False
    stops_after: int | None = None
    """The answer ends cleanly after so many bytes."""
    stalls_after: int | None = None
    """Nothing comes after so many bytes."""
    breaks_after: int | None = None
    """`broken` is raised after so many bytes."""
    broken: GPhotosError | None = None


@dataclass
class FakeSource:
    """Answers from `contents`. `behave` may be replaced to decide request by request."""

    contents: dict[BlobKey, bytes] = field(default_factory=dict)
    first_byte_s: float = 0.06
    piece_s: float = 0.001
    behave: Callable[[Request], Behaviour] = field(default=lambda _request: Behaviour())
    log: list[Request] = field(default_factory=list)

    @property
    def ranges(self) -> list[tuple[int, int | None]]:
        return [(request.start, request.end) for request in self.log]

    @property
    def sent_bytes(self) -> int:
        return sum(request.sent_bytes for request in self.log)

    @asynccontextmanager
    async def open(self, key: BlobKey, start: int, end: int | None) -> AsyncIterator["FakeBody"]:
        request = Request(key, start, end, current_lane())
        self.log.append(request)
        behaviour = self.behave(request)
        await trio.sleep(self.first_byte_s)
        if behaviour.error is not None:
            raise behaviour.error
        content = self.contents[key]
        if behaviour.ignores_range:
            start, end = 0, None
        if start > 0 and start >= len(content):
            raise RejectedRequestError("416: nothing there")
        stop = len(content) if end is None else min(end, len(content))
        yield FakeBody(self, request, behaviour, content[start:stop], start, len(content))

    async def size(self, key: BlobKey) -> int | None:
        await trio.sleep(self.first_byte_s)
        return len(self.contents[key])


@dataclass
class FakeBody:
    source: FakeSource
    request: Request
    behaviour: Behaviour
    content: bytes
    start: int
    length: int

    @property
    def total_bytes(self) -> int | None:
        return None if self.behaviour.hides_length else self.length

    async def readinto(self, buffer: memoryview) -> int:
        await trio.sleep(self.source.piece_s)
        sent, how = self.request.sent_bytes, self.behaviour
        if how.stalls_after is not None and sent >= how.stalls_after:
            await trio.sleep_forever()
        if how.breaks_after is not None and sent >= how.breaks_after:
            assert how.broken is not None
            raise how.broken
        piece = self.content[sent : sent + min(len(buffer), PIECE_BYTES)]
        if how.stops_after is not None:
            piece = piece[: max(how.stops_after - sent, 0)]
        buffer[: len(piece)] = piece
        self.request.sent_bytes += len(piece)
        return len(piece)
