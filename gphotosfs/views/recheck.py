"""A slow look at every media item, behind everything else.

The timeline is listed by days, and then only looked at from its top. So three things escape it: items
without a capture time match no day, an upload with an old date stands far below the top, and nothing
tells of a deletion. `mediaItems.list` names every item, a hundred a call; so once after the first
listing, and from then on slowly within a share of the day's calls, everything is looked at again.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import trio

from gphotosfs import errors, limits
from gphotosfs.catalog import listings, recheck
from gphotosfs.catalog.listings import ListingRow
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Store
from gphotosfs.lanes import Lane, in_lane
from gphotosfs.model import Inode, ItemId, ListingKind, MediaItem, Page, Search
from gphotosfs.views.library import Library
from gphotosfs.views.paging import Paging

log = logging.getLogger(__name__)

PAUSE_S: Final = 86_400 / 1000
"""Between two pages: a thousand calls a day, a tenth of what there is."""

FIRST_PAUSE_S: Final = 1.0
"""The same in the very first look, without which items that have no capture time are not shown."""

BEGIN_AFTER_S: Final = 10.0
"""The first look leaves the line to whoever has just opened `media/`."""

REST_S: Final = 3600.0
"""Between the ends and the beginnings of two looks; a small library is through in a few calls."""

RETRY_S: Final = 900.0

AT_ONCE: Final = 2_000
"""Inodes gone through in one go for those that were not met: some 5 ms, in which nobody is served."""

DAYS_MAX: Final = 50
"""Days searched in one look for items that the timeline does not have; the next look goes on."""


class Recheck:
    """The look, as a task of the mount."""

    def __init__(
        self,
        store: Store,
        library: Library,
        *,
        now_ns: Callable[[], int],
        include_archived: bool,
        may_begin: Callable[[], bool],
        changed: Callable[[Changes], None],
    ) -> None:
        """`may_begin` says whether the timeline is whole and nobody lists it at the moment."""
        self._store = store
        self._library = library
        self._now_ns = now_ns
        self._search = Search(include_archived=include_archived)
        self._may_begin = may_begin
        self._changed = changed
        self._explained: set[Inode] = set()
        self._wake = trio.Event()

    def wake(self) -> None:
        """The timeline has become whole: the first look can begin."""
        self._wake.set()

    def is_done(self) -> bool:
        """Whether everything was looked at once, so that items without capture time are shown too."""
        row = self._row()
        return row is not None and row.completed_ns is not None

    async def run(self) -> None:
        """Look again and again, as long as the mount lives."""
        while True:
            try:
                with in_lane(Lane.BACKGROUND):
                    await self._look_when_due()
            except errors.GPhotosError as exc:
                log.info("looking for deleted and undated items goes on later: %s", exc)
                await trio.sleep(RETRY_S)
            except Exception:
                log.exception("bug while looking for deleted and undated items")
                await trio.sleep(RETRY_S)

    def _row(self) -> ListingRow | None:
        return listings.listing_of(self._store.read, ListingKind.RECHECK)

    def _rest_s(self) -> float:
        """How long until the next look is due."""
        row = self._row()
        if row is None or row.completed_ns is None:
            return 0.0 if self._may_begin() else REST_S
        return max(0.0, REST_S - max(0, self._now_ns() - row.completed_ns) / 1e9)

    async def _look_when_due(self) -> None:
        with trio.move_on_after(self._rest_s()):
            await self._wake.wait()
        self._wake = trio.Event()
        await trio.sleep(BEGIN_AFTER_S)
        if self._may_begin() and self._rest_s() <= 0:
            await self._look()

    async def _look(self) -> None:
        is_first = not self.is_done()
        timeline = listings.listing_of(self._store.read, ListingKind.TIMELINE)
        assert timeline is not None
        look = await self._store.write(recheck.begin_recheck, timeline)
        paging = Paging("all media items", look.page_token)
        days: dict[date, list[Inode]] = {}
        while True:
            try:
                page = await self._library.media_items_page(
                    paging.token, limits.MEDIA_ITEMS_PAGE_MAX
                )
                paging.turn(page)
            except (errors.RejectedRequestError, errors.BadAnswerError) as exc:
                await self._store.write(listings.start_over, look)
                if isinstance(exc, errors.RejectedRequestError) and paging.resumed:
                    paging = Paging("all media items")
                    continue
                raise
            changes, unexplained = await self._store.write(
                recheck.note_met, look, page, self._now_ns()
            )
            self._changed(changes)
            for inode, day in unexplained:
                if inode not in self._explained:
                    days.setdefault(day, []).append(inode)
            if paging.token is None:
                break
            await trio.sleep(FIRST_PAUSE_S if is_first else PAUSE_S)
        await self._explain(dict(list(days.items())[:DAYS_MAX]))
        await self._remove_gone(look)
        await self._store.write(recheck.end_recheck, look, self._now_ns())

    async def _explain(self, days: dict[date, list[Inode]]) -> None:
        """List days of which the timeline seems to lack items; what is not there then is archived."""
        for day, inodes in days.items():
            # Google's day is the local one; ours is UTC's.
            first_day = day if day == date.min else day - timedelta(days=1)
            last_day = day if day == date.max else day + timedelta(days=1)
            search = replace(self._search, first_day=first_day, last_day=last_day)
            paging = Paging("a day")
            while True:
                page = await self._library.search_page(search, paging.token)
                paging.turn(page)
                await self._show(page)
                if paging.token is None:
                    break
            self._explained.update(inodes)

    async def _show(self, page: Page[MediaItem]) -> None:
        timeline = listings.listing_of(self._store.read, ListingKind.TIMELINE)
        assert timeline is not None
        self._changed(await self._store.write(listings.add_newest, timeline, page, self._now_ns()))

    async def _remove_gone(self, look: ListingRow) -> None:
        """Take away what was not met, once Google has said of each that it is gone.

        Pages shift while they are turned, so that an item can be missed that is still there.
        """
        missing: list[tuple[Inode, ItemId]] = []
        for after in range(0, recheck.last_inode(self._store.read), AT_ONCE):
            upto = Inode(after + AT_ONCE)
            missing += recheck.not_met(self._store.read, look, Inode(after), upto)
            # Others are served in between.
            await trio.lowlevel.checkpoint()
            while len(missing) >= limits.BATCH_GET_MAX:
                await self._remove_unknown(missing[: limits.BATCH_GET_MAX])
                del missing[: limits.BATCH_GET_MAX]
        if missing:
            await self._remove_unknown(missing)

    async def _remove_unknown(self, missing: list[tuple[Inode, ItemId]]) -> None:
        unknown = await self._library.unknown([identity for _, identity in missing])
        gone = [inode for inode, identity in missing if identity in unknown]
        self._changed(await self._store.write(recheck.take_away, gone))
