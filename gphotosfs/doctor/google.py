"""Asks Google, step by step, until something is wrong; each answer is judged by a plain function."""

from collections.abc import Callable
from dataclasses import dataclass

from gphotosfs.doctor import apis, network, sign_in
from gphotosfs.doctor.finding import Finding, Level, failed
from gphotosfs.errors import (
    ConfigError,
    QuotaError,
    RefusedAddressError,
    RemoteError,
    SignInError,
)
from gphotosfs.google.questions import Questions
from gphotosfs.google.sign_in import scopes
from gphotosfs.google.sign_in.token_endpoint import granted_by
from gphotosfs.google.sign_in.token_file import SavedTokens
from gphotosfs.google.transport.quota import Kind, Ledger
from gphotosfs.lanes import Lane


@dataclass(frozen=True, slots=True)
class Patient:
    """A profile."""

    load: Callable[[], SavedTokens]
    """Reads the sign-in. Raises SignInError where there is none, ConfigError where it is damaged."""
    ledger: Callable[[str], Ledger]
    """The quota ledger of a project."""
    login: str
    """The command that signs in."""


async def examine_google(google: Questions, patient: Patient, now_s: float) -> list[Finding]:
    """What is found, in order; it ends with the first thing that hides all the others."""
    try:
        tokens = patient.load()
    except (SignInError, ConfigError) as exc:
        return [*await _reached(google, now_s), sign_in.missing(exc, patient.login)]
    return await _Examination(google, patient, tokens, now_s).run()


async def _reached(google: Questions, now_s: float) -> list[Finding]:
    """Whether Google can be reached, for who is not signed in: any answer of its own will do."""
    try:
        return network.reached(await google.anything(), now_s)
    except RemoteError as exc:
        return [network.unheard(exc, now_s)]


class _Examination:
    """One profile that is signed in."""

    def __init__(
        self, google: Questions, patient: Patient, tokens: SavedTokens, now_s: float
    ) -> None:
        self._google = google
        self._tokens = tokens
        self._ledger = patient.ledger(tokens.project)
        self._login = patient.login
        self._now_s = now_s

    async def run(self) -> list[Finding]:
        """Everything that can be found."""
        try:
            heard = await self._google.refresh(self._tokens)
        except RefusedAddressError as exc:
            return [failed("sign-in", str(exc), f"sign in anew: {self._login}", needs_sign_in=True)]
        except RemoteError as exc:
            return [network.unheard(exc, self._now_s)]
        findings = network.reached(heard, self._now_s)
        if not _any_failed(findings):
            findings.append(sign_in.accepted(heard, self._tokens, self._now_s, self._login))
        if _any_failed(findings):
            return findings
        granted = granted_by(heard, self._tokens.client_id)
        allowed = granted.scopes or self._tokens.scopes
        findings.append(sign_in.allowed(allowed, self._login))
        if scopes.READ_LIBRARY in allowed:
            findings += await self._library(granted.access_token)
        if scopes.READ_PICKED in allowed:
            findings += await self._picker(granted.access_token)
        if not any(finding.check == apis.QUOTA for finding in findings):
            findings.append(apis.quota(self._ledger))
        self._ledger.save()
        return findings

    async def _library(self, access_token: str) -> list[Finding]:
        """The Library API, and whether anything is in the library."""
        client_id = self._tokens.client_id
        try:
            self._ledger.take(Kind.CALLS, Lane.FOREGROUND)
            albums = await self._google.an_album(access_token)
            found = apis.library_api(albums, client_id, self._now_s, self._login)
            if found.level is Level.FAILED:
                return [found]
            self._ledger.take(Kind.CALLS, Lane.FOREGROUND)
            items = await self._google.an_item(access_token)
        except QuotaError as exc:
            return [apis.own_quota(exc)]
        except RemoteError as exc:
            return [network.unheard(exc, self._now_s)]
        return [found, apis.library(albums, items, client_id)]

    async def _picker(self, access_token: str) -> list[Finding]:
        try:
            heard = await self._google.no_session(access_token)
        except RemoteError as exc:
            return [network.unheard(exc, self._now_s)]
        return [apis.picker_api(heard, self._tokens.client_id, self._now_s, self._login)]


def _any_failed(findings: list[Finding]) -> bool:
    return any(finding.level is Level.FAILED for finding in findings)
