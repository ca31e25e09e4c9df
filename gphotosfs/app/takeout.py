"""Takeout archives in the tree: added, read, looked after, removed."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import trio

from gphotosfs import errors
from gphotosfs.catalog import takeout as catalogue
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Connection, Store, fact, set_fact
from gphotosfs.catalog.takeout import FoundAlbum, FoundItem, Location
from gphotosfs.config import Profile
from gphotosfs.model import ItemId, MediaItem, MediaKind
from gphotosfs.takeout import register
from gphotosfs.takeout.archive import Archive, checksum
from gphotosfs.takeout.exports import missing_parts, read_exports
from gphotosfs.takeout.inventory import Copies, Inventory, inventory
from gphotosfs.takeout.media_types import is_video
from gphotosfs.takeout.members import Member, Notices, Packing
from gphotosfs.takeout.register import Register
from gphotosfs.takeout.source import Archives, Stamp, TakeoutMedia, open_archive, stamp_of

log = logging.getLogger(__name__)

LOOK_S: Final = 60.0
"""Between two looks at whether archives were changed, have gone or come back: a stat of each."""

BATCH: Final = 1000
"""Items written in one transaction, which others that write wait for: about 0.2 s."""

STATE_FORMAT: Final = 1
"""Another one has the archives read again: what is made of them has changed."""

NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Read:
    """What a reading of all archives found."""

    found: Inventory
    problems: list[str]
    is_whole: bool
    """Whether every archive could be read, so that what was not found is gone."""


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
        self._store = store
        self._include_archived = include_archived
        self._now_ns = now_ns
        self._changed = changed
        self._renewed = renewed
        self._register = register.load(self._folder)
        self._archives = Archives()
        self.media = TakeoutMedia(self._archives, self._locate)
        self._one_reading = trio.Lock()
        self._added = trio.Event()
        self._looked_at = 0

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look after the archives until cancelled."""
        try:
            await self._archives.know(_known(self._register, self._state()))
            task_status.started()
            while True:
                try:
                    await self._read_if_changed()
                except errors.GPhotosError as exc:
                    log.warning("Takeout archives can't be read now: %s", exc)
                if not self._register.archives:
                    await self._added.wait()
                await trio.sleep(LOOK_S)
        finally:
            with trio.CancelScope(shield=True):
                await self._archives.aclose()

    async def add(self, paths: Sequence[str]) -> Mapping[str, Any]:
        """Add archives and folders, and show what is in them; what came of it.

        Raises:
            ConfigError: none of them can be read.
            StoreError: the disk is full, or not writable.
        """
        good, problems = await trio.to_thread.run_sync(_openable, [Path(path) for path in paths])
        if not good:
            raise errors.ConfigError(problems[0] if problems else "no archive was named")
        before = catalogue.counts(self._store.read)
        await self._take(self._register.with_added(good))
        after = catalogue.counts(self._store.read)
        return {
            "added": len(good),
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
        await self._take(self._register.without(paths))
        return {"removed": len(paths), **catalogue.counts(self._store.read)}

    def listed(self) -> Mapping[str, Any]:
        """The archives, what came of them, and what is wrong."""
        by_archive = catalogue.items_by_archive(self._store.read)
        state = self._state()["archives"]
        return {
            "archives": [
                {
                    "path": one.path,
                    "is_there": stamp_of(Path(one.path)) is not None,
                    "size_bytes": (state.get(str(one.number)) or (0, 0))[0],
                    "items": by_archive.get(one.number, 0),
                }
                for one in self._register.archives
            ],
            **catalogue.counts(self._store.read),
            "missing_parts": missing_parts(Path(one.path).name for one in self._register.archives),
            "problems": self._problems(),
        }

    def progress(self) -> int:
        """How many members the reading under way has looked at."""
        return self._looked_at

    def status(self) -> Mapping[str, Any]:
        """The same in short, for `status`."""
        return {
            "archives": len(self._register.archives),
            **catalogue.counts(self._store.read),
            "problems": len(self._problems()),
        }

    def gauges(self) -> dict[str, int]:
        """How much is under way."""
        return {"takeout readings": int(self._one_reading.locked())}

    def _locate(self, item: ItemId) -> Member | None:
        at = catalogue.location_of(self._store.read, item)
        if at is None:
            return None
        packing = Packing(at.packing)
        return Member(
            at.archive, at.path, at.size_bytes, at.crc, packing, at.start, at.packed_bytes
        )

    async def _take(self, changed: Register) -> None:
        await trio.to_thread.run_sync(register.save, self._folder, changed)
        self._register = changed
        if changed.archives:
            self._added.set()
            self._added = trio.Event()
        await self._read_if_changed()

    async def _read_if_changed(self) -> None:
        """Read every archive if one came, went, changed or came back changed."""
        async with self._one_reading:
            before = self._state()
            if not self._register.archives and not before["archives"]:
                return
            now = await trio.to_thread.run_sync(
                _state_now, self._register, before, self._include_archived
            )
            if now != before:
                await self._read(now)

    async def _read(self, state: Mapping[str, Any]) -> None:
        self._looked_at = 0
        read = await trio.to_thread.run_sync(self._read_in_thread, self._register)
        write = self._store.write
        albums = [FoundAlbum(one.key, one.title, one.description) for one in read.found.albums]
        run, directories, changes = await write(catalogue.begin_run, albums, self._now_ns())
        self._changed(changes)
        # Where the bytes lie is told before a reader can come to a new item.
        await self._archives.know(_known(self._register, state))
        found = (_found(item, self._include_archived) for item in read.found.items)
        for batch in _batches(found):
            changes, renewed = await write(
                catalogue.apply_items, run, directories, batch, self._now_ns()
            )
            for item, size_bytes in renewed:
                self._renewed(item, size_bytes)
            self._changed(changes)
        if read.is_whole:
            self._changed(await write(catalogue.end_run, run))
        await write(_note_state, state, read.problems)

    def _read_in_thread(self, archives: Register) -> _Read:
        notices = Notices()
        opened: dict[int, Archive] = {}
        is_whole = True
        for one in archives.archives:
            try:
                opened[one.number] = open_archive(Path(one.path), one.number)
            except errors.ArchiveError as exc:
                notices.note(Path(one.path).name, str(exc))
                is_whole = False

        def looked_at(members: int) -> None:
            self._looked_at += members

        def checksum_of(member: Member) -> int | None:
            try:
                return checksum(opened[member.archive], member)
            except errors.ArchiveError as exc:
                notices.note(opened[member.archive].name, str(exc), member.path)
                return None

        try:
            exports, damaged = read_exports(opened.values(), notices, looked_at)
            found = inventory(exports, checksum_of, notices)
        finally:
            for archive in opened.values():
                archive.close()
        return _Read(found, list(notices), is_whole and not damaged)

    def _state(self) -> dict[str, Any]:
        """What was read when the catalogue was last brought up to date."""
        told = fact(self._store.read, "takeout_state")
        return {"archives": {}} if told is None else dict(json.loads(told))

    def _problems(self) -> list[str]:
        told = fact(self._store.read, "takeout_problems")
        gone = [
            f"{one.path} is not there; the rest is served"
            for one in self._register.archives
            if stamp_of(Path(one.path)) is None
        ]
        return [*gone, *([] if told is None else json.loads(told))]


def _state_now(
    archives: Register, before: Mapping[str, Any], include_archived: bool
) -> dict[str, Any]:
    """What there is to be read; one that is not there now counts as it was, and so is left alone."""
    now = {}
    for one in archives.archives:
        stamp = stamp_of(Path(one.path))
        now[str(one.number)] = (
            before["archives"].get(str(one.number)) if stamp is None else [*stamp]
        )
    return {"format": STATE_FORMAT, "include_archived": include_archived, "archives": now}


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


def _openable(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Those that can be read, absolute; and why the others can't."""
    good, problems = [], []
    for path in paths:
        absolute = path.absolute()
        try:
            archive = open_archive(absolute, 0)
            try:
                next(iter(archive.members(Notices())), None)
            finally:
                archive.close()
        except errors.ArchiveError as exc:
            problems.append(str(exc))
        else:
            good.append(absolute)
    return good, problems


def _names(path: str) -> set[str]:
    return {path, Path(path).name}


def _batches(found: Iterator[FoundItem]) -> Iterator[list[FoundItem]]:
    while batch := list(islice(found, BATCH)):
        yield batch


def _found(copies: Copies, include_archived: bool) -> FoundItem:
    """An item of the archives in the catalogue's words."""
    facts, member = copies.facts, copies.member
    place = facts.place
    item = MediaItem(
        id=ItemId(""),
        filename=copies.title,
        mime_type=copies.mime_type,
        kind=MediaKind.VIDEO if is_video(copies.mime_type) else MediaKind.PHOTO,
        created_ns=None if facts.taken_s is None else facts.taken_s * NS,
        description=facts.description,
        product_url=facts.url,
        latitude=None if place is None else place.latitude,
        longitude=None if place is None else place.longitude,
        altitude_m=None if place is None else place.altitude_m,
        people=facts.people,
        origin=facts.origin,
    )
    return FoundItem(
        item=item,
        keys=(*copies.keys, copies.bytes_key),
        location=Location(
            member.archive,
            member.path,
            member.packing,
            member.offset,
            member.packed_bytes,
            member.size_bytes,
            copies.crc,
        ),
        uploaded_ns=None if facts.uploaded_s is None else facts.uploaded_s * NS,
        albums=tuple(copies.albums),
        in_media=not facts.trashed and (include_archived or not facts.archived),
        favorite=facts.favorite,
        archived=facts.archived,
        trashed=facts.trashed,
    )
