"""How a request is worded, how long it may take, and when it is tried again."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from gphotosfs.google.transport.quota import Kind
from gphotosfs.lanes import Lane

# The longest wait for one request's answer, retries included: below the 30 s that a system call may
# take, so that its caller gets the cause rather than a time-out.
DEADLINE_S: Final = 25.0
# The longest wait for one attempt's answer; a second attempt still fits into the deadline.
ANSWER_S: Final = 12.0
# A name server or host that is silent. SYN is sent again after 1 and 3 s (RFC 6298).
CONNECT_S: Final = 5.0


# One is seen in practice (=dv to video-downloads).
REDIRECTS_MAX: Final = 3


class Trouble(enum.Enum):
    """Why an attempt is made again."""

    CONNECT = "no connection"
    SILENT = "no connection in time"
    BROKEN = "broken connection"
    SLOW = "no answer in time"
    SERVER = "5xx"
    TOKEN = "401"  # noqa: S105 - a status, not a password


# Pauses before further attempts, each stretched by up to half at random.
# CONNECT: an error within 3 s of the first failure (contract, section 4); SILENT has cost 5 s already.
# BROKEN: a kept connection that the server had closed is replaced at once.
# SERVER: "exponential backoff from 1 s".
# https://developers.google.com/photos/library/guides/best-practices (read 2026-11)
# TOKEN: one refresh, one retry.
PAUSES_S: Final[Mapping[Trouble, tuple[float, ...]]] = {
    Trouble.CONNECT: (0.2, 0.6),
    Trouble.SILENT: (),
    Trouble.BROKEN: (0.0, 0.5, 1.0),
    Trouble.SLOW: (0.0,),
    Trouble.SERVER: (1.0, 2.0, 4.0, 8.0),
    Trouble.TOKEN: (0.0,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, as its caller words it."""

    what: str
    """For error texts: what is asked for, in a few words without secrets."""
    method: str
    url: httpx.URL
    kind: Kind
    lane: Lane
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] | None = None
    body: object = None
    """Sent as JSON if it is not None."""
    is_signed: bool = False
    """Sent with the access token."""
    answer_s: float = ANSWER_S
    judged_by_caller: frozenset[int] = frozenset()
    """Statuses that are handed back as answers instead of becoming errors."""
