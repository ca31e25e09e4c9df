"""Takeout archives in the tree: added, read, looked after, removed."""

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import trio

from gphotosfs import errors
from gphotosfs.app.takeout_reading import STATE_FORMAT, found_item, reading
from gphotosfs.catalog import recent
from gphotosfs.catalog import takeout as catalogue
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Connection, Store, fact, set_fact
from gphotosfs.catalog.takeout import FoundAlbum, FoundItem
from gphotosfs.config import Profile
from gphotosfs.model import Inode, ItemId
from gphotosfs.takeout import register
from gphotosfs.takeout.exports import missing_parts
from gphotosfs.takeout.looks import Looks
from gphotosfs.takeout.members import Member, Packing
from gphotosfs.takeout.register import Register
from gphotosfs.takeout.source import Archives, TakeoutMedia, openable, same_files
from gphotosfs.takeout.stamps import UNREAD, Stamp
from gphotosfs.takeout.watching import archives_in, settled

log = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_S: Final = 60.0
"""Between two looks at whether archives were changed, have gone or come back: a stat of each."""

WATCHED: Final = "what is watched and what is known"
"""Stands for their disks, of which one at a time is asked."""

BATCH: Final = 1000
"""Items written in one transaction, which others that write wait for: about 0.2 s."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A reading that is being shown."""

    number: int
    albums: Mapping[str, Inode]
    """The directories of its albums, by key."""
    is_whole: bool
    """Whether all archives could be read; if not, nothing that was known is taken away."""


class Takeout:
    """The archives of a profile, and the reading that brings them into the catalogue."""

    def __init__(
        self,
        profile: Profile,
        store: Store,
        *,
        include_archived: bool,
        now_ns: Callable[[], int],
        changed: Callable[[Changes], None],
        renewed: Callable[[ItemId, int], None],
    ) -> None:
        """`renewed` is told of items whose bytes are others now, and of their lengths.

        Raises:
            StoreError: the list of archives can't be read.
        """
        self._folder = profile.data_dir
        self._indexes = profile.data_dir / register.INDEXES
        self._store = store
        self._include_archived = include_archived
        self._now_ns = now_ns
        self._changed = changed
        self._renewed = renewed
        self._register = register.load(self._folder)
        self._archives = Archives(self._indexes)
        self.media = TakeoutMedia(self._archives, self._locate)
        self._disks: dict[str, trio.CapacityLimiter] = {}
        self._looks = Looks()
        self._one_look = trio.Lock()
        self._one_change = trio.Lock()
        self._one_reading = trio.Lock()
        self._added = trio.Event()
        self._progress: dict[str, Any] = {}
        self._missing: list[str] = []
        """As of the last look: a stat of a disk that hangs must not hold up the event loop."""
        self._arrived: dict[Path, Stamp | None] = {}

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look after the archives until cancelled."""
        try:
            self._archives.know(_known(self._register, self._state()))
            task_status.started()
            while True:
                try:
                    await self._take_arrived()
                    await self._read_if_changed()
                except errors.GPhotosError as exc:
                    log.warning("Takeout archives can't be read now: %s", exc)
                except Exception:
                    log.exception("bug while reading Takeout archives")
                if not (self._register.archives or self._register.watched):
                    await self._added.wait()
                await trio.sleep(LOOK_S)
        finally:
            self._archives.close()

    async def add(self, paths: Sequence[str]) -> Mapping[str, Any]:
        """Add archives and folders, and show what is in them; what came of it.

        Raises:
            ConfigError: none of them can be read.
            StoreError: the disk is full, or not writable.
        """
        wanted = [Path(path) for path in paths]
        good, problems = await self._asked(str(paths), partial(openable, wanted, self._indexes))
        new, again, told = await self._sorted_out(good)
        problems += told
        if not (new or again):
            raise errors.ConfigError(problems[0] if problems else "no archive was named")
        before = catalogue.counts(self._store.read)
        await self._store.write(_note_unread, again)
        await self._take(lambda known: known.with_added(new))
        after = catalogue.counts(self._store.read)
        return {
            "added": len(new) + len(again),
            "new_items": after["items"] - before["items"],
            **after,
            "problems": [*problems, *self._problems()],
        }

    async def remove(self, named: Sequence[str]) -> Mapping[str, Any]:
        """Show archives no longer; the files themselves stay where they are.

        Raises:
            NoEntryError: one of them was never added.
            StoreError: the disk is full, or not writable.
        """
        paths = []
        for name in named:
            found = [Path(one.path) for one in self._register.archives if name in _names(one.path)]
            if not found:
                raise errors.NoEntryError(f"{name} was never added; see: gphotosfs takeout list")
            paths += found
        await self._take(lambda known: known.without(paths))
        return {"removed": len(paths), **catalogue.counts(self._store.read)}

    async def watch(self, folder: str, *, is_watched: bool) -> None:
        """Look for archives in a folder from now on, or no longer.

        Raises:
            ConfigError: there is no such folder.
            StoreError: the disk is full, or not writable.
        """
        path = Path(folder)
        if is_watched and not await self._asked(folder, path.is_dir):
            raise errors.ConfigError(f"{folder} is no folder")
        await self._take(lambda known: known.watching(path, is_watched=is_watched))

    async def listed(self) -> Mapping[str, Any]:
        """The archives, what came of them, and what is wrong."""
        stamps = await self._look()
        by_archive = catalogue.items_by_archive(self._store.read)
        state = self._state()["archives"]
        return {
            "archives": [
                {
                    "path": one.path,
                    "is_there": one.path not in self._missing,
                    "size_bytes": (stamps.get(one.path) or state.get(str(one.number)) or (0,))[0],
                    "items": by_archive.get(one.number, 0),
                }
                for one in self._register.archives
            ],
            **catalogue.counts(self._store.read),
            "watched": list(self._register.watched),
            "missing_parts": missing_parts(Path(one.path).name for one in self._register.archives),
            "problems": self._problems(),
        }

    def progress(self) -> Mapping[str, Any]:
        """How far the reading under way is, as it tells itself; empty before it says anything."""
        return self._progress

    def status(self) -> Mapping[str, Any]:
        """The same in short, for `status`."""
        return {
            "archives": len(self._register.archives),
            **catalogue.counts(self._store.read),
            "problems": len(self._problems()),
        }

    @property
    def is_reading(self) -> bool:
        """Whether archives are being read just now."""
        return self._one_reading.locked()

    def gauges(self) -> dict[str, int]:
        """How much is under way."""
        return {"takeout_readings": int(self.is_reading)}

    def _locate(self, item: ItemId) -> Member | None:
        at = catalogue.location_of(self._store.read, item)
        if at is None:
            return None
        packing = Packing(at.packing)
        return Member(
            at.archive, at.path, at.size_bytes, at.crc, packing, at.start, at.packed_bytes
        )

    async def _take(self, change: Callable[[Register], Register]) -> None:
        """Change the list of archives, and show what is in them then."""
        async with self._one_change:
            changed = change(self._register)
            await trio.to_thread.run_sync(register.save, self._folder, changed)
            self._register = changed
        if changed.archives or changed.watched:
            self._added.set()
            self._added = trio.Event()
        await self._read_if_changed()

    async def _take_arrived(self) -> None:
        """Add what has appeared in the watched folders, once it no longer grows."""
        before = self._arrived
        self._arrived = await self._asked(WATCHED, partial(archives_in, self._register.watched))
        known = [*(one.path for one in self._register.archives), *self._register.removed]
        arrived = settled(self._arrived, before, known)
        good, _ = await self._asked(WATCHED, partial(openable, arrived, self._indexes))
        new, _, _ = await self._sorted_out(good)
        if new:
            log.info("found in a watched folder: %s", ", ".join(path.name for path in new))
            await self._take(lambda known: known.with_added(new))

    async def _sorted_out(self, paths: Sequence[Path]) -> tuple[list[Path], list[int], list[str]]:
        """Of archives those that are new, the numbers of known ones, and what else is to be said.

        What has another path, through a link of either kind, is the same archive.
        """
        known = {one.path: one.number for one in self._register.archives}
        here = [Path(path) for path, stamp in (await self._look()).items() if stamp is not None]
        same = await self._asked(WATCHED, partial(same_files, [*here, *paths]))
        new: list[Path] = []
        told = []
        for path in paths:
            first = same[path]
            if first == path and str(path) not in known:
                new.append(path)
            elif first != path:
                told.append(f"{path} is the same as {first}")
        return new, [known[str(same[path])] for path in paths if str(same[path]) in known], told

    async def _look(self) -> Mapping[str, Stamp | None]:
        """The archives' stamps as they are now, by path; None of what is not there, or does not answer."""
        async with self._one_look:
            paths = [Path(one.path) for one in self._register.archives]
            found = await trio.to_thread.run_sync(self._looks.at, paths)
        stamps = {str(path): stamp for path, stamp in found.items()}
        self._missing = [path for path, stamp in stamps.items() if stamp is None]
        return stamps

    async def _asked(self, disk: str, ask: Callable[[], T]) -> T:
        """What is asked of a disk that may hang: then one thread waits for it, and no more."""
        turn = self._disks.setdefault(disk, trio.CapacityLimiter(1))
        return await trio.to_thread.run_sync(ask, limiter=turn, abandon_on_cancel=True)

    async def _read_if_changed(self) -> None:
        """Read every archive if one came, went, changed or came back changed."""
        async with self._one_reading:
            before = self._state()
            if not self._register.archives and not before["archives"]:
                return
            stamps = await self._look()
            now = _state_now(self._register, stamps, before, self._include_archived)
            if now != before:
                await self._read(now, stamps)

    async def _read(self, state: Mapping[str, Any], stamps: Mapping[str, Stamp | None]) -> None:
        self._progress = {}
        here = [one for one in self._register.archives if stamps.get(one.path) is not None]
        not_here = [one.number for one in self._register.archives if one not in here]
        albums: list[FoundAlbum] = []
        items: list[FoundItem] = []
        away: Collection[int] = ()
        is_whole = False
        run: _Run | None = None
        async with reading(here, self._indexes, are_all=not not_here) as lines:
            async for line in lines:
                match json.loads(line):
                    case {"looked_at": _} | {"come_to": _} as progress:
                        self._progress = progress
                    case {"begin": {"is_whole": bool(is_whole), "away": [*away]}}:
                        away, is_whole = [*away, *not_here], is_whole and not not_here
                    case {"album": [str(key), str(title), str(description)]}:
                        albums.append(FoundAlbum(key, title, description))
                    case {"item": dict(item)}:
                        run = run or await self._begin(state, albums, is_whole=is_whole)
                        items.append(found_item(item, line, self._include_archived))
                        if len(items) >= BATCH:
                            await self._show(run, items)
                            items = []
                    case {"end": {"problems": [*problems]}}:
                        run = run or await self._begin(state, albums, is_whole=is_whole)
                        await self._show(run, items)
                        await self._end(run, _without(state, away), problems)

    async def _begin(
        self, state: Mapping[str, Any], albums: Sequence[FoundAlbum], *, is_whole: bool
    ) -> _Run:
        number, directories, changes = await self._store.write(
            catalogue.begin_run, albums, self._now_ns()
        )
        self._changed(changes)
        # Where the bytes lie is told before a reader can come to a new item.
        self._archives.know(_known(self._register, state))
        return _Run(number, directories, is_whole)

    async def _show(self, run: _Run, items: Sequence[FoundItem]) -> None:
        changes, renewed = await self._store.write(
            catalogue.apply_items,
            run.number,
            run.albums,
            items,
            self._now_ns(),
            is_whole=run.is_whole,
        )
        for item, size_bytes in renewed:
            self._renewed(item, size_bytes)
        self._changed(changes)

    async def _end(self, run: _Run, state: Mapping[str, Any], problems: Sequence[str]) -> None:
        if run.is_whole:
            self._changed(await self._store.write(catalogue.end_run, run.number))
        self._changed(await self._store.write(recent.settle_archives))
        await self._store.write(_note_state, state, problems)

    def _state(self) -> dict[str, Any]:
        """What was read when the catalogue was last brought up to date."""
        told = fact(self._store.read, "takeout_state")
        return {"archives": {}} if told is None else dict(json.loads(told))

    def _problems(self) -> list[str]:
        told = fact(self._store.read, "takeout_problems")
        gone = [f"{path} is not there; the rest is served" for path in self._missing]
        return [*gone, *([] if told is None else json.loads(told))]


def _state_now(
    archives: Register,
    stamps: Mapping[str, Stamp | None],
    before: Mapping[str, Any],
    include_archived: bool,
) -> dict[str, Any]:
    """What there is to be read; one that is not there now counts as it was, and so is left alone."""
    now = {}
    for one in archives.archives:
        stamp = stamps.get(one.path)
        now[str(one.number)] = (
            before["archives"].get(str(one.number)) if stamp is None else [*stamp]
        )
    return {"format": STATE_FORMAT, "include_archived": include_archived, "archives": now}


def _without(state: Mapping[str, Any], away: Collection[int]) -> dict[str, Any]:
    """What was read if some archives were not: they are, as soon as they can be."""
    return {**state, "archives": {**state["archives"], **{str(one): [*UNREAD] for one in away}}}


def _known(archives: Register, state: Mapping[str, Any]) -> dict[int, tuple[Path, Stamp | None]]:
    read = state["archives"]
    return {
        one.number: (Path(one.path), tuple(read[str(one.number)]))
        for one in archives.archives
        if read.get(str(one.number)) is not None
    }


def _note_state(db: Connection, state: Mapping[str, Any], problems: Sequence[str]) -> None:
    set_fact(db, "takeout_state", json.dumps(state))
    set_fact(db, "takeout_problems", json.dumps(problems))


def _note_unread(db: Connection, numbers: Collection[int]) -> None:
    """Have archives read again, though they are as they were: somebody has named them again."""
    told = fact(db, "takeout_state")
    if told is not None:
        set_fact(db, "takeout_state", json.dumps(_without(json.loads(told), numbers)))


def _names(path: str) -> set[str]:
    return {path, Path(path).name}
