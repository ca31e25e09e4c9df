"""Access tokens: one that is good now, refreshed by google-auth in a thread when it is not."""

import copy
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import google.auth.exceptions
import google.auth.transport
import google.oauth2.credentials
import httpx
import trio

from gphotosfs.errors import (
    ConfigError,
    OfflineError,
    RemoteError,
    ServerTroubleError,
    SignInError,
)
from gphotosfs.google import endpoints, token_file
from gphotosfs.google.endpoints import Endpoints
from gphotosfs.google.token_file import SIGN_IN, SavedTokens
from gphotosfs.google.unreachable import Unreachable

log = logging.getLogger(__name__)

# As google-auth: renewed 3 minutes 45 seconds before its end, since clocks differ.
EARLY_S: Final = 225.0
# A token is a small answer; a thread that waits for it can't be cancelled.
REFRESH_TIMEOUT_S: Final = 10.0
# Answers of the token endpoint that will be the same tomorrow.
# https://developers.google.com/identity/protocols/oauth2/native-app (read 2026-11)
DEAD: Final = frozenset(
    {"invalid_grant", "invalid_client", "unauthorized_client", "deleted_client"}
)


class _NoConnectionError(Exception):
    pass


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


class TokenRequest(google.auth.transport.Request):
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
        except httpx.HTTPError as exc:
            raise _unusable(exc) from exc
        if response.status_code >= 500 or response.is_redirect:
            raise _unusable(f"HTTP {response.status_code}")
        if response.is_success and not _is_token(response.content):
            raise _unusable("its answer is no token")
        return _Answer(response)


class Tokens:
    """One profile's access token, for whoever asks.

    `now` is the wall clock in Unix seconds.
    """

    def __init__(
        self,
        path: Path,
        request: TokenRequest,
        unreachable: Unreachable,
        *,
        now: Callable[[], float] = time.time,
        may_be_signed_out: bool = False,
    ) -> None:
        """Read the token file; `may_be_signed_out`: without one every bearer is refused.

        Raises:
            SignInError: there is none, though it is needed.
            ConfigError: it can't be used.
        """
        self._path = path
        self._request = request
        self._unreachable = unreachable
        self._now = now
        self._stamp = token_file.stamp(path)
        self._failure: RemoteError | None = None
        try:
            self._saved = token_file.load(path)
        except SignInError:
            if not may_be_signed_out:
                raise
            self._saved = SavedTokens(client_id="", client_secret="", refresh_token="", others={})
        self._refreshing = trio.Lock()
        self._refreshes = 0

    @property
    def client_id(self) -> str:
        """The OAuth client: Google shows a client only what that client uploaded."""
        return self._saved.client_id

    @property
    def project(self) -> str:
        """The number of the Google project."""
        return self._saved.project

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the sign-in allows; empty where the file does not say."""
        return self._saved.scopes

    @property
    def is_signed_out(self) -> bool:
        """Whether there is no sign-in at all, not even one that has died."""
        return not self._saved.refresh_token

    @property
    def problem(self) -> str:
        """Why a person has to sign in again; "" if they need not."""
        return str(self._failure) if isinstance(self._failure, SignInError) else ""

    async def bearer(self) -> str:
        """An access token that is good now; waiters share one refresh.

        Raises:
            SignInError: a person has to sign in again; nothing is asked until the file changes.
            RemoteError: the token endpoint gave no usable answer.
        """
        if self._is_fresh():
            return self._saved.access_token
        refreshes = self._refreshes
        async with self._refreshing:
            if self._is_fresh():
                return self._saved.access_token
            if (failure := self._standing_failure(since=refreshes)) is not None:
                raise copy.copy(failure) from failure
            await self._refresh()
        return self._saved.access_token

    def reject(self, token: str) -> None:
        """Note that Google refused a token; one that was replaced meanwhile changes nothing."""
        if token == self._saved.access_token:
            self._saved = replace(self._saved, access_token="")

    def forget_failures(self) -> None:
        """Ask again, even though the last answer was a refusal."""
        self._failure = None

    def _is_fresh(self) -> bool:
        return bool(self._saved.access_token) and (self._now() < self._saved.expires_at_s - EARLY_S)

    def _standing_failure(self, since: int) -> RemoteError | None:
        """The failure that answers this waiter too: of the refresh it waited for, or a lasting one."""
        if self._failure is None:
            return None
        if isinstance(self._failure, SignInError):
            return self._failure if token_file.stamp(self._path) == self._stamp else None
        return self._failure if self._refreshes != since else None

    async def _refresh(self) -> None:
        try:
            self._reload_if_changed()
            if self.is_signed_out:
                raise SignInError(SIGN_IN)
            if not self._is_fresh():
                host = endpoints.parse(self._saved.token_uri).host
                self._unreachable.check(host)
                # Left behind when the reader is cancelled: the next one may start another.
                self._saved = await trio.to_thread.run_sync(
                    self._refreshed, self._saved, self._now(), abandon_on_cancel=True
                )
                self._stamp = token_file.stamp(self._path)
                self._unreachable.answered(host)
        except _NoConnectionError as exc:
            self._failure = OfflineError(f"{host} can't be reached: {exc}")
            self._unreachable.failed(host, str(self._failure))
            raise self._failure from exc
        except RemoteError as exc:
            self._failure = exc
            if isinstance(exc, SignInError):
                log.warning("%s", exc)
            raise
        except ConfigError as exc:
            raise SignInError(str(exc)) from exc
        else:
            self._failure = None
        finally:
            self._refreshes += 1

    def _reload_if_changed(self) -> None:
        """Take over what another process has written: its refresh, or a new sign-in."""
        stamp = token_file.stamp(self._path)
        if stamp is not None and stamp != self._stamp:
            self._saved, self._stamp = token_file.load(self._path), stamp

    def _refreshed(self, saved: SavedTokens, now_s: float) -> SavedTokens:
        """New tokens from Google, saved. Runs in a thread."""
        credentials = google.oauth2.credentials.Credentials(  # type: ignore[no-untyped-call] # half-typed
            None,
            refresh_token=saved.refresh_token,
            token_uri=saved.token_uri,
            client_id=saved.client_id,
            client_secret=saved.client_secret,
        )
        try:
            credentials.refresh(self._request)  # type: ignore[no-untyped-call] # the same
        except google.auth.exceptions.TransportError as exc:
            if isinstance(exc.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
                raise _NoConnectionError(str(exc)) from exc
            raise ServerTroubleError(f"the sign-in server has trouble: {exc}") from exc
        except google.auth.exceptions.RefreshError as exc:
            raise _refresh_error(exc) from exc
        # google-auth stamps the expiry with the machine's clock; ours may be another.
        life_s = 0.0
        if credentials.expiry is not None:
            life_s = (credentials.expiry.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()
        refreshed = replace(
            saved,
            access_token=str(credentials.token),
            refresh_token=str(credentials.refresh_token),
            expires_at_s=now_s + life_s,
        )
        try:
            token_file.save(self._path, refreshed)
        except OSError as exc:
            # Nothing is lost but one refresh at the next start.
            log.info("%s can't be written: %s", self._path, exc.strerror)
        return refreshed


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
