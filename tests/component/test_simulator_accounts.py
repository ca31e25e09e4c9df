from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import trio

from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.sign_in.oauth import APPEND, SCOPE_PREFIX, Client
from tests.simulator_kit import calling


@pytest.fixture
def photos() -> SimulatedGoogle:
    return SimulatedGoogle(World(items=10, cheap_bytes=True))


@asynccontextmanager
async def http(photos: SimulatedGoogle) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=photos.transport()) as client:
        yield client


def refresh(client: Client, **other: str) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "refresh_token": client.refresh_token,
    } | other


async def test_a_refresh_token_gets_an_access_token(photos: SimulatedGoogle) -> None:
    async with http(photos) as client:
        answer = await client.post(photos.token_uri, data=refresh(photos.client))
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        used = await client.get(f"{photos.origins.api}/v1/albums", headers=headers)

    assert answer.json()["expires_in"] == 3599
    assert answer.json()["token_type"] == "Bearer"
    assert set(answer.json()["scope"].split()) == set(photos.client.scopes)
    assert used.status_code == 200
    assert [row.kind for row in photos.log] == ["token", "api"]


@pytest.mark.parametrize(
    "form, status, error",
    [
        ({"refresh_token": "1//dead"}, 400, "invalid_grant"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_bad_token_requests(
    photos: SimulatedGoogle, form: dict[str, str], status: int, error: str
) -> None:
    async with http(photos) as client:
        answer = await client.post(photos.token_uri, data=refresh(photos.client, **form))

    assert answer.status_code == status
    assert answer.json()["error"] == error


async def test_a_revoked_grant_is_dead(photos: SimulatedGoogle) -> None:
    """Access tokens die with it."""
    async with calling(photos) as caller:
        revoke = f"{photos.origins.oauth}/revoke"
        revoked = await caller.http.post(revoke, data={"token": photos.client.refresh_token})
        again = await caller.http.post(photos.token_uri, data=refresh(photos.client))
        used = await caller.get("albums")

    assert (revoked.status_code, revoked.json()) == (200, {})
    assert again.json() == {
        "error": "invalid_grant",
        "error_description": "Token has been expired or revoked.",
    }
    assert used.status_code == 401


async def test_an_access_token_expires(
    photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    async with calling(photos) as caller:
        await trio.sleep(3598)
        alive = await caller.get("albums")
        await trio.sleep(1)
        dead = await caller.get("albums")

    assert alive.status_code == 200
    assert dead.status_code == 401
    assert dead.json()["error"]["status"] == "UNAUTHENTICATED"
    assert 'error="invalid_token"' in dead.headers["www-authenticate"]


async def test_no_token_at_all(photos: SimulatedGoogle) -> None:
    async with http(photos) as client:
        answer = await client.get(f"{photos.origins.api}/v1/albums")

    assert answer.status_code == 401
    assert answer.json()["error"]["details"][0]["reason"] == "CREDENTIALS_MISSING"


@pytest.mark.parametrize("scope", [APPEND, SCOPE_PREFIX + "photoslibrary.readonly"])
async def test_a_scope_that_does_not_suffice(photos: SimulatedGoogle, scope: str) -> None:
    """Among them those that were removed in 2025."""
    client = photos.new_client((scope,))
    async with calling(photos, client) as caller:
        plain = await caller.get("mediaItems")
        photos.options.scope_error_details = True
        detailed = await caller.get("mediaItems")

    for answer in (plain, detailed):
        assert answer.status_code == 403
        message = "Request had insufficient authentication scopes."
        assert answer.json()["error"]["message"] == message
    assert "details" not in plain.json()["error"]
    reason = detailed.json()["error"]["details"][0]["reason"]
    assert reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


async def test_removed_methods_are_a_403(photos: SimulatedGoogle) -> None:
    async with calling(photos) as caller:
        answer = await caller.get("sharedAlbums")

    assert answer.status_code == 403


async def test_the_api_may_be_disabled(photos: SimulatedGoogle) -> None:
    photos.options.service_disabled = True
    async with calling(photos) as caller:
        error = (await caller.get("albums")).json()["error"]

    assert (error["code"], error["status"]) == (403, "PERMISSION_DENIED")
    assert error["details"][0]["reason"] == "SERVICE_DISABLED"
    assert photos.client.project_number in error["details"][0]["metadata"]["activationUrl"]


async def test_calls_have_a_daily_quota(
    photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.calls_per_day = 2
    photos.options.access_token_life_s = 1e6
    async with calling(photos) as caller:
        statuses = [(await caller.get("albums")).status_code for _ in range(3)]
        error = (await caller.get("albums")).json()["error"]
        await trio.sleep(86_400)
        next_day = await caller.get("albums")

    assert statuses == [200, 200, 429]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert "Quota exceeded for quota metric 'All requests'" in error["message"]
    assert next_day.status_code == 200


async def test_an_unknown_path_is_a_page(photos: SimulatedGoogle) -> None:
    async with calling(photos) as caller:
        answer = await caller.get("photos")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "was not found on this server" in answer.text


@pytest.mark.parametrize("path", ["mediaItems/{}", "albums/{}"])
async def test_unknown_ids(photos: SimulatedGoogle, path: str) -> None:
    async with calling(photos) as caller:
        answer = await caller.get(path.format("AF1QipNoSuchThing"))

    assert answer.status_code == (404 if "mediaItems" in path else 400)


async def test_a_token_is_fetched_from_a_thread(photos: SimulatedGoogle) -> None:
    """google-auth blocks, so its requests come from a thread; the log is the event loop's."""
    transport = photos.sync_transport()

    def fetch() -> int:
        with httpx.Client(transport=transport) as client:
            return client.post(photos.token_uri, data=refresh(photos.client)).status_code

    assert await trio.to_thread.run_sync(fetch) == 200
    assert len(photos.requests("token")) == 1
