"""A mount from its beginning to its end."""

import gc
import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import trio

from gphotosfs import errors
from gphotosfs.app import service
from gphotosfs.app.core import Core
from gphotosfs.app.labelled import LabelledTree
from gphotosfs.app.previews import TreeWithPreviews, with_previews
from gphotosfs.app.remote import News, RemoteTree
from gphotosfs.app.running import allow_open_files, run_loop
from gphotosfs.app.thumbnails import thumbnails_of
from gphotosfs.app.writer import write
from gphotosfs.catalog.places import Changes
from gphotosfs.config import LogLevel, MountRequest
from gphotosfs.control import ProfileLock, socket_of
from gphotosfs.control.client import connect
from gphotosfs.control.server import Handler
from gphotosfs.desktop.thumbnails import Thumbnails
from gphotosfs.fuse import session
from gphotosfs.fuse.attributes import Ownership
from gphotosfs.fuse.invalidate import Invalidator
from gphotosfs.fuse.operations import Operations
from gphotosfs.model import Inode, is_preview
from gphotosfs.notify import ServiceManager

TAKE_OVER_S: Final = 0.2
"""How often a further mount tries for the lock while nobody answers at the control socket."""


def run(request: MountRequest, ready: Callable[[], None]) -> None:
    """Mount, call `ready` once programs can use the mount, and return when it is gone.

    Raises:
        GPhotosError: it could not be mounted; the subclass says why.
    """
    request.profile.make_dirs()
    allow_open_files()
    run_loop(_Mount(request, ready).run)


class _Mount:
    """One mount: the kernel's side, and whoever serves its tree at the moment."""

    def __init__(self, request: MountRequest, ready: Callable[[], None]) -> None:
        self._request = request
        self._ready = ready
        self._shows_previews = request.settings.previews
        self._tree = TreeWithPreviews() if self._shows_previews else LabelledTree()
        self._news = News()
        self._invalidator: Invalidator | None = None
        self._thumbnails: Thumbnails | None = None
        self._scope = trio.CancelScope()
        # In the background, what systemd says in the environment is meant for who started us.
        in_foreground = request.settings.foreground
        self._manager = ServiceManager.of(os.environ if in_foreground else {})

    async def run(self) -> None:
        """Serve until the mount is gone, or a signal or `stop` ends it."""
        settings = self._request.settings
        async with trio.open_nursery() as nursery:
            await nursery.start(self._serve_profile)
            root, path = await self._root()
            self._shows_previews = self._shows_previews or is_preview(root)
            self._tree.label(root, self._request, now_ns=time.time_ns())
            self._thumbnails = thumbnails_of(self._request, self._tree, root)
            if self._thumbnails is not None:
                await nursery.start(self._thumbnails.run)
            operations = Operations(
                self._tree,
                _ownership(self._request),
                root=root,
                timeout_s=settings.timeout_s,
                entry_timeout_s=settings.dir_cache_time_s,
                thumbnails=self._thumbnails,
            )
            self._invalidator = Invalidator(root)
            self._invalidator.start()
            nursery.start_soon(
                partial(
                    service.obey_signals,
                    end=self._end,
                    refresh=partial(self._ask, "refresh", path=self._request.path),
                    usual_level=settings.log_level,
                )
            )

            def usable() -> None:
                # What is here now, 60,000 objects, stays as long as the mount: without this a full
                # collection looks at all of them and holds up every reader for 30 to 150 ms.
                gc.freeze()
                self._ready()
                if self._manager.address:
                    self._manager.ready()
                    nursery.start_soon(
                        service.report,
                        self._manager,
                        partial(self._tree.stat, root),
                        partial(self._ask, "status"),
                    )

            try:
                with self._scope:
                    options = self._request.fuse_options(self._fsname(path))
                    await session.serve(operations, self._request.mountpoint, options, usable)
            finally:
                self._invalidator.stop()
            nursery.cancel_scope.cancel()

    async def _root(self) -> tuple[Inode, str]:
        """The directory that becomes the root, and its path in ASCII."""
        source = self._request.source
        try:
            with trio.fail_after(self._request.settings.timeout_s):
                return await self._tree.root(self._request.path)
        except (errors.OfflineError, errors.DeadlineError, trio.TooSlowError) as exc:
            raise errors.OfflineError(
                f"{source} is not known yet, and Google can't be reached"
            ) from exc
        except errors.NoEntryError as exc:
            raise errors.NoEntryError(f"{source}: {exc}") from exc

    def _fsname(self, path: str) -> str:
        """What mount tables show as the source; the same can stand in fstab."""
        source = self._request.source
        return source if source.isascii() else f"{self._request.profile.name}:{path}"

    async def _serve_profile(
        self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Be the profile's writer if nobody is, else ask the one who is, for as long as it lives."""
        profile = self._request.profile
        waiting = [task_status]
        tell_once = partial(_started, waiting)
        give_up_at_s = trio.current_time() + self._request.settings.timeout_s
        while True:
            lock = ProfileLock.try_acquire(profile.lock_path)
            if lock is not None:
                with lock:
                    await self._write(tell_once)
            try:
                async with connect(socket_of(profile)) as client:
                    remote = RemoteTree(client)
                    self._tree.serve_from(remote)
                    tell_once()
                    while True:
                        self._tell_kernel(*await remote.changes())
            except errors.NotMountedError as exc:
                if waiting and trio.current_time() > give_up_at_s:
                    raise errors.MountError(
                        f"the profile {profile.name} is in use by a process that does not answer: {exc}"
                    ) from exc
                self._tree.serve_from(None)
                await trio.sleep(TAKE_OVER_S)

    async def _write(self, started: Callable[[], None]) -> None:
        """Be the profile's writer until cancelled."""
        request = self._request
        async with trio.open_nursery() as nursery:
            core: Core = await nursery.start(
                partial(
                    write,
                    request.profile,
                    request.settings,
                    self._news,
                    tell=self._tell,
                    more=self._handlers,
                )
            )
            self._tree.serve_from(core.tree)
            started()

    def _handlers(self, core: Core) -> Mapping[str, Handler]:
        async def status() -> Mapping[str, Any]:
            return {
                **core.status(),
                "thumbnails": {} if self._thumbnails is None else self._thumbnails.status(),
                "pid": os.getpid(),
                "log_level": service.log_level(),
            }

        async def log_level(level: str) -> None:
            service.set_log_level(LogLevel(level))

        async def stop() -> None:
            self._end()

        return {
            "status": status,
            "log_level": log_level,
            "stop": stop,
        }

    async def _ask(self, name: str, **args: object) -> Any:
        """Ask the profile's writer, which may be this process, as a command does."""
        async with connect(socket_of(self._request.profile)) as client:
            return await client.call(name, **args)

    def _end(self) -> None:
        self._manager.stopping()
        self._scope.cancel()

    def _tell(self, changes: Changes, renewed: list[Inode]) -> None:
        self._tell_kernel(changes, renewed)
        self._news.tell(changes, renewed)

    def _tell_kernel(self, changes: Changes, renewed: list[Inode]) -> None:
        if self._invalidator is not None:
            if self._shows_previews:
                changes = with_previews(changes)
            self._invalidator.vanished(changes.vanished)
            self._invalidator.names(changes.appeared)
            for inode in renewed:
                self._invalidator.content(inode)
        if self._thumbnails is not None:
            self._thumbnails.vanished(changes.vanished)
            for inode in renewed:
                self._thumbnails.renewed(inode)


def _started(waiting: list[trio.TaskStatus[None]]) -> None:
    if waiting:
        waiting.pop().started()


def _ownership(request: MountRequest) -> Ownership:
    settings = request.settings
    return Ownership(
        uid=os.getuid() if settings.uid is None else settings.uid,
        gid=os.getgid() if settings.gid is None else settings.gid,
        file_mode=settings.file_permissions,
        dir_mode=settings.dir_permissions,
    )
