"""Picks: what a person ticks on Google's page becomes `picked/NAME`, with its bytes here for good."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any, Final

import trio

from gphotosfs import errors, names
from gphotosfs.catalog import picks
from gphotosfs.catalog.picks import PickRow
from gphotosfs.model import PickState
from gphotosfs.views.picking import Means, Picking

log = logging.getLogger(__name__)

DELETE_S: Final = 10.0
"""What removing a pick may take to tell Google; a session that is left ends by itself."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    picking: Picking
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    ended: trio.Event = field(default_factory=trio.Event)


class Picks:
    """The picks of a profile, and the tasks that see them through."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._store = means.store
        self._under_way: dict[int, _UnderWay] = {}
        self._nursery: trio.Nursery | None = None

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """See all picks through that are not over, for ever."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for pick in picks.picks(self._store.read):
                if pick.state is PickState.REMOVING:
                    nursery.start_soon(self._go_on_removing, pick)
                elif pick.state is not PickState.OVER:
                    self._start(pick)
            task_status.started()
            await trio.sleep_forever()

    async def begin(self, name: str, today: date) -> Mapping[str, Any]:
        """A new pick, whose page waits for a person, or the one of this name that is not over.

        Where `name` is "" it is named after the day.

        Raises:
            ConfigError: there is a pick of this name, and it is over.
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        chosen = names.directory_name(name) if name else self._named_after(today)
        known = picks.pick_named(self._store.read, chosen)
        if known is not None and known.state is not PickState.OVER:
            self.try_again()
            return self._described(known)
        if known is not None:
            raise errors.ConfigError(
                f"there is a pick named {chosen.decode()!r}; choose another name"
            )
        session = await self._means.picker.create_session()
        now_ns = self._means.now_ns()
        pick = await self._store.write(picks.begin_pick, chosen, session, now_ns)
        self._start(pick)
        return self._described(pick)

    def all(self) -> list[Mapping[str, Any]]:
        """How far every pick has come, oldest first."""
        return [self._described(pick) for pick in picks.picks(self._store.read)]

    def state(self, name: str) -> Mapping[str, Any]:
        """How far a pick has come.

        Raises:
            NoEntryError: there is none of this name, or nobody picked in time.
        """
        return self._described(self._named(name))

    async def remove(self, name: str) -> int:
        """Forget a pick and delete its bytes; the bytes given back. At Google nothing is deleted.

        Raises:
            NoEntryError: there is none of this name.
            StoreError: the bytes can't be deleted.
        """
        pick = self._named(name)
        if (under_way := self._under_way.get(pick.id)) is not None:
            under_way.scope.cancel()
            # What the task holds open is deleted below.
            await under_way.ended.wait()
        if pick.state is not PickState.OVER:
            await self._end_session(pick)
        self._means.changed(await self._store.write(picks.hide_pick, pick))
        return await self._delete_bytes(pick)

    def status(self) -> Mapping[str, Any]:
        """The same for `status`, by name and without addresses."""
        return {
            one["name"]: {k: v for k, v in one.items() if k not in ("name", "page_url")}
            for one in self.all()
        }

    def try_again(self) -> None:
        """Let whatever waits after a failure try again now."""
        for under_way in self._under_way.values():
            under_way.picking.wake()

    def gauges(self) -> dict[str, int]:
        """How much is under way."""
        return {"picks": len(self._under_way)}

    def _start(self, pick: PickRow) -> None:
        assert self._nursery is not None, "run() has not begun"
        self._under_way[pick.id] = _UnderWay(Picking(pick.id, self._means))
        self._nursery.start_soon(self._see_through, pick)

    async def _see_through(self, pick: PickRow) -> None:
        under_way = self._under_way[pick.id]
        try:
            with under_way.scope:
                await under_way.picking.run()
        except Exception:
            log.exception("bug while fetching picked/%s", pick.name.decode())
        finally:
            del self._under_way[pick.id]
            under_way.ended.set()

    async def _delete_bytes(self, pick: PickRow) -> int:
        """What is left to do of removing a pick that is hidden; the bytes given back."""
        gone = picks.only_in(self._store.read, pick)
        freed_bytes = await self._means.kept.drop(item.blob for item in gone)
        await self._store.write(picks.forget_pick, pick)
        return freed_bytes

    async def _go_on_removing(self, pick: PickRow) -> None:
        """Finish what a crash has interrupted."""
        try:
            await self._delete_bytes(pick)
        except errors.StoreError as exc:
            log.warning("picked/%s could not be removed wholly: %s", pick.name.decode(), exc)

    async def _end_session(self, pick: PickRow) -> None:
        self._means.picker.forget(pick.session)
        with trio.move_on_after(DELETE_S):
            try:
                await self._means.picker.delete_session(pick.session)
            except errors.RemoteError as exc:
                log.info("the Picker session is left to end by itself: %s", exc)

    def _named_after(self, today: date) -> bytes:
        for number in count(1):
            name = today.isoformat() if number == 1 else f"{today.isoformat()} ({number})"
            if picks.pick_named(self._store.read, name.encode()) is None:
                return name.encode()
        raise AssertionError("numbers end")

    def _named(self, name: str) -> PickRow:
        pick = picks.pick_named(self._store.read, names.directory_name(name))
        if pick is None:
            raise errors.NoEntryError(f"there is no pick named {name!r}")
        return pick

    def _described(self, pick: PickRow) -> Mapping[str, Any]:
        found = picks.tally(self._store.read, pick)
        under_way = self._under_way.get(pick.id)
        picking = None if under_way is None else under_way.picking
        is_over = pick.state is PickState.OVER
        return {
            "name": pick.name.decode(),
            "state": pick.state,
            "page_url": pick.page_url,
            "begun_at_s": pick.begun_ns // 10**9,
            "ends_at_s": None if is_over or pick.expires_ns is None else pick.expires_ns // 10**9,
            "items": found.items,
            "here": found.here,
            "size_bytes": found.here_bytes + (0 if picking is None else picking.coming_bytes()),
            "lost": found.items - found.here if is_over else 0,
            "problem": "" if picking is None else picking.problem,
        }
