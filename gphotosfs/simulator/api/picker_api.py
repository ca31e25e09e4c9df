"""The methods of the Picker API (reference 4)."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from gphotosfs.simulator.api import resources, shapes
from gphotosfs.simulator.api.library_api import Call, Method, check_query
from gphotosfs.simulator.api.paging import Cursor, page
from gphotosfs.simulator.api.picker import MAX_ITEMS, Picker, Session
from gphotosfs.simulator.exchange import ApiError, Request
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.options import Options
from gphotosfs.simulator.sign_in.oauth import PICK

_PAGE_USUAL: Final = 50
_PAGE_MAX: Final = 100


class PickerApi:
    """Answers decoded requests.

    Args:
        world: whose items are picked.
        options: how it behaves.
        picker: the sessions.
        page_origin: where the pages are on which a person picks.
        base_url: makes a new base URL for an item of a session.
        unix_time: what its clock shows, for the time at which a session ends.
    """

    def __init__(
        self,
        world: World,
        options: Options,
        picker: Picker,
        *,
        page_origin: str,
        base_url: Callable[[int, Session], str],
        unix_time: Callable[[], float],
    ) -> None:
        self._world = world
        self._options = options
        self._picker = picker
        self._page_origin = page_origin
        self._base_url = base_url
        self._unix_time = unix_time
        self._routes = (
            ("POST", r"/v1/sessions", self._create),
            ("GET", r"/v1/sessions/([^/:]+)", self._get),
            ("DELETE", r"/v1/sessions/([^/:]+)", self._delete),
            ("GET", r"/v1/mediaItems", self._list),
        )

    def route(self, request: Request) -> tuple[tuple[str, ...], Method, tuple[str, ...]] | None:
        """The scopes one of which is needed, the method, and the ids in the path; None: no such path."""
        for method, pattern, served in self._routes:
            if method == request.method and (match := re.fullmatch(pattern, request.path)):
                return (PICK,), served, match.groups()
        return None

    def _create(self, call: Call) -> dict[str, Any]:
        check_query(call.request, "requestId")
        body = shapes.checked(_json(call.request.body), shapes.SESSION)
        count = body.get("pickingConfig", {}).get("maxItemCount", 0)
        if not 0 <= count <= MAX_ITEMS:
            raise ApiError(400, f"max_item_count must be between 1 and {MAX_ITEMS}.")
        if self._options.account_without_photos:
            message = "The user does not have an active Google Photos account."
            raise ApiError(400, message, status="FAILED_PRECONDITION")
        return self._shown(self._picker.new_session(call.owner, count or MAX_ITEMS))

    def _get(self, call: Call) -> dict[str, Any]:
        check_query(call.request)
        return self._shown(self._session(call.ids[0], call.owner))

    def _delete(self, call: Call) -> dict[str, Any]:
        check_query(call.request)
        self._picker.delete(self._session(call.ids[0], call.owner))
        return {}

    def _list(self, call: Call) -> dict[str, Any]:
        check_query(call.request, "sessionId", "pageSize", "pageToken")
        session_id = call.request.value("sessionId")
        if not session_id:
            raise ApiError(400, "session_id is required.")
        session = self._session(session_id, call.owner)
        picked = session.picked
        if picked is None:
            raise _not_done()
        size = _page_size(call.request.value("pageSize"))

        def rows_after(after: Cursor | None) -> Iterator[tuple[Cursor, int]]:
            for place in range(0 if after is None else after[0] + 1, len(picked)):
                yield (place,), picked[place]

        found = page(
            rows_after,
            size=size,
            token=call.request.value("pageToken") or "",
            listing=f"{call.owner} session {session.id} {size}",
            options=self._options,
            fault=call.fault,
        )
        items = [
            resources.picked_item(self._world.at(number), self._base_url(number, session))
            for number in found.rows
        ]
        answer: dict[str, Any] = {"mediaItems": items} if items else {}
        if found.next_token is not None:
            answer["nextPageToken"] = found.next_token
        return answer

    def _session(self, session_id: str, owner: int) -> Session:
        session = self._picker.session(session_id, owner)
        if session is not None:
            return session
        if self._options.unknown_session_status == 400:
            info = {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "REQUEST_INVALID",
                "domain": "photos.googleapis.com",
            }
            message = (
                "Invalid request found. See error details for a description of each violation."
            )
            raise ApiError(400, message, [info])
        raise ApiError(404, "Requested entity was not found.")

    def _shown(self, session: Session) -> dict[str, Any]:
        left_s = session.expires_s - self._picker.clock()
        shown: dict[str, Any] = {
            "id": session.id,
            "pickerUri": f"{self._page_origin}/picker/{session.key}",
            "expireTime": resources.timestamp(int((self._unix_time() + left_s) * 1000) * 1_000_000),
            "pickingConfig": {"maxItemCount": str(session.max_items)},
        }
        if session.picked is not None:
            return shown | {"mediaItemsSet": True}
        polling = {
            "pollInterval": _duration(self._options.poll_interval_s),
            "timeoutIn": _duration(self._picker.timeout_in_s(session)),
        }
        return shown | {"pollingConfig": polling}


def _not_done() -> ApiError:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "PENDING_USER_ACTION",
        "domain": "photos.googleapis.com",
    }
    message = "The user has not finished picking. Please wait until media_items_set is true."
    return ApiError(400, message, [info], status="FAILED_PRECONDITION")


def _page_size(text: str | None) -> int:
    try:
        size = int(text or 0)
    except ValueError:
        raise ApiError(400, f"Invalid value at 'page_size' (TYPE_INT32), \"{text}\"") from None
    if size < 0:
        raise ApiError(400, "Page size must not be negative.")
    return min(size, _PAGE_MAX) or _PAGE_USUAL


def _duration(seconds: float) -> str:
    """A duration as protobuf's JSON has it: `5s`, `1.500s`."""
    whole = f"{seconds:.3f}"
    return f"{whole.removesuffix('.000')}s"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError:
        raise ApiError(400, "Invalid JSON payload received. Unexpected token.") from None
