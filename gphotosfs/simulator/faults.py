"""Things that go wrong, on demand."""

import fnmatch
from dataclasses import dataclass
from typing import Literal

Effect = Literal[
    "status",  # answers `status` instead
    "stall",  # is silent for `seconds`, before the headers or behind `bytes` of the body
    "truncate",  # closes the connection behind `bytes` of the body
    "reset",  # breaks the connection, before the headers or behind `bytes` of the body
    "wrong_length",  # Content-Length is `bytes` more (or less) than what comes
    "wrong_range",  # a ranged answer that begins `bytes` behind where it was asked to
    "wrong_total",  # Content-Range tells a total that is `bytes` larger
    "gzip",  # bytes that are said to be compressed
    "html",  # 200 with an HTML page
    "garbage",  # 200 with JSON that breaks off
    "drip",  # sends `bytes` a second
    "repeat_token",  # a page of a listing that names the very token it was asked for
    "empty_pages",  # a page without anything, and a token
]


@dataclass(kw_only=True)
class Fault:
    """One thing that goes wrong, and for which requests."""

    effect: Effect
    kind: str | None = None
    """"api", "media", "redirected" or "token"; None: any."""
    path: str = "*"
    """A pattern as of the shell, for the path, or for method, a space and the path."""
    times: int | None = 1
    """How often; None: always."""
    skip: int = 0
    """How many requests that match go well first."""
    status: int = 503
    bytes: int = -1
    """See the effect; -1: before the headers."""
    seconds: float | None = None
    """None: for ever."""

    def matches(self, method: str, kind: str, path: str) -> bool:
        """Whether it is about such a request."""
        if self.kind not in (None, kind):
            return False
        pattern = self.path
        return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(
            f"{method} {path}", pattern
        )


class Faults:
    """The faults that wait for their request; the first that matches is taken."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(
        self,
        effect: Effect,
        *,
        kind: str | None = None,
        path: str = "*",
        times: int | None = 1,
        skip: int = 0,
        status: int = 503,
        bytes: int = -1,
        seconds: float | None = None,
    ) -> Fault:
        """Let something go wrong; see `Fault`."""
        fault = Fault(
            effect=effect,
            kind=kind,
            path=path,
            times=times,
            skip=skip,
            status=status,
            bytes=bytes,
            seconds=seconds,
        )
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        """All is well again, for requests that come from now on."""
        self.waiting.clear()

    def take(self, method: str, kind: str, path: str) -> Fault | None:
        """The fault for this request, counted; None if it goes well."""
        for fault in self.waiting:
            if not fault.matches(method, kind, path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
            return fault
        return None
