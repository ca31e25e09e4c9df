"""Thumbnails of what file managers open, made before anybody reads a photo to draw one.

GLib counts a FUSE mount as local, so every photo of a folder that is shown would be read whole. What
the thumbnail cache already holds is drawn from there, and no file is opened.
"""

import itertools
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import trio

from gphotosfs import errors
from gphotosfs.desktop.gate import Gate, Rank, Turn, Urgency
from gphotosfs.desktop.making import Maker, Tree
from gphotosfs.desktop.programs import Role, role_of
from gphotosfs.desktop.sweeps import (
    GATHERED_S,
    LOOKED_AT,
    ON_A_FOLDER,
    SEEN_FIRST,
    SWEPT_MAX,
    Sweep,
    Visits,
    lane_for,
)
from gphotosfs.desktop.upcoming import Upcoming
from gphotosfs.lanes import Lane, in_lane
from gphotosfs.model import Entry, Inode, Node
from gphotosfs.views.patience import Patience

log = logging.getLogger(__name__)

SIDE_BY_SIDE: Final = 24
"""Small pictures under way: with 100 ms each a screen full of files in half a second, in 1 MB of
memory."""

CHECKED_AT_ONCE: Final = 256
"""Files of which is looked whether they have a thumbnail, before the next ones are: some 20 ms."""

CALM_S: Final = 0.1
"""A file manager that asked for nothing so long has what it wants for now."""

CALM_PATIENCE_S: Final = 1.0
"""So long a thumbnail that is not seen yet waits for that."""

ALL_AGAIN_S: Final = 5.0
"""How often `thumbnails=all` looks for what has become known."""


class Thumbnails:
    """The thumbnails of one mount. `fuse/operations.py` says who asks for what."""

    def __init__(
        self,
        tree: Tree,
        maker: Maker,
        *,
        everything: bool,
        exact_sizes: bool = False,
        role_of: Callable[[int], Role] = role_of,
    ) -> None:
        """`everything` is `thumbnails=all`, `exact_sizes` is `sizes=exact`.

        `role_of` tells a program by one of its threads.
        """
        self._tree = tree
        self._maker = maker
        self._everything = everything
        self._exact_sizes = exact_sizes
        self._role_of = role_of
        self._gate = Gate(SIDE_BY_SIDE)
        self._visits = Visits()
        self._sweeps: dict[Inode, Sweep] = {}
        self._numbers = itertools.count(1)
        self._asked_s = -1.0
        self._known_to = Inode(0)
        """Up to this number everything has its thumbnails, if everything is to have them."""
        self._nursery: trio.Nursery | None = None

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Make what is asked for, until cancelled."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                task_status.started()
                while self._everything:
                    await _quietly(self._make_known)
                    await trio.sleep(ALL_AGAIN_S)
                await trio.sleep_forever()
        finally:
            self._nursery = None

    # --- what the kernel's side asks ------------------------------------------------------------

    async def opened(self, directory: Inode, tid: int) -> bool:
        """A program opens a directory; whether it is a file manager, or a thumbnailer.

        One that only counts what is in there gets no thumbnails, though estimates for its stats; and
        a thumbnailer is about to draw the folder with some photos on it.
        """
        role = self._role_of(tid)
        if role in (Role.ORDINARY, Role.INDEXER):
            return False
        now_s = trio.current_time()
        places = await self._tree.places(directory)
        if not places:
            return False  # .gphotosfs
        parent = places[0].directory
        if role is Role.THUMBNAILER:
            self._visits.begin(directory, parent, now_s).neighbours = 0
            self._sweep(directory, limit=ON_A_FOLDER)
            return True
        counted = self._visits.counted_with(directory, parent, now_s)
        self._visits.begin(directory, parent, now_s, looks_once=role is Role.NAUTILUS)
        for other in counted:
            self._stop(other)
        if not counted:
            self._sweep(directory, limit=SWEPT_MAX, by_name=True)
        return True

    async def shown(self, directory: Inode, entries: list[Entry]) -> None:
        """A file manager is about to be handed these entries: wait a moment for their thumbnails.

        One that looks again when a file is drawn waits at the end, where there are none, for the first page.
        """
        visit, sweep = self._visits.at(directory), self._sweeps.get(directory)
        if visit is None:
            return
        visit.shown(entries, trio.current_time())
        # Which names are the first is known at the end.
        is_awaited = bool(entries) == visit.looks_once
        if sweep is not None and is_awaited and not visit.gave_up:
            with _patience(visit.patience):
                last = entries[-1].cookie if entries else None
                visit.gave_up = not await sweep.settled(last)
        visit.shown((), trio.current_time())

    def is_content_with(self, node: Node, tid: int) -> bool:
        """Whether a program that asks for attributes will do with a size that is an estimate.

        A probe for each file would double the requests of a first visit. So a file manager has to do
        with one in the sweep through a directory that it has opened, and a thumbnailer or an indexer
        always: they only want to know the time. With `sizes=exact` nobody does.
        """
        if self._exact_sizes:
            return False
        role = self._role_of(tid)
        if role in (Role.ORDINARY, Role.INDEXER):
            return role is Role.INDEXER
        now_s = trio.current_time()
        visit = self._visits.showing(node.inode, now_s)
        if visit is not None:
            visit.asked_s = self._asked_s = now_s
        return visit is not None or role is Role.THUMBNAILER

    def is_browsed(self, inode: Inode, tid: int) -> bool:
        """Whether a program that opens a file is the file manager that it was just shown to.

        Dolphin opens each file that it lists, and reads those alone whose suffix says no type
        (QMimeDatabase::mimeTypeForFile).
        """
        now_s = trio.current_time()
        visit = self._visits.showing(inode, now_s)
        if visit is None or not self._role_of(tid).is_file_manager:
            return False
        visit.asked_s = now_s
        return True

    async def opening(self, inode: Inode, tid: int) -> bool:
        """A program opens a file; whether nobody waits for what it reads.

        A thumbnailer is kept waiting for a moment: ours may be there before it has read anything, and
        the next file that it comes to need not be opened any more.
        """
        role = self._role_of(tid)
        if role is not Role.THUMBNAILER:
            return role is Role.INDEXER
        places = await self._tree.places(inode)
        if places:
            directory, cookie, _ = places[0]
            now_s = trio.current_time()
            visit = self._visits.at(directory) or self._visits.begin(directory, directory, now_s)
            visit.asked_s = now_s
            done = trio.Event()
            self._spawn(partial(self._make_asked, inode, done))
            if visit.neighbours:
                self._sweep_neighbours(directory, cookie, visit.neighbours)
            with _patience(visit.opens_patience):
                await done.wait()
        return True

    # --- what the mount tells -------------------------------------------------------------------

    def renewed(self, inode: Inode) -> None:
        """A file's bytes are others now."""
        self._spawn(partial(self._renew, inode))

    def vanished(self, names: list[tuple[Inode, bytes, Inode]]) -> None:
        """These names are gone, each from its directory, and stood for these files."""
        if names:
            self._spawn(partial(self._forget, [(directory, name) for directory, name, _ in names]))

    def status(self) -> dict[str, Any]:
        """How it goes: numbers for `gphotosfs status`."""
        return {
            "made": self._maker.made,
            "copied": self._maker.copied,
            "failed": self._maker.failed,
            "waiting": self._gate.waiting() + self._maker.under_way,
            "paused": self._maker.is_paused(),
        }

    # --- inside ---------------------------------------------------------------------------------

    def _sweep(
        self, directory: Inode, *, limit: int, after: int | None = None, by_name: bool = False
    ) -> None:
        """Begin to make the thumbnails of a directory, unless that is going on."""
        former = self._sweeps.get(directory)
        if former is not None and not former.is_over and former.limit >= limit:
            former.rank = Rank(Urgency.OPENED, -next(self._numbers))
            return
        number = next(self._numbers)
        sweep = Sweep(directory, number, limit=limit, after=after, by_name=by_name)
        self._sweeps[directory] = sweep
        self._spawn(partial(self._run_sweep, sweep))

    def _sweep_neighbours(self, directory: Inode, cookie: int, limit: int) -> None:
        """Begin with the files behind one that a thumbnailer opened, if nobody has come there yet."""
        sweep = self._sweeps.get(directory)
        if sweep is None or sweep.is_over:
            self._sweep(directory, after=cookie, limit=limit)

    def _stop(self, directory: Inode) -> None:
        """Nobody looks into a directory after all; a folder that is drawn goes on."""
        sweep = self._sweeps.get(directory)
        if sweep is not None and sweep.limit > ON_A_FOLDER:
            sweep.scope.cancel()

    async def _run_sweep(self, sweep: Sweep) -> None:
        wanted: list[Inode] = []
        try:
            with sweep.scope:
                await _quietly(partial(self._make_each, sweep, wanted))
                sweep.end()
                for inode in wanted:
                    await self._spread(inode)
        finally:
            sweep.end()
            if self._sweeps.get(sweep.directory) is sweep:
                del self._sweeps[sweep.directory]

    async def _make_each(self, sweep: Sweep, seen: list[Inode]) -> None:
        """Make each thumbnail that is missing, in the order in which they are looked at."""
        above = await self._maker.path_of(sweep.directory)
        if above is None:
            return  # it is not within this mount any more
        upcoming, numbers = Upcoming(sweep.limit, by_name=sweep.by_name), itertools.count()
        async with trio.open_nursery() as making:
            while upcoming.left:
                await self._gather(sweep, upcoming)
                # While a directory is being listed, what will be seen first may still come.
                most = CHECKED_AT_ONCE if sweep.is_read else 4 * SIDE_BY_SIDE
                some = upcoming.take(most, is_whole=sweep.is_read)
                if not some:
                    return
                if sweep.begin([entry.cookie for entry in some]):
                    numbers = itertools.count()
                wanted = await self._maker.lacking(above, some)
                sweep.settle(*{e.cookie for e in some}.difference(e.cookie for e in wanted))
                for entry, number in zip(wanted, numbers, strict=False):
                    # Queued here, since tasks that are started together run in any order.
                    turn = self._gate.queue(sweep.rank)
                    with in_lane(lane_for(number)):
                        path = above + b"/" + entry.name
                        seen_later = number >= SEEN_FIRST
                        making.start_soon(self._make_entry, sweep, path, entry, turn, seen_later)
                    if number < LOOKED_AT:
                        seen.append(entry.node.inode)
                # Not until all are done: one that Google is silent about would hold up the others.
                while len(making.child_tasks) > SIDE_BY_SIDE:
                    await sweep.moved()

    async def _gather(self, sweep: Sweep, upcoming: Upcoming) -> None:
        """Look what else is in a directory; only where nothing is to be done meanwhile, wait for it."""
        give_up_at_s = trio.current_time() + GATHERED_S
        with trio.CancelScope() as moment:
            while not sweep.is_read:
                if upcoming:
                    moment.deadline = give_up_at_s
                entries = await self._tree.entries(sweep.directory, sweep.after)
                if not entries:
                    sweep.is_read = True
                    return
                files = [entry for entry in entries if not entry.node.is_directory]
                sweep.found([file.cookie for file in files], entries[-1].cookie)
                sweep.settle(*upcoming.add(files))
                if upcoming and (not sweep.by_name or trio.current_time() >= give_up_at_s):
                    return

    async def _make_entry(
        self, sweep: Sweep, path: bytes, entry: Entry, turn: Turn, seen_later: bool
    ) -> None:
        try:
            await turn.has_come.wait()
            if seen_later:
                await self._calm()
            await _quietly(partial(self._maker.make, path, entry.node))
        finally:
            self._gate.leave(turn)
            sweep.settle(entry.cookie)

    async def _calm(self) -> None:
        """Let a file manager ask for the attributes of its files first, which it does one by one.

        Thunar asks some ten times for each of 500 files before it shows any; beside 24 requests to
        Google it took 11 s for that, in place of one.
        """
        give_up_at_s = trio.current_time() + CALM_PATIENCE_S
        while (left_s := self._asked_s + CALM_S - trio.current_time()) > 0:
            if trio.current_time() >= give_up_at_s:
                break
            await trio.sleep(left_s)

    async def _make_asked(self, inode: Inode, done: trio.Event) -> None:
        """The thumbnail of a file that a thumbnailer has opened."""
        try:
            async with self._gate.place(Rank(Urgency.ASKED)):
                path = await self._maker.path_of(inode)
                if path is not None:
                    await self._maker.make(path, await self._tree.stat(inode, probe=False))
        finally:
            done.set()
        await self._spread(inode)

    async def _spread(self, inode: Inode) -> None:
        """Let a file's other paths have its thumbnails as well, when nobody waits."""
        async with self._gate.place(Rank(Urgency.LATER)):
            await _quietly(partial(self._maker.spread, inode))

    async def _renew(self, inode: Inode) -> None:
        with in_lane(Lane.BACKGROUND):
            async with self._gate.place(Rank(Urgency.LATER)):
                await self._maker.renew(inode)

    async def _forget(self, names: list[tuple[Inode, bytes]]) -> None:
        async with self._gate.place(Rank(Urgency.LATER)):
            await self._maker.forget(names)

    async def _make_known(self) -> None:
        """Everything that has become known, one after another."""
        with in_lane(Lane.BACKGROUND):
            while known := await self._tree.known_files(self._known_to):
                for node in known:
                    await self._make_one_of_all(node)
                    self._known_to = node.inode

    async def _make_one_of_all(self, node: Node) -> None:
        path = await self._maker.path_of(node.inode)
        if path is None:
            return
        while True:
            async with self._gate.place(Rank(Urgency.LATER)):
                await self._maker.make(path, node)
            if not self._maker.is_paused():
                break
            await trio.sleep(ALL_AGAIN_S)
        await self._spread(node.inode)

    def _spawn(self, task: Callable[[], Awaitable[None]]) -> None:
        if self._nursery is not None:
            self._nursery.start_soon(_quietly, task)


async def _quietly(task: Callable[[], Awaitable[None]]) -> None:
    """Do something that nobody depends on."""
    try:
        await task()
    except errors.GPhotosError as exc:
        log.debug("no thumbnails: %s", exc)
    except Exception:
        log.exception("bug in the making of thumbnails")


@contextmanager
def _patience(patience: Patience) -> Iterator[None]:
    """What is inside may wait as long as this lasts."""
    now_s = trio.current_time()
    left_s = patience.left_s(now_s)
    patience.begin_wait(now_s)
    try:
        with trio.move_on_after(left_s):
            yield
    finally:
        patience.end_wait(trio.current_time())
