"""Why Google could not be reached, from the exceptions that the attempt left."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, TypeVar

import httpx

from gphotosfs.doctor.finding import Finding, failed
from gphotosfs.errors import DeadlineError, RemoteError

E = TypeVar("E", bound=BaseException)

# x509_vfy.h of OpenSSL: a certificate that is not valid yet, or not any more. Google's are renewed
# long before, so it is this machine's clock.
_WRONG_TIME: Final = frozenset({9, 10})


def judged_unreachable(error: RemoteError, now_s: float) -> Finding:
    """The finding for an attempt that brought no answer at all."""
    causes = list(_chain(error))
    certificate = _first(causes, ssl.SSLCertVerificationError)
    if certificate is not None and certificate.verify_code in _WRONG_TIME:
        return wrong_clock(now_s, certificate.verify_message)
    if certificate is not None:
        return failed(
            "TLS",
            "something between this machine and Google shows a certificate of its own "
            f"({certificate.verify_message}): a company's proxy, a virus scanner, a captive portal",
            "if you trust it, let SSL_CERT_FILE name its certificate in PEM; if not, use another "
            "network",
        )
    if _first(causes, ssl.SSLError) is not None:
        return failed(
            "TLS",
            "the encrypted connection to Google is broken off on its way",
            "try another network; ask who runs this one",
        )
    if _first(causes, httpx.ProxyError) is not None:
        return failed(
            "network",
            f"the proxy refuses: {error}",
            "look at HTTPS_PROXY and at the proxy's own rules",
        )
    if _first(causes, socket.gaierror) is not None:
        return failed(
            "network",
            "Google's name can't be resolved: there is no network, or no name server in it",
            "connect to a network; if there is one, look at /etc/resolv.conf",
        )
    if isinstance(error, DeadlineError) or _first(causes, httpx.TimeoutException) is not None:
        return failed(
            "network",
            f"no answer: {error}",
            "connect to a network; a firewall may drop what goes to Google",
        )
    return failed("network", str(error), "connect to a network")


def wrong_clock(now_s: float, why: str) -> Finding:
    """The finding for a clock that Google's certificates or dates disprove."""
    here = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return failed(
        "clock",
        f"this machine's clock says {here}, which can't be right ({why})",
        "set it, best for good: timedatectl set-ntp true",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _first(causes: list[BaseException], kind: type[E]) -> E | None:
    return next((cause for cause in causes if isinstance(cause, kind)), None)
