"""Sizes of files. Google sends none, so each is learned once and kept, and estimated until then.

The ladder, dearest last: the catalogue; the by-product of any answer with bytes; `open`'s own first
range; when `stat` asks, one request for no bytes, side by side with the file's unknown neighbours.
"""

import logging
from collections import deque
from collections.abc import Callable
from typing import Final

import trio

from gphotosfs import errors
from gphotosfs.blobs.source import MediaSource
from gphotosfs.catalog import entries, items, shown
from gphotosfs.catalog.entries import EntryRow, ItemRow
from gphotosfs.catalog.store import Store
from gphotosfs.model import BlobKey, Inode, Processing
from gphotosfs.views.estimates import Estimates
from gphotosfs.views.patience import Patience

log = logging.getLogger(__name__)

SIDE_BY_SIDE: Final = 32
"""Probes at a time: 1,000 files in 32 round trips, and no more connections than a browser opens."""

AHEAD: Final = 64
"""How many unknown neighbours behind the file asked for are probed with it."""

PATIENCE_S: Final = 5.0
"""So long all stats of a wave wait together; `ls --color` asks for every file and can't be told from
`ls -l`, so a large new album must not hold it for longer."""

WAVE_ENDS_S: Final = 10.0
"""A wave of probes is over when nobody asked for so long."""

FAILURE_REMEMBERED_S: Final = 30.0

FLUSH_S: Final = 0.3
"""Learned sizes are written together; kill -9 loses at most these."""


class Wave:
    """The stats of one directory's unknown files, one after another: what they may wait in all."""

    def __init__(self, now_s: float) -> None:
        self.asked_s = now_s
        self.stats = 0
        self.horizon = 0
        """The last entry whose probe has been queued."""
        self.patience = Patience(PATIENCE_S)


class Sizes:
    """What is known of sizes, and the probes that find out more."""

    def __init__(
        self,
        store: Store,
        source: MediaSource,
        *,
        mode: str,
        timeout_s: float,
        probed: Callable[[BlobKey, int], None],
    ) -> None:
        """`mode` is the option `sizes`: auto, exact or on-open; `probed` is told what is found."""
        self._store = store
        self._source = source
        self._mode = mode
        self._timeout_s = timeout_s
        # The estimate has to be there before the system call's own deadline makes an error of it.
        self._longest_s = 0.9 * timeout_s
        self._probed = probed
        self._estimates = Estimates(entries.measured(store.read))
        self._learned: dict[Inode, int | None] = {}
        self._probes: dict[Inode, trio.Event] = {}
        self._failed_until_s: dict[Inode, float] = {}
        self._queue: deque[ItemRow] = deque()
        self._running = 0
        self._waves: dict[Inode, Wave] = {}
        self._nursery: trio.Nursery | None = None
        self._flush = trio.Event()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold the probes, and write what they find."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                task_status.started()
                while True:
                    await self._flush.wait()
                    await trio.sleep(FLUSH_S)
                    self._flush = trio.Event()
                    await self._write_learned()
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 2):
                await self._write_learned()

    def known(self, item: ItemRow) -> int | None:
        """The exact size; None while it is unknown."""
        return self._learned.get(item.sized_inode, item.size_bytes)

    def shown(self, item: ItemRow) -> tuple[int, bool]:
        """What a look-up says at once: (bytes, whether that is exact)."""
        size_bytes = self.known(item)
        if size_bytes is not None:
            return size_bytes, True
        return self._estimates.size_bytes(item), False

    async def asked(self, item: ItemRow, directory: Inode | None, *, patient: bool = False) -> None:
        """Somebody wants the size: wait until it is known if that can be had in time.

        `directory` is where the item was seen; who is `patient` waits longer than a stat does.
        """
        is_wanted = self.known(item) is None and self._mode != "on-open"
        if is_wanted and self._can_be_probed(item):
            await self._wait_for_probe(item, directory, patient or self._mode == "exact")

    def learn(self, key: BlobKey, size_bytes: int) -> None:
        """Keep a size that some answer showed."""
        item = shown.item_of(self._store.read, key)
        if item is None or self.known(item) == size_bytes:
            return
        self._learned[item.sized_inode] = size_bytes
        self._estimates.learn(item, size_bytes)
        self._flush.set()

    def forget(self, preview: Inode) -> None:
        """A preview is another one now: its size has to be learned again."""
        self._learned[preview] = None
        self._flush.set()

    def forget_failures(self) -> None:
        """Let items whose probe failed be asked for again."""
        self._failed_until_s.clear()

    def gauges(self) -> dict[str, int]:
        """How much is under way."""
        return {"probes": self._running, "probes_queued": len(self._queue)}

    def _can_be_probed(self, item: ItemRow) -> bool:
        failed_until_s = self._failed_until_s.get(item.inode, -1.0)
        return item.processing is Processing.READY and failed_until_s < trio.current_time()

    async def _wait_for_probe(self, item: ItemRow, directory: Inode | None, patient: bool) -> None:
        now_s = trio.current_time()
        wave = self._wave(directory if directory is not None else item.inode, now_s)
        patience_s = self._longest_s if patient else wave.patience.left_s(now_s)
        event = self._probes.get(item.inode)
        if event is None:
            event = self._enqueue(item, first=patience_s > 0)
        if directory is not None and wave.stats > 1:
            self._enqueue_neighbours(item, directory, wave)
        wave.patience.begin_wait(now_s)
        try:
            with trio.move_on_after(patience_s):
                await event.wait()
        finally:
            wave.patience.end_wait(trio.current_time())

    def _wave(self, directory: Inode, now_s: float) -> Wave:
        wave = self._waves.get(directory)
        if wave is None or now_s - wave.asked_s > WAVE_ENDS_S:
            self._waves = {d: w for d, w in self._waves.items() if now_s - w.asked_s <= WAVE_ENDS_S}
            wave = self._waves[directory] = Wave(now_s)
        wave.asked_s = now_s
        wave.stats += 1
        return wave

    def _enqueue_neighbours(self, item: ItemRow, directory: Inode, wave: Wave) -> None:
        """Queue the probes of the files behind this one, as far as AHEAD; few look-ups for many stats."""
        if len(self._probes) > AHEAD // 2:
            return
        here = shown.entry_id(self._store.read, directory, item.inode)
        if here is None:
            return
        after = max(here, wave.horizon)
        for row in shown.unknown_sizes_after(self._store.read, directory, after, AHEAD):
            wave.horizon = row.id
            self._enqueue_row(row)

    def _enqueue_row(self, row: EntryRow) -> None:
        item = row.target
        if (
            isinstance(item, ItemRow)
            and item.inode not in self._probes
            and self.known(item) is None
            and self._can_be_probed(item)
        ):
            self._enqueue(item, first=False)

    def _enqueue(self, item: ItemRow, *, first: bool) -> trio.Event:
        event = self._probes[item.inode] = trio.Event()
        if first:
            self._queue.appendleft(item)
        else:
            self._queue.append(item)
        if self._running < SIDE_BY_SIDE:
            assert self._nursery is not None, "run() has not begun"
            self._running += 1
            self._nursery.start_soon(self._work)
        return event

    async def _work(self) -> None:
        try:
            while self._queue:
                await self._probe(self._queue.popleft())
        finally:
            self._running -= 1

    async def _probe(self, item: ItemRow) -> None:
        try:
            with trio.fail_after(self._timeout_s):
                size_bytes = await self._source.size(item.blob)
            if size_bytes is None:
                self._failed_until_s[item.inode] = trio.current_time() + FAILURE_REMEMBERED_S
            else:
                self.learn(item.blob, size_bytes)
                self._probed(item.blob, size_bytes)
        except (errors.GPhotosError, trio.TooSlowError) as exc:
            self._failed_until_s[item.inode] = trio.current_time() + FAILURE_REMEMBERED_S
            log.debug("the size of %s stays an estimate: %s", item.inode, exc)
        except Exception:
            log.exception("bug while asking for a size")
            self._failed_until_s[item.inode] = trio.current_time() + FAILURE_REMEMBERED_S
        finally:
            self._probes.pop(item.inode).set()

    async def _write_learned(self) -> None:
        learned = dict(self._learned)
        if not learned:
            return
        try:
            await self._store.write(items.note_sizes, list(learned.items()))
        except errors.StoreError as exc:
            log.warning("sizes can't be kept: %s", exc)
            return
        except Exception:
            log.exception("bug while keeping sizes")
            return
        for inode, size_bytes in learned.items():
            if self._learned.get(inode) == size_bytes:
                del self._learned[inode]
