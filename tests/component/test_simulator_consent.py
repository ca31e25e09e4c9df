"""The simulated consent page, and what its codes are worth."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import trio

from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.sign_in.oauth import PICK, READ

VERIFIER = "v" * 43
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
REDIRECT = "http://127.0.0.1:4711"


@pytest.fixture
def photos() -> SimulatedGoogle:
    return SimulatedGoogle(World(items=10, cheap_bytes=True))


def asking(photos: SimulatedGoogle, **other: str) -> dict[str, str]:
    return {
        "client_id": photos.client.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": f"{READ} {PICK}",
        "state": "s t",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | other


async def decide(
    photos: SimulatedGoogle, decision: str = "allow", tick: tuple[str, ...] = (READ, PICK)
) -> dict[str, str]:
    """What the program is told when a person has decided."""
    async with httpx.AsyncClient(transport=photos.transport()) as http:
        form = asking(photos) | {"decision": decision, "tick": list(tick)}
        answer = await http.post(photos.auth_uri, data=form)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{REDIRECT}?")
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()
    }


async def redeem(photos: SimulatedGoogle, code: str, **other: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": photos.client.client_id,
        "client_secret": photos.client.client_secret,
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": REDIRECT,
    }
    async with httpx.AsyncClient(transport=photos.transport()) as http:
        return await http.post(photos.token_uri, data=form | other)


async def test_the_page_names_what_is_asked_for(photos: SimulatedGoogle) -> None:
    async with httpx.AsyncClient(transport=photos.transport()) as http:
        page = await http.get(photos.auth_uri, params=asking(photos))

    assert page.status_code == 200
    assert page.text.count("type=checkbox") == 2
    assert "s t" in page.text


async def test_what_was_allowed_becomes_tokens_once(photos: SimulatedGoogle) -> None:
    told = await decide(photos, tick=(PICK,))
    first, second = await redeem(photos, told["code"]), await redeem(photos, told["code"])

    assert told["state"] == "s t"
    assert first.json()["scope"] == told["scope"] == PICK
    assert first.json()["refresh_token"].startswith("1//")
    assert "refresh_token_expires_in" not in first.json()
    assert second.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("decision, tick", [("deny", (READ,)), ("allow", ())])
async def test_denial_is_told_to_the_program(
    photos: SimulatedGoogle, decision: str, tick: tuple[str, ...]
) -> None:
    assert await decide(photos, decision, tick) == {"error": "access_denied", "state": "s t"}


@pytest.mark.parametrize(
    "other, error",
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:1"}, "redirect_uri_mismatch"),
        ({"client_secret": ""}, "invalid_request"),
    ],
)
async def test_a_code_is_only_for_who_asked_for_it(
    photos: SimulatedGoogle, other: dict[str, str], error: str
) -> None:
    told = await decide(photos)

    assert (await redeem(photos, told["code"], **other)).json()["error"] == error


@pytest.mark.parametrize(
    "other, error",
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"redirect_uri": "https://evil.example"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}, "redirect_uri_mismatch"),
        ({"scope": "https://www.googleapis.com/auth/photoslibrary.readonly"}, "invalid_scope"),
        ({"code_challenge": ""}, "PKCE"),
    ],
)
async def test_what_google_blocks_is_a_page_and_the_program_hears_nothing(
    photos: SimulatedGoogle, other: dict[str, str], error: str
) -> None:
    async with httpx.AsyncClient(transport=photos.transport()) as http:
        page = await http.get(photos.auth_uri, params=asking(photos, **other))

    assert page.status_code in (400, 401)
    assert error in page.text


async def test_a_web_client_is_blocked(photos: SimulatedGoogle) -> None:
    photos.client.kind = "web"
    async with httpx.AsyncClient(transport=photos.transport()) as http:
        page = await http.get(photos.auth_uri, params=asking(photos))

    assert "redirect_uri_mismatch" in page.text


async def test_in_testing_mode_a_grant_dies_after_seven_days(
    photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.testing_mode = True
    granted = (await redeem(photos, (await decide(photos))["code"])).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}

    await trio.sleep(7 * 86_400 - 1)
    alive = await redeem(photos, "", **refresh)
    await trio.sleep(1)
    dead = await redeem(photos, "", **refresh)

    assert granted["refresh_token_expires_in"] == 604_800
    assert alive.status_code == 200
    assert dead.json()["error"] == "invalid_grant"


async def test_revoking_a_grant_leaves_others(photos: SimulatedGoogle) -> None:
    granted = (await redeem(photos, (await decide(photos))["code"])).json()
    async with httpx.AsyncClient(transport=photos.transport()) as http:
        revoke = f"{photos.origins.oauth}/revoke"
        done = await http.post(revoke, data={"token": granted["refresh_token"]})
        again = await http.post(revoke, data={"token": granted["access_token"]})

    assert (done.status_code, again.status_code) == (200, 400)
    assert photos.accounts.token(granted["access_token"]) is None
    assert not photos.client.revoked
