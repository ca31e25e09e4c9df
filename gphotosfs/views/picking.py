"""One pick on its way: until the person is done, until everything is here, until Google forgets it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from gphotosfs import errors
from gphotosfs.blobs.kept import KeptBlobs
from gphotosfs.blobs.source import MediaSource
from gphotosfs.catalog import picks
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.catalog.picks import PickRow
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Store
from gphotosfs.lanes import Lane, in_lane
from gphotosfs.model import (
    BlobKey,
    BlobSize,
    MediaItem,
    Page,
    PickingSession,
    PickState,
    Processing,
    SessionId,
)
from gphotosfs.views.paging import Paging

log = logging.getLogger(__name__)

SIDE_BY_SIDE: Final = 4
"""Downloads at a time: enough to hide a round trip, few enough to leave the line to readers."""

POLL_S: Final = 5.0
"""Between two looks whether the person is done, where Google does not say."""

PAUSES_S: Final = (5.0, 30.0, 120.0, 600.0)
"""After a failure, and further ones in a row."""

_BEFALLS_ALL: Final = (
    errors.OfflineError,
    errors.QuotaError,
    errors.SignInError,
    errors.ServiceDisabledError,
    errors.StoreError,
)
"""Failures of which the next item would die as well. Others are one item's own."""


class Picker(Protocol):
    """The Picker API, or whoever plays it. One method is one request.

    Every method raises a `RemoteError` whose subclass says why there is no usable answer: a
    `GoneError` where the session has ended.
    """

    async def create_session(self) -> PickingSession:
        """A new session, whose page waits for a person."""

    async def session(self, session: SessionId) -> PickingSession:
        """How things stand with a session."""

    async def delete_session(self, session: SessionId) -> None:
        """End a session."""

    async def items_page(
        self, session: SessionId, page_token: str | None = None
    ) -> Page[MediaItem]:
        """One page of what was picked."""

    def media(self, session: SessionId) -> MediaSource:
        """The bytes of what was picked, while the session lives."""

    def forget(self, session: SessionId) -> None:
        """Let go of what is remembered of a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What every pick needs on its way."""

    store: Store
    picker: Picker
    kept: KeptBlobs
    now_ns: Callable[[], int]
    changed: Callable[[Changes], None]
    learned: Callable[[BlobKey, BlobSize], None]


class Picking:
    """A pick that is not over."""

    def __init__(self, identity: int, means: Means) -> None:
        """`identity` is the pick's number in the catalogue."""
        self.problem = ""
        """What holds it up at the moment; "" if nothing does."""
        self._identity = identity
        self._means = means
        self._wake = trio.Event()
        self._failures = 0
        self._coming: set[BlobKey] = set()

    def coming_bytes(self) -> int:
        """What has come of the items that are being fetched."""
        return sum(self._means.kept.coming_bytes(key) for key in self._coming)

    def wake(self) -> None:
        """Try again at once, whatever failed before."""
        self._failures = 0
        self._wake.set()

    async def run(self) -> None:
        """See the pick through; ends when it is over or removed."""
        store = self._means.store
        while (pick := picks.pick_with_id(store.read, self._identity)) is not None:
            if pick.state in (PickState.OVER, PickState.REMOVING):
                return
            step = self._ask if pick.state is PickState.WAITING else self._fetch
            try:
                await step(pick)
            except errors.GPhotosError as exc:
                self.problem = str(exc)
                log.info("picked/%s goes on later: %s", pick.name.decode(), exc)
                await self._pause(PAUSES_S[min(self._failures, len(PAUSES_S) - 1)])
                self._failures += 1

    async def _pause(self, seconds: float) -> None:
        with trio.move_on_after(seconds):
            await self._wake.wait()
        self._wake = trio.Event()

    # --- the person -----------------------------------------------------------------------------

    async def _ask(self, pick: PickRow) -> None:
        """Look whether the person is done, as often as Google asks us to."""
        store, picker = self._means.store, self._means.picker
        try:
            session = await picker.session(pick.session)
            self._went_well()
            if not session.is_done and session.timeout_in_s == 0:
                await picker.delete_session(pick.session)
                raise errors.GoneError("nobody picked in time")
        except errors.GoneError as exc:
            log.info("picked/%s is given up: %s", pick.name.decode(), exc)
            await self._give_up(pick)
            return
        if session.is_done:
            await store.write(picks.set_state, pick, PickState.FETCHING)
        else:
            await self._pause(session.poll_interval_s or POLL_S)

    async def _give_up(self, pick: PickRow) -> None:
        """Forget a pick in which nothing was picked."""
        self._means.picker.forget(pick.session)
        self._means.changed(await self._means.store.write(picks.hide_pick, pick))
        await self._means.store.write(picks.forget_pick, pick)

    # --- the bytes ------------------------------------------------------------------------------

    async def _fetch(self, pick: PickRow) -> None:
        """List what was picked, and bring here what is missing of it."""
        means = self._means
        try:
            await self._list(pick)
        except errors.GoneError:
            await self._end(pick)
            return
        if not picks.tally(means.store.read, pick).items:
            await self._delete(pick)
            await self._give_up(pick)
            return
        await self._download(pick)
        left = picks.missing(means.store.read, pick)
        if all(item.processing is Processing.FAILED for item in left):
            await self._delete(pick)
            await self._end(pick)
        else:
            raise errors.NotReadyError(self.problem or f"{len(left)} items are not ready yet")

    async def _list(self, pick: PickRow) -> None:
        means, paging = self._means, Paging("picked items")
        while True:
            page = await means.picker.items_page(pick.session, paging.token)
            paging.turn(page)
            changes = await means.store.write(picks.add_picked, pick, page.items, means.now_ns())
            means.changed(changes)
            if paging.token is None:
                return

    async def _download(self, pick: PickRow) -> None:
        """One try for each item that is missing; a failure that would befall all ends the round."""
        media = self._means.picker.media(pick.session)
        queue = picks.missing(self._means.store.read, pick)[::-1]

        async def work() -> None:
            while queue:
                item = queue.pop()
                if item.processing is Processing.FAILED:
                    continue
                try:
                    await self._bring(item, media)
                except errors.GPhotosError as exc:
                    self.problem = str(exc)
                    if isinstance(exc, _BEFALLS_ALL):
                        queue.clear()

        with in_lane(Lane.DOWNLOAD):
            async with trio.open_nursery() as nursery:
                for _ in range(SIDE_BY_SIDE):
                    nursery.start_soon(work)

    async def _bring(self, item: ItemRow, media: MediaSource) -> None:
        means, known_bytes = self._means, item.size_bytes

        def learned(total_bytes: int) -> None:
            changed = known_bytes not in (None, total_bytes)
            means.learned(item.blob, BlobSize(total_bytes, changed))

        self._coming.add(item.blob)
        try:
            size_bytes = await means.kept.fetch(item.blob, media, learned)
        finally:
            self._coming.discard(item.blob)
        learned(size_bytes)
        await means.store.write(picks.note_kept, item.inode, size_bytes)
        self._went_well()

    async def _delete(self, pick: PickRow) -> None:
        """Let Google forget the session, which it may have done by itself."""
        try:
            await self._means.picker.delete_session(pick.session)
        except errors.GoneError:
            log.debug("the session had ended already")

    async def _end(self, pick: PickRow) -> None:
        """Everything is here that will ever come."""
        means = self._means
        means.picker.forget(pick.session)
        lost = picks.missing(means.store.read, pick)
        await means.kept.drop(item.blob for item in lost)
        await means.store.write(picks.set_state, pick, PickState.OVER)
        self._went_well()
        if lost:
            log.warning(
                "picked/%s: the session ended before %d of its photos were here; pick them again",
                pick.name.decode(), len(lost),
            )  # fmt: skip

    def _went_well(self) -> None:
        self.problem, self._failures = "", 0
