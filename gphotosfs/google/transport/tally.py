"""What went to and fro since the start, for those who watch."""

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from gphotosfs.errors import RemoteError
from gphotosfs.google.transport.quota import Kind

ERRORS_MAX: Final = 5


class Tally:
    """Counts requests as Google counts them, bytes, and keeps the last errors."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """`now` is the wall clock."""
        self.requests: Counter[Kind] = Counter()
        """Each attempt; a redirect and its target are one."""
        self.received_bytes = 0
        """Of bodies of photos and videos."""
        self._errors: deque[tuple[float, str]] = deque(maxlen=ERRORS_MAX)
        self._now = now

    def failed(self, exc: RemoteError) -> None:
        """Note that somebody was told an error."""
        self._errors.append((self._now(), str(exc)))

    @property
    def last_errors(self) -> list[str]:
        """The last errors, newest first, each with its time."""
        return [f"{_clock(at_s)} {text}" for at_s, text in reversed(self._errors)]


def _clock(at_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at_s))
