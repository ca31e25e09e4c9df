"""The token endpoint, asked by a command: a code for tokens, a new access token, the end of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

from gphotosfs.errors import RemoteError, ServerTroubleError, SignInError
from gphotosfs.google.sign_in.oauth_client import OAuthClient, clients_page
from gphotosfs.google.transport.endpoints import Endpoints
from gphotosfs.google.transport.hearing import Heard, hear

# Google's answer to a token that is none any more, which revoking has nothing to do for.
_ALREADY_DEAD: Final = "invalid_token"


@dataclass(frozen=True, slots=True)
class Granted:
    """What the endpoint hands out."""

    access_token: str = field(repr=False)
    life_s: float
    scopes: tuple[str, ...]
    """What was really allowed, which may be less than was asked for."""
    refresh_token: str = field(default="", repr=False)
    """Only for a code: a refreshed one stays as it is."""
    refresh_token_life_s: float | None = None
    """Told where the consent screen is in testing mode."""


async def redeem(
    http: httpx.AsyncClient,
    places: Endpoints,
    client: OAuthClient,
    *,
    code: str,
    verifier: str,
    redirect_uri: str,
) -> Granted:
    """The tokens for an authorization code.

    Raises:
        SignInError: Google does not take the code or the client.
        RemoteError: there is no usable answer.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect_uri,
    }
    granted = granted_by(await ask_for_tokens(http, places, client, form), client.client_id)
    if not granted.refresh_token:
        raise ServerTroubleError("Google gave no refresh token; try once more: gphotosfs login")
    return granted


async def refresh(
    http: httpx.AsyncClient, places: Endpoints, client: OAuthClient, refresh_token: str
) -> Granted:
    """A new access token, and with it what the refresh token allows.

    Raises:
        SignInError: Google does not take the token or the client.
        RemoteError: there is no usable answer.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return granted_by(await ask_for_tokens(http, places, client, form), client.client_id)


async def ask_for_tokens(
    http: httpx.AsyncClient, places: Endpoints, client: OAuthClient, form: Mapping[str, str]
) -> Heard:
    """What the endpoint says to this form.

    Raises:
        RemoteError: it says nothing.
    """
    # The secret is required even with PKCE, and even though a desktop program can't keep one.
    form = {"client_id": client.client_id, "client_secret": client.client_secret, **form}
    places.check_token(places.token_url)
    return await hear(http, http.build_request("POST", places.token_url, data=form))


async def revoke(http: httpx.AsyncClient, places: Endpoints, token: str) -> None:
    """End the sign-in, for all scopes. One that has ended already is fine.

    Raises:
        RemoteError: Google could not be told.
    """
    places.check_token(places.revocation_url)
    request = http.build_request("POST", places.revocation_url, data={"token": token})
    heard = await hear(http, request)
    if heard.status != 200 and heard.members.get("error") != _ALREADY_DEAD:
        raise ServerTroubleError(f"Google did not revoke the sign-in (HTTP {heard.status})")


def granted_by(heard: Heard, client_id: str) -> Granted:
    """What an answer hands out.

    Raises:
        SignInError: it refuses; the message says why and what to do.
        ServerTroubleError: it is no answer of Google's.
    """
    members = heard.members
    token, life = members.get("access_token"), members.get("expires_in")
    if heard.status != 200 or not isinstance(token, str) or not isinstance(life, int):
        raise _refusal(heard, client_id)
    dies = members.get("refresh_token_expires_in")
    return Granted(
        access_token=token,
        life_s=float(life),
        scopes=tuple(str(members.get("scope", "")).split()),
        refresh_token=str(members.get("refresh_token", "")),
        refresh_token_life_s=float(dies) if isinstance(dies, int) else None,
    )


def _refusal(heard: Heard, client_id: str) -> RemoteError:
    match heard.members.get("error"):
        case "invalid_client" | "unauthorized_client" | "deleted_client" as reason:
            return SignInError(
                f"Google does not know this client or its secret ({reason}); look whether it is "
                f"still there, of type 'Desktop app': {clients_page(client_id)}"
            )
        case "invalid_grant" as reason:
            return SignInError(
                f"Google no longer accepts this ({reason}): it is used up, expired or revoked; "
                "start anew with: gphotosfs login"
            )
        case str(reason):
            return SignInError(f"Google refuses the sign-in ({reason[:40]})")
    return ServerTroubleError(f"the sign-in server gave no usable answer (HTTP {heard.status})")
