"""Why no answer came, from the exceptions that the attempt left behind."""

import enum
import socket
import ssl
from collections.abc import Iterator
from typing import Final, TypeVar

import httpx

from gphotosfs.errors import DeadlineError, RemoteError

E = TypeVar("E", bound=BaseException)

# x509_vfy.h of OpenSSL: a certificate that is not valid yet, or not any more. Google's are renewed
# long before, so it is this machine's clock.
_WRONG_TIME: Final = frozenset({9, 10})


class Unheard(enum.Enum):
    """What keeps Google's answers away."""

    WRONG_CLOCK = enum.auto()
    FOREIGN_CERTIFICATE = enum.auto()
    BROKEN_TLS = enum.auto()
    PROXY = enum.auto()
    NO_NAME = enum.auto()
    SILENCE = enum.auto()
    NO_NETWORK = enum.auto()


def why_unheard(error: RemoteError) -> tuple[Unheard, str]:
    """The cause, and a few words about it for a person."""
    causes = list(_chain(error))
    certificate = _first(causes, ssl.SSLCertVerificationError)
    if certificate is not None:
        is_time = certificate.verify_code in _WRONG_TIME
        cause = Unheard.WRONG_CLOCK if is_time else Unheard.FOREIGN_CERTIFICATE
        return cause, certificate.verify_message
    if _first(causes, ssl.SSLError) is not None:
        return Unheard.BROKEN_TLS, str(error)
    if _first(causes, httpx.ProxyError) is not None:
        return Unheard.PROXY, str(error)
    if _first(causes, socket.gaierror) is not None:
        return Unheard.NO_NAME, str(error)
    if isinstance(error, DeadlineError) or _first(causes, httpx.TimeoutException) is not None:
        return Unheard.SILENCE, str(error)
    return Unheard.NO_NETWORK, str(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _first(causes: list[BaseException], kind: type[E]) -> E | None:
    return next((cause for cause in causes if isinstance(cause, kind)), None)
