"""The reading methods of the Library API (reference 1.2 to 1.7)."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from gphotosfs.simulator.api import fields, filters, resources, shapes
from gphotosfs.simulator.api.filters import Filters
from gphotosfs.simulator.api.paging import Cursor, Page, page
from gphotosfs.simulator.exchange import ApiError, Request
from gphotosfs.simulator.faults import Fault
from gphotosfs.simulator.library.items import Item
from gphotosfs.simulator.library.world import Album, UnknownIdError, World
from gphotosfs.simulator.options import Options
from gphotosfs.simulator.sign_in.oauth import APPEND, EDIT, READ

BATCH_MAX: Final = 50
_PAGE: Final = {"mediaItems": (25, 100), "albums": (20, 50)}

# Parameters that every method takes (reference 1.1).
_COMMON: Final = frozenset(
    [
        "alt",
        "fields",
        "prettyPrint",
        "key",
        "access_token",
        "oauth_token",
        "quotaUser",
        "callback",
        "uploadType",
        "upload_protocol",
        "$.xgafv",
        "$alt",
        "$prettyPrint",
    ]
)
_ORDERS: Final = ("MediaMetadata.creation_time", "MediaMetadata.creation_time desc")
_ID: Final = r"([^/:]+)"


@dataclass(frozen=True)
class Call:
    """One request for a method."""

    request: Request
    owner: int
    """The number of the client that asks."""
    fault: Fault | None
    ids: tuple[str, ...]
    """What stands in the path."""


Method = Callable[[Call], dict[str, Any]]


class LibraryApi:
    """Answers decoded requests of one client at a time.

    `base_url` makes a new base URL for an item.
    """

    def __init__(self, world: World, options: Options, base_url: Callable[[int], str]) -> None:
        self._world = world
        self._options = options
        self._base_url = base_url
        self._routes = (
            ("GET", r"/v1/albums", (READ,), self._list_albums),
            ("GET", rf"/v1/albums/{_ID}", (READ,), self._get_album),
            ("GET", r"/v1/mediaItems", (READ,), self._list_items),
            ("GET", r"/v1/mediaItems:batchGet", (READ,), self._batch_get),
            ("GET", rf"/v1/mediaItems/{_ID}", (READ,), self._get_item),
            ("POST", r"/v1/mediaItems:search", (READ,), self._search),
            # Removed in 2025, or writing, which this double does not play: the scopes that would
            # be needed decide between 403 and 501.
            ("GET", r"/v1/sharedAlbums(/[^/]+)?", (), self._not_served),
            ("POST", r"/v1/sharedAlbums:(join|leave)", (), self._not_served),
            ("POST", r"/v1/albums/[^/:]+:(un)?share", (), self._not_served),
            ("POST", r"/v1/(uploads|albums|mediaItems:batchCreate)", (APPEND,), self._not_served),
            ("POST", r"/v1/albums/[^/:]+:(addEnrichment|batch.*)", (EDIT,), self._not_served),
            ("PATCH", r"/v1/(albums|mediaItems)/[^/]+", (EDIT,), self._not_served),
        )

    def route(self, request: Request) -> tuple[tuple[str, ...], Method, tuple[str, ...]] | None:
        """The scopes one of which is needed, the method, and the ids in the path.

        None: there is no such path. No scopes: none would suffice.
        """
        for method, pattern, scopes, served in self._routes:
            if method == request.method and (match := re.fullmatch(pattern, request.path)):
                return scopes, served, tuple(group or "" for group in match.groups())
        return None

    # --- methods ------------------------------------------------------------------------------

    def _list_albums(self, call: Call) -> dict[str, Any]:
        check_query(call.request, "pageSize", "pageToken", "excludeNonAppCreatedData")
        size = self._page_size(call.request.value("pageSize"), "albums")

        def rows_after(after: Cursor | None) -> Iterator[tuple[Cursor, Album]]:
            for album in self._world.albums():
                if album.owner == call.owner and (after is None or album.number > after[0]):
                    yield (album.number,), album

        found = page(
            rows_after,
            size=size,
            token=call.request.value("pageToken") or "",
            listing=f"{call.owner} albums {size}",
            options=self._options,
            fault=call.fault,
        )
        return _listing("albums", found, [self._album(album) for album in found.rows])

    def _get_album(self, call: Call) -> dict[str, Any]:
        check_query(call.request)
        return self._album(self._own_album(call.ids[0], call.owner))

    def _list_items(self, call: Call) -> dict[str, Any]:
        check_query(call.request, "pageSize", "pageToken")
        size = self._page_size(call.request.value("pageSize"), "mediaItems")
        wanted = Filters(archived=self._options.list_shows_archived)
        found = self._timeline(
            wanted,
            call.owner,
            size,
            call.request.value("pageToken") or "",
            "list",
            fault=call.fault,
        )
        return _listing("mediaItems", found, [self._item(number) for number in found.rows])

    def _get_item(self, call: Call) -> dict[str, Any]:
        check_query(call.request)
        item = self._own_item(call.ids[0], call.owner)
        if item is None:
            if self._options.unknown_item_status == 400:
                raise ApiError(400, "Invalid media item ID.")
            raise ApiError(404, "Requested entity was not found.")
        return self._item(item.number)

    def _batch_get(self, call: Call) -> dict[str, Any]:
        check_query(call.request, "mediaItemIds")
        item_ids = call.request.query.get("mediaItemIds", [])
        if not item_ids:
            raise ApiError(400, "Request must contain at least one media item id.")
        if len(item_ids) > BATCH_MAX:
            raise ApiError(400, f"Request must have less than {BATCH_MAX} items.")
        if len(set(item_ids)) < len(item_ids):
            raise ApiError(400, "Request must not contain duplicated ids.")
        results: list[dict[str, Any]] = []
        for item_id in item_ids:
            item = self._own_item(item_id, call.owner)
            if item is not None:
                results.append({"mediaItem": self._item(item.number)})
            elif self._options.batch_get_fails_whole:
                raise ApiError(500, "Internal error encountered.")
            else:
                results.append({"status": {"code": 3, "message": "Invalid media item ID."}})
        return {"mediaItemResults": results}

    def _search(self, call: Call) -> dict[str, Any]:
        check_query(call.request)
        body = shapes.checked(_json(call.request.body), shapes.SEARCH)
        album_id, order = body.get("albumId", ""), body.get("orderBy", "")
        size = self._page_size(body.get("pageSize"), "mediaItems")
        token = body.get("pageToken", "")
        if album_id:
            if body.get("filters") or order:
                raise ApiError(400, "Album ID cannot be set if there are filters set.")
            found = self._album_page(self._own_album(album_id, call.owner), size, token, call)
        else:
            wanted = filters.decode(body.get("filters", {}))
            _check_order(order, wanted)
            listing = json.dumps([body.get("filters", {}), order], sort_keys=True)
            oldest_first = order == _ORDERS[0]
            found = self._timeline(
                wanted,
                call.owner,
                size,
                token,
                listing,
                oldest_first=oldest_first,
                fault=call.fault,
            )
        return _listing("mediaItems", found, [self._item(number) for number in found.rows])

    @staticmethod
    def _not_served(_: Call) -> dict[str, Any]:
        raise ApiError(501, "Operation is not implemented, or supported, or enabled.")

    # --- listings -----------------------------------------------------------------------------

    def _timeline(
        self,
        wanted: Filters,
        owner: int,
        size: int,
        token: str,
        listing: str,
        *,
        oldest_first: bool = False,
        fault: Fault | None = None,
    ) -> Page[int]:
        span_ns = wanted.span_ns()

        def rows_after(after: Cursor | None) -> Iterator[tuple[Cursor, int]]:
            start = None if after is None else (after[0], after[1])
            if start is None and span_ns is not None:
                # The first place that is out of the span, at the end where the listing begins.
                start = (-span_ns[0], 1 << 62) if oldest_first else (-span_ns[1], 1 << 62)
            for place in self._world.timeline(start, oldest_first=oldest_first):
                if span_ns is not None and not span_ns[0] <= -place[0] < span_ns[1]:
                    return
                if self._wanted(wanted, place[0], place[1], owner):
                    yield place, place[1]

        return page(
            rows_after,
            size=size,
            token=token,
            listing=f"{owner} items {size} {listing}",
            options=self._options,
            fault=fault,
        )

    def _wanted(self, wanted: Filters, minus_ns: int, number: int, owner: int) -> bool:
        mime_type, favorite, archived, belongs_to = self._world.traits(number)
        if belongs_to != owner or not wanted.traits_match(mime_type, favorite, archived):
            return False
        if wanted.by_date and not wanted.date_matches(self._world.dated(minus_ns)):
            return False
        return not wanted.by_content or wanted.content_matches(self._world.at(number))

    def _album_page(self, album: Album, size: int, token: str, call: Call) -> Page[int]:
        def rows_after(after: Cursor | None) -> Iterator[tuple[Cursor, int]]:
            for index in range(_next_index(album, after), len(album.members)):
                number = album.members[index]
                if self._world.traits(number)[3] == call.owner:
                    yield (index, number), number

        return page(
            rows_after,
            size=size,
            token=token,
            listing=f"{call.owner} album {album.id} {size}",
            options=self._options,
            fault=call.fault,
        )

    def _page_size(self, given: Any, what: str) -> int:
        usual, largest = _PAGE[what]
        try:
            size = int(given or 0)
        except (TypeError, ValueError):
            message = f"Invalid value at 'page_size' (TYPE_INT32), {json.dumps(given)}"
            raise ApiError(400, message) from None
        if size < 0:
            raise ApiError(400, "Page size must not be negative.")
        if size > largest and self._options.page_size_over_max == "refuse":
            raise ApiError(400, f"Page size must be at most {largest}.")
        return min(size, largest) or usual

    # --- resources ----------------------------------------------------------------------------

    def _item(self, number: int) -> dict[str, Any]:
        return resources.media_item(self._world.at(number), self._base_url(number))

    def _album(self, album: Album) -> dict[str, Any]:
        cover = album.cover
        if cover is None and album.members:
            cover = album.members[0]
        return resources.album(
            album,
            len(album.members),
            "" if cover is None else self._world.at(cover).id,
            "" if cover is None else self._base_url(cover),
        )

    def _own_album(self, album_id: str, owner: int) -> Album:
        try:
            album = self._world.album(album_id)
        except UnknownIdError:
            raise ApiError(400, "Invalid album ID.") from None
        if album.owner != owner:
            raise ApiError(400, "Invalid album ID.")
        return album

    def _own_item(self, item_id: str, owner: int) -> Item | None:
        try:
            item = self._world.item(item_id)
        except UnknownIdError:
            return None
        return item if item.owner == owner else None


def answer(served: Method, call: Call) -> Any:
    """Call a method and leave of its answer what the client asked for.

    Raises:
        ApiError: the request is refused.
    """
    mask = call.request.value("fields")
    return fields.cut(served(call), fields.parse(mask) if mask else {})


def check_query(request: Request, *known: str) -> None:
    """Let the parameters of a method pass.

    Raises:
        ApiError: there is another one.
    """
    for name in request.query:
        if name not in _COMMON and name not in known:
            raise ApiError(
                400,
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
                f" Field '{name}' could not be found in request message.",
            )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError:
        raise ApiError(400, "Invalid JSON payload received. Unexpected token.") from None


def _check_order(order: str, wanted: Filters) -> None:
    if not order:
        return
    if order not in _ORDERS:
        raise ApiError(400, f"Invalid value at 'order_by', \"{order}\"")
    others = wanted.by_content or wanted.favorites or wanted.media_type != "ALL_MEDIA"
    if not wanted.by_date or others:
        message = "order_by may only be set together with a date filter, and with no other filter."
        raise ApiError(400, message)


def _listing(name: str, found: Page[Any], shown: list[dict[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {name: shown} if shown else {}
    if found.next_token is not None:
        answer["nextPageToken"] = found.next_token
    return answer


def _next_index(album: Album, after: Cursor | None) -> int:
    """Where an album goes on, though items before that place may have been taken out meanwhile."""
    if after is None:
        return 0
    index, number = after
    if index < len(album.members) and album.members[index] == number:
        return index + 1
    earlier = album.members[:index]
    # Ranges and lists look alike here; the item itself may be what was taken out.
    return earlier.index(number) + 1 if number in earlier else min(index, len(album.members))
