"""The one way out: every request to Google is admitted, counted, signed, sent and judged here.

A request is tried until it has an answer, its deadline is over, or trying again makes no sense (see
`ask.PAUSES_S`). An answer that is none becomes the error that names the cause.
"""

import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeVar

import httpx
import trio

from gphotosfs.errors import (
    BadAnswerError,
    DeadlineError,
    OfflineError,
    RejectedRequestError,
    RemoteError,
    ServerTroubleError,
)
from gphotosfs.google.sign_in.access_tokens import Tokens
from gphotosfs.google.transport import refusals
from gphotosfs.google.transport.admission import Admission
from gphotosfs.google.transport.ask import DEADLINE_S, PAUSES_S, REDIRECTS_MAX, Ask, Trouble
from gphotosfs.google.transport.clients import Clients
from gphotosfs.google.transport.closing import close, give_up
from gphotosfs.google.transport.endpoints import Endpoints
from gphotosfs.google.transport.quota import Kind, Ledger
from gphotosfs.google.transport.tally import Tally
from gphotosfs.google.transport.unreachable import Unreachable
from gphotosfs.lanes import current_lane

T = TypeVar("T")

# 100 items are some 300 KB; more than this is no page of Google's.
JSON_MAX_BYTES: Final = 16 * 2**20
ERROR_MAX_BYTES: Final = 64 * 2**10
# An error's body only explains; it is not worth a long wait.
ERROR_BODY_S: Final = 3.0


class _Again(Exception):  # noqa: N818 - not an error but a turn of the loop
    def __init__(self, trouble: Trouble, host: str, error: RemoteError) -> None:
        self.trouble = trouble
        self.host = host
        self.error = error


class Http:
    """Sends requests. Any number of tasks may use it at once."""

    def __init__(
        self,
        clients: Clients,
        places: Endpoints,
        tokens: Tokens,
        ledger: Ledger,
        unreachable: Unreachable,
        *,
        deadline_s: float = DEADLINE_S,
        chance: random.Random | None = None,
    ) -> None:
        self._clients = clients
        self._places = places
        self._tokens = tokens
        self._ledger = ledger
        self._unreachable = unreachable
        self._deadline_s = deadline_s
        self._chance = chance or random.Random()
        self.pace: Final = min(1.0, deadline_s / DEADLINE_S)
        """What the waits for single answers are multiplied by: where all of a request has less time
        than usual, so has each of its attempts, or there would be no second one."""
        self.admission: Final = Admission()
        self.tally: Final = Tally()

    async def get_json(self, what: str, path: str, params: Mapping[str, Any]) -> object:
        """The decoded answer of an API method.

        Raises:
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        return await self._call(what, "GET", self._places.api_url(path), params, None)

    async def post_json(
        self, what: str, path: str, params: Mapping[str, Any], body: object
    ) -> object:
        """The decoded answer of an API method that only reads, hence may be asked again.

        Raises:
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        return await self._call(what, "POST", self._places.api_url(path), params, body)

    async def picker_json(
        self,
        what: str,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        body: object = None,
    ) -> object:
        """The decoded answer of a method of the Picker API; it may be asked more than once.

        Raises:
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        url = self._places.picker_url(path)
        return await self._call(what, method, url, params or {}, body, Kind.PICKER_CALLS)

    @asynccontextmanager
    async def open(self, ask: Ask) -> AsyncIterator[httpx.Response]:
        """An answer whose headers are here and whose body the caller reads, as patiently as it likes.

        Raises:
            RemoteError: there is no usable answer; the subclass says why.
        """
        async with self._admitted(ask) as deadline:
            response = await self._trying(ask, deadline, _as_it_is)
            try:
                yield response
            finally:
                await close(response)

    async def _call(
        self,
        what: str,
        method: str,
        url: httpx.URL,
        params: Mapping[str, Any],
        body: object,
        kind: Kind = Kind.CALLS,
    ) -> object:
        ask = Ask(
            what=what,
            method=method,
            url=url,
            kind=kind,
            lane=current_lane(),
            params={**params, "prettyPrint": "false"},
            body=body,
            is_signed=True,
        )
        async with self._admitted(ask) as deadline:
            response_body = await self._trying(ask, deadline, _whole_body)
        return _json(response_body, what)

    @asynccontextmanager
    async def _admitted(self, ask: Ask) -> AsyncIterator[float]:
        """Holds a slot of the lane; yields the deadline, towards which waiting for the slot counts."""
        deadline = trio.current_time() + self._deadline_s
        with trio.move_on_at(deadline) as waiting:
            await self.admission.enter(ask.lane)
        if waiting.cancelled_caught:
            raise DeadlineError(f"{ask.what}: too much else is under way")
        try:
            yield deadline
        except RemoteError as exc:
            self.tally.failed(exc)
            raise
        finally:
            self.admission.leave(ask.lane)

    async def _trying(
        self, ask: Ask, deadline: float, finish: Callable[[httpx.Response], Awaitable[T]]
    ) -> T:
        tries: Counter[Trouble] = Counter()
        last: _Again | None = None
        with trio.move_on_at(deadline) as waiting:
            while True:
                try:
                    return await self._attempt(ask, finish)
                except _Again as again:
                    last = again
                pauses, turn = PAUSES_S[last.trouble], tries[last.trouble]
                # A host that could not be reached before is only looked at again, not insisted on.
                is_known = last.trouble in (
                    Trouble.CONNECT,
                    Trouble.SLOW,
                ) and self._unreachable.knows(last.host)
                if turn >= len(pauses) or is_known:
                    break
                tries[last.trouble] += 1
                await trio.sleep(pauses[turn] * self._chance.uniform(1.0, 1.5))
        # A token that was refused says nothing of why its successor did not come.
        if last is None or (waiting.cancelled_caught and last.trouble is Trouble.TOKEN):
            raise DeadlineError(f"{ask.what}: no answer within {self._deadline_s:.0f} s")
        if last.trouble in (Trouble.CONNECT, Trouble.SILENT):
            self._unreachable.failed(last.host, str(last.error))
        elif last.trouble is Trouble.SLOW:
            self._unreachable.silent(last.host, f"{ask.url.path} {ask.params} {ask.body}")
        raise last.error from last.__cause__

    async def _attempt(self, ask: Ask, finish: Callable[[httpx.Response], Awaitable[T]]) -> T:
        """One attempt, redirects included; they and their target count as one request."""
        url, params = ask.url, ask.params
        for hop in range(REDIRECTS_MAX + 1):
            self._check(ask.kind, url)
            self._unreachable.check(url.host)
            headers, token = dict(ask.headers), ""
            if ask.is_signed:
                token = await self._bearer(url)
                headers["Authorization"] = f"Bearer {token}"
            if hop == 0:
                self._ledger.take(ask.kind, ask.lane)
                self.tally.requests[ask.kind] += 1
            response = await self._send(ask, self._request(ask, url, params, headers))
            if not response.has_redirect_location:
                return await self._judge(ask, response, token, finish)
            await close(response)
            url, params = _target(response), None
        raise BadAnswerError(f"{ask.what}: {url.host} redirects without end")

    def _request(
        self, ask: Ask, url: httpx.URL, params: Mapping[str, Any] | None, headers: dict[str, str]
    ) -> httpx.Request:
        try:
            return self._clients.build_request(
                ask.method, url, params=params, headers=headers, json=ask.body
            )
        except httpx.InvalidURL as exc:
            # An id or a page token of some 64 KiB, say.
            raise RejectedRequestError(f"{ask.what}: what it is about fits no address") from exc

    def _check(self, kind: Kind, url: httpx.URL) -> None:
        if kind in (Kind.CALLS, Kind.PICKER_CALLS):
            self._places.check_api(url)
        else:
            self._places.check_media(url)

    async def _bearer(self, url: httpx.URL) -> str:
        try:
            return await self._tokens.bearer()
        except ServerTroubleError as exc:
            raise _Again(Trouble.SERVER, url.host, exc) from exc

    async def _send(self, ask: Ask, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        try:
            with trio.fail_after(ask.answer_s * self.pace):
                return await self._clients.send(request)
        except trio.TooSlowError as exc:
            error: RemoteError = DeadlineError(f"{ask.what}: {host} does not answer")
            raise _Again(Trouble.SLOW, host, error) from exc
        except httpx.ConnectTimeout as exc:
            error = OfflineError(f"{host} can't be reached: no connection in time")
            raise _Again(Trouble.SILENT, host, error) from exc
        except (httpx.ConnectError, httpx.ProxyError) as exc:
            error = OfflineError(f"{host} can't be reached: {exc or type(exc).__name__}")
            raise _Again(Trouble.CONNECT, host, error) from exc
        except httpx.TransportError as exc:
            raise _Again(Trouble.BROKEN, host, _broken(ask, host, exc)) from exc
        except httpx.InvalidURL as exc:
            # httpx makes the request that follows a redirect, though it is not to follow any.
            raise BadAnswerError(f"{host} redirects to no address") from exc

    async def _judge(
        self,
        ask: Ask,
        response: httpx.Response,
        token: str,
        finish: Callable[[httpx.Response], Awaitable[T]],
    ) -> T:
        """What the caller wanted of an answer, or the error that it stands for."""
        status, host = response.status_code, response.url.host
        self._unreachable.answered(host)
        if response.is_success or status in ask.judged_by_caller:
            self._ledger.accepted(ask.kind)
            try:
                return await finish(response)
            except httpx.DecodingError as exc:
                raise BadAnswerError(f"{ask.what}: the answer is garbled") from exc
            except httpx.TransportError as exc:
                raise _Again(Trouble.BROKEN, host, _broken(ask, host, exc)) from exc
        body = await _explanation(response, ERROR_BODY_S * self.pace)
        if refusals.is_quota(status, body):
            raise self._ledger.refused(ask.kind, response.headers.get("Retry-After"))
        error = refusals.refusal(status, body, ask.what)
        if status == 401:
            self._tokens.reject(token)
            raise _Again(Trouble.TOKEN, host, error)
        if status >= 500:
            raise _Again(Trouble.SERVER, host, error)
        raise error


async def _as_it_is(response: httpx.Response) -> httpx.Response:
    return response


async def _whole_body(response: httpx.Response) -> bytes:
    """The body, if it is not larger than any answer should be."""
    body = await _first_part(response, JSON_MAX_BYTES)
    if len(body) > JSON_MAX_BYTES:
        raise BadAnswerError("an answer is larger than any of Google's")
    return body


async def _explanation(response: httpx.Response, patience_s: float) -> bytes:
    """The first part of an error's body; it may break off, and be a picture."""
    body = b""
    with trio.move_on_after(patience_s), suppress(httpx.RequestError):
        body = await _first_part(response, ERROR_MAX_BYTES)
    return body


async def _first_part(response: httpx.Response, size_bytes: int) -> bytes:
    """The body, or a little more than the first `size_bytes` of it; closes the answer."""
    body = bytearray()
    chunks = response.aiter_bytes()
    try:
        while len(body) <= size_bytes and (chunk := await anext(chunks, b"")):
            body += chunk
        if len(body) > size_bytes:
            await give_up(chunks)
    finally:
        await close(response)
    return bytes(body)


def _target(response: httpx.Response) -> httpx.URL:
    try:
        return response.url.join(response.headers["Location"])
    except (httpx.InvalidURL, ValueError) as exc:
        raise BadAnswerError(f"{response.url.host} redirects to no address") from exc


def _broken(ask: Ask, host: str, exc: httpx.TransportError) -> RemoteError:
    if isinstance(exc, httpx.NetworkError):
        return OfflineError(f"{ask.what}: the connection to {host} broke")
    return ServerTroubleError(f"{ask.what}: {host} broke off its answer")


def _json(body: bytes, what: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        kind = "HTML" if body.lstrip()[:1] == b"<" else "no JSON"
        raise BadAnswerError(f"{what}: Google answered with {kind}") from exc
