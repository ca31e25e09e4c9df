"""What Google's error answers mean."""

import json
from typing import Any

import pytest

from gphotosfs.errors import (
    PermissionRefusedError,
    RejectedRequestError,
    RemoteError,
    ServerTroubleError,
    ServiceDisabledError,
    SignInError,
)
from gphotosfs.google.transport import refusals

HELP = {
    "@type": "type.googleapis.com/google.rpc.Help",
    "links": [
        {
            "description": "Google developers console API activation",
            "url": "https://console.developers.google.com/apis/api/photoslibrary?project=1",
        }
    ],
}


def envelope(**error: Any) -> bytes:
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    "status, expected",
    [
        (400, RejectedRequestError),
        (401, SignInError),
        (403, PermissionRefusedError),
        (404, RejectedRequestError),
        (500, ServerTroubleError),
        (504, ServerTroubleError),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\x89PNG", b"[]", b'{"error": "x"}', b"[" * 9999]
)
def test_a_status_names_the_cause_whatever_the_body(
    status: int, expected: type[RemoteError], body: bytes
) -> None:
    assert type(refusals.refusal(status, body, "a call")) is expected


def test_an_older_answer_tells_a_disabled_api_by_its_help_alone() -> None:
    error = refusals.refusal(403, envelope(code=403, details=[HELP]), "a call")

    assert isinstance(error, ServiceDisabledError)
    assert error.activation_url == HELP["links"][0]["url"]  # type: ignore[index]


def test_google_s_words_are_passed_on_without_secrets() -> None:
    message = "Token ya29.a0-secret at https://lh3.googleusercontent.com/lr/secret is bad"

    assert "secret" not in str(refusals.refusal(400, envelope(message=message), "a call"))


@pytest.mark.parametrize(
    "status, body",
    [
        (429, b"<html>"),
        (403, envelope(errors=[{"domain": "global", "reason": "rateLimitExceeded"}])),
        (400, envelope(status="RESOURCE_EXHAUSTED")),
    ],
)
def test_a_quota_has_many_faces(status: int, body: bytes) -> None:
    assert refusals.is_quota(status, body)


def test_a_missing_scope_is_no_quota() -> None:
    assert not refusals.is_quota(403, envelope(status="PERMISSION_DENIED"))


@pytest.mark.parametrize(
    "header, seconds",
    [
        (None, None),
        ("7", 7.0),
        ("-1", None),
        ("soon", None),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 50.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert refusals.retry_after_s(header, now_s=10.0) == seconds
