"""Pins: albums, folders and files that a person wants to have here without a network.

What stands below a pinned directory is noted whenever something appears in the tree, and its listings
are renewed now and then although nobody visits them. `Pinning` fetches what is noted.
"""

import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import trio

from gphotosfs import errors
from gphotosfs.catalog import entries, pins
from gphotosfs.catalog.entries import ItemRow
from gphotosfs.catalog.pins import PinRow, Tally
from gphotosfs.catalog.places import Changes
from gphotosfs.lanes import Lane, in_lane
from gphotosfs.model import DirectoryKind, Inode, ItemId, PinState, is_preview
from gphotosfs.views import layout
from gphotosfs.views.layout import Which
from gphotosfs.views.paths import ALBUM_ID, places_of
from gphotosfs.views.pinning import Means, Obstacle, Pinning, obstacle_of

log = logging.getLogger(__name__)

WATCHED_S: Final = 5.0
"""Who asks how far a pin has come waits for it so long, at least."""

LOOK_AFTER_S: Final = 1.0
"""Changes come page by page; they are looked at together."""

LOOK_SHARE: Final = 0.1
"""The most of the time that goes into looking what is below large directories, which takes a thread."""

RENEW_EACH_S: Final = 3600.0
"""How often a pinned directory is listed again that nobody visits: an album costs a call then, or none
where another has asked for the list of albums, so 24 a day of 10,000. `refresh` asks at once."""

PAUSES_S: Final = (5.0, 30.0, 120.0)
"""After a listing that broke, and further ones in a row."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the last look at a pin has found."""

    tally: Tally = field(default_factory=Tally)
    listings: frozenset[Which] = frozenset()
    is_listed: bool = False
    """Whether all of them are known whole."""


class Pins:
    """The pins of a profile, and the tasks that see to them."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._store = means.store
        self._listings = means.listings
        self._pinning = Pinning(means, arrived=self._note_arrived, rested=self.look_soon)
        self._known: dict[int, _Known] = {}
        self._listing: set[Which] = set()
        self._troubles: dict[Which, errors.GPhotosError] = {}
        self._changing = trio.Lock()
        self._appeared = trio.Event()
        self._again = trio.Event()
        self._nursery: trio.Nursery | None = None

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """See to all pins, for ever."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started()
            nursery.start_soon(self._survived, self._go_on_removing)
            for task in (self._pinning.run, self._renew_now_and_then, self._keep_looking):
                nursery.start_soon(self._kept_up, task)

    # --- what commands ask for ------------------------------------------------------------------

    async def begin(self, paths: list[str]) -> tuple[list[Mapping[str, Any]], int]:
        """Pin what is at these paths, all or, if one is wrong, none.

        How far each has come, and the bytes for which the disk has room.

        Raises:
            NoEntryError: there is nothing at one of them.
            ConfigError: one of them is no photo, video or directory of such.
            RemoteError: one is not known, and Google could not be asked.
        """
        self._pinning.watch(WATCHED_S)
        found = [(path, await self._means.resolve(path)) for path in paths]
        for path, inode in found:
            self._check(path, inode)
        async with self._changing:
            begun = [
                await self._store.write(
                    pins.begin_pin, inode, self._name(path, inode), self._means.now_ns()
                )
                for path, inode in found
            ]
        for pin in begun:
            await self._look_at(pin)
        self.try_again()
        room_bytes = await self._means.blobs.room_bytes(self._means.folder)
        return [self._described(pin) for pin in begun], max(0, room_bytes)

    def states(self, ids: list[int]) -> list[Mapping[str, Any]]:
        """How far pins have come, for somebody who waits; those that were removed are left out."""
        self._pinning.watch(WATCHED_S)
        found = [pins.pin_with_id(self._store.read, one) for one in ids]
        return [self._described(pin) for pin in found if pin is not None]

    async def all(self) -> list[Mapping[str, Any]]:
        """How far every pin has come, oldest first."""
        found = [pin for pin in pins.pins(self._store.read) if pin.state is PinState.KEEPING]
        for pin in found:
            if pin.id not in self._known:
                await self._look_at(pin)
        return [self._described(pin) for pin in found]

    async def remove(self, paths: list[str], *, only_gone: bool) -> int:
        """Unpin what was pinned at these paths, and delete what nobody else needs; the bytes given back.

        `only_gone` lets go of what has left the pinned directories, which stay pinned.

        Raises:
            NoEntryError: one of them is not pinned; the message says in which pin it is.
            StoreError: the bytes can't be deleted.
        """
        found = [await self._pin_at(path) for path in paths]
        freed_bytes = 0
        async with self._changing:
            for pin in found:
                if only_gone:
                    gone = await self._store.write(pins.split_gone, pin)
                    freed_bytes += 0 if gone is None else await self._remove(gone)
                else:
                    freed_bytes += await self._remove(pin)
                    self._known.pop(pin.id, None)
        for pin in found if only_gone else []:
            await self._look_at(pin)
        return freed_bytes

    def status(self) -> Mapping[str, Any]:
        """All of them together, as far as they were looked at since the start; `pinned` says more."""
        found = [
            self._described(pin) for pin in pins.pins(self._store.read) if pin.id in self._known
        ]
        return {
            "pins": len(found),
            **{name: sum(one[name] for one in found) for name in ("items", "here", "size_bytes")},
            "problem": next((one["problem"] for one in found if one["problem"]), ""),
        }

    def gauges(self) -> dict[str, int]:
        """How much is under way."""
        return {**self._pinning.gauges(), "pinned_listings": len(self._listing)}

    # --- what others tell -----------------------------------------------------------------------

    def notice(self, changes: Changes) -> None:
        """Something changed in the tree."""
        if changes.appeared or changes.vanished or changes.renewed:
            self.look_soon()

    def look_soon(self) -> None:
        """There may be something to fetch, or what is counted here may be wrong."""
        self._appeared.set()

    def try_again(self) -> None:
        """Let whatever waits after a failure try again now."""
        self._again.set()
        self._again = trio.Event()
        self._pinning.try_again()

    def next_to(self, item: ItemId) -> Iterator[ItemId]:
        """What will be asked for next, where an item is one of those on their way."""
        return self._pinning.next_to(item)

    # --- what is below ----------------------------------------------------------------------------

    async def _survived(self, task: Callable[[], Awaitable[None]]) -> None:
        """Do something for all pins: what goes wrong ends that, and nothing else of the mount."""
        try:
            await task()
        except errors.StoreError as exc:
            log.warning("what is pinned can't be looked after: %s", exc)
        except Exception:
            log.exception("bug in the care of what is pinned")

    async def _kept_up(self, task: Callable[[], Awaitable[None]]) -> None:
        """Do something for all pins for ever, and again after a while if it went wrong."""
        while True:
            await self._survived(task)
            await trio.sleep(PAUSES_S[-1])

    async def _keep_looking(self) -> None:
        while True:
            began_s = trio.current_time()
            for pin in reversed(pins.pins(self._store.read)):
                if pin.state is PinState.KEEPING:
                    await self._look_at(pin)
                    await self._let_go_of_the_old(pin)
            self._pinning.look_again()
            took_s = trio.current_time() - began_s
            await self._appeared.wait()
            await trio.sleep(max(LOOK_AFTER_S, took_s / LOOK_SHARE))
            self._appeared = trio.Event()

    async def _look_at(self, pin: PinRow) -> None:
        """Note what is below a pin now, and begin to list what has never been listed."""
        assert pin.inode is not None, "only what is removed has no inode"
        try:
            below = await self._store.write(pins.directories_below, pin.inode)
            found = {layout.listing_for(directory) for directory in below}
            listings = frozenset(which for which in found if which is not None)
            tally = await self._store.write(pins.note_members, pin)
        except errors.StoreError as exc:
            log.warning("what is below %s can't be noted: %s", pin.path, exc)
            return
        if pins.pin_with_id(self._store.read, pin.id) is None:
            return
        unlisted = {which for which in listings if not self._listings.is_whole(which)}
        self._known[pin.id] = _Known(tally, listings, is_listed=not unlisted)
        for which in unlisted - self._listing:
            self._listing.add(which)
            assert self._nursery is not None, "run() has not begun"
            self._nursery.start_soon(self._survived, partial(self._list, which))

    async def _let_go_of_the_old(self, pin: PinRow) -> None:
        """What left `recent/` made room for newer ones there; in all others it stays kept."""
        known = self._known.get(pin.id)
        if known is None or not known.tally.gone or pin.inode != self._recent():
            return
        try:
            async with self._changing:
                gone = await self._store.write(pins.split_gone, pin)
                if gone is not None:
                    await self._remove(gone)
        except errors.StoreError as exc:
            log.warning("what left %s can't be deleted: %s", pin.path, exc)
        else:
            await self._look_at(pin)

    def _recent(self) -> Inode | None:
        row = entries.directory_of(self._store.read, DirectoryKind.RECENT)
        return None if row is None else row.inode

    async def _list(self, which: Which) -> None:
        """List a directory that was never listed, page by page."""
        misses = 0
        try:
            with in_lane(Lane.FOREGROUND if self._pinning.is_watched() else Lane.BACKGROUND):
                while not self._listings.is_whole(which):
                    try:
                        await self._listings.progress(which)
                        self._troubles.pop(which, None)
                        misses = 0
                    except errors.NoEntryError as exc:
                        log.info("what was pinned is gone: %s", exc)
                        return
                    except errors.GPhotosError as exc:
                        self._troubles[which] = exc
                        with trio.move_on_after(PAUSES_S[min(misses, len(PAUSES_S) - 1)]):
                            await self._again.wait()
                        misses += 1
                    self._appeared.set()
        finally:
            self._listing.discard(which)
            self._troubles.pop(which, None)

    async def _renew_now_and_then(self) -> None:
        while True:
            await trio.sleep(RENEW_EACH_S)
            for which in {one for known in self._known.values() for one in known.listings}:
                self._listings.renew_if_stale(which)

    def _note_arrived(self, item: ItemRow, size_bytes: int) -> None:
        for pin in pins.pins_with(self._store.read, item.inode):
            known = self._known.get(pin.id)
            if known is not None:
                tally = replace(
                    known.tally,
                    kept=known.tally.kept + 1,
                    kept_bytes=known.tally.kept_bytes + size_bytes,
                    left_bytes=max(0, known.tally.left_bytes - (item.size_bytes or 0)),
                )
                self._known[pin.id] = replace(known, tally=tally)

    # --- removing ---------------------------------------------------------------------------------

    async def _remove(self, pin: PinRow) -> int:
        """Hide a pin and delete its bytes; the bytes given back."""
        self._means.changed(await self._store.write(pins.hide_pin, pin))
        released = await self._store.write(pins.released, pin)
        # What a task holds open is deleted below.
        await self._pinning.let_go([inode for inode, _ in released])
        freed_bytes = await self._means.kept.drop(key for _, key in released)
        await self._store.write(pins.forget_pin, pin)
        return freed_bytes

    async def _go_on_removing(self) -> None:
        """Finish what a crash has interrupted."""
        async with self._changing:
            for pin in pins.pins(self._store.read):
                if pin.state is PinState.REMOVING:
                    try:
                        await self._remove(pin)
                    except errors.StoreError as exc:
                        log.warning("%s could not be unpinned wholly: %s", pin.path, exc)

    # --- names and words --------------------------------------------------------------------------

    def _check(self, path: str, inode: Inode) -> None:
        """Whether something can be pinned.

        Raises:
            ConfigError: it can't.
        """
        read = self._store.read
        if is_preview(inode):
            raise errors.ConfigError(
                f"{path} is a preview, which can't be pinned; pin the original"
            )
        if entries.item(read, inode) is None and entries.directory(read, inode) is None:
            raise errors.ConfigError(
                f"{path} can't be pinned: it is no photo, no video and no folder of such"
            )

    def _name(self, path: str, inode: Inode) -> str:
        """What a pin is called: the path that a person has given, unless that was made of an id."""
        name = tidied(path)
        if name.startswith(ALBUM_ID):
            known = places_of(self._store.read, inode)
            name = known[0].path.decode("utf-8", "replace") if known else name
        return name

    async def _pin_at(self, path: str) -> PinRow:
        """The pin of a path, also where nothing is there any more.

        Raises:
            NoEntryError: there is none.
        """
        read, name = self._store.read, tidied(path)
        if (known := pins.pin_called(read, name)) is not None:
            return known
        inode = await self._means.resolve(path)
        if (known := pins.pin_of(read, inode)) is not None:
            return known
        within = [pin.path or "/" for pin in pins.pins_with(read, inode)]
        hint = f" by itself, but as a part of {within[0]}" if within else ""
        raise errors.NoEntryError(f"{name or '/'} is not pinned{hint}")

    def _described(self, pin: PinRow) -> Mapping[str, Any]:
        known = self._known.get(pin.id, _Known())
        tally, pinning = known.tally, self._pinning
        failures = [one for one in pinning.failures.values() if pin.id in one.pins]
        troubles = [self._troubles[one] for one in known.listings if one in self._troubles]
        coming_bytes = sum(
            self._means.kept.coming_bytes(item.blob)
            for item in pinning.coming()
            if any(one.id == pin.id for one in pins.pins_with(self._store.read, item.inode))
        )
        is_here = known.is_listed and tally.here >= tally.items
        problem, obstacle = pinning.problem, pinning.obstacle
        if is_here:
            problem, obstacle = "", Obstacle.NONE
        elif troubles:
            problem, obstacle = str(troubles[0]), obstacle_of(troubles[0])
        elif not obstacle:
            problem = failures[-1].why if failures else ""
        return {
            "id": pin.id,
            "path": pin.path,
            "state": "here" if is_here else "fetching" if known.is_listed else "listing",
            "begun_at_s": pin.begun_ns // 10**9,
            "items": tally.items,
            "here": tally.here,
            "in_archives": tally.in_archives,
            "failed": sum(one.times > 0 for one in failures),
            "gone": tally.gone,
            "size_bytes": tally.kept_bytes + coming_bytes,
            "left_bytes": tally.left_bytes,
            "problem": problem,
            "obstacle": obstacle,
        }


def tidied(path: str) -> str:
    """A path below the tree's root in its one form, "" for the root itself."""
    return os.path.normpath(f"/{path}").lstrip("/")
