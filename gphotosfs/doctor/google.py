"""Asks Google, step by step, until something is wrong; each answer is judged by a plain function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from gphotosfs.doctor import judging
from gphotosfs.doctor.finding import Finding, Level, failed
from gphotosfs.doctor.unreachable import judged_unreachable
from gphotosfs.errors import ConfigError, QuotaError, RemoteError, SignInError
from gphotosfs.google import scopes, token_endpoint
from gphotosfs.google.endpoints import Endpoints, parse
from gphotosfs.google.hearing import Heard, hear
from gphotosfs.google.quota import Kind, Ledger
from gphotosfs.google.token_endpoint import granted_by
from gphotosfs.google.token_file import SavedTokens
from gphotosfs.lanes import Lane

# A session that does not exist: an API that is enabled says so, one that is not says that.
_NO_SESSION: Final = "/v1/sessions/none"


@dataclass(frozen=True, slots=True)
class Patient:
    """A profile, and the way to its Google."""

    load: Callable[[], SavedTokens]
    """Reads the sign-in. Raises SignInError where there is none, ConfigError where it is damaged."""
    places: Endpoints
    ledger: Callable[[str], Ledger]
    """The quota ledger of a project."""
    login: str
    """The command that signs in."""


async def examine_google(http: httpx.AsyncClient, patient: Patient, now_s: float) -> list[Finding]:
    """What is found, in order; it ends with the first thing that hides all the others."""
    try:
        tokens = patient.load()
    except (SignInError, ConfigError) as exc:
        reached = await _reached(http, patient.places, now_s)
        return [*reached, judging.no_sign_in(exc, patient.login)]
    return await _Examination(http, patient, tokens, now_s).run()


async def _reached(http: httpx.AsyncClient, places: Endpoints, now_s: float) -> list[Finding]:
    """Whether Google can be reached, for who is not signed in: any answer of its own will do."""
    try:
        heard = await hear(http, http.build_request("GET", places.token_url))
    except RemoteError as exc:
        return [judged_unreachable(exc, now_s)]
    return judging.network(heard, now_s)


class _Examination:
    """One profile that is signed in."""

    def __init__(
        self, http: httpx.AsyncClient, patient: Patient, tokens: SavedTokens, now_s: float
    ) -> None:
        self._http = http
        self._places = patient.places
        self._tokens = tokens
        self._ledger = patient.ledger(tokens.project)
        self._login = patient.login
        self._now_s = now_s

    async def run(self) -> list[Finding]:
        """Everything that can be found."""
        try:
            self._places.check_token(parse(self._tokens.token_uri))
        except RemoteError as exc:
            return [failed("sign-in", str(exc), f"sign in anew: {self._login}", needs_sign_in=True)]
        form = {"grant_type": "refresh_token", "refresh_token": self._tokens.refresh_token}
        try:
            heard = await token_endpoint.ask_for_tokens(
                self._http, self._places, self._tokens.client, form
            )
        except RemoteError as exc:
            return [judged_unreachable(exc, self._now_s)]
        findings = judging.network(heard, self._now_s)
        if not _any_failed(findings):
            findings.append(judging.sign_in(heard, self._tokens, self._now_s, self._login))
        if _any_failed(findings):
            return findings
        granted = granted_by(heard, self._tokens.client_id)
        allowed = granted.scopes or self._tokens.scopes
        findings.append(judging.allowed(allowed, self._login))
        if scopes.READ_LIBRARY in allowed:
            findings += await self._library(granted.access_token)
        if scopes.READ_PICKED in allowed:
            findings += await self._picker(granted.access_token)
        if not any(finding.check == judging.QUOTA for finding in findings):
            findings.append(judging.quota(self._ledger))
        self._ledger.save()
        return findings

    async def _library(self, token: str) -> list[Finding]:
        """The Library API, and whether anything is in the library."""
        client_id = self._tokens.client_id
        try:
            albums = await self._call(self._places.api_url("/v1/albums?pageSize=1"), token)
            found = judging.library_api(albums, client_id, self._now_s, self._login)
            if found.level is Level.FAILED:
                return [found]
            items = await self._call(self._places.api_url("/v1/mediaItems?pageSize=1"), token)
        except QuotaError as exc:
            return [judging.own_quota(exc)]
        except RemoteError as exc:
            return [judged_unreachable(exc, self._now_s)]
        return [found, judging.library(albums, items, client_id)]

    async def _picker(self, token: str) -> list[Finding]:
        try:
            heard = await self._call(self._places.picker_url(_NO_SESSION), token, counted=False)
        except RemoteError as exc:
            return [judged_unreachable(exc, self._now_s)]
        return [judging.picker_api(heard, self._tokens.client_id, self._now_s, self._login)]

    async def _call(self, url: httpx.URL, token: str, *, counted: bool = True) -> Heard:
        self._places.check_api(url)
        if counted:
            self._ledger.take(Kind.CALLS, Lane.FOREGROUND)
        headers = {"Authorization": f"Bearer {token}"}
        return await hear(self._http, self._http.build_request("GET", url, headers=headers))


def _any_failed(findings: list[Finding]) -> bool:
    return any(finding.level is Level.FAILED for finding in findings)
