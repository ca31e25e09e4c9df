"""Google's side in trouble, where a mount can't show it: slots, clocks, and who is told what."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from gphotosfs.errors import DeadlineError, ServerTroubleError
from gphotosfs.google.connection import Google
from gphotosfs.lanes import Lane
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.google_kit import a_photo, connected, read, small_library


@pytest.fixture
def photos() -> SimulatedGoogle:
    return SimulatedGoogle(small_library())


@pytest.fixture
async def impatient(tmp_path: Path, photos: SimulatedGoogle) -> AsyncIterator[Google]:
    """As with the mount option `timeout=3s`."""
    google = connected(tmp_path, photos, deadline_s=2.4)
    yield google
    await google.aclose()


async def test_a_body_given_up_under_a_cancellation_gives_its_slot_back(
    impatient: Google, photos: SimulatedGoogle, autojump_clock: MockClock
) -> None:
    """Its reader has enough for now and is cancelled, as at every unmount in the middle of a film."""
    key = a_photo(photos.world)
    photos.faults.add("stall", kind="media", bytes=100_000, times=None)
    for _ in range(3):
        with trio.move_on_after(0.5) as patience:
            async with impatient.media.open(key, 0, None) as body:
                await body.readinto(memoryview(bytearray(1000)))
                await trio.sleep_forever()

        assert patience.cancelled_caught
        assert impatient.status().under_way[Lane.DOWNLOAD.name.lower()] == 0


async def test_a_short_deadline_leaves_time_for_a_second_attempt(
    impatient: Google, photos: SimulatedGoogle, autojump_clock: MockClock
) -> None:
    photos.faults.add("stall", kind="api")

    page = await impatient.library.media_items_page()

    assert page.items
    assert trio.current_time() < 2.4


async def test_a_short_deadline_leaves_time_to_continue_a_body(
    impatient: Google, photos: SimulatedGoogle, autojump_clock: MockClock
) -> None:
    key = a_photo(photos.world)
    photos.faults.add("stall", kind="media", bytes=100_000)

    assert await read(impatient, key) == photos.world.bytes_of(key.item, "d")
    assert trio.current_time() < 2.4


async def test_time_that_is_up_after_a_refused_token_is_no_matter_of_signing_in(
    impatient: Google, photos: SimulatedGoogle, autojump_clock: MockClock
) -> None:
    """The token is refused, and what comes next is silence: nobody said that the sign-in is bad."""
    photos.options.api_latency_s = 0.9
    photos.faults.add("status", kind="api", status=401)
    photos.faults.add("stall", kind="api", times=None)

    with pytest.raises((DeadlineError, ServerTroubleError)):
        await impatient.library.media_items_page()

    assert impatient.status().sign_in_problem == ""
