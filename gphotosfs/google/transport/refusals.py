"""What Google's error answers mean. Plain functions over a status and a body."""

import json
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from gphotosfs.errors import (
    PermissionRefusedError,
    PreconditionError,
    RejectedRequestError,
    RemoteError,
    ServerTroubleError,
    ServiceDisabledError,
    SignInError,
)

# google.rpc.ErrorInfo and the older errors[].reason; quotas have come as 403 in other Google APIs,
# and an upload quota once as 400 (the reference, section 5).
QUOTA_REASONS: Final = frozenset(
    {"RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"}
)
# Google's message is for a person; longer ones are pages.
MESSAGE_MAX: Final = 300
# What an echoing server could put into a message.
_SECRETS: Final = re.compile(r"ya29\.[\w.-]+|1//[\w-]+|\S+googleusercontent\S+")


def is_quota(status: int, body: bytes) -> bool:
    """Whether this is the answer to one request too many."""
    if status == 429:
        return True
    error = _envelope(body)
    return error.get("status") == "RESOURCE_EXHAUSTED" or bool(QUOTA_REASONS & {*_reasons(error)})


def refusal(status: int, body: bytes, what: str) -> RemoteError:
    """The error for an answer that is none and has nothing to do with quotas.

    `what` was asked for, in a few words without secrets.
    """
    error = _envelope(body)
    said = _SECRETS.sub("…", str(error.get("message") or f"HTTP {status}"))[:MESSAGE_MAX]
    if status >= 500:
        return ServerTroubleError(f"{what}: Google has trouble: {said}")
    if status == 401:
        return SignInError(f"{what}: Google refuses the token; sign in again: gphotosfs login")
    if status == 403:
        address = _activation_url(error)
        if "SERVICE_DISABLED" in _reasons(error) or address:
            return ServiceDisabledError(
                f"{what}: the {_service(error)} is not enabled in the Google Cloud project",
                activation_url=address,
            )
        return PermissionRefusedError(f"{what}: {said}")
    if error.get("status") == "FAILED_PRECONDITION":
        return PreconditionError(f"{what}: {said}")
    return RejectedRequestError(f"{what}: {said}")


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """Retry-After, which is a number of seconds or a date; None if absent or neither."""
    if header is None:
        return None
    if header.strip().isdecimal() and len(header) < 8:
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now_s)
    except (ValueError, OverflowError, OSError):
        return None


def _envelope(body: bytes) -> Mapping[str, Any]:
    """The `error` member; empty for HTML, a picture or anything else."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else {}


def _details(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("details", "errors"):
        rows = error.get(name)
        if isinstance(rows, list):
            yield from (row for row in rows if isinstance(row, dict))


def _reasons(error: Mapping[str, Any]) -> list[str]:
    return [str(row.get("reason")) for row in _details(error)]


def _service(error: Mapping[str, Any]) -> str:
    """The name of the API that was asked; older answers do not tell it."""
    metadata = (row.get("metadata") for row in _details(error))
    titles = (row.get("serviceTitle") for row in metadata if isinstance(row, dict))
    return next((t[:60] for t in titles if isinstance(t, str) and t), "Photos Library API")


def _activation_url(error: Mapping[str, Any]) -> str:
    """Where the API is enabled: in ErrorInfo's metadata, in older answers in a Help link."""
    for row in _details(error):
        metadata, links = row.get("metadata"), row.get("links")
        addresses = [metadata.get("activationUrl")] if isinstance(metadata, dict) else []
        if isinstance(links, list):
            addresses += [link.get("url") for link in links if isinstance(link, dict)]
        for address in addresses:
            if isinstance(address, str) and address.startswith(
                ("https://console.developers.google.com/", "https://console.cloud.google.com/")
            ):
                return address
    return ""
