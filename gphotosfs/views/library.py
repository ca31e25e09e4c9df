"""What the views need of a source that lists media items."""

from typing import Protocol

from gphotosfs.model import Album, AlbumId, ItemId, MediaItem, Page, Search


class Library(Protocol):
    """The Library API, or whoever plays it. One method is one request.

    Every method raises a `RemoteError` whose subclass says why there is no usable answer.
    """

    async def albums_page(self, page_token: str | None = None) -> Page[Album]:
        """One page of the albums."""

    async def album_items_page(
        self, album: AlbumId, page_token: str | None = None
    ) -> Page[MediaItem]:
        """One page of an album's items, in the order Google gives them."""

    async def media_items_page(
        self, page_token: str | None = None, page_size: int = 100
    ) -> Page[MediaItem]:
        """One page of every item, newest capture time first."""

    async def search_page(
        self, search: Search, page_token: str | None = None, page_size: int = 100
    ) -> Page[MediaItem]:
        """One page of the items that match, newest first unless the search says otherwise."""

    async def unknown(self, items: list[ItemId]) -> set[ItemId]:
        """Those of up to 50 different items of which Google says that it does not know them."""


class NoLibrary:
    """The library of a sign-in that is for picking alone: there is nothing in it, and nobody is asked."""

    async def albums_page(self, _page_token: str | None = None) -> Page[Album]:
        """No album."""
        return Page(())

    async def album_items_page(
        self, _album: AlbumId, _page_token: str | None = None
    ) -> Page[MediaItem]:
        """No item."""
        return Page(())

    async def media_items_page(
        self, _page_token: str | None = None, _page_size: int = 100
    ) -> Page[MediaItem]:
        """No item."""
        return Page(())

    async def search_page(
        self, _search: Search, _page_token: str | None = None, _page_size: int = 100
    ) -> Page[MediaItem]:
        """No item."""
        return Page(())

    async def unknown(self, _items: list[ItemId]) -> set[ItemId]:
        """No item: nobody can say."""
        return set()
