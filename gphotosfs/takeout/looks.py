"""Whether archives are there, asked of disks that may hang."""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from gphotosfs.takeout.stamps import Stamp, stamp_of

ANSWER_S: Final = 5.0
"""So long a disk has to answer; most that sleep are awake by then, and the others at the next look."""


class Looks:
    """Stamps of archives. Of a disk that does not answer no more is asked until it does."""

    def __init__(
        self, look: Callable[[Path], Stamp | None] = stamp_of, answer_s: float = ANSWER_S
    ) -> None:
        self._look = look
        self._answer_s = answer_s
        self._under_way: dict[Path, _Look] = {}

    def at(self, paths: Iterable[Path]) -> dict[Path, Stamp | None]:
        """The stamps; None of what is not there, or does not answer in time. For one thread at a time."""
        looks = {path: self._under_way.get(path) or self._begun(path) for path in paths}
        until_s = time.monotonic() + self._answer_s
        found: dict[Path, Stamp | None] = {}
        for path, look in looks.items():
            look.join(max(0.0, until_s - time.monotonic()))
            found[path] = None
            if not look.is_alive():
                found[path] = look.stamp
                del self._under_way[path]
        return found

    def _begun(self, path: Path) -> "_Look":
        look = self._under_way[path] = _Look(self._look, path)
        look.start()
        return look


class _Look(threading.Thread):
    """A thread that nobody waits for at the end of the process."""

    def __init__(self, look: Callable[[Path], Stamp | None], path: Path) -> None:
        super().__init__(name=f"look at {path.name}", daemon=True)
        self.stamp: Stamp | None = None
        self._look = look
        self._path = path

    def run(self) -> None:
        self.stamp = self._look(self._path)
