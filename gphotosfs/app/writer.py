"""The profile's writer: its services and its control socket, for as long as this process may write."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import trio

from gphotosfs import errors
from gphotosfs.app.core import Core
from gphotosfs.app.remote import News, Readers, handlers
from gphotosfs.catalog.places import Changes
from gphotosfs.config import Profile, Settings
from gphotosfs.control import ProfileLock, note_socket, socket_of
from gphotosfs.control.client import Client, connect
from gphotosfs.control.server import Handler, serve
from gphotosfs.google import connection
from gphotosfs.google.transport.endpoints import GOOGLE, Endpoints
from gphotosfs.model import Inode
from gphotosfs.takeout import register

log = logging.getLogger(__name__)

ANSWERS_WITHIN_S: Final = 10.0
"""How long a writer that has just begun may take until its socket can be connected to."""


async def write(
    profile: Profile,
    settings: Settings,
    news: News,
    *,
    tell: Callable[[Changes, list[Inode]], None],
    may_be_signed_out: bool = False,
    more: Callable[[Core], Mapping[str, Handler]] = lambda _: {},
    task_status: trio.TaskStatus[Core] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Be the profile's writer until cancelled; the caller holds its lock.

    `tell` is told of names that changed and of files whose bytes are others now; `more` answers at
    the control socket what only some writers can. Where there are Takeout archives, or are about to
    be, no sign-in is needed.

    Raises:
        GPhotosError: the profile can't be served; the subclass says why.
    """
    google = connection.connect(
        profile.credentials_path,
        profile.state_dir,
        endpoints=Endpoints(settings.endpoints) if settings.endpoints else GOOGLE,
        quota_calls=settings.quota_calls,
        quota_bytes=settings.quota_byte_requests,
        # Below the deadline of a system call, so that a program is told why it failed.
        deadline_s=0.8 * settings.timeout_s,
        bytes_per_s=settings.bwlimit.now,
        may_be_signed_out=may_be_signed_out or register.load(profile.data_dir).is_used,
    )
    core = Core(
        profile,
        settings,
        google,
        changed=lambda changes: tell(changes, []),
        renewed=lambda inode: tell(Changes(), [inode]),
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(core.run)
        readers = Readers(core.tree)
        nursery.start_soon(readers.run)
        answers = {**_handlers(core), **handlers(core.tree, news, readers), **more(core)}
        await nursery.start(serve, profile.control_path, answers)
        try:
            note_socket(profile)
        except OSError as exc:
            log.warning("commands of other sessions may not find this daemon: %s", exc)
        task_status.started(core)


@asynccontextmanager
async def reach(
    profile: Profile, settings: Settings, *, may_be_signed_out: bool = False
) -> AsyncIterator[Client]:
    """A connection to the profile's writer; where there is none, this process is it meanwhile.

    `may_be_signed_out` says that what is to be done needs no Google.

    Raises:
        GPhotosError: the profile can't be served; the subclass says why.
    """
    lock = ProfileLock.try_acquire(profile.lock_path)
    if lock is None:
        await _answering(profile)
        async with connect(socket_of(profile)) as client:
            yield client
        return
    news = News()
    with lock:
        async with trio.open_nursery() as nursery:

            async def serving(task_status: trio.TaskStatus[Core]) -> None:
                await write(
                    profile,
                    settings,
                    news,
                    tell=news.tell,
                    may_be_signed_out=may_be_signed_out,
                    task_status=task_status,
                )

            await nursery.start(serving)
            async with connect(profile.control_path) as client:
                yield client
            nursery.cancel_scope.cancel()


async def _answering(profile: Profile) -> None:
    """Wait for the writer's socket: it may just be beginning.

    Raises:
        NotMountedError: it does not come.
    """
    give_up_at_s = trio.current_time() + ANSWERS_WITHIN_S
    while True:
        try:
            async with connect(socket_of(profile)):
                return
        except errors.NotMountedError:
            if trio.current_time() > give_up_at_s:
                raise
        await trio.sleep(0.2)


def _handlers(core: Core) -> Mapping[str, Handler]:
    """What every writer answers to commands."""

    async def status() -> Mapping[str, Any]:
        return core.status()

    async def refresh(path: str = "") -> None:
        await core.refresh(path)

    async def cache_clear() -> int:
        return await core.cache.clear()

    async def pick_begin(name: str) -> Mapping[str, Any]:
        # A pick without a name is called after the day on the person's calendar.
        return await core.picks.begin(name, datetime.now().astimezone().date())

    async def pick_state(name: str) -> Mapping[str, Any]:
        return core.picks.state(name)

    async def pick_list() -> list[Mapping[str, Any]]:
        return core.picks.all()

    async def pick_remove(name: str) -> int:
        return await core.picks.remove(name)

    async def pin_begin(paths: list[str]) -> Mapping[str, Any]:
        states, room_bytes = await core.pins.begin(paths)
        return {"pins": states, "room_bytes": room_bytes}

    async def pin_states(ids: list[int]) -> list[Mapping[str, Any]]:
        return core.pins.states(ids)

    async def pin_list() -> list[Mapping[str, Any]]:
        return await core.pins.all()

    async def pin_remove(paths: list[str], only_gone: bool) -> int:
        return await core.pins.remove(paths, only_gone=only_gone)

    async def takeout_add(paths: list[str]) -> Mapping[str, Any]:
        return await core.takeout.add(paths)

    async def takeout_remove(names: list[str]) -> Mapping[str, Any]:
        return await core.takeout.remove(names)

    async def takeout_list() -> Mapping[str, Any]:
        return await core.takeout.listed()

    async def takeout_watch(folder: str, is_watched: bool) -> None:
        await core.takeout.watch(folder, is_watched=is_watched)

    async def takeout_progress() -> Mapping[str, Any]:
        return core.takeout.progress()

    return {
        "takeout_add": takeout_add,
        "takeout_remove": takeout_remove,
        "takeout_list": takeout_list,
        "takeout_watch": takeout_watch,
        "takeout_progress": takeout_progress,
        "status": status,
        "refresh": refresh,
        "cache_clear": cache_clear,
        "pick_begin": pick_begin,
        "pick_state": pick_state,
        "pick_list": pick_list,
        "pick_remove": pick_remove,
        "pin_begin": pin_begin,
        "pin_states": pin_states,
        "pin_list": pin_list,
        "pin_remove": pin_remove,
    }
