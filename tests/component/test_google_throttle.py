"""The bandwidth limit."""

from pathlib import Path

import pytest
import trio

from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.google_kit import a_photo, a_video, connected, read, small_library


async def test_all_bodies_share_the_limit(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = SimulatedGoogle(small_library())
    google = connected(tmp_path, photos, bytes_per_s=lambda: 100_000.0)
    key = a_video(photos.world)
    total = photos.world.size_of(key.item, "dv")
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, google, key)
        nursery.start_soon(read, google, key)

    assert trio.current_time() - began == pytest.approx(2 * total / 100_000, rel=0.01)


async def test_the_head_of_a_file_passes_at_once_and_counts(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = SimulatedGoogle(small_library())
    google = connected(tmp_path, photos, bytes_per_s=lambda: 10_000.0)
    began = trio.current_time()
    await read(google, a_photo(photos.world), 0, 100_000)
    assert trio.current_time() - began < 1

    await read(google, a_photo(photos.world), 100_000)
    rest = photos.world.size_of(a_photo(photos.world).item, "d")
    assert trio.current_time() - began == pytest.approx(rest / 10_000, rel=0.01)


async def test_the_limit_of_the_moment_holds(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """A timetable may lift it in the middle of a film."""
    photos = SimulatedGoogle(small_library())
    google = connected(
        tmp_path, photos, bytes_per_s=lambda: 1000.0 if trio.current_time() < 100 else None
    )
    await read(google, a_video(photos.world))

    assert 100 <= trio.current_time() < 200
