"""The quota ledger: what a Google project has used up of its day.

Google counts per project, from midnight to midnight Pacific time, and says how much is left to
nobody. So it is counted here, in one SQLite file a project, shared by every process of it.

Whoever is less urgent stops earlier: background work at 80 %, downloads at 95 %; the last part is
for listings and the heads of files, which a person waits for.

A 429 does not say whether the day is over or only a minute (the reference, section 5: there are
limits a minute that are not published, and no Retry-After is sent). So it closes that kind of
request for 30 s, the least that Google's best practices ask for; then one request goes out as a
probe while the others still fail at once, and each further refusal doubles the pause, up to 15
minutes. Any good answer opens it again.
"""

import enum
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from datetime import time as time_of_day
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import trio

from gphotosfs import limits
from gphotosfs.errors import QuotaError
from gphotosfs.google.transport import refusals
from gphotosfs.google.transport.ledger_file import LedgerFile, Tally
from gphotosfs.lanes import Lane

log = logging.getLogger(__name__)


class Kind(enum.StrEnum):
    """What Google counts apart."""

    CALLS = "calls"
    BYTES = "bytes"
    # Of the Picker: 100,000 and 1,000,000 a minute, which nobody reaches, so they have no day's limit.
    # https://developers.google.com/photos/overview/api-limits-quotas (read 2026-11)
    PICKER_CALLS = "calls of the Picker"
    PICKED_BYTES = "bytes of picked photos"


SHARE: Final[Mapping[Lane, float]] = {
    Lane.FOREGROUND: 1.0,
    Lane.DOWNLOAD: 0.95,
    Lane.BACKGROUND: 0.8,
}
# "429: wait at least 30 s".
# https://developers.google.com/photos/library/guides/best-practices (read 2026-11)
FIRST_PAUSE_S: Final = 30.0
# A probe each 15 minutes costs under 100 of the 10,000 calls a day.
LONGEST_PAUSE_S: Final = 900.0
# What a killed process loses at most of its count.
SAVE_EACH_S: Final = 2.0


def _pacific() -> tzinfo:
    try:
        return ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:
        # A machine without tzdata: standard time, in summer an hour late, which is the safe side.
        return timezone(timedelta(hours=-8))


PACIFIC: Final = _pacific()


def pacific_day(now_s: float) -> str:
    """The day that a Unix time belongs to for Google's quotas, as YYYY-MM-DD."""
    return datetime.fromtimestamp(now_s, PACIFIC).date().isoformat()


def next_reset_s(now_s: float) -> float:
    """The Unix time of the next midnight Pacific; that day may have 23 or 25 hours."""
    tomorrow = datetime.fromtimestamp(now_s, PACIFIC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time_of_day(), PACIFIC).timestamp()


def ledger_path(state_folder: Path, project: str) -> Path:
    """Where a Google project's ledger lies in the state folder."""
    return state_folder / f"quota-{project}.db"


@dataclass(slots=True)
class _Count:
    used: int = 0
    unsaved: int = 0
    refusals: int = 0
    """Answers of 429 since the last good one."""
    next_try_s: float = 0.0
    probing: bool = False
    """Whether one request is out to see if Google accepts them again."""


@dataclass(slots=True)
class _Day:
    name: str
    counts: dict[Kind, _Count] = field(default_factory=lambda: {kind: _Count() for kind in Kind})


@dataclass(frozen=True, slots=True)
class _Unsaved:
    day: str
    kind: Kind
    count: _Count
    tally: Tally


class Ledger:
    """Counts requests before they are sent and stops those that the day has no room for.

    `take` and its fellows touch memory only; `run` saves each few seconds in a thread. `now` is
    the wall clock, in Unix seconds.
    """

    def __init__(
        self,
        path: Path,
        *,
        quota_calls: int = limits.CALLS_PER_DAY,
        quota_bytes: int = limits.BYTE_REQUESTS_PER_DAY,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._file = LedgerFile(path)
        self._limits = {Kind.CALLS: quota_calls, Kind.BYTES: quota_bytes}
        self._now = now
        self._latest_s = now()
        self._past: list[_Day] = []
        self._day = self._open_day()

    def take(self, kind: Kind, lane: Lane) -> None:
        """Count one request that is about to be sent.

        Raises:
            QuotaError: it must not be sent now.
        """
        now_s = self._now()
        count = self._today(now_s).counts[kind]
        if now_s < count.next_try_s:
            raise self._closed(kind, count)
        limit = self._limits.get(kind)
        if limit is not None and count.used >= int(limit * SHARE[lane]):
            raise QuotaError(
                f"the day's quota of Google {kind} is used up for {lane.name.lower()} requests "
                f"({count.used} of {limit}); it returns at {_clock(self.resets_at_s())}",
                retry_at_s=self.resets_at_s(),
            )
        if count.refusals:
            # This request is the probe: until its answer, the others go on failing at once.
            count.next_try_s = now_s + _pause_s(count.refusals)
            count.probing = True
        count.used += 1
        count.unsaved += 1

    def refused(self, kind: Kind, retry_after: str | None = None) -> QuotaError:
        """Note a 429; the error for whoever asked. `retry_after` is the header, if there was one."""
        now_s = self._now()
        count = self._today(now_s).counts[kind]
        # Of several that were under way together each is refused: one event, one doubling, one line.
        is_news = count.refusals == 0 or count.probing
        if is_news:
            count.refusals += 1
            count.probing = False
        asked_s = refusals.retry_after_s(retry_after, now_s)
        pause_s = _pause_s(count.refusals) if asked_s is None else asked_s
        count.next_try_s = min(now_s + pause_s, self.resets_at_s())
        error = self._closed(kind, count)
        log.log(logging.WARNING if is_news else logging.DEBUG, "%s", error)
        return error

    def accepted(self, kind: Kind) -> None:
        """Note a good answer: whatever was refused before is over."""
        count = self._day.counts[kind]
        if count.refusals:
            log.info("Google accepts %s again", kind)
            count.refusals, count.next_try_s = 0, 0.0

    def used(self, kind: Kind) -> int:
        """How many requests of this kind the day has seen, as far as known."""
        return self._today(self._now()).counts[kind].used

    def remaining(self, kind: Kind) -> int:
        """How many requests the day still has; 0 while Google refuses them."""
        now_s = self._now()
        count = self._today(now_s).counts[kind]
        return 0 if now_s < count.next_try_s else max(0, self._limits[kind] - count.used)

    def resets_at_s(self) -> float:
        """The Unix time at which the day's quota returns."""
        return next_reset_s(self._now())

    async def run(self) -> None:
        """Save now and then, for ever; cancelling saves a last time."""
        try:
            while True:
                await trio.sleep(SAVE_EACH_S)
                if self._is_unsaved():
                    unsaved = self._unsaved()
                    self._saved(unsaved, await trio.to_thread.run_sync(self._write, unsaved))
        finally:
            self.save()

    def save(self) -> None:
        """Write what is counted, and learn what other processes of the project have counted."""
        unsaved = self._unsaved()
        self._saved(unsaved, self._write(unsaved))

    def _unsaved(self) -> list[_Unsaved]:
        """What is to be written, taken from the counts on the loop, so that no thread changes them."""
        unsaved = []
        for day in [*self._past, self._day]:
            for kind, count in day.counts.items():
                tally = Tally(count.unsaved, count.refusals, count.next_try_s)
                unsaved.append(_Unsaved(day.name, kind, count, tally))
                count.unsaved = 0
        return unsaved

    def _write(self, unsaved: list[_Unsaved]) -> list[int]:
        """The new totals, as far as writing went; may run in a thread."""
        totals: list[int] = []
        try:
            totals.extend(self._file.add(row.day, row.kind, row.tally) for row in unsaved)
        except (sqlite3.Error, OSError) as exc:
            log.info("the quota ledger can't be written, counting in memory: %s", exc)
        return totals

    def _saved(self, unsaved: list[_Unsaved], totals: list[int]) -> None:
        for row, total in zip(unsaved, totals, strict=False):
            # Requests may have been counted while a thread was writing.
            row.count.used = total + row.count.unsaved
        for row in unsaved[len(totals) :]:
            row.count.unsaved += row.tally.used
        if len(totals) == len(unsaved):
            self._past = [day for day in self._past if any(c.unsaved for c in day.counts.values())]

    def _is_unsaved(self) -> bool:
        counts = self._day.counts.values()
        return bool(self._past) or any(count.unsaved or count.refusals for count in counts)

    def _today(self, now_s: float) -> _Day:
        # Where the clock was put back, the pauses of before last as long as they would have.
        back_s = max(0.0, self._latest_s - now_s)
        self._latest_s = now_s
        for count in self._day.counts.values():
            count.next_try_s -= back_s
        if pacific_day(now_s) != self._day.name:
            self._past.append(self._day)
            self._day = self._open_day()
        return self._day

    def _open_day(self) -> _Day:
        now_s = self._now()
        day = _Day(pacific_day(now_s))
        for kind, count in day.counts.items():
            try:
                tally = self._file.read(day.name, kind)
            except (sqlite3.Error, OSError) as exc:
                log.info("the quota ledger can't be read, counting from 0: %s", exc)
                break
            count.used, count.refusals = tally.used, tally.refusals
            # A clock that was wrong must not close us for longer than any pause lasts.
            count.next_try_s = min(tally.next_try_s, now_s + LONGEST_PAUSE_S)
        return day

    def _closed(self, kind: Kind, count: _Count) -> QuotaError:
        return QuotaError(
            f"Google refused {kind} for now (429); next try at {_clock(count.next_try_s)}, "
            f"the day's quota returns at {_clock(self.resets_at_s())}",
            retry_at_s=count.next_try_s,
        )


def _pause_s(refusals: int) -> float:
    return float(min(FIRST_PAUSE_S * 2 ** min(refusals - 1, 10), LONGEST_PAUSE_S))


def _clock(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
