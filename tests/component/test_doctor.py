"""What `gphotosfs doctor` tells apart, from answers as Google gave them (tests/recorded)."""

import json
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
import trustme

from gphotosfs.doctor import Finding, Level, Patient, examine_google
from gphotosfs.errors import ConfigError, SignInError
from gphotosfs.google.questions import questions
from gphotosfs.google.sign_in.token_file import SavedTokens
from gphotosfs.google.transport.endpoints import GOOGLE, Endpoints
from gphotosfs.google.transport.quota import Kind, Ledger, next_reset_s
from gphotosfs.lanes import Lane

RECORDED = Path(__file__).parents[1] / "recorded" / "google"
NOW_S = 1_795_348_800.0  # 2026-11-22 12:00 UTC
DAY_S = 86_400.0
# Midnight in California, as it is called here.
RESET = f"{datetime.fromtimestamp(next_reset_s(NOW_S)):%Y-%m-%d %H:%M}"  # noqa: DTZ006 - on purpose

GOOD = {
    "/token": "token_good",
    "/v1/albums": "api_one_album",
    "/v1/mediaItems": "api_empty",
    "/v1/sessions/none": "picker_no_such_session",
}


def at(moment_s: float) -> str:
    return formatdate(moment_s, usegmt=True)


def answering(answers: dict[str, str], date_s: float = NOW_S) -> httpx.MockTransport:
    """Google, with a recorded answer for each path."""

    def answer(request: httpx.Request) -> httpx.Response:
        recorded = json.loads((RECORDED / f"{answers[request.url.path]}.json").read_text())
        body = recorded["body"]
        return httpx.Response(
            recorded["status"],
            headers=recorded["headers"] | {"Date": at(date_s)},
            content=body if isinstance(body, str) else json.dumps(body),
        )

    return httpx.MockTransport(answer)


def failing(make: Callable[[], Exception]) -> httpx.MockTransport:
    """A network on which nothing comes back; the transport raises as httpx's own does."""

    def answer(_: httpx.Request) -> httpx.Response:
        cause = make()
        if isinstance(cause, httpx.HTTPError):
            raise cause
        raise httpx.ConnectError(str(cause)) from cause

    return httpx.MockTransport(answer)


def tokens(**others: Any) -> SavedTokens:
    return SavedTokens(
        client_id="123456789012-abc.apps.googleusercontent.com",
        client_secret="GOCSPX-secret",
        refresh_token="1//secret",
        expires_at_s=others.pop("expires_at_s", 0.0),
        token_uri=others.pop("token_uri", "https://oauth2.googleapis.com/token"),
        others=others,
    )


def day(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "quota.db", now=lambda: NOW_S)


async def found(
    ledger: Ledger,
    transport: httpx.AsyncBaseTransport | None,
    saved: SavedTokens | SignInError | ConfigError | None = None,
    places: Endpoints = GOOGLE,
) -> list[Finding]:
    def load() -> SavedTokens:
        if isinstance(saved, Exception):
            raise saved
        return saved or tokens()

    patient = Patient(load, lambda _: ledger, "gphotosfs login")
    async with questions(places, transport) as google:
        findings = await examine_google(google, patient, NOW_S)
    for finding in findings:
        assert "secret" not in str(finding).replace("client-secret", "").replace("its secret", "")
        assert "ya29" not in str(finding)
    return findings


def bad(findings: list[Finding]) -> Finding:
    """The one that failed: one cause is told once."""
    (failed,) = [finding for finding in findings if finding.level is Level.FAILED]
    assert failed.action
    return failed


async def test_when_all_is_well_it_says_so_and_costs_two_calls(ledger: Ledger) -> None:
    findings = await found(ledger, answering(GOOD))

    assert [finding.check for finding in findings] == [
        "network",
        "sign-in",
        "scopes",
        "Photos Library API",
        "library",
        "Photos Picker API",
        "quota",
    ]
    assert {finding.level for finding in findings} == {Level.FINE}
    assert ledger.used(Kind.CALLS) == 2


@pytest.mark.parametrize(
    "path, answer, check, words, action",
    [
        ("/token", "token_client_not_found", "client", "was not found", "auth/clients"),
        ("/token", "token_client_unauthorized", "client", "its secret", "auth/clients"),
        ("/token", "token_client_deleted", "client", "was deleted", "auth/clients"),
        ("/token", "token_unauthorized_client", "client", "type", "Desktop app"),
        ("/token", "token_expired_or_revoked", "sign-in", "expired or revoked", "login"),
        ("/token", "token_bad_request", "sign-in", "expired or revoked", "login"),
        ("/token", "token_removed_scopes", "scopes", "removed on 2025-03-31", "login"),
        ("/token", "token_nothing_ticked", "scopes", "no box was ticked", "leave the boxes"),
        ("/token", "captive_portal", "network", "in Google's place", "browser"),
        ("/token", "api_unavailable", "network", "trouble", "later"),
        ("/v1/albums", "api_disabled", "Photos Library API", "not enabled", "enable it"),
        ("/v1/albums", "api_insufficient_scopes", "scopes", "insufficient", "leave the boxes"),
        ("/v1/albums", "api_quota_of_the_day", "quota", f"until {RESET}", "wait"),
        ("/v1/albums", "api_quota_of_the_minute", "quota", "minute", "a minute"),
        ("/v1/albums", "api_bad_token", "sign-in", "just handed out", "login"),
        ("/v1/albums", "api_unavailable", "Photos Library API", "trouble", "later"),
        ("/v1/sessions/none", "picker_disabled", "Photos Picker API", "not enabled", "enable it"),
    ],
)
async def test_each_of_googles_refusals_is_told_apart(
    ledger: Ledger, path: str, answer: str, check: str, words: str, action: str
) -> None:
    finding = bad(await found(ledger, answering(GOOD | {path: answer})))

    assert finding.check == check
    assert words in finding.what
    assert action in f"{finding.action} {finding.link}"


@pytest.mark.parametrize(
    "path, answer, service",
    [
        ("/v1/albums", "api_disabled", "photoslibrary"),
        ("/v1/albums", "api_disabled_without_details", "photoslibrary"),
        ("/v1/sessions/none", "picker_disabled", "photospicker"),
    ],
)
async def test_an_api_that_is_not_enabled_comes_with_googles_own_link(
    ledger: Ledger, path: str, answer: str, service: str
) -> None:
    finding = bad(await found(ledger, answering(GOOD | {path: answer})))

    assert finding.link == (
        f"https://console.developers.google.com/apis/api/{service}.googleapis.com/overview"
        "?project=123456789012"
    )


async def test_an_empty_library_of_this_client_is_explained(ledger: Ledger) -> None:
    findings = await found(ledger, answering(GOOD | {"/v1/albums": "api_empty"}))

    (note,) = [finding for finding in findings if finding.level is Level.WARNING]
    assert note.check == "library"
    assert "123456789012-abc" in note.what
    for way in ("gphotosfs pick", "takeout", "--from-rclone"):
        assert way in note.action


async def test_an_empty_page_with_more_behind_it_is_not_an_empty_library(ledger: Ledger) -> None:
    answers = {"/v1/albums": "api_empty", "/v1/mediaItems": "api_empty_page_with_more"}

    findings = await found(ledger, answering(GOOD | answers))

    assert {finding.level for finding in findings} == {Level.FINE}


async def test_a_source_that_was_not_allowed_is_not_asked(ledger: Ledger) -> None:
    answers = {name: value for name, value in GOOD.items() if "sessions" not in name}

    findings = await found(ledger, answering(answers | {"/token": "token_library_alone"}))

    assert "Photos Picker API" not in [finding.check for finding in findings]
    assert {finding.level for finding in findings} == {Level.FINE}


@pytest.mark.parametrize(
    "saved, words, link",
    [
        (
            tokens(refresh_token_expiry=day(NOW_S - 1), signed_in=day(NOW_S - 7 * DAY_S)),
            "testing mode",
            "auth/audience?project=123456789012",
        ),
        (
            tokens(signed_in=day(NOW_S - 9 * DAY_S), expires_at_s=NOW_S - 3 * DAY_S),
            "testing mode",
            "auth/audience?project=123456789012",
        ),
        (
            tokens(signed_in=day(NOW_S - 2 * DAY_S), expires_at_s=NOW_S - DAY_S),
            "revoked",
            "myaccount.google.com",
        ),
        (
            tokens(signed_in=day(NOW_S - 90 * DAY_S), expires_at_s=NOW_S - 30 * DAY_S),
            "revoked",
            "myaccount.google.com",
        ),
    ],
    ids=["told beforehand", "died within a week", "too young for that", "too old for that"],
)
async def test_testing_mode_and_revocation_are_told_apart_by_time(
    ledger: Ledger, saved: SavedTokens, words: str, link: str
) -> None:
    answers = {"/token": "token_expired_or_revoked"}

    finding = bad(await found(ledger, answering(answers), saved))

    assert words in finding.what
    assert link in finding.link
    assert finding.needs_sign_in


async def test_a_sign_in_that_will_die_is_told_beforehand(ledger: Ledger) -> None:
    saved = tokens(refresh_token_expiry=day(NOW_S + DAY_S))

    findings = await found(ledger, answering(GOOD), saved)

    assert "until 2026-11-23" in findings[1].what
    assert findings[1].level is Level.WARNING


@pytest.mark.parametrize(
    "cause, check, words",
    [
        (lambda: socket.gaierror(-3, "Temporary failure in name resolution"), "network", "name"),
        (lambda: OSError(101, "Network is unreachable"), "network", "unreachable"),
        (lambda: httpx.ConnectTimeout("timed out"), "network", "no answer"),
        (lambda: httpx.ReadTimeout("timed out"), "network", "no answer"),
        (lambda: httpx.ProxyError("403 Forbidden"), "network", "proxy refuses"),
        (lambda: ssl.SSLError("UNEXPECTED_EOF"), "TLS", "broken off"),
    ],
)
async def test_ways_of_not_reaching_google_are_told_apart(
    ledger: Ledger, cause: Callable[[], Exception], check: str, words: str
) -> None:
    for saved in (None, SignInError("not signed in")):
        findings = await found(ledger, failing(cause), saved)

        assert findings[0].check == check
        assert words in findings[0].what


@pytest.mark.parametrize(
    "off_s, words", [(-3600.0, "60 minutes behind"), (7200.0, "120 minutes ahead")]
)
async def test_a_wrong_clock_is_seen_by_googles(ledger: Ledger, off_s: float, words: str) -> None:
    finding = bad(await found(ledger, answering(GOOD, date_s=NOW_S - off_s)))

    assert finding.check == "clock"
    assert words in finding.what
    assert "timedatectl" in finding.action


async def served_with(certificate: trustme.LeafCert, ledger: Ledger) -> Finding:
    """What is found where a server on this machine shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    (below,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = below.socket.getsockname()[1]
    listener = trio.SSLListener(below, context)

    async def shake_hands(stream: trio.SSLStream[trio.SocketStream]) -> None:
        try:
            await stream.do_handshake()
        except trio.BrokenResourceError:
            return

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, shake_hands, [listener])
        findings = await found(ledger, None, places=Endpoints(f"https://127.0.0.1:{port}"))
        nursery.cancel_scope.cancel()
    return bad(findings)


async def test_an_interceptor_of_tls_is_recognised_by_its_certificate(ledger: Ledger) -> None:
    finding = await served_with(trustme.CA().issue_cert("127.0.0.1"), ledger)

    assert finding.check == "TLS"
    assert "certificate of its own" in finding.what
    assert "SSL_CERT_FILE" in finding.action


async def test_certificates_from_another_time_mean_a_wrong_clock(ledger: Ledger) -> None:
    """As OpenSSL says it; its codes are 9 and 10."""

    def not_yet_valid() -> Exception:
        error = ssl.SSLCertVerificationError(1, "certificate verify failed")
        error.verify_code, error.verify_message = 9, "certificate is not yet valid"
        return error

    finding = bad(await found(ledger, failing(not_yet_valid)))

    assert finding.check == "clock"
    assert "2026-11-22 12:00 UTC" in finding.what


@pytest.mark.parametrize(
    "error, words",
    [
        (SignInError("not signed in yet"), "no OAuth client"),
        (ConfigError("x is a client of type 'Web application'"), "Web application"),
        (ConfigError("x holds tokens and others can read it"), "others can read"),
    ],
)
async def test_without_a_usable_sign_in_the_network_is_looked_at_all_the_same(
    ledger: Ledger, error: SignInError | ConfigError, words: str
) -> None:
    findings = await found(ledger, answering({"/token": "token_bad_request"}), error)

    assert [finding.check for finding in findings] == ["network", "sign-in"]
    assert words in bad(findings).what


async def test_a_sign_in_for_another_server_is_not_sent_there(ledger: Ledger) -> None:
    saved = tokens(token_uri="https://evil.example/token")

    assert "evil.example" in bad(await found(ledger, failing(AssertionError), saved)).what


async def test_a_quota_that_is_used_up_by_our_own_count_costs_no_call(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "quota.db", quota_calls=1, now=lambda: NOW_S)
    ledger.take(Kind.CALLS, Lane.FOREGROUND)
    answers = {"/token": "token_library_alone"}

    findings = await found(ledger, answering(answers))

    assert bad(findings).check == "quota"
    assert f"until {RESET}" in bad(findings).what
