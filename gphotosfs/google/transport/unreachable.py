"""Which hosts could not be reached just now, so that the next request fails at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gphotosfs.errors import OfflineError

# After a failure a host is left alone this long, doubling with each further one: a file manager that
# walks a tree offline gets its errors at once, and a network that returns is noticed in 30 s.
FIRST_REST_S: Final = 1.0
LONGEST_REST_S: Final = 30.0
# One thing that is never answered says nothing of its host; so many different ones, and no answer to
# anything else in between, do: each would cost its caller the whole deadline.
SILENT_THINGS: Final = 3


class NoConnectionError(Exception):
    """A host can't be reached at all; whoever knows its name makes an OfflineError of it."""


@dataclass(slots=True)
class _Trouble:
    rest_s: float
    until_s: float
    message: str


class Unreachable:
    """The memory of failures. `elapsed` is any clock of seconds that never goes back."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._hosts: dict[str, _Trouble] = {}
        self._unanswered: dict[str, set[str]] = {}

    def check(self, host: str) -> None:
        """Let a request to the host pass.

        Raises:
            OfflineError: it could not be reached a moment ago.
        """
        trouble = self._hosts.get(host)
        if trouble is not None and self._elapsed() < trouble.until_s:
            raise OfflineError(trouble.message)

    def knows(self, host: str) -> bool:
        """Whether the last attempt to reach the host failed, however long ago."""
        return host in self._hosts

    def any(self) -> bool:
        """Whether some host could not be reached when last tried."""
        return bool(self._hosts)

    def failed(self, host: str, message: str) -> None:
        """Note that the host can't be reached; the message says so and why."""
        now_s, trouble = self._elapsed(), self._hosts.get(host)
        if trouble is None:
            self._hosts[host] = _Trouble(FIRST_REST_S, now_s + FIRST_REST_S, message)
        elif now_s >= trouble.until_s:
            trouble.rest_s = min(trouble.rest_s * 2, LONGEST_REST_S)
            trouble.until_s, trouble.message = now_s + trouble.rest_s, message

    def silent(self, host: str, thing: str) -> None:
        """Note that the host took a request for something and never answered it."""
        unanswered = self._unanswered.setdefault(host, set())
        unanswered.add(thing)
        if len(unanswered) >= SILENT_THINGS:
            self.failed(host, f"{host} does not answer")

    def answered(self, host: str) -> None:
        """Note that the host answered, whatever it said."""
        self._hosts.pop(host, None)
        self._unanswered.pop(host, None)

    def forget(self) -> None:
        """Try every host again, as when the network is known to have changed."""
        self._hosts.clear()
        self._unanswered.clear()
