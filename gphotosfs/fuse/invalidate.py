"""Telling the kernel what changed, from one thread that may wait for the kernel.

Each of these calls can wait for a lock that only our own answer to another request releases, so none
is ever made from the event loop. The queue is bounded: what does not fit is dropped, and the entry
timeouts do the rest.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

import pyfuse3
from pyfuse3 import FileNameT, InodeT

from gphotosfs.model import Inode

log = logging.getLogger(__name__)

WAITING_MAX: Final = 10_000


class Invalidator:
    """A queue of notifications and the thread that sends them."""

    def __init__(self, root: Inode) -> None:
        """`root` is what the kernel calls inode 1."""
        self._root = root
        self._queue: queue.Queue[Callable[[], None] | None] = queue.Queue(WAITING_MAX)
        # A daemon: a call that waits for ever in the kernel must not keep the process.
        self._thread = threading.Thread(target=self._send, name="invalidate", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more."""
        while True:
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                self._clear()
            else:
                return

    def names(self, appeared: Iterable[tuple[Inode, bytes]]) -> None:
        """Names that the kernel may hold to be missing, or to mean something else."""
        for directory, name in appeared:
            self._put(partial(pyfuse3.invalidate_entry, self._outer(directory), FileNameT(name)))

    def vanished(self, gone: Iterable[tuple[Inode, bytes, Inode]]) -> None:
        """Names that are gone, with what they were; whoever watches is told of a deletion."""
        for directory, name, inode in gone:
            outer = self._outer(directory)
            self._put(
                partial(pyfuse3.invalidate_entry, outer, FileNameT(name), deleted=InodeT(inode))
            )

    def content(self, inode: Inode) -> None:
        """A file whose bytes are others now: its pages and attributes are dropped."""
        self._put(partial(pyfuse3.invalidate_inode, self._outer(inode), attr_only=False))

    def gauges(self) -> dict[str, int]:
        """How many notifications wait."""
        return {"notifications": self._queue.qsize()}

    def _outer(self, inode: Inode) -> InodeT:
        return pyfuse3.ROOT_INODE if inode == self._root else InodeT(inode)

    def _put(self, send: Callable[[], None]) -> None:
        try:
            self._queue.put_nowait(send)
        except queue.Full:
            self._clear()

    def _clear(self) -> None:
        log.debug("too many changes to tell the kernel; its timeouts will do")
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return

    def _send(self) -> None:
        while (send := self._queue.get()) is not None:
            try:
                send()
            except (
                OSError
            ) as exc:  # ENOENT: the kernel does not know it, so there is nothing to forget
                log.debug("the kernel was not told: %s", exc)
