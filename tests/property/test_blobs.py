"""Any sequence of reads, faults, evictions and restarts serves the right bytes, fetched once."""

import random
import tempfile
from pathlib import Path

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from gphotosfs.blobs.blocks import BLOCK_BYTES, block_count
from gphotosfs.blobs.cache import BlobCache
from gphotosfs.errors import GPhotosError, OfflineError
from gphotosfs.model import BlobKey
from tests.blob_world import KIB, MIB, World
from tests.fake_source import Behaviour, Request, film, photo, some_bytes

CONTENTS = {
    photo("small"): some_bytes(100 * KIB, seed=1),
    photo("one block"): some_bytes(BLOCK_BYTES, seed=2),
    photo("large"): some_bytes(2 * MIB + 77, seed=3),
    film("film"): some_bytes(9 * MIB + 1, seed=4),
    film("blocks"): some_bytes(4 * MIB, seed=5),
}
KEYS = list(CONTENTS)


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[BlobKey, bool, float, list[tuple[int, int, float]]]]:
    """Readers: which blob, whether walking, when it starts, and its reads with pauses."""
    count = draw(st.integers(1, 5))
    readers = []
    for _ in range(count):
        key = draw(st.sampled_from(KEYS))
        size = len(CONTENTS[key])
        reads = draw(
            st.lists(
                st.tuples(
                    st.one_of(st.integers(0, size), st.just(0), st.just(max(size - 1000, 0))),
                    st.sampled_from([1, 4096, 64 * KIB, 128 * KIB, 300 * KIB, MIB]),
                    st.sampled_from([0.0, 0.0, 0.05, 1.0, 7.0]),
                ),
                max_size=8,
            )
        )
        if draw(st.booleans()):  # and on from there, as a sequential reader does
            start = reads[-1][0] if reads else 0
            reads += [
                (at, 128 * KIB, 0.0) for at in range(start, min(size, start + MIB), 128 * KIB)
            ]
        readers.append((key, draw(st.booleans()), draw(st.sampled_from([0.0, 0.03, 2.0])), reads))
    return readers


async def reading(
    cache: BlobCache,
    key: BlobKey,
    walking: bool,
    delay_s: float,
    reads: list[tuple[int, int, float]],
    patience_s: float,
) -> None:
    """One reader; failures are what it may see, wrong bytes are not."""
    await trio.sleep(delay_s)
    content = CONTENTS[key]
    with trio.move_on_after(patience_s):
        try:
            reader = await cache.open(key, None, is_video=key.variant == "dv", whole=walking)
        except GPhotosError:
            return
        try:
            assert reader.size_bytes == len(content)
            for offset, size, pause_s in reads:
                try:
                    got = bytes(await reader.read(offset, size))
                except GPhotosError:
                    cache.forget_failures()
                else:
                    assert got == content[offset : offset + size]
                await trio.sleep(pause_s)
        finally:
            reader.close()


async def settled(cache: BlobCache) -> None:
    """Nobody reads: after a while nothing is left of it."""
    await trio.sleep(120)
    assert set(cache.gauges().values()) == {0}


def run(main: object) -> None:
    trio.run(main, clock=MockClock(autojump_threshold=0))  # type: ignore[arg-type]


@given(lives=st.lists(programs(), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_no_block_is_fetched_twice(
    lives: list[list[tuple[BlobKey, bool, float, list[tuple[int, int, float]]]]],
) -> None:
    """Without faults and evictions every byte is sent at most once, also over restarts."""

    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder) / "cache")
            world.source.contents.update(CONTENTS)
            for readers in lives:
                async with world.cache() as cache:
                    async with trio.open_nursery() as nursery:
                        for reader in readers:
                            nursery.start_soon(reading, cache, *reader, 1000.0)
                    await settled(cache)
            for key, content in CONTENTS.items():
                kept = blocks_sent(world, key)
                assert len(kept) == len(set(kept))
                assert len(kept) <= block_count(len(content))

    run(main)


def blocks_sent(world: World, key: BlobKey) -> list[int]:
    """The blocks that were sent to the end, request by request."""
    total = len(CONTENTS[key])
    sent: list[int] = []
    for request in world.source.log:
        if request.key == key:
            end = request.start + request.sent_bytes
            last = block_count(total) if end == total else end // BLOCK_BYTES
            sent += range(request.start // BLOCK_BYTES, last)
    return sent


@given(
    lives=st.lists(programs(), min_size=1, max_size=3),
    seed=st.integers(0, 1 << 32),
    limit_mib=st.sampled_from([1, 3, 6, 1000]),
    fault_rate=st.sampled_from([0.0, 0.2, 0.5]),
    patience_s=st.sampled_from([0.1, 1.0, 1000.0]),
)
@settings(max_examples=100, deadline=None)
def test_bytes_are_right_whatever_happens(
    lives: list[list[tuple[BlobKey, bool, float, list[tuple[int, int, float]]]]],
    seed: int,
    limit_mib: int,
    fault_rate: float,
    patience_s: float,
) -> None:
    """Faults of the server, tiny limits, impatient readers, restarts."""
    dice = random.Random(seed)

    def behave(request: Request) -> Behaviour:
        if dice.random() >= fault_rate:
            return Behaviour()
        some = dice.randrange(2 * MIB)
        return dice.choice(
            [
                Behaviour(error=OfflineError("made up")),
                Behaviour(stops_after=some),
                Behaviour(breaks_after=some, broken=OfflineError("made up")),
                Behaviour(ignores_range=True),
                Behaviour(ignores_range=True, breaks_after=some, broken=OfflineError("made up")),
                Behaviour(ignores_range=True, hides_length=True),
            ]
        )

    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder) / "cache", limit_bytes=limit_mib * MIB)
            world.source.contents.update(CONTENTS)
            world.source.behave = behave
            for readers in lives:
                async with world.cache() as cache:
                    async with trio.open_nursery() as nursery:
                        for reader in readers:
                            nursery.start_soon(reading, cache, *reader, patience_s)
                    await settled(cache)
                    assert cache.usage().bytes <= limit_mib * MIB

    run(main)
