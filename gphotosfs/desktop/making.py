"""Making the thumbnails of one file: from those of its other paths, else from one small picture."""

import logging
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol, TypeVar, TypeVarTuple, Unpack

import trio

from gphotosfs import errors, pictures
from gphotosfs.blobs.shelf import Blocking
from gphotosfs.desktop.thumbnail_files import SIZES, Pictured, ThumbnailFiles, uri_of
from gphotosfs.lanes import Lane, current_lane
from gphotosfs.model import Entry, Inode, Node, Picture, Place, is_preview, original_of
from gphotosfs.views import virtual

log = logging.getLogger(__name__)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

THREADS: Final = 2
"""Pictures decoded or written at a time: some 5 ms each, and the machine has other work."""

PATIENCE_S: Final = 30.0
"""The longest that one small picture may take."""

PAUSE_S: Final = 30.0
"""So long nothing is asked for after a failure that would befall the next one as well."""

NO_PLACE_S: Final = 300.0
"""So long nothing is asked for where it could not be kept: the disk is full, or can't be written."""

FAILURE_REMEMBERED_S: Final = 600.0
"""So long a photo of which there was no picture is left alone."""

FAILURES_KEPT: Final = 10_000

SIZES_KNOWN_S: Final = 5.0
"""So long a desktop that uses a size for the first time does without ours."""

_SILENCE: Final = (errors.DeadlineError, trio.TooSlowError)
_BEFALLS_ALL: Final = (
    *_SILENCE,
    errors.OfflineError,
    errors.QuotaError,
    errors.SignInError,
    errors.PermissionRefusedError,
    errors.ServiceDisabledError,
    errors.NotMountedError,
)


class Tree(Protocol):
    """What is asked of the tree; `views.tree.Tree` says what each method does."""

    async def entries(self, directory: Inode, after: int | None) -> list[Entry]:
        """The next entries behind a cookie, at least one unless at the end."""

    async def stat(self, inode: Inode, *, probe: bool = True) -> Node:
        """A node with its exact size if that is known."""

    async def places(self, inode: Inode) -> list[Place]:
        """Everywhere a file or directory is shown."""

    async def picture(self, inode: Inode, longest_px: int) -> Picture:
        """A file made small."""

    async def known_files(self, after: Inode) -> list[Node]:
        """The photos and videos with the next larger numbers."""


class Maker:
    """Makes thumbnails for the paths of one mount."""

    def __init__(
        self,
        tree: Tree,
        files: ThumbnailFiles,
        mountpoint: Path,
        root: Inode,
        *,
        has_room: Callable[[], bool],
        blocking: Blocking | None = None,
    ) -> None:
        """`root` is the directory that is shown at the mount point.

        `has_room` says whether the disk has room for more; like all disk work and all drawing it is
        done by `blocking`, in two threads by default.
        """
        self.made = 0
        """Files of which a thumbnail was made; with one small picture each."""
        self.copied = 0
        """Paths that got theirs from another path of the same file."""
        self.failed = 0
        self.under_way = 0
        self._tree = tree
        self._files = files
        self._mountpoint = bytes(mountpoint)
        self._root = root
        self._has_room = has_room
        self._in_thread = blocking or in_threads()
        self._making: dict[Inode, trio.Event] = {}
        self._paused_until_s = dict.fromkeys(Lane, -1.0)
        self._succeeded_s = -1.0
        self._failed_until_s: dict[Inode, float] = {}
        self._told: set[type[Exception]] = set()
        self._sizes_px: list[int] = []
        self._sizes_known_until_s = -1.0

    async def path_of(self, inode: Inode) -> bytes | None:
        """The likeliest absolute path of a file or directory; None if it is not within the mount."""
        return next(iter(await self._paths(inode)), None)

    async def lacking(self, directory: bytes, entries: list[Entry]) -> list[Entry]:
        """The files among the entries of a directory that lack a thumbnail, and may get one."""
        files = [entry for entry in entries if self._may_be_made(entry.node)]
        if not files:
            return []
        return await self._in_thread(self._lacking, directory, files, await self._sizes())

    async def make(self, path: bytes, node: Node) -> None:
        """See to it that a file has its thumbnails at a path; a failure is told to the log."""
        while node.inode in self._making:
            await self._making[node.inode].wait()
        if not self._may_be_made(node):
            return
        done, began_s = trio.Event(), trio.current_time()
        self._making[node.inode] = done
        self.under_way += 1
        try:
            with trio.fail_after(PATIENCE_S):
                await self._make(path, node)
            self._told.difference_update(_BEFALLS_ALL)
            self._succeeded_s = trio.current_time()
        except (errors.GPhotosError, trio.TooSlowError) as exc:
            self._note_failure(node.inode, exc, began_s)
        finally:
            self.under_way -= 1
            del self._making[node.inode]
            done.set()

    async def spread(self, inode: Inode) -> None:
        """Copy a file's thumbnails to all its paths that have none."""
        node = await self._tree.stat(inode, probe=False)
        paths = await self._paths(inode)
        if len(paths) > 1:
            await self._in_thread(self._spread, paths, node, await self._sizes())

    async def renew(self, inode: Inode) -> None:
        """A file's bytes are others now: make anew what thumbnails it has."""
        node = await self._tree.stat(inode, probe=False)
        stale = await self._in_thread(self._drawn, await self._paths(inode), node)
        if not stale:
            return
        self._failed_until_s.pop(inode, None)
        # Its time is the same, so by itself no desktop would see that it is stale.
        await self._in_thread(self._drop, stale)
        for path in stale:
            await self.make(path, node)

    async def forget(self, vanished: Iterable[tuple[Inode, bytes]]) -> None:
        """These names are gone, each from its directory: nobody looks for their thumbnails any more."""
        gone = []
        for directory, names in groupby(sorted(vanished), key=lambda one: one[0]):
            above = await self.path_of(directory)
            gone += [] if above is None else [above + b"/" + name for _, name in names]
        await self._in_thread(self._drop, gone)

    def is_paused(self) -> bool:
        """Whether nothing is asked for at the moment in the lane of who asks this."""
        return trio.current_time() < self._paused_until_s[current_lane()]

    async def _make(self, path: bytes, node: Node) -> None:
        others = [other for other in await self._paths(node.inode) if other != path]
        if is_preview(node.inode):
            others += await self._paths(original_of(node.inode))
        sizes_px = await self._sizes()
        missing = await self._in_thread(self._missing_after_copying, path, others, node, sizes_px)
        if not missing:
            return
        if not await self._in_thread(self._has_room):
            self._pause(NO_PLACE_S, Lane.FOREGROUND)
            return
        picture = await self._tree.picture(node.inode, max(missing))
        if await self._in_thread(self._draw, path, node, picture, missing):
            self.made += 1
        else:
            self._pause(NO_PLACE_S, Lane.FOREGROUND)

    async def _sizes(self) -> list[int]:
        """The sizes that the desktop uses, as they were a moment ago: to find out reads folders."""
        now_s = trio.current_time()
        if now_s >= self._sizes_known_until_s:
            self._sizes_px = await self._in_thread(self._files.sizes_in_use)
            self._sizes_known_until_s = now_s + SIZES_KNOWN_S
        return self._sizes_px

    async def _paths(self, inode: Inode) -> list[bytes]:
        """The absolute paths of a file or directory within the mount."""
        root = await self._tree.places(self._root)
        if not root:
            return []  # the album that is mounted is gone at Google
        above = root[0].path
        return [
            self._mountpoint + b"/" + path if path else self._mountpoint
            for place in await self._tree.places(inode)
            if (path := _below(place.path, above)) is not None
        ]

    def _may_be_made(self, node: Node) -> bool:
        if node.is_directory or virtual.numbered(node.inode) is not None:
            return False
        failed_until_s = self._failed_until_s.get(node.inode, -1.0)
        return trio.current_time() >= failed_until_s and not self.is_paused()

    def _note_failure(self, inode: Inode, exc: Exception, began_s: float) -> None:
        self.failed += 1
        # Google may be silent about one while others come.
        is_its_own = isinstance(exc, _SILENCE) and self._succeeded_s > began_s
        if isinstance(exc, _BEFALLS_ALL) and not is_its_own:
            # The day's quota has less room for what is less urgent.
            self._pause(PAUSE_S, current_lane())
        else:
            while len(self._failed_until_s) >= FAILURES_KEPT:
                del self._failed_until_s[next(iter(self._failed_until_s))]
            self._failed_until_s[inode] = trio.current_time() + FAILURE_REMEMBERED_S
        if type(exc) not in self._told:
            self._told.add(type(exc))
            log.info("a thumbnail can't be made: %s: %s", type(exc).__name__, exc)

    def _pause(self, pause_s: float, lane: Lane) -> None:
        """Ask for nothing for a while, in this lane and in less urgent ones."""
        for one in Lane:
            if one >= lane:
                self._paused_until_s[one] = trio.current_time() + pause_s

    # --- in threads ----------------------------------------------------------------------------

    def _lacking(self, directory: bytes, files: list[Entry], sizes_px: list[int]) -> list[Entry]:
        return [
            entry
            for entry in files
            if self._missing(sizes_px, _pictured(directory + b"/" + entry.name, entry.node))
        ]

    def _missing_after_copying(
        self, path: bytes, others: list[bytes], node: Node, sizes_px: list[int]
    ) -> list[int]:
        pictured = _pictured(path, node)
        missing = self._missing(sizes_px, pictured)
        for other in others if missing else ():
            copied = self._files.copy(uri_of(other), pictured, missing)
            missing = [size_px for size_px in missing if size_px not in copied]
            if not missing:
                self.copied += 1
                break
        return missing

    def _missing(self, sizes_px: list[int], one: Pictured) -> list[int]:
        return self._files.missing(sizes_px, one.uri, one.mtime_ns, one.size_bytes)

    def _draw(self, path: bytes, node: Node, picture: Picture, sizes_px: list[int]) -> bool:
        pngs = pictures.thumbnail_pngs(picture.content, sizes_px)
        return self._files.write(_pictured(path, node, picture), pngs)

    def _spread(self, paths: list[bytes], node: Node, sizes_px: list[int]) -> None:
        for path in paths if self._has_room() else ():
            others = [other for other in paths if other != path]
            self._missing_after_copying(path, others, node, sizes_px)

    def _drawn(self, paths: Iterable[bytes], node: Node) -> list[bytes]:
        """The paths that have a thumbnail, in whatever size."""
        every = list(SIZES)
        return [
            p for p in paths if self._files.missing(every, uri_of(p), node.modified_ns) != every
        ]

    def _drop(self, paths: Iterable[bytes]) -> None:
        for path in paths:
            self._files.remove(uri_of(path))


def in_threads() -> Blocking:
    """Work in trio's worker threads, two at a time."""
    limiter = trio.CapacityLimiter(THREADS)

    async def blocking(function: Callable[[Unpack[Ts]], T], /, *args: *Ts) -> T:
        return await trio.to_thread.run_sync(function, *args, limiter=limiter)

    return blocking


def _below(path: bytes, above: bytes) -> bytes | None:
    """A path as seen from a directory above it; None if that is not above it."""
    if not above or path == above:
        return path if not above else b""
    return path.removeprefix(above + b"/") if path.startswith(above + b"/") else None


def _pictured(path: bytes, node: Node, picture: Picture | None = None) -> Pictured:
    return Pictured(
        uri_of(path),
        node.modified_ns,
        mime_type="" if picture is None else picture.mime_type,
        size_bytes=node.size_bytes if node.size_is_exact else None,
        width_px=None if picture is None else picture.width,
        height_px=None if picture is None else picture.height,
    )
