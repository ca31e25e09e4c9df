"""The Picker API: what a person ticked on a page of Google's, for as long as the session lives."""

from collections.abc import Callable
from typing import Any

from gphotosfs import limits
from gphotosfs.errors import GoneError, RejectedRequestError
from gphotosfs.google import picker_wire
from gphotosfs.google.base_urls import BaseUrls
from gphotosfs.google.http import Http
from gphotosfs.google.media import GoogleMedia
from gphotosfs.google.transport.quota import Kind
from gphotosfs.google.transport.throttle import Throttle
from gphotosfs.google.wire import ItemsPage
from gphotosfs.model import ItemId, MediaItem, Page, PickingSession, SessionId


class PickerApi:
    """One method is one call. Base URLs stay in here and are in no result."""

    def __init__(self, http: Http, throttle: Throttle, elapsed: Callable[[], float]) -> None:
        """`elapsed` is a clock of seconds that never goes back, by which base URLs age."""
        self._http = http
        self._throttle = throttle
        self._elapsed = elapsed
        self._base_urls: dict[SessionId, BaseUrls] = {}

    async def create_session(self) -> PickingSession:
        """A new session, whose page waits for a person.

        If an answer is lost and it is asked for again, the first one is left to expire.

        Raises:
            PreconditionError: the account has no Google Photos.
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        answer = await self._http.picker_json("new Picker session", "POST", "/v1/sessions", body={})
        return picker_wire.session(answer)

    async def session(self, session: SessionId) -> PickingSession:
        """How things stand with a session.

        Raises:
            GoneError: it has ended.
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        return picker_wire.session(await self._of_session("GET", f"/v1/sessions/{session}"))

    async def delete_session(self, session: SessionId) -> None:
        """End a session: nothing more can be had of it.

        Raises:
            GoneError: it had ended before.
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        await self._of_session("DELETE", f"/v1/sessions/{session}")

    async def items_page(
        self, session: SessionId, page_token: str | None = None
    ) -> Page[MediaItem]:
        """One page of what was picked.

        Raises:
            PreconditionError: the person is not done yet.
            GoneError: the session has ended.
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        params: dict[str, Any] = {"sessionId": session, "pageSize": limits.PICKED_PAGE_MAX}
        if page_token is not None:
            params["pageToken"] = page_token
        page = picker_wire.items_page(await self._of_session("GET", "/v1/mediaItems", params))
        self._urls(session).remember(page)
        return page.page

    def media(self, session: SessionId) -> GoogleMedia:
        """The bytes of what was picked, while the session lives."""
        return GoogleMedia(self._http, self._urls(session), self._throttle, Kind.PICKED_BYTES)

    def forget(self, session: SessionId) -> None:
        """Let go of a session's base URLs."""
        self._base_urls.pop(session, None)

    async def _of_session(
        self, method: str, path: str, params: dict[str, Any] | None = None
    ) -> object:
        try:
            return await self._http.picker_json("Picker session", method, path, params)
        except RejectedRequestError as exc:
            # 404, or 400 with REQUEST_INVALID: which of them is not documented.
            raise GoneError("the Picker session has ended") from exc

    def _urls(self, session: SessionId) -> BaseUrls:
        """The session's base URLs, which are renewed by listing it again."""

        async def list_again(_: list[ItemId]) -> ItemsPage:
            token: str | None = None
            for _page in range(limits.PICKED_PAGES_MAX):
                page = await self.items_page(session, token)
                token = page.next_page_token
                if token is None:
                    break
            # Each page was remembered when it came.
            return ItemsPage(Page(()), {})

        return self._base_urls.setdefault(session, BaseUrls(list_again, self._elapsed))
