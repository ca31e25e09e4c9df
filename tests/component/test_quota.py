"""The quota ledger: counted before it is spent, shared, and kept."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs.errors import QuotaError
from gphotosfs.google.transport.quota import Kind, Ledger, next_reset_s, pacific_day
from gphotosfs.lanes import Lane
from tests.component.google_kit import NOON_S

DAY_S = 86_400.0


class Clock:
    """A wall clock that stands where it is put."""

    def __init__(self) -> None:
        self.now_s = NOON_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "quota-1.db"


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def take(ledger: Ledger, times: int, lane: Lane = Lane.FOREGROUND) -> int:
    """How many of so many requests are let through."""
    for taken in range(times):
        try:
            ledger.take(Kind.CALLS, lane)
        except QuotaError:
            return taken
    return times


def test_the_less_urgent_stops_earlier(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, quota_calls=100, now=clock)

    assert take(ledger, 200, Lane.BACKGROUND) == 80
    assert take(ledger, 200, Lane.DOWNLOAD) == 15
    assert take(ledger, 200, Lane.FOREGROUND) == 5
    assert ledger.remaining(Kind.CALLS) == 0


def test_a_used_up_day_says_when_it_returns(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, quota_calls=0, now=clock)

    with pytest.raises(QuotaError, match="2026-11-23 08:00 UTC") as refused:
        ledger.take(Kind.CALLS, Lane.FOREGROUND)
    assert refused.value.retry_at_s == ledger.resets_at_s()


def test_calls_and_bytes_are_counted_apart(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, quota_calls=1, quota_bytes=2, now=clock)
    ledger.take(Kind.CALLS, Lane.FOREGROUND)

    ledger.take(Kind.BYTES, Lane.FOREGROUND)

    assert (ledger.remaining(Kind.CALLS), ledger.remaining(Kind.BYTES)) == (0, 1)


def test_a_new_day_begins_at_midnight_in_california(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, quota_calls=3, now=clock)
    assert take(ledger, 5) == 3
    clock.now_s = ledger.resets_at_s() - 1
    assert take(ledger, 5) == 0
    clock.now_s += 1

    assert take(ledger, 5) == 3


def test_what_is_saved_counts_after_a_restart(path: Path, clock: Clock) -> None:
    before = Ledger(path, now=clock)
    take(before, 7)
    before.save()

    assert Ledger(path, now=clock).used(Kind.CALLS) == 7


def test_yesterday_s_count_is_saved_to_yesterday(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, now=clock)
    take(ledger, 4)
    clock.now_s += DAY_S
    take(ledger, 2)
    ledger.save()

    assert Ledger(path, now=clock).used(Kind.CALLS) == 2
    clock.now_s -= DAY_S
    assert Ledger(path, now=clock).used(Kind.CALLS) == 4


def test_two_processes_share_a_day(path: Path, clock: Clock) -> None:
    one, other = Ledger(path, now=clock), Ledger(path, now=clock)
    take(one, 3)
    take(other, 5)
    one.save()
    other.save()
    one.save()

    assert one.used(Kind.CALLS) == other.used(Kind.CALLS) == 8


@pytest.mark.parametrize("damage", ["no database", "a name that is no text"])
def test_a_damaged_file_is_set_aside(
    path: Path, clock: Clock, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    Ledger(path, now=clock).save()
    content = path.read_bytes()
    if damage == "no database":
        content = b"this is no database" * 100
    else:  # SQLite quotes it in its message, which Python then fails to decode
        content = content.replace(b"tabletallytally", b"tablet\xa8llytally")
        content = content.replace(b"CREATE TABLE tally", b"CREATE xxxxx tally")
    path.write_bytes(content)

    ledger = Ledger(path, now=clock)
    take(ledger, 2)
    ledger.save()

    assert Ledger(path, now=clock).used(Kind.CALLS) == 2
    assert [file.name for file in path.parent.glob("*.damaged-*")]
    assert "damaged" in caplog.text


def test_a_folder_that_can_t_be_written_is_counted_in_memory(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    ledger = Ledger(tmp_path / "state" / "quota-1.db", quota_calls=5, now=clock)

    assert take(ledger, 9) == 5
    ledger.save()
    assert ledger.used(Kind.CALLS) == 5


def test_a_refusal_closes_for_a_while_then_lets_one_request_probe(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, now=clock)
    take(ledger, 1)
    ledger.refused(Kind.CALLS)
    assert take(ledger, 9) == 0
    assert ledger.remaining(Kind.CALLS) == 0
    clock.now_s += 30

    assert take(ledger, 9) == 1


def test_refusals_in_a_row_pause_ever_longer_up_to_15_minutes(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, now=clock)
    pauses_s = []
    for _ in range(8):
        take(ledger, 1)
        error = ledger.refused(Kind.CALLS)
        assert error.retry_at_s is not None
        pauses_s.append(error.retry_at_s - clock.now_s)
        clock.now_s = error.retry_at_s

    assert pauses_s == [30, 60, 120, 240, 480, 900, 900, 900]


def test_refusals_of_one_moment_count_as_one(
    path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger(path, now=clock)
    take(ledger, 10)

    errors = [ledger.refused(Kind.CALLS) for _ in range(10)]
    assert len([row for row in caplog.records if row.levelname == "WARNING"]) == 1

    assert {error.retry_at_s for error in errors} == {NOON_S + 30}


def test_a_good_answer_ends_the_pause(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, now=clock)
    ledger.refused(Kind.CALLS)
    clock.now_s += 30
    take(ledger, 1)

    ledger.accepted(Kind.CALLS)

    assert take(ledger, 9) == 9


def test_a_refusal_of_calls_leaves_bytes_open(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, now=clock)
    ledger.refused(Kind.CALLS)

    ledger.take(Kind.BYTES, Lane.BACKGROUND)


def test_a_refusal_is_known_to_the_next_process(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, now=clock)
    ledger.refused(Kind.CALLS)
    ledger.save()

    assert take(Ledger(path, now=clock), 1) == 0


async def test_a_clean_end_loses_nothing(
    path: Path, clock: Clock, autojump_clock: trio.testing.MockClock
) -> None:
    ledger = Ledger(path, now=clock)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ledger.run)
        await trio.testing.wait_all_tasks_blocked()
        take(ledger, 6)
        nursery.cancel_scope.cancel()

    assert Ledger(path, now=clock).used(Kind.CALLS) == 6


async def test_it_is_saved_every_few_seconds(
    path: Path, clock: Clock, autojump_clock: trio.testing.MockClock
) -> None:
    ledger = Ledger(path, now=clock)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ledger.run)
        take(ledger, 6)
        # A thread writes, which a clock that jumps does not wait for; so look until it has.
        while Ledger(path, now=clock).used(Kind.CALLS) < 6:
            await trio.sleep(1)
        nursery.cancel_scope.cancel()

    assert ledger.used(Kind.CALLS) == 6


@pytest.mark.parametrize(
    "moment, day, reset",
    [
        (utc(2026, 11, 22, 7, 59), "2026-11-21", utc(2026, 11, 22, 8)),
        (utc(2026, 11, 22, 8, 0), "2026-11-22", utc(2026, 11, 23, 8)),
        # The day on which summer time ends has 25 hours.
        (utc(2026, 11, 1, 8, 0), "2026-11-01", utc(2026, 11, 2, 8)),
        (utc(2026, 7, 1, 7, 0), "2026-07-01", utc(2026, 7, 2, 7)),
    ],
)
def test_days_are_california_s(moment: datetime, day: str, reset: datetime) -> None:
    assert pacific_day(moment.timestamp()) == day
    assert next_reset_s(moment.timestamp()) == reset.timestamp()
