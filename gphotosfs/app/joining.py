"""The task that finds out which photos in archives are the same as photos of Google's."""

import logging
from collections.abc import Callable
from math import inf
from typing import Final

import trio

from gphotosfs import errors
from gphotosfs.catalog import joining
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Store
from gphotosfs.model import Inode, ItemId
from gphotosfs.takeout.source import TakeoutMedia

log = logging.getLogger(__name__)

SETTLE_S: Final = 2.0
"""So long the look waits for listings and readings: with them another item of the same name may come."""

RETRY_S: Final = 900.0
"""An archive may not be there, or the disk full."""


class Joining:
    """Looks at candidates when there are some, one after the other, behind everything else."""

    def __init__(
        self,
        store: Store,
        media: TakeoutMedia,
        *,
        is_busy: Callable[[], bool],
        changed: Callable[[Changes], None],
    ) -> None:
        """`is_busy` says whether anything is being listed or read just now."""
        self._store = store
        self._media = media
        self._is_busy = is_busy
        self._changed = changed
        self._wake = trio.Event()

    def wake(self) -> None:
        """There are candidates."""
        self._wake.set()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look at candidates until cancelled, those of an earlier mount first."""
        task_status.started()
        while True:
            again_s = RETRY_S
            try:
                again_s = await self._look()
            except errors.GPhotosError as exc:
                log.info("looking for photos that are there twice goes on later: %s", exc)
            except Exception:
                log.exception("bug while looking for photos that are there twice")
            with trio.move_on_after(again_s):
                await self._wake.wait()
            self._wake = trio.Event()

    async def _look(self) -> float:
        """Look at every candidate once; in how many seconds again."""
        last, again_s = Inode(0), inf
        while (found := joining.next_candidate(self._store.read, last)) is not None:
            if self._is_busy():
                return SETTLE_S
            last = found[0]
            try:
                dimensions = await self._dimensions(*found)
            except errors.ArchiveError as exc:
                log.info("whether Google has a photo as well is not known yet: %s", exc)
                again_s = RETRY_S
            else:
                self._changed(await self._store.write(joining.judge, last, dimensions))
        return again_s

    async def _dimensions(self, inode: Inode, identity: ItemId) -> tuple[int, int] | None:
        """What the head of the file says, where that decides; (0, 0) if it says nothing.

        Raises:
            ArchiveError: the archive is not there.
        """
        pair = joining.only_pair(joining.twins_of(self._store.read, inode))
        if pair is None or pair[0].width is not None:
            return None
        return await self._media.dimensions(identity) or (0, 0)
