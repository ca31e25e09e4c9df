"""The Library API: albums and media items of what this OAuth client uploaded."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from gphotosfs import limits
from gphotosfs.google import wire
from gphotosfs.google.base_urls import BaseUrls
from gphotosfs.google.http import Http
from gphotosfs.google.wire import ItemsPage
from gphotosfs.model import Album, AlbumId, ItemId, MediaItem, Page, Search

# Google asks for an order only where dates are given.
# https://developers.google.com/photos/library/guides/apply-filters (read 2026-11)
OLDEST_FIRST: Final = "MediaMetadata.creation_time"


class LibraryApi:
    """One method is one call. Base URLs go to `remember` and are in no result."""

    def __init__(self, http: Http, remember: Callable[[ItemsPage], None]) -> None:
        self._http = http
        self._remember = remember

    async def albums_page(self, page_token: str | None = None) -> Page[Album]:
        """One page of the albums.

        Raises:
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        params = {"pageSize": limits.ALBUMS_PAGE_MAX, "fields": wire.ALBUMS_PAGE_FIELDS}
        if page_token is not None:
            params["pageToken"] = page_token
        return wire.albums_page(await self._http.get_json("list of albums", "/v1/albums", params))

    async def album_items_page(
        self, album: AlbumId, page_token: str | None = None
    ) -> Page[MediaItem]:
        """One page of an album's items, in the order Google gives them.

        Raises:
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        body = {"albumId": album, "pageSize": limits.MEDIA_ITEMS_PAGE_MAX}
        return await self._search("items of an album", body, page_token)

    async def media_items_page(
        self, page_token: str | None = None, page_size: int = limits.MEDIA_ITEMS_PAGE_MAX
    ) -> Page[MediaItem]:
        """One page of every item, newest capture time first.

        A page may be short, even empty, and not be the last: only a missing `next_page_token` ends
        the listing.

        Raises:
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        params: dict[str, Any] = {"pageSize": page_size, "fields": wire.ITEMS_PAGE_FIELDS}
        if page_token is not None:
            params["pageToken"] = page_token
        answer = await self._http.get_json("list of media items", "/v1/mediaItems", params)
        return self._decoded(answer)

    async def search_page(
        self,
        search: Search,
        page_token: str | None = None,
        page_size: int = limits.MEDIA_ITEMS_PAGE_MAX,
    ) -> Page[MediaItem]:
        """One page of the items that match, newest first unless the search says otherwise.

        Raises:
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        body: dict[str, Any] = {"filters": _filters(search), "pageSize": page_size}
        if search.oldest_first:
            body["orderBy"] = OLDEST_FIRST
        return await self._search("search of media items", body, page_token)

    async def unknown(self, items: list[ItemId]) -> set[ItemId]:
        """Those of up to 50 different items of which Google says that it does not know them.

        Raises:
            RemoteError: Google gave no usable answer; the subclass says why.
        """
        answer = await _batch_get(self._http, items)
        self._remember(wire.batch(answer))
        return wire.unknown(answer, items)

    async def _search(
        self, what: str, body: dict[str, Any], page_token: str | None
    ) -> Page[MediaItem]:
        if page_token is not None:
            body["pageToken"] = page_token
        params = {"fields": wire.ITEMS_PAGE_FIELDS}
        answer = await self._http.post_json(what, "/v1/mediaItems:search", params, body)
        return self._decoded(answer)

    def _decoded(self, answer: object) -> Page[MediaItem]:
        decoded = wire.items_page(answer)
        self._remember(decoded)
        return decoded.page


async def _batch_get(http: Http, items: list[ItemId]) -> object:
    """The answer to a mediaItems.batchGet of 1 to 50 different ids."""
    params = {"mediaItemIds": items, "fields": wire.BATCH_FIELDS}
    return await http.get_json("batch of media items", "/v1/mediaItems:batchGet", params)


def base_urls(http: Http, elapsed: Callable[[], float]) -> BaseUrls:
    """The memory of base URLs, renewed over `http`."""

    async def batch_get(items: list[ItemId]) -> ItemsPage:
        return wire.batch(await _batch_get(http, items))

    return BaseUrls(batch_get, elapsed)


def _filters(search: Search) -> dict[str, Any]:
    filters: dict[str, Any] = {}
    if search.favorites:
        filters["featureFilter"] = {"includedFeatures": ["FAVORITES"]}
    if search.videos:
        filters["mediaTypeFilter"] = {"mediaTypes": ["VIDEO"]}
    if search.first_day is not None and search.last_day is not None:
        days = {"startDate": _day(search.first_day), "endDate": _day(search.last_day)}
        filters["dateFilter"] = {"ranges": [days]}
    if search.include_archived:
        filters["includeArchivedMedia"] = True
    return filters


def _day(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}
