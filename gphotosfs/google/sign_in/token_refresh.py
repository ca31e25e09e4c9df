"""One refresh of an access token, by google-auth; the only module that loads it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import google.auth.exceptions
import google.auth.transport
import google.oauth2.credentials
import httpx

from gphotosfs.errors import RemoteError, ServerTroubleError, SignInError
from gphotosfs.google.sign_in.token_file import SIGN_IN, SavedTokens
from gphotosfs.google.transport import endpoints
from gphotosfs.google.transport.endpoints import Endpoints
from gphotosfs.google.transport.unreachable import NoConnectionError

# Answers of the token endpoint that will be the same tomorrow.
# https://developers.google.com/identity/protocols/oauth2/native-app (read 2026-11)
DEAD: Final = frozenset(
    {"invalid_grant", "invalid_client", "unauthorized_client", "deleted_client"}
)


def refreshed(
    saved: SavedTokens, now_s: float, client: httpx.Client, places: Endpoints
) -> SavedTokens:
    """New tokens from Google; it waits for them.

    Raises:
        NoConnectionError: the token endpoint can't be reached.
        SignInError: the sign-in is over.
        RemoteError: the token endpoint gave no usable answer.
    """
    credentials = google.oauth2.credentials.Credentials(  # type: ignore[no-untyped-call] # half-typed
        None,
        refresh_token=saved.refresh_token,
        token_uri=saved.token_uri,
        client_id=saved.client_id,
        client_secret=saved.client_secret,
    )
    try:
        credentials.refresh(_Request(client, places))  # type: ignore[no-untyped-call] # the same
    except google.auth.exceptions.TransportError as exc:
        if isinstance(exc.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
            raise NoConnectionError(str(exc)) from exc
        raise ServerTroubleError(f"the sign-in server has trouble: {exc}") from exc
    except google.auth.exceptions.RefreshError as exc:
        raise _refresh_error(exc) from exc
    # google-auth stamps the expiry with the machine's clock; ours may be another.
    life_s = 0.0
    if credentials.expiry is not None:
        life_s = (credentials.expiry.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()
    return replace(
        saved,
        access_token=str(credentials.token),
        refresh_token=str(credentials.refresh_token),
        expires_at_s=now_s + life_s,
    )


def _unusable(reason: object) -> google.auth.exceptions.TransportError:
    return google.auth.exceptions.TransportError(reason)  # type: ignore[no-untyped-call] # half-typed


class _Answer(google.auth.transport.Response):
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def data(self) -> bytes:
        return self._response.content


class _Request(google.auth.transport.Request):
    """google-auth's way to the token endpoint: through httpx, and to Google's hosts alone."""

    def __init__(self, client: httpx.Client, places: Endpoints) -> None:
        self._client = client
        self._places = places

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: Any,
    ) -> _Answer:
        """One request, without following redirects.

        Raises:
            google.auth.exceptions.TransportError: no answer, none with a token, or one of 5xx,
                which is raised because google-auth would otherwise sleep and retry on its own.
            RefusedAddressError: the address is not Google's.
        """
        address = endpoints.parse(url)
        self._places.check_token(address)
        try:
            response = self._client.request(
                method,
                address,
                content=body,
                headers=headers,
                timeout=timeout or httpx.USE_CLIENT_DEFAULT,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as exc:  # the latter of a redirect to no address
            raise _unusable(exc) from exc
        if response.status_code >= 500 or response.is_redirect:
            raise _unusable(f"HTTP {response.status_code}")
        if response.is_success and not _is_token(response.content):
            raise _unusable("its answer is no token")
        return _Answer(response)


def _is_token(body: bytes) -> bool:
    """Whether google-auth can read it; it falls over the page of a captive portal (2.62)."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
        return False
    life_s = answer.get("expires_in", 0)
    return isinstance(life_s, int) and 0 <= life_s < 10**9


def _refresh_error(exc: Exception) -> RemoteError:
    answer = exc.args[1] if len(exc.args) > 1 and isinstance(exc.args[1], dict) else {}
    reason = str(answer.get("error", ""))
    if reason in DEAD:
        return SignInError(f"Google no longer accepts the sign-in ({reason}); {SIGN_IN}")
    return ServerTroubleError(f"the sign-in server gave no token ({reason[:40] or 'no reason'})")
