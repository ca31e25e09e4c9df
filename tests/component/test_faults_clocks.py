"""A wall clock that jumps by hours or a day: nothing is closed, stale or young for ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from gphotosfs.app.core import Core
from gphotosfs.config import Settings
from gphotosfs.errors import QuotaError
from gphotosfs.google.connection import connect
from gphotosfs.google.transport.quota import FIRST_PAUSE_S, Kind, Ledger, ledger_path
from gphotosfs.lanes import Lane
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import Seen, calls, content, inline, listing, profile_in
from tests.component.google_kit import NOON_S, small_library, token_file

DAY_S = 86_400.0


class WallClock:
    """Goes with trio's clock, but for where it is put."""

    def __init__(self) -> None:
        self.offset_s = NOON_S

    def __call__(self) -> float:
        return self.offset_s + trio.current_time()


@asynccontextmanager
async def running(folder: Path, photos: SimulatedGoogle, clock: WallClock) -> AsyncIterator[Core]:
    seen = Seen()
    google = connect(
        token_file(folder, photos),
        folder / "state",
        now=clock,
        elapsed=trio.current_time,
        transport=photos.transport(),
        token_transport=photos.sync_transport(),
    )
    core = Core(
        profile_in(folder),
        Settings(),
        google,
        changed=seen.changed,
        renewed=seen.renewed.append,
        now_ns=lambda: int(clock() * 1e9),
        blocking=inline,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(core.run)
        yield core
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S, -3 * 3600.0])
async def test_a_clock_that_jumps_costs_a_renewal_and_no_more(
    tmp_path: Path, jump_s: float, autojump_clock: MockClock
) -> None:
    photos = SimulatedGoogle(small_library())
    clock = WallClock()
    async with running(tmp_path, photos, clock) as core:
        before = (await listing(core, "media/all")).keys()
        name = next(name for name in before if name.endswith(".jpg"))
        data = await content(core, f"media/all/{name}")
        clock.offset_s += jump_s
        asked = calls(photos)

        assert (await listing(core, "media/all")).keys() == before
        assert await content(core, f"media/all/{name}") == data
        await trio.sleep(60)
        renewal = calls(photos) - asked
        assert (await listing(core, "media/all")).keys() == before
        await trio.sleep(60)

        assert renewal <= 2
        assert calls(photos) - asked == renewal


async def test_a_pause_after_a_429_is_as_long_whatever_the_clock_does(tmp_path: Path) -> None:
    now_s = NOON_S
    ledger = Ledger(ledger_path(tmp_path, "1"), now=lambda: now_s)
    ledger.take(Kind.CALLS, Lane.FOREGROUND)
    ledger.refused(Kind.CALLS)
    now_s -= 3 * 3600  # the same day in California
    with pytest.raises(QuotaError):
        ledger.take(Kind.CALLS, Lane.FOREGROUND)
    now_s += FIRST_PAUSE_S + 1

    ledger.take(Kind.CALLS, Lane.FOREGROUND)
