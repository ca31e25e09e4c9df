"""The base URLs that Google handed out lately: in memory only, since each is a secret.

A URL dies after an hour, sometimes sooner, and is renewed by mediaItems.batchGet, which takes 50 ids
for the price of one call. So whoever needs one waits a few milliseconds for others who do. The rest
of the batch is filled with URLs in use that are about to die, then with those of the files that come
next in the same directory: after a remount a walk over 1,000 photos costs 20 calls, not 1,000.
"""

import copy
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import httpx
import trio

from gphotosfs import limits
from gphotosfs.errors import (
    GoneError,
    RejectedRequestError,
    RemoteError,
    ServerTroubleError,
)
from gphotosfs.google.wire import ItemsPage
from gphotosfs.model import ItemId, Processing

# A URL is some 500 bytes: 5,000 are a few MB, and 100 full pages.
KEPT_MAX: Final = 5_000
# Five minutes before their end: a body that begins now may be continued a little later.
RENEW_AFTER_S: Final = limits.BASE_URL_LIFE_S - 300.0
# Those of this age go along when another one is renewed anyway, if they were used lately.
JOIN_AFTER_S: Final = RENEW_AFTER_S - 600.0
USED_LATELY_S: Final = 600.0
# Tasks that a directory's wave of probes or eight readers start together arrive within this.
GATHER_S: Final = 0.005


@dataclass(slots=True)
class BaseUrl:
    """One item's base URL and what was known when it was handed out."""

    url: str
    fetched_s: float
    processing: Processing
    used_s: float = float("-inf")
    video_target: httpx.URL | None = None
    """Where `=dv` redirects to, once seen; it lives as long as the base URL."""

    def __repr__(self) -> str:
        return f"BaseUrl(fetched_s={self.fetched_s})"


class _Waiting:
    """One renewal, for everyone who asked for its item."""

    def __init__(self) -> None:
        self.found: BaseUrl | None = None
        self.error: RemoteError | None = None


class BaseUrls:
    """Remembers and renews. `elapsed` is a clock of seconds that never goes back."""

    def __init__(
        self,
        batch_get: Callable[[list[ItemId]], Awaitable[ItemsPage]],
        elapsed: Callable[[], float] = trio.current_time,
    ) -> None:
        self._batch_get = batch_get
        self._elapsed = elapsed
        self._neighbours: Callable[[ItemId], Iterable[ItemId]] = _nobody
        self._known: OrderedDict[ItemId, BaseUrl] = OrderedDict()
        self._waiting: dict[ItemId, _Waiting] = {}
        self._is_led = False
        self._turn = trio.Event()

    def __len__(self) -> int:
        return len(self._known)

    def remember(self, page: ItemsPage) -> None:
        """Keep the URLs of a page; the oldest make room."""
        now_s = self._elapsed()
        for item in page.page.items:
            if (url := page.base_urls.get(item.id)) is None:
                continue
            before = self._known.pop(item.id, None)
            used_s = before.used_s if before is not None else float("-inf")
            self._known[item.id] = BaseUrl(url, now_s, item.processing, used_s)
        while len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)

    def renew_along(self, neighbours: Callable[[ItemId], Iterable[ItemId]]) -> None:
        """From now on fill batches with what, as this says, comes next to an item (50 are enough)."""
        self._neighbours = neighbours

    def age_s(self, base: BaseUrl) -> float:
        """How long ago Google handed it out."""
        return self._elapsed() - base.fetched_s

    async def get(self, item: ItemId) -> BaseUrl:
        """A base URL that should be good now.

        Raises:
            GoneError: Google no longer knows the item.
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        base = self._known.get(item)
        if base is None or self.age_s(base) >= RENEW_AFTER_S:
            base = await self._renewed(item)
        base.used_s = self._elapsed()
        return base

    async def fresh(self, item: ItemId, bad: BaseUrl) -> BaseUrl:
        """Another base URL than the bad one, which may have been replaced already.

        Raises:
            GoneError: Google no longer knows the item.
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        if self._known.get(item) is bad:
            del self._known[item]
        return await self.get(item)

    async def _renewed(self, item: ItemId) -> BaseUrl:
        waiting = self._waiting.setdefault(item, _Waiting())
        while waiting.found is None and waiting.error is None:
            if self._is_led:
                await self._turn.wait()
            else:
                await self._lead()
        if waiting.error is not None:
            raise copy.copy(waiting.error) from waiting.error
        assert waiting.found is not None
        return waiting.found

    async def _lead(self) -> None:
        """Renew for all who wait. If the leader is cancelled, another one takes its place."""
        self._is_led = True
        try:
            await trio.sleep(GATHER_S)
            wanted = [*self._waiting][: limits.BATCH_GET_MAX]
            await self._renew(wanted)
        finally:
            self._is_led = False
            self._turn.set()
            self._turn = trio.Event()

    async def _renew(self, wanted: list[ItemId]) -> None:
        ids = [*wanted, *islice(self._companions(wanted), limits.BATCH_GET_MAX - len(wanted))]
        try:
            self.remember(await self._batch_get(ids))
        except (RejectedRequestError, ServerTroubleError) as exc:
            # One bad id has spoiled whole calls
            # (https://github.com/gilesknap/gphotos-sync/issues/33), so each is asked alone.
            if len(ids) == 1:
                self._settle(wanted, exc)
                return
            for item in wanted:
                await self._renew_alone(item)
        except RemoteError as exc:
            self._settle(wanted, exc)
        else:
            self._settle(wanted, GoneError("Google no longer knows the item"))

    async def _renew_alone(self, item: ItemId) -> None:
        try:
            self.remember(await self._batch_get([item]))
        except RemoteError as exc:
            self._settle([item], exc)
        else:
            self._settle([item], GoneError("Google no longer knows the item"))

    def _settle(self, wanted: Iterable[ItemId], error: RemoteError) -> None:
        """Hand out what is there now; the error goes to those who found nothing."""
        now_s = self._elapsed()
        for item in wanted:
            base = self._known.get(item)
            waiting = self._waiting.pop(item)
            if base is not None and now_s - base.fetched_s < RENEW_AFTER_S:
                waiting.found = base
            else:
                waiting.error = error

    def _companions(self, wanted: Iterable[ItemId]) -> Iterator[ItemId]:
        """What goes along for nothing, each once: URLs in use about to die, then the neighbours."""
        now_s, taken = self._elapsed(), set(wanted)
        for item, base in self._known.items():
            is_due = now_s - base.fetched_s >= JOIN_AFTER_S
            if is_due and now_s - base.used_s < USED_LATELY_S and item not in taken:
                taken.add(item)
                yield item
        for item in wanted:
            for neighbour in self._neighbours(item):
                known = self._known.get(neighbour)
                is_good = known is not None and now_s - known.fetched_s < JOIN_AFTER_S
                if not is_good and neighbour not in taken:
                    taken.add(neighbour)
                    yield neighbour


def _nobody(_: ItemId) -> Iterable[ItemId]:
    return ()
