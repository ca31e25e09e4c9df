"""Fetching listings: each by one task at a time, whoever waits for it, page by page as they land."""

import copy
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Final

import trio

from gphotosfs import errors
from gphotosfs.catalog import entries, listings
from gphotosfs.catalog.listings import ListingRow
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Store
from gphotosfs.lanes import Lane, in_lane
from gphotosfs.limits import MEDIA_ITEMS_PAGE_MAX
from gphotosfs.model import Album, AlbumId, ListingKind, MediaItem, Page, Search
from gphotosfs.views import layout
from gphotosfs.views.layout import Which
from gphotosfs.views.library import Library
from gphotosfs.views.paging import Ahead, Paging
from gphotosfs.views.recheck import Recheck
from gphotosfs.views.timeline import Timeline

log = logging.getLogger(__name__)

NS: Final = 1_000_000_000

FAILURE_REMEMBERED_S: Final = 3.0
"""So long a directory that could not be listed fails at once: programs ask two or three times."""

LONG_REST_S: Final = 86_400.0
"""An album whose row has not changed is listed again after this: a swap of two photos changes no row."""


_NEWEST_FIRST: Final = frozenset({ListingKind.VIDEOS, ListingKind.FAVORITES})

_NOT_TOPS: Final = frozenset({ListingKind.ALBUM, ListingKind.RECHECK})


class Fetch:
    """A run of a listing that is under way."""

    def __init__(self) -> None:
        self.landed = trio.Event()
        """Set when the next page is in the catalogue, or the run has ended."""
        self.error: errors.GPhotosError | None = None

    def land(self) -> None:
        """Wake everybody who waits for the next page."""
        self.landed.set()
        self.landed = trio.Event()


class Listings:
    """Brings listings into the catalogue and keeps them fresh."""

    def __init__(
        self,
        store: Store,
        library: Library,
        *,
        now_ns: Callable[[], int],
        fresh_s: float,
        include_archived: bool,
        changed: Callable[[Changes], None],
    ) -> None:
        self._store = store
        self._library = library
        self._now_ns = now_ns
        self._fresh_s = fresh_s
        self._include_archived = include_archived
        self._changed = changed
        self._timeline = Timeline(store, library, now_ns=now_ns, include_archived=include_archived)
        self._recheck = Recheck(
            store,
            library,
            now_ns=now_ns,
            include_archived=include_archived,
            may_begin=self._timeline_rests,
            changed=changed,
        )
        self._nursery: trio.Nursery | None = None
        self._fetches: dict[Which, Fetch] = {}
        self._renewing: set[Which] = set()
        self._failures: dict[Which, tuple[float, errors.GPhotosError]] = {}

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold the fetches, which belong to the mount and not to whoever asked first."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started()
            await self._recheck.run()

    def row(self, which: Which) -> ListingRow | None:
        """How far a listing has come; None if it never began."""
        return listings.listing_of(self._store.read, *which)

    def is_whole(self, which: Which) -> bool:
        """Whether the catalogue has the listing from its first to its last page, however old."""
        row = self.row(which)
        return row is not None and row.completed_ns is not None

    async def progress(self, which: Which) -> None:
        """Wait until more of the listing is in the catalogue than now.

        Raises:
            RemoteError: the listing broke; the subclass says why.
        """
        self._raise_remembered(which)
        fetch = self._fetches.get(which) or self._start(which)
        await fetch.landed.wait()
        if fetch.error is not None:
            raise copy.copy(fetch.error) from fetch.error

    def renew_if_stale(self, which: Which) -> None:
        """Begin to fetch the listing again behind its readers, if it is old; errors are only logged."""
        row = self.row(which)
        if (
            row is None
            or row.completed_ns is None
            or which in self._fetches
            or which in self._renewing
        ):
            return
        age_ns = self._now_ns() - (row.fresh_ns or 0)
        if 0 <= age_ns < self._fresh_s * NS or self._remembered(which) is not None:
            return
        self._renewing.add(which)
        self._spawn(self._renew_quietly, which)

    async def renew(self, which: Which) -> None:
        """Fetch the listing again, now and whole, and wait for its end.

        Raises:
            RemoteError: the listing broke, and the old one stays.
        """
        self._failures.pop(which, None)
        fetch = self._fetches.get(which) or self._start(which)
        while self._fetches.get(which) is fetch:
            await fetch.landed.wait()
        if fetch.error is not None:
            raise copy.copy(fetch.error) from fetch.error

    def forget_failures(self) -> None:
        """Let the next visit of a directory that failed try again at once."""
        self._failures.clear()

    def known_tops(self) -> list[Which]:
        """The listings that `refresh` of the whole mount renews: those that somebody has visited."""
        tops = [Which(kind) for kind in ListingKind if kind not in _NOT_TOPS]
        return [which for which in tops if self.row(which) is not None]

    def everything_was_seen(self) -> bool:
        """Whether items without a capture time, which no search by day finds, are shown as well."""
        return self._recheck.is_done()

    def gauges(self) -> dict[str, int]:
        """How much is under way."""
        return {"listings": len(self._fetches), "renewals": len(self._renewing)}

    def _start(self, which: Which) -> Fetch:
        fetch = self._fetches[which] = Fetch()
        self._spawn(self._fetch, which, fetch)
        return fetch

    def _spawn(self, task: Callable[..., Awaitable[None]], *args: object) -> None:
        assert self._nursery is not None, "run() has not begun"
        self._nursery.start_soon(task, *args)

    async def _fetch(self, which: Which, fetch: Fetch) -> None:
        try:
            await self._pages(which, fetch)
        except errors.GPhotosError as exc:
            fetch.error = exc
            self._failures[which] = (trio.current_time() + FAILURE_REMEMBERED_S, exc)
        except Exception as exc:
            log.exception("bug while listing %s", which.kind)
            fetch.error = errors.InternalError(f"listing {which.kind} failed: {exc!r}")
        finally:
            self._end(which, fetch)
            fetch.land()

    def _end(self, which: Which, fetch: Fetch) -> None:
        """The run has seen everything: who asks from now on wants another one."""
        if self._fetches.get(which) is fetch:
            del self._fetches[which]

    async def _pages(self, which: Which, fetch: Fetch) -> None:
        write = self._store.write
        home = entries.directory_of(self._store.read, layout.home_kind(which.kind), which.key)
        is_album = which.kind is ListingKind.ALBUM
        if home is None or (is_album and entries.album_of(self._store.read, home.inode) is None):
            raise errors.NoEntryError(f"the album {which.key[:12]}… is gone")
        listing = await write(listings.begin, which.kind, which.key, home.inode)
        was_whole = listing.completed_ns is not None

        def landed(changes: Changes) -> None:
            if changes.ended:
                self._end(which, fetch)
            fetch.land()
            # What was never listed holds nothing that a program can have missed; but an item that is
            # renamed is renamed wherever it is shown.
            if was_whole or changes.vanished or changes.has_candidates:
                self._changed(changes)

        if which.kind is ListingKind.TIMELINE:
            await self._timeline.list_all(listing, landed)
            self._recheck.wake()
            return
        paging = Paging(which.kind, listing.page_token)
        ahead: Ahead[Page[Album] | Page[MediaItem]] | None = None
        while True:
            try:
                page = await (ahead.page() if ahead else self._page(which, paging.token))
                paging.turn(page)
            except errors.RejectedRequestError:
                if not paging.resumed:
                    raise
                listing = await write(listings.start_over, listing)
                paging = Paging(which.kind)
                continue
            except errors.BadAnswerError:
                await write(listings.start_over, listing)
                raise
            ahead = self._next_page(which, paging.token)
            changes = await self._apply(listing, page)
            landed(changes)
            if changes.ended:
                return

    def _next_page(
        self, which: Which, token: str | None
    ) -> Ahead[Page[Album] | Page[MediaItem]] | None:
        """Begin to fetch the next page; None at the end, or where we may end before Google does."""
        if token is None or which.kind is ListingKind.RECENT:
            return None
        assert self._nursery is not None, "run() has not begun"
        return Ahead(self._nursery, partial(self._page, which, token))

    async def _page(self, which: Which, token: str | None) -> Page[Album] | Page[MediaItem]:
        search = Search(include_archived=self._include_archived)
        match which.kind:
            case ListingKind.ALBUMS:
                return await self._library.albums_page(token)
            case ListingKind.ALBUM:
                return await self._library.album_items_page(AlbumId(which.key), token)
            case ListingKind.FAVORITES:
                return await self._library.search_page(replace(search, favorites=True), token)
            case ListingKind.VIDEOS:
                return await self._library.search_page(replace(search, videos=True), token)
            case ListingKind.RECENT:
                days = replace(search, first_day=date.min, last_day=date.max)
                return await self._library.search_page(days, token)
            case ListingKind.TIMELINE | ListingKind.RECHECK:
                raise AssertionError("these turn their pages themselves")

    async def _apply(self, listing: ListingRow, page: Page[Album] | Page[MediaItem]) -> Changes:
        write, now_ns = self._store.write, self._now_ns()
        if listing.kind is ListingKind.ALBUMS:
            return await write(listings.apply_albums, listing, _albums(page), now_ns)
        is_recent = listing.kind is ListingKind.RECENT
        apply = listings.apply_recent if is_recent else listings.apply_items
        return await write(apply, listing, _items(page), now_ns)

    async def _renew_quietly(self, which: Which) -> None:
        try:
            with in_lane(Lane.BACKGROUND):
                await self._renew_cheaply(which)
        except errors.GPhotosError as exc:
            log.info("%s could not be renewed, the old list stays: %s", which.kind, exc)
            self._failures.setdefault(which, (trio.current_time() + FAILURE_REMEMBERED_S, exc))
        except Exception:
            log.exception("bug while renewing %s", which.kind)
        finally:
            self._renewing.discard(which)

    async def _renew_cheaply(self, which: Which) -> None:
        """Renew a listing with as few calls as its kind allows."""
        row = self.row(which)
        assert row is not None
        # A run that broke off is ended first: the slow look waits for that.
        if which.kind is ListingKind.TIMELINE and not row.running:
            await self._timeline.add_newest(row, self._changed)
            await self._store.write(listings.note_unchanged, row, self._now_ns())
            return
        if which.kind is ListingKind.ALBUM:
            albums = Which(ListingKind.ALBUMS)
            above = self.row(albums)
            if above is None or self._now_ns() - (above.fresh_ns or 0) > self._fresh_s * NS:
                await self.renew(albums)
            rested_s = (self._now_ns() - (row.completed_ns or 0)) / NS
            unchanged = row.signature == listings.signature(self._store.read, which.key)
            if unchanged and rested_s < LONG_REST_S:
                await self._store.write(listings.note_unchanged, row, self._now_ns())
                return
        if which.kind in _NEWEST_FIRST and await self._stands_as_it_was(which, row):
            await self._store.write(listings.note_unchanged, row, self._now_ns())
            return
        await self.renew(which)

    async def _stands_as_it_was(self, which: Which, row: ListingRow) -> bool:
        """Whether a long listing seems unchanged, judging by its first page.

        A media server that looks into `videos/` all day would otherwise list thousands of films every
        few minutes. What changes further down is found after a long rest, or by `gphotosfs refresh`.
        """
        rested_s = (self._now_ns() - (row.completed_ns or 0)) / NS
        known = entries.entries_after(self._store.read, row.home, 0, MEDIA_ITEMS_PAGE_MAX + 1)
        if row.running or rested_s >= LONG_REST_S or len(known) <= MEDIA_ITEMS_PAGE_MAX:
            return False
        page = _items(await self._page(which, None))
        return page.next_page_token is not None and all(
            entries.shows(self._store.read, row.home, item.id) for item in page.items
        )

    def _timeline_rests(self) -> bool:
        """Whether the timeline is whole and no run of it is under way, not even an interrupted one."""
        which = Which(ListingKind.TIMELINE)
        row = self.row(which)
        is_whole = row is not None and row.completed_ns is not None and not row.running
        return is_whole and which not in self._fetches

    def _remembered(self, which: Which) -> errors.GPhotosError | None:
        until, error = self._failures.get(which, (0.0, None))
        return error if error is not None and trio.current_time() < until else None

    def _raise_remembered(self, which: Which) -> None:
        error = self._remembered(which)
        if error is not None:
            raise copy.copy(error) from error


def _albums(page: Page[Album] | Page[MediaItem]) -> Page[Album]:
    return Page(tuple(a for a in page.items if isinstance(a, Album)), page.next_page_token)


def _items(page: Page[Album] | Page[MediaItem]) -> Page[MediaItem]:
    return Page(tuple(i for i in page.items if isinstance(i, MediaItem)), page.next_page_token)
