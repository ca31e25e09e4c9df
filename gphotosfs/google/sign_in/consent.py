"""Signing in through a browser: a page is opened, and what it leads back to is exchanged for tokens.

The OAuth flow for installed programs, with PKCE (RFC 8252, RFC 7636).
https://developers.google.com/identity/protocols/oauth2/native-app (read 2026-11)
"""

import base64
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
import trio

from gphotosfs.errors import SignInError
from gphotosfs.google.sign_in import loopback, token_endpoint
from gphotosfs.google.sign_in.oauth_client import OAuthClient
from gphotosfs.google.sign_in.token_endpoint import Granted
from gphotosfs.google.sign_in.token_file import SavedTokens
from gphotosfs.google.transport.endpoints import Endpoints


@dataclass(frozen=True, slots=True)
class Invitation:
    """One attempt to sign in."""

    address: str
    """The page that a person opens."""
    redirect_uri: str
    """Where it leads back to."""
    state: str = field(repr=False)
    """Comes back with the answer, so that nobody can slip us another's."""
    verifier: str = field(repr=False)
    """Its digest is in the address; only who knows it can use the code."""

    @classmethod
    def to(
        cls, client: OAuthClient, places: Endpoints, scopes: tuple[str, ...], redirect_uri: str
    ) -> Self:
        """A new attempt, with secrets of its own."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        address = places.authorization_url.copy_merge_params(
            {
                "client_id": client.client_id,
                "redirect_uri": redirect_uri,
                "response_type": "code",
                "scope": " ".join(scopes),
                "state": state,
                "code_challenge": challenge(verifier),
                "code_challenge_method": "S256",
                "access_type": "offline",
                # Without it a second consent brings no refresh token.
                "prompt": "consent",
            }
        )
        return cls(str(address), redirect_uri, state, verifier)


def challenge(verifier: str) -> str:
    """What is told of a verifier beforehand (RFC 7636, S256)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def code_in(address: str, invitation: Invitation) -> str:
    """The authorization code in an address to which the page led back, whole or from its `?` on.

    Raises:
        SignInError: there is none; the message says why and never repeats the address.
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError as exc:
        raise SignInError("this is no address") from exc
    told = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if not _is_answer(address):
        raise SignInError(
            "this address has no code in it; paste the one the browser shows at the end, which "
            f"begins with {invitation.redirect_uri}"
        )
    if not secrets.compare_digest(told.get("state", "").encode(), invitation.state.encode()):
        raise SignInError(
            "this address belongs to another attempt to sign in; start anew: gphotosfs login"
        )
    if "error" in told:
        if told["error"] == "access_denied":
            raise SignInError("access was denied on Google's page; to allow it: gphotosfs login")
        raise SignInError(f"Google's page refused the sign-in ({told['error'][:40]})")
    return told["code"]


def _is_answer(address: str) -> bool:
    return bool({"code", "error"} & parse_qs(address.partition("?")[2]).keys())


async def sign_in(
    http: httpx.AsyncClient,
    places: Endpoints,
    client: OAuthClient,
    scopes: tuple[str, ...],
    *,
    invite: Callable[[Invitation], None],
    pasted: Callable[[], Awaitable[str]] | None,
    mistaken: Callable[[SignInError], None] = lambda _: None,
    now_s: float,
) -> SavedTokens:
    """The tokens that a person grants, for whichever scopes they left ticked.

    `invite` tells them of the page; `pasted`, if given, waits for an address that they bring by
    hand, one a line, which counts as much as the redirect; "" is the end of them. `mistaken` is told
    of one that is no answer. `now_s` is the wall clock in Unix seconds.

    Raises:
        SignInError: they did not grant any.
        RemoteError: the exchange for tokens failed.
    """
    async with loopback.listening() as (listener, redirect_uri):
        invitation = Invitation.to(client, places, scopes, redirect_uri)
        invite(invitation)
        code = await _code(listener, invitation, pasted, mistaken)
    granted = await token_endpoint.redeem(
        http,
        places,
        client,
        code=code,
        verifier=invitation.verifier,
        redirect_uri=invitation.redirect_uri,
    )
    granted = replace(granted, scopes=allowed_of(scopes, granted.scopes))
    return saved_tokens(client, places, granted, granted.refresh_token, now_s)


def allowed_of(asked: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """What was allowed; an answer that names no scopes means all (RFC 6749, section 5.1).

    Raises:
        SignInError: it is nothing of what was asked for.
    """
    if granted and not set(asked).intersection(granted):
        raise SignInError(
            "no box was ticked on Google's page, so there is nothing to see; once more: "
            "gphotosfs login"
        )
    return granted or asked


async def _code(
    listener: trio.SocketListener,
    invitation: Invitation,
    pasted: Callable[[], Awaitable[str]] | None,
    mistaken: Callable[[SignInError], None],
) -> str:
    """The code, whichever way it comes first."""
    came: list[str | SignInError] = []

    def judge(address: str) -> str | SignInError:
        try:
            return code_in(address, invitation)
        except SignInError as exc:
            return exc

    async with trio.open_nursery() as nursery:

        async def redirect() -> None:
            came.append(await loopback.answered(listener, invitation.state, judge))
            nursery.cancel_scope.cancel()

        async def by_hand(paste: Callable[[], Awaitable[str]]) -> None:
            verdict: str | SignInError | None = None
            while address := await paste():
                if address.strip():
                    verdict = judge(address)
                    if isinstance(verdict, str) or _is_answer(address):
                        break
                    mistaken(verdict)  # the address of another page; the next may be the one
            if verdict is not None:
                came.append(verdict)
                nursery.cancel_scope.cancel()

        nursery.start_soon(redirect)
        if pasted is not None:
            nursery.start_soon(by_hand, pasted)
    if isinstance(came[0], SignInError):
        raise came[0]
    return came[0]


def saved_tokens(
    client: OAuthClient, places: Endpoints, granted: Granted, refresh_token: str, now_s: float
) -> SavedTokens:
    """What is kept of tokens that were just granted."""
    others: dict[str, Any] = {"universe_domain": "googleapis.com", "signed_in": _moment(now_s)}
    if granted.refresh_token_life_s is not None:
        others["refresh_token_expiry"] = _moment(now_s + granted.refresh_token_life_s)
    return SavedTokens(
        client_id=client.client_id,
        client_secret=client.client_secret,
        refresh_token=refresh_token,
        token_uri=str(places.token_url),
        scopes=granted.scopes,
        access_token=granted.access_token,
        expires_at_s=now_s + granted.life_s,
        others=others,
    )


def _moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
