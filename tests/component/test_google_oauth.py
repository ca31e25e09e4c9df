"""Signing in lasts: one refresh for all, saved, and no loop where it is over."""

import json
import stat
from pathlib import Path

import httpx
import pytest
import trio

from gphotosfs.errors import OfflineError, RefusedAddressError, ServerTroubleError, SignInError
from gphotosfs.google.connection import Google, connect
from gphotosfs.google.sign_in import token_file
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.google_kit import connected, small_library
from tests.component.google_kit import token_file as written


@pytest.fixture
def photos() -> SimulatedGoogle:
    return SimulatedGoogle(small_library(items=10))


@pytest.fixture
async def google(tmp_path: Path, photos: SimulatedGoogle) -> Google:
    """A connection whose token file has no access token yet."""
    return connected(tmp_path, photos, signed_in=False)


async def test_all_who_wait_share_one_refresh(google: Google, photos: SimulatedGoogle) -> None:
    tokens: set[str] = set()

    async def ask() -> None:
        tokens.add(await google.tokens.bearer())

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(ask)

    assert len(photos.requests("token")) == 1
    assert len(tokens) == 1


async def test_a_refreshed_token_is_saved_and_serves_the_next_process(
    tmp_path: Path, google: Google, photos: SimulatedGoogle
) -> None:
    token = await google.tokens.bearer()
    saved = token_file.load(tmp_path / "token.json")

    assert saved.access_token == token
    assert saved.refresh_token == photos.client.refresh_token
    assert saved.others["universe_domain"] == "googleapis.com"
    assert stat.S_IMODE((tmp_path / "token.json").stat().st_mode) == 0o600


async def test_a_revoked_sign_in_is_asked_once_and_named(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.client.revoked = True

    for _ in range(5):
        with pytest.raises(SignInError, match="gphotosfs login"):
            await google.library.albums_page()

    assert len(photos.log) == 1
    assert "gphotosfs login" in google.status().sign_in_problem


async def test_a_new_sign_in_is_noticed_by_its_file(
    tmp_path: Path, google: Google, photos: SimulatedGoogle
) -> None:
    photos.client.revoked = True
    with pytest.raises(SignInError):
        await google.tokens.bearer()
    photos.client.revoked = False
    path = tmp_path / "token.json"
    token_file.save(path, token_file.load(path))

    await google.library.albums_page()

    assert google.status().sign_in_problem == ""


async def test_a_sign_in_server_out_of_reach_is_being_offline(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    attempts: list[str] = []

    def unplugged(request: httpx.Request) -> httpx.Response:
        attempts.append(request.url.host)
        raise httpx.ConnectError("Network is unreachable")

    google = connect(
        written(tmp_path, photos, signed_in=False),
        tmp_path / "state",
        transport=photos.transport(),
        token_transport=httpx.MockTransport(unplugged),
        elapsed=lambda: 0.0,
    )

    for _ in range(3):
        with pytest.raises(OfflineError):
            await google.tokens.bearer()
    assert attempts == ["oauth2.googleapis.com"]
    google.forget_failures()
    with pytest.raises(OfflineError):
        await google.tokens.bearer()
    assert len(attempts) == 2


@pytest.mark.parametrize("effect", ["reset", "html", "garbage", "status"])
async def test_a_sign_in_server_in_trouble_is_asked_again_later(
    google: Google, photos: SimulatedGoogle, effect: str
) -> None:
    photos.faults.add(effect, kind="token")  # type: ignore[arg-type] # all are effects
    with pytest.raises(ServerTroubleError):
        await google.tokens.bearer()

    await google.tokens.bearer()

    assert len(photos.log) == 2


async def test_secrets_go_to_no_other_token_endpoint(
    tmp_path: Path, google: Google, photos: SimulatedGoogle
) -> None:
    path = tmp_path / "token.json"
    path.write_text(json.dumps(photos.client.authorized_user("https://evil.example/token")))

    with pytest.raises(RefusedAddressError):
        await google.tokens.bearer()
    assert photos.log == []


async def test_a_sign_in_server_that_redirects_to_no_address_is_in_trouble(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    google = connect(
        written(tmp_path, photos, signed_in=False),
        tmp_path / "state",
        token_transport=httpx.MockTransport(
            lambda _: httpx.Response(302, headers={"Location": "https:1"})
        ),
    )
    with pytest.raises(ServerTroubleError):
        await google.tokens.bearer()
