"""One profile's Google: the parts of this package, made and joined."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from gphotosfs import __version__, limits
from gphotosfs.google import library
from gphotosfs.google.base_urls import BaseUrls
from gphotosfs.google.http import Http
from gphotosfs.google.library import LibraryApi
from gphotosfs.google.media import GoogleMedia
from gphotosfs.google.picker import PickerApi
from gphotosfs.google.sign_in.access_tokens import REFRESH_TIMEOUT_S, TokenRequest, Tokens
from gphotosfs.google.transport.ask import CONNECT_S, DEADLINE_S
from gphotosfs.google.transport.clients import Client, Clients
from gphotosfs.google.transport.endpoints import GOOGLE, Endpoints
from gphotosfs.google.transport.quota import Kind, Ledger, ledger_path
from gphotosfs.google.transport.streams import read_whole_arrivals
from gphotosfs.google.transport.throttle import Throttle
from gphotosfs.google.transport.unreachable import Unreachable
from gphotosfs.lanes import Lane

# Between two files of a walk a connection stays open, at a few KB each.
IDLE_CONNECTIONS_MAX: Final = 64
IDLE_S: Final = 30.0


def since_boot_s() -> float:
    """Seconds that also pass while the machine sleeps, unlike trio's: base URLs die meanwhile."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleStatus:
    """How things stand, for `gphotosfs status`. Nothing in it is secret."""

    project: str
    client_id: str
    sign_in_problem: str
    """"" while the sign-in is good."""
    is_offline: bool
    last_errors: list[str]
    """Newest first, each with its time."""
    calls_left: int
    byte_requests_left: int
    calls_made: int
    """Since this daemon began, like the next two; each attempt counts."""
    byte_requests_made: int
    received_bytes: int
    quota_resets_at_s: float
    base_urls: int
    under_way: Mapping[str, int]
    """Requests that wait or are being answered, by lane."""


class Google:
    """What app.py plugs in: `library`, `media` and `picker`, and what they stand on."""

    def __init__(
        self,
        clients: tuple[Clients, httpx.Client],
        tokens: Tokens,
        ledger: Ledger,
        unreachable: Unreachable,
        http: Http,
        base_urls: BaseUrls,
        throttle: Throttle,
        picker: PickerApi,
    ) -> None:
        self._clients = clients
        self._unreachable = unreachable
        self._http = http
        self.base_urls: Final = base_urls
        self.tokens: Final = tokens
        self.ledger: Final = ledger
        self.picker: Final = picker
        self.library: Final = LibraryApi(http, base_urls.remember)
        self.media: Final = GoogleMedia(http, base_urls, throttle)

    async def run(self) -> None:
        """Keep the quota ledger on disk, for ever."""
        await self.ledger.run()

    async def aclose(self) -> None:
        """Save the ledger and close every connection."""
        self.ledger.save()
        everyone, tokens_alone = self._clients
        tokens_alone.close()
        await everyone.aclose()

    def forget_failures(self) -> None:
        """Ask again at once, as after a new sign-in or when the network has changed."""
        self._unreachable.forget()
        self.tokens.forget_failures()

    def status(self) -> GoogleStatus:
        """How things stand; asks nobody."""
        tally = self._http.tally
        return GoogleStatus(
            project=self.tokens.project,
            client_id=self.tokens.client_id,
            sign_in_problem=self.tokens.problem,
            is_offline=self._unreachable.any(),
            last_errors=tally.last_errors,
            calls_left=self.ledger.remaining(Kind.CALLS),
            byte_requests_left=self.ledger.remaining(Kind.BYTES),
            calls_made=tally.requests[Kind.CALLS] + tally.requests[Kind.PICKER_CALLS],
            byte_requests_made=tally.requests[Kind.BYTES] + tally.requests[Kind.PICKED_BYTES],
            received_bytes=tally.received_bytes,
            quota_resets_at_s=self.ledger.resets_at_s(),
            base_urls=len(self.base_urls),
            under_way={lane.name.lower(): self._http.admission.under_way(lane) for lane in Lane},
        )


def connect(
    credentials: Path,
    state_folder: Path,
    *,
    endpoints: Endpoints = GOOGLE,
    quota_calls: int = limits.CALLS_PER_DAY,
    quota_bytes: int = limits.BYTE_REQUESTS_PER_DAY,
    deadline_s: float = DEADLINE_S,
    now: Callable[[], float] = time.time,
    elapsed: Callable[[], float] = since_boot_s,
    bytes_per_s: Callable[[], float | None] = lambda: None,
    may_be_signed_out: bool = False,
    chance: random.Random | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    token_transport: httpx.BaseTransport | None = None,
) -> Google:
    """The Google of a profile. Asks nobody and starts nothing; `run` and `aclose` are the caller's.

    `bytes_per_s` is asked, again and again, how fast media may come; None: as fast as they do.
    `may_be_signed_out` gives one that refuses everything where there is no token file.

    The transports and clocks are for tests; without them it is the network and the machine's own.

    Raises:
        SignInError: there is no token file, though it is needed.
        ConfigError: it can't be used.
    """
    _silence_loggers_that_write_urls()
    # A proxy can't reach this machine's loopback.
    trust_env = not endpoints.are_loopback
    # Made once and shared, for it reads all certificates. It honours SSL_CERT_FILE.
    tls = httpx.create_ssl_context()
    headers = {"User-Agent": f"gphotosfs/{__version__}"}
    pace = min(1.0, deadline_s / DEADLINE_S)

    def client() -> Client:
        made = Client(
            headers=headers,
            verify=tls,
            trust_env=trust_env,
            transport=transport,
            follow_redirects=False,
            # Waiting is bounded by trio's deadlines in http.py and body.py, which hold for every
            # transport, and the number of connections by the lanes. HTTP/1.1, since HTTP/2 in Python
            # has a quarter of its speed (the experiments: 37-47 against 115-150 MB/s).
            timeout=httpx.Timeout(None, connect=CONNECT_S * pace),
            limits=httpx.Limits(
                max_connections=None,
                max_keepalive_connections=IDLE_CONNECTIONS_MAX,
                keepalive_expiry=IDLE_S,
            ),
        )
        read_whole_arrivals(made)
        return made

    clients = Clients(client)
    token_client = httpx.Client(
        headers=headers,
        verify=tls,
        trust_env=trust_env,
        transport=token_transport,
        timeout=httpx.Timeout(REFRESH_TIMEOUT_S * pace, connect=CONNECT_S * pace),
    )
    unreachable = Unreachable(elapsed)
    tokens = Tokens(
        credentials,
        TokenRequest(token_client, endpoints),
        unreachable,
        now=now,
        may_be_signed_out=may_be_signed_out,
    )
    ledger = Ledger(
        ledger_path(state_folder, tokens.project),
        quota_calls=quota_calls,
        quota_bytes=quota_bytes,
        now=now,
    )
    http = Http(
        clients, endpoints, tokens, ledger, unreachable, deadline_s=deadline_s, chance=chance
    )
    base_urls = library.base_urls(http, elapsed)
    throttle = Throttle(bytes_per_s)
    picker = PickerApi(http, throttle, elapsed)
    return Google(
        (clients, token_client), tokens, ledger, unreachable, http, base_urls, throttle, picker
    )


def _silence_loggers_that_write_urls() -> None:
    # At INFO httpx logs every address, and at DEBUG httpcore every header: base URLs and tokens.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
