"""Signing in, below the command: addresses, codes and the place the browser is led back to."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import trio

from gphotosfs.errors import ServerTroubleError, SignInError
from gphotosfs.google.sign_in.consent import Invitation, allowed_of, challenge, code_in, sign_in
from gphotosfs.google.sign_in.oauth_client import OAuthClient
from gphotosfs.google.sign_in.scopes import READ_LIBRARY, Source
from gphotosfs.google.sign_in.token_endpoint import granted_by
from gphotosfs.google.sign_in.token_file import SavedTokens
from gphotosfs.google.transport.endpoints import GOOGLE, Endpoints
from gphotosfs.google.transport.hearing import Heard
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle

CLIENT = OAuthClient("123-abc.apps.googleusercontent.com", "GOCSPX-secret")


def invited(places: Endpoints = GOOGLE) -> Invitation:
    return Invitation.to(CLIENT, places, Source.LIBRARY.scopes, "http://127.0.0.1:4711")


def test_the_challenge_is_the_one_of_the_rfc() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_an_invitation_asks_for_what_google_wants_and_keeps_its_secrets() -> None:
    first, second = invited(), invited()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(first.address).query).items()}

    assert first.address.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
    assert asked == {
        "client_id": CLIENT.client_id,
        "redirect_uri": "http://127.0.0.1:4711",
        "response_type": "code",
        "scope": READ_LIBRARY,
        "state": first.state,
        "code_challenge": challenge(first.verifier),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
    assert 43 <= len(first.verifier) <= 128
    assert first.state != second.state
    assert first.verifier != second.verifier
    assert first.verifier not in repr(first)


def test_a_code_is_found_in_the_whole_address_or_its_end() -> None:
    invitation = invited()
    query = f"?state={invitation.state}&code=4%2F0Axyz&scope=x"

    for address in (invitation.redirect_uri + "/" + query, query, f"  127.0.0.1:4711/{query}\n"):
        assert code_in(address, invitation) == "4/0Axyz"


@pytest.mark.parametrize(
    "query, words",
    [
        ("?error=access_denied&state={}", "denied"),
        ("?error=admin_policy_enforced&state={}", "admin_policy_enforced"),
        ("?code=4/0A&state=other", "another attempt"),
        ("?code=4/0A", "another attempt"),
        ("?state={}", "no code"),
        ("http://[", "no address"),
    ],
)
def test_an_address_without_a_code_says_why(query: str, words: str) -> None:
    invitation = invited()

    with pytest.raises(SignInError, match=words) as caught:
        code_in(query.format(invitation.state), invitation)

    assert "4/0A" not in str(caught.value)


@pytest.mark.parametrize(
    "status, body, words",
    [
        (400, b'{"error":"invalid_grant","error_description":"Bad Request"}', "start anew"),
        (401, b'{"error":"invalid_client","error_description":"Unauthorized"}', "project=123"),
        (400, b'{"error":"redirect_uri_mismatch"}', "redirect_uri_mismatch"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, body: bytes, words: str) -> None:
    with pytest.raises(SignInError, match=words):
        granted_by(Heard(status, body), CLIENT.client_id)


@pytest.mark.parametrize("body", [b"<html>Welcome to our hotel", b"[]", b'{"access_token": 1}'])
def test_what_is_no_answer_is_trouble(body: bytes) -> None:
    with pytest.raises(ServerTroubleError):
        granted_by(Heard(200, body), CLIENT.client_id)


def test_what_was_left_out_is_told_from_what_was_not_mentioned() -> None:
    both = Source.BOTH.scopes

    assert allowed_of(both, ()) == both
    assert allowed_of(both, (READ_LIBRARY,)) == (READ_LIBRARY,)
    with pytest.raises(SignInError, match="no box was ticked"):
        allowed_of(both, ("openid",))


async def test_requests_of_strangers_do_not_end_the_sign_in() -> None:
    """Any page in the browser can send some; the favicon is asked for by the browser itself."""
    photos = SimulatedGoogle(World(items=1, cheap_bytes=True))
    client = OAuthClient(photos.client.client_id, photos.client.client_secret)
    pages: list[str] = []
    tokens: list[SavedTokens] = []
    async with (
        httpx.AsyncClient(transport=photos.transport()) as http,
        httpx.AsyncClient(trust_env=False) as browser,
        trio.open_nursery() as nursery,
    ):

        async def go(invitation: Invitation) -> None:
            query = parse_qs(urlsplit(invitation.address).query)
            form = {name: values[0] for name, values in query.items()}
            form |= {"tick": form["scope"], "decision": "allow"}
            answer = await http.post(photos.auth_uri, data=form)
            for address in (
                f"{invitation.redirect_uri}/favicon.ico",
                f"{invitation.redirect_uri}/?error=access_denied",
                f"{invitation.redirect_uri}/?code=evil&state=evil",
                answer.headers["Location"],
            ):
                page = await browser.get(address)
                pages.append(page.text)

        tokens.append(
            await sign_in(
                http,
                GOOGLE,
                client,
                Source.LIBRARY.scopes,
                invite=lambda invitation: nursery.start_soon(go, invitation),
                pasted=None,
                now_s=1_800_000_000.0,
            )
        )

    assert ["Signed in" in page for page in pages] == [False, False, False, True]
    assert tokens[0].scopes == (READ_LIBRARY,)
    assert tokens[0].refresh_token.startswith("1//")
    assert tokens[0].expires_at_s == 1_800_000_000.0 + 3599
    assert tokens[0].others["signed_in"] == "2027-01-15T08:00:00Z"


def test_a_simulators_pages_are_asked_only_for_a_simulator() -> None:
    at_home = Endpoints("http://127.0.0.1:8080")

    assert invited(at_home).address.startswith("http://127.0.0.1:8080/o/oauth2/v2/auth?")
    assert str(at_home.token_url) == "http://127.0.0.1:8080/token"
    assert str(GOOGLE.token_url) == "https://oauth2.googleapis.com/token"
    assert str(GOOGLE.revocation_url) == "https://oauth2.googleapis.com/revoke"
