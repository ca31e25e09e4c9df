"""The simulated Google: what answers a request, however it came."""

import json
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import trio

from gphotosfs.simulator import media, mishaps
from gphotosfs.simulator.api import library_api, picker_page, refusals
from gphotosfs.simulator.api.library_api import Call, LibraryApi
from gphotosfs.simulator.api.picker import Picker, Session
from gphotosfs.simulator.api.picker_api import PickerApi
from gphotosfs.simulator.base_urls import BaseUrls
from gphotosfs.simulator.exchange import (
    Answer,
    ApiError,
    BrokenConnectionError,
    Kind,
    Logged,
    Request,
    html_answer,
    json_answer,
    not_found,
)
from gphotosfs.simulator.faults import Fault, Faults
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.options import Options
from gphotosfs.simulator.sign_in import consent
from gphotosfs.simulator.sign_in.oauth import PICK, Accounts, Client
from gphotosfs.simulator.transport import InProcess, InProcessSync

# Bodies go out in pieces of this size; a piece is what a fault or a slow line falls between.
CHUNK_BYTES: Final = 1 << 16

_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the services are said to be."""

    api: str = "https://photoslibrary.googleapis.com"
    oauth: str = "https://oauth2.googleapis.com"
    media: str = "https://lh3.googleusercontent.com"
    video: str = "https://video-downloads.googleusercontent.com"
    accounts: str = "https://accounts.google.com"
    picker: str = "https://photospicker.googleapis.com"
    photos: str = "https://photos.google.com"
    """Where people are sent to pick."""


class SimulatedGoogle:
    """Library API, Picker API, OAuth and base URLs over one library.

    Args:
        world: the library.
        clock: seconds from any origin; under trio its own clock, which tests make virtual.
        origins: the hosts in the URLs that it gives out.
        unix_time: what its wall clock shows.
        draw_in_threads: pictures are drawn off the event loop. Not under a virtual clock, which
            would jump while a thread works.
    """

    def __init__(
        self,
        world: World,
        *,
        clock: Callable[[], float] = trio.current_time,
        origins: Origins = Origins(),
        unix_time: Callable[[], float] = time.time,
        draw_in_threads: bool = False,
    ) -> None:
        self.world = world
        self.origins = origins
        self.options = Options()
        self.faults = Faults()
        self.log: list[Logged] = []
        self.accounts = Accounts(world.seed, clock)
        self.client = self.new_client()
        self._clock = clock
        self._draw_in_threads = draw_in_threads
        self._urls = BaseUrls(world.seed)
        self._api = LibraryApi(world, self.options, self.base_url)
        self.picker = Picker(world, self.options, clock)
        self._picker_api = PickerApi(
            world,
            self.options,
            self.picker,
            page_origin=origins.photos,
            base_url=self._picked_url,
            unix_time=unix_time,
        )
        self._api_host = urlsplit(origins.api).netloc
        self._oauth_host = urlsplit(origins.oauth).netloc
        self._media_host = urlsplit(origins.media).netloc
        self._video_host = urlsplit(origins.video).netloc
        self._accounts_host = urlsplit(origins.accounts).netloc
        self._picker_host = urlsplit(origins.picker).netloc
        self._photos_host = urlsplit(origins.photos).netloc
        self._day: float | None = None
        self._used = {"api": 0, "media": 0}
        self._line_free_at_s = float("-inf")

    # --- for whoever drives it ------------------------------------------------------------------

    def new_client(self, scopes: tuple[str, ...] | None = None) -> Client:
        """A further OAuth client; it sees what has its number as `owner`."""
        return self.accounts.new_client() if scopes is None else self.accounts.new_client(scopes)

    @property
    def token_uri(self) -> str:
        """Where access tokens are to be had."""
        return f"{self.origins.oauth}/token"

    @property
    def auth_uri(self) -> str:
        """The page on which a person allows a program to see photos."""
        return self.origins.accounts + consent.PATH

    def base_url(self, number: int) -> str:
        """A new base URL for the item of this number."""
        return f"{self.origins.media}/lr/{self._urls.issue(number, self._clock())}"

    def _picked_url(self, number: int, session: Session) -> str:
        return f"{self.origins.media}/lr/{self._urls.issue(number, self._clock(), session.number)}"

    def access_token(self, client: Client | None = None) -> str:
        """An access token without asking the endpoint, for tests that begin behind it."""
        return self.accounts.issue(client or self.client, self.options.access_token_life_s)

    def requests(self, kind: Kind) -> list[Logged]:
        """The rows of the log that are of this kind."""
        return [row for row in self.log if row.kind == kind]

    def transport(self) -> InProcess:
        """Brings an httpx client here, in process, under trio."""
        return InProcess(self)

    def sync_transport(self) -> InProcessSync:
        """The same for clients that block, at once and without latency."""
        return InProcessSync(self)

    # --- answering ------------------------------------------------------------------------------

    async def answer(self, request: Request) -> tuple[Answer, Logged]:
        """The answer when it is due, and its row in the log.

        Raises:
            BrokenConnectionError: there is none, the connection is to be broken.
        """
        kind = self._kind(request)
        row = self._write_down(request, kind)
        fault = self.faults.take(request.method, kind, request.path)
        if kind == "api":
            await trio.sleep(self.options.api_latency_s)
        elif kind in ("media", "redirected"):
            late_s = self.options.video_latency_s if kind == "redirected" else 0.0
            await trio.sleep(self.options.media_latency_s + late_s)
            if self._draw_in_threads:
                await trio.to_thread.run_sync(self._draw, request)
        if fault is not None and fault.bytes < 0:
            if fault.effect == "stall":
                await _wait(fault.seconds)
            elif fault.effect == "reset":
                raise BrokenConnectionError
        answer = self._answer(request, kind, fault)
        row.status = answer.status
        return answer, row

    def answer_at_once(self, request: Request) -> tuple[Answer, Logged]:
        """The same without waiting; a silence counts as a broken connection.

        Raises:
            BrokenConnectionError: there is no answer.
        """
        kind = self._kind(request)
        row = self._write_down(request, kind)
        fault = self.faults.take(request.method, kind, request.path)
        if fault is not None and fault.effect in ("stall", "reset"):
            raise BrokenConnectionError
        answer = self._answer(request, kind, fault)
        row.status = answer.status
        return answer, row

    async def body(self, answer: Answer, row: Logged) -> AsyncGenerator[bytes | memoryview, None]:
        """The body piece by piece, as fast as the line is.

        Raises:
            BrokenConnectionError: a fault ends it.
        """
        if not answer.has_body:
            return
        at = answer.start
        fault = answer.fault
        breaks_at = -1
        if fault is not None and fault.effect in ("stall", "reset", "truncate"):
            breaks_at = answer.start + fault.bytes if fault.bytes >= 0 else -1
        while at < answer.end:
            if at == breaks_at:
                assert fault is not None
                if fault.effect != "stall":
                    raise BrokenConnectionError
                await _wait(fault.seconds)
            end = min(answer.end, at + CHUNK_BYTES)
            if at < breaks_at < end:
                end = breaks_at
            if fault is not None and fault.effect == "drip":
                # A tenth of a second's worth at a time.
                end = min(end, at + max(1, fault.bytes // 10))
            piece = answer.content.read(at, end)
            if fault is not None and fault.effect == "drip":
                await trio.sleep(len(piece) / fault.bytes)
            await self._line(row.kind, len(piece))
            at += len(piece)
            row.bytes_sent += len(piece)
            yield piece

    async def _line(self, kind: Kind, length: int) -> None:
        """Wait for a turn on the line that all media bodies share."""
        if self.options.bytes_per_s is None or kind not in ("media", "redirected"):
            return
        now_s = self._clock()
        self._line_free_at_s = max(now_s, self._line_free_at_s) + length / self.options.bytes_per_s
        await trio.sleep(self._line_free_at_s - now_s)

    def _answer(self, request: Request, kind: Kind, fault: Fault | None) -> Answer:
        broken = mishaps.instead(kind, fault)
        if broken is not None:
            answer = broken
        elif kind == "token":
            answer = self.accounts.answer(
                request, self.options.access_token_life_s, testing=self.options.testing_mode
            )
        elif kind == "api":
            answer = self._api_answer(request, fault)
        elif kind in ("media", "redirected"):
            answer = self._media_answer(request, kind)
        elif self._is_picker_page(request):
            answer = picker_page.answer(self.picker, self.world, request, self.base_url)
        elif request.host == self._accounts_host and consent.is_page(request):
            answer = consent.answer(self.accounts, request)
        else:
            answer = not_found(request.path)
        if self.options.retry_after_s is not None and answer.status in (429, 503):
            answer.headers["Retry-After"] = str(self.options.retry_after_s)
        if fault is not None:
            answer.fault = fault
            mishaps.misstate(answer, fault)
        if request.method == "HEAD":
            answer.has_body = False
        return answer

    def _api_answer(self, request: Request, fault: Fault | None) -> Answer:
        picking = self._is_picking(request)
        route = self._picker_api.route(request) if picking else self._api.route(request)
        if route is None:
            return not_found(request.path)
        scopes, method, ids = route
        try:
            client = self._authorize(request, scopes)
            if not picking and self._over_quota("api", self.options.calls_per_day):
                raise refusals.quota_used_up(client.project_number)
            value = library_api.answer(method, Call(request, client.number, fault, ids))
        except ApiError as exc:
            answer = exc.answer()
            if exc.code == 401:
                answer.headers["WWW-Authenticate"] = (
                    'Bearer realm="https://accounts.google.com/", error="invalid_token"'
                )
            return answer
        return json_answer(value, pretty=request.value("prettyPrint") != "false")

    def _media_answer(self, request: Request, kind: Kind) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return html_answer(405, "Method Not Allowed", "The request method is inappropriate.")
        wanted = media.asked(self._urls, request)
        is_picked = wanted is not None and wanted.session > 0
        if kind == "media" and is_picked and not self._may_pick(request):
            return media.token_lacking()
        # A redirect and its target are one request to the quota, which picked items have none of.
        if (
            kind == "media"
            and not is_picked
            and self._over_quota("media", self.options.byte_requests_per_day)
        ):
            return media.quota_used_up()
        redirect = None
        if kind == "media":
            redirect = self.origins.video + request.target
        now_s = self._clock()
        return media.answer(request, wanted, self.world, self.options, now_s, redirect)

    def _authorize(self, request: Request, scopes: tuple[str, ...]) -> Client:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        text = text if scheme.lower() == "bearer" else request.value("access_token") or ""
        if not text:
            raise refusals.no_token()
        token = self.accounts.token(text)
        if token is None:
            raise refusals.bad_token()
        if self.options.service_disabled:
            raise refusals.service_disabled(token.client.project_number)
        if not token.scopes.intersection(scopes):
            raise refusals.scope_lacking(detailed=self.options.scope_error_details)
        return token.client

    def _may_pick(self, request: Request) -> bool:
        """Whether a request for bytes carries a token that is good for picked items."""
        try:
            self._authorize(request, (PICK,))
        except ApiError:
            return False
        return True

    def _is_picking(self, request: Request) -> bool:
        """Whether it is the Picker API that is asked; on loopback one address plays both."""
        if request.host != self._picker_host:
            return False
        is_its_own = request.path.startswith("/v1/sessions") or "sessionId" in request.query
        return self._picker_host != self._api_host or is_its_own

    def _is_picker_page(self, request: Request) -> bool:
        return request.host == self._photos_host and request.path.startswith(picker_page.PREFIX)

    def _over_quota(self, what: str, limit: int | None) -> bool:
        """Count a request; whether it is one too many. Days begin when the first request comes."""
        now_s = self._clock()
        if self._day is None or now_s - self._day >= _DAY_S:
            self._day = now_s
            self._used = dict.fromkeys(self._used, 0)
        self._used[what] += 1
        return limit is not None and self._used[what] > limit

    def _kind(self, request: Request) -> Kind:
        host, path = request.host, request.path
        if host == self._accounts_host and consent.is_page(request):
            return "other"
        if host == self._oauth_host and path in ("/token", "/revoke"):
            return "token"
        if host == self._video_host:
            return "redirected"
        if host == self._media_host and (path.startswith("/lr/") or host != self._api_host):
            return "media"
        if self._is_picker_page(request):
            return "other"
        return "api" if host in (self._api_host, self._picker_host) else "other"

    def _draw(self, request: Request) -> None:
        wanted = media.asked(self._urls, request)
        if wanted is not None and wanted.variant and not self.world.was_removed(wanted.number):
            media.prepare(self.world, wanted)

    def _write_down(self, request: Request, kind: Kind) -> Logged:
        body: Any = None
        if request.body and kind == "api":
            try:
                body = json.loads(request.body)
            except ValueError:
                body = None
        query = {
            name: values[0] if len(values) == 1 else values
            for name, values in request.query.items()
        }
        row = Logged(
            request.method, request.host, request.path, query, body, 0, kind, dict(request.headers)
        )
        self.log.append(row)
        return row


async def _wait(seconds: float | None) -> None:
    await trio.sleep_forever() if seconds is None else await trio.sleep(seconds)
