"""One plain question to Google and what came back: for signing in, and for diagnosis.

A mount's requests go through `http.py`, which retries and counts. These are a person's, who waits
at a terminal and is told what happened the first time.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import httpx

from gphotosfs import __version__
from gphotosfs.errors import DeadlineError, OfflineError, ServerTroubleError
from gphotosfs.google.transport.ask import ANSWER_S, CONNECT_S
from gphotosfs.google.transport.endpoints import Endpoints


@dataclass(frozen=True)
class Heard:
    """An answer as it came."""

    status: int
    body: bytes
    date_s: float | None = None
    """The server's own clock, in Unix seconds."""

    @cached_property
    def members(self) -> Mapping[str, Any]:
        """The JSON object in it; empty for anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def plain_client(
    places: Endpoints, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client for questions like these. Proxies and SSL_CERT_FILE are honoured."""
    return httpx.AsyncClient(
        headers={"User-Agent": f"gphotosfs/{__version__}"},
        # Reads all certificates, for which a test's transport has no use.
        verify=httpx.create_ssl_context() if transport is None else True,
        trust_env=not places.are_loopback,  # a proxy can't reach this machine's loopback
        transport=transport,
        follow_redirects=False,
        timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
    )


async def hear(http: httpx.AsyncClient, request: httpx.Request) -> Heard:
    """Ask once. Whether the address may be asked is the caller's to have checked.

    Raises:
        OfflineError: the host can't be reached; the cause is chained.
        DeadlineError: it was reached and is silent.
        ServerTroubleError: the answer broke off.
    """
    host = request.url.host
    try:
        response = await http.send(request)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as exc:
        raise OfflineError(f"{host} can't be reached: {exc or 'no connection in time'}") from exc
    except httpx.TimeoutException as exc:
        raise DeadlineError(f"{host} does not answer") from exc
    except (httpx.RequestError, httpx.InvalidURL) as exc:  # the latter of a redirect to no address
        raise ServerTroubleError(f"{host} broke off its answer") from exc
    return Heard(response.status_code, response.content, _unix_s(response.headers.get("Date")))


def _unix_s(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
