"""Access tokens: one that is good now, refreshed by google-auth in a thread when it is not."""

import copy
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import httpx
import trio

from gphotosfs.errors import (
    ConfigError,
    OfflineError,
    RemoteError,
    SignInError,
)
from gphotosfs.google.sign_in import token_file
from gphotosfs.google.sign_in.token_file import SIGN_IN, SavedTokens
from gphotosfs.google.transport import endpoints
from gphotosfs.google.transport.endpoints import Endpoints
from gphotosfs.google.transport.unreachable import NoConnectionError, Unreachable

log = logging.getLogger(__name__)

# As google-auth: renewed 3 minutes 45 seconds before its end, since clocks differ.
EARLY_S: Final = 225.0
# A token is a small answer; a thread that waits for it can't be cancelled.
REFRESH_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """How the token endpoint is asked: through httpx, and at Google's hosts alone."""

    client: httpx.Client
    places: Endpoints


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
        except NoConnectionError as exc:
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
        # google-auth takes as long to load as httpx. A mount is ready without it, and here nobody
        # but who waits for the token waits for it.
        from gphotosfs.google.sign_in.token_refresh import refreshed

        fresh = refreshed(saved, now_s, self._request.client, self._request.places)
        try:
            token_file.save(self._path, fresh)
        except OSError as exc:
            # Nothing is lost but one refresh at the next start.
            log.info("%s can't be written: %s", self._path, exc.strerror)
        return fresh
