"""The timeline behind `media/`: listed in ranges of days side by side, once, then kept up to date.

The first page is the newest hundred; if there is more, one call learns the oldest day, and the days
between are shared out to several tasks. Who is done first takes half of what another has left, so the
ranges need not be even. What is new later stands at the top, one call away.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import trio

from gphotosfs import errors, names
from gphotosfs.catalog import listings, spans
from gphotosfs.catalog.listings import ListingRow
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.spans import Span
from gphotosfs.catalog.store import Store
from gphotosfs.model import MediaItem, Page, Search
from gphotosfs.views.library import Library
from gphotosfs.views.paging import Paging

SIDE_BY_SIDE: Final = 8
"""Ranges at a time: enough to hide a round trip, few enough for a quota that counts by the minute."""

WORTH_A_SPAN: Final = 200
"""A range of fewer items than two pages costs more calls than it saves waiting."""

ZONES_DAYS: Final = 1
"""Google filters by the local day of capture and tells the time in UTC: so far they differ."""


class _Way:
    """A span that a task is listing."""

    def __init__(self, span: Span) -> None:
        self.span = span
        """What it has to list, which shrinks when another task takes a part."""
        self.paging = Paging("the timeline", span.page_token)
        self.position = span.last_day
        self.found = 0

    def expected(self) -> float:
        """About how many items its days still hold, judging by those behind it."""
        behind = (self.span.last_day - self.position).days + 1
        return self.found / behind * max(0, (self.position - self.span.stop_day).days)

    def is_past_its_end(self) -> bool:
        """Whether all that comes now belongs to another span."""
        return self.position.toordinal() + ZONES_DAYS < self.span.stop_day.toordinal()


class Timeline:
    """Lists the timeline for `Listings`."""

    def __init__(
        self,
        store: Store,
        library: Library,
        *,
        now_ns: Callable[[], int],
        include_archived: bool,
    ) -> None:
        self._store = store
        self._library = library
        self._now_ns = now_ns
        self._everything = Search(
            first_day=date.min, last_day=date.max, include_archived=include_archived
        )

    async def list_all(self, listing: ListingRow, landed: Callable[[Changes], None]) -> None:
        """One run, from its beginning or from where an earlier one was interrupted.

        Raises:
            RemoteError: it broke; what landed stays, and the next run goes on from there.
        """
        ways = [_Way(span) for span in spans.spans_of(self._store.read)]
        if not ways:
            ways = await self._begin(listing, landed)
        waiting = ways[::-1]
        under_way: list[_Way] = []

        async def work() -> None:
            while True:
                way = waiting.pop() if waiting else await self._half_of(under_way)
                if way is None:
                    return
                under_way.append(way)
                await self._list(listing, way, landed)
                under_way.remove(way)

        failure: errors.GPhotosError | None = None
        try:
            async with trio.open_nursery() as nursery:
                for _ in range(SIDE_BY_SIDE):
                    nursery.start_soon(work)
        except* errors.GPhotosError as group:
            failure = _first(group)
        if failure is not None:
            raise failure

    async def add_newest(self, listing: ListingRow, landed: Callable[[Changes], None]) -> None:
        """Add what stands at the timeline's top and is not known: one call where nothing is new.

        Raises:
            RemoteError: Google could not be asked.
        """
        paging = Paging("the timeline")
        while True:
            page = await self._library.search_page(self._everything, paging.token)
            changes = await self._store.write(listings.add_newest, listing, page, self._now_ns())
            landed(changes)
            paging.turn(page)
            if paging.token is None or (page.items and changes.new_items < len(page.items)):
                return

    async def _begin(self, listing: ListingRow, landed: Callable[[Changes], None]) -> list[_Way]:
        """The first page, and the ranges of what is left; none if that was all."""
        page = await self._library.search_page(self._everything)
        days = _days(page)
        whole = await self._store.write(spans.add_span, date.min, date.max)
        way = _Way(whole)
        await self._land(listing, way, page, landed)
        if way.paging.token is None:
            return []
        if not days:
            return [way]
        oldest = _days(
            await self._library.search_page(replace(self._everything, oldest_first=True), None, 1)
        )
        if not oldest:
            return [way]
        # Days that Google counts as older than the oldest we were told, and none, are left to the last.
        way.position = days[-1]
        # Google's order is that of local times, so in UTC the first day may be the earlier one.
        density = len(page.items) / (abs((days[0] - days[-1]).days) + 1)
        remaining = (days[-1] - oldest[0]).days
        count = max(1, min(SIDE_BY_SIDE, math.ceil(density * remaining / WORTH_A_SPAN)))
        ways = [way]
        for number in range(1, count):
            middle = days[-1] - timedelta(days=remaining * number // count)
            if ways[-1].span.stop_day < middle <= ways[-1].span.last_day:
                ways.append(await self._split(ways[-1], middle))
        return ways

    async def _half_of(self, under_way: list[_Way]) -> _Way | None:
        """Half of the days that the slowest task has left; None if nobody has enough."""
        slowest = max(under_way, key=_Way.expected, default=None)
        if slowest is None or slowest.expected() < 2 * WORTH_A_SPAN:
            return None
        left = (slowest.position - slowest.span.stop_day).days
        return await self._split(slowest, slowest.position - timedelta(days=left // 2))

    async def _split(self, way: _Way, middle: date) -> _Way:
        span, way.span = way.span, replace(way.span, stop_day=middle)
        return _Way(await self._store.write(spans.split_span, span, middle))

    async def _list(
        self, listing: ListingRow, way: _Way, landed: Callable[[Changes], None]
    ) -> None:
        """All pages of one span."""
        while True:
            search = replace(
                self._everything, first_day=way.span.first_day, last_day=way.span.last_day
            )
            try:
                page = await self._library.search_page(search, way.paging.token)
            except errors.RejectedRequestError:
                if not way.paging.resumed:
                    raise
                await self._store.write(spans.rewind_span, way.span)
                way.paging = Paging("the timeline")
                continue
            try:
                if await self._land(listing, way, page, landed):
                    return
            except errors.BadAnswerError:
                await self._store.write(spans.rewind_span, way.span)
                raise

    async def _land(
        self,
        listing: ListingRow,
        way: _Way,
        page: Page[MediaItem],
        landed: Callable[[Changes], None],
    ) -> bool:
        """Take a page in; whether it was the span's last."""
        way.paging.turn(page)
        days = _days(page)
        way.found += len(page.items)
        if days:
            way.position = min(way.position, days[-1])
        is_done = way.paging.token is None or way.is_past_its_end()
        changes = await self._store.write(
            spans.apply_span_page, listing, way.span, page, self._now_ns(), is_done=is_done
        )
        landed(changes)
        return is_done


def _days(page: Page[MediaItem]) -> list[date]:
    """The capture days of a page's items, in its order."""
    found = []
    for item in page.items:
        if item.created_ns is not None:
            try:
                found.append(names.utc_day(item.created_ns))
            except OverflowError:
                continue
    return found


def _first(group: BaseExceptionGroup[errors.GPhotosError]) -> errors.GPhotosError:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
