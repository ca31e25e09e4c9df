"""Turning pages: what every listing of Google's has to watch for."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import trio

from gphotosfs import errors, limits
from gphotosfs.model import Page

T = TypeVar("T")


class Paging:
    """The way through one listing, from page to page.

    Only a missing token ends it. A page may be empty and not the last; a token that comes twice, or
    an endless row of empty pages, is nonsense.
    """

    def __init__(self, what: str, token: str | None = None) -> None:
        self.token = token
        self.resumed = token is not None
        """The next page is asked for with a token that an earlier run has left: it may have died, as
        how long one lives is not documented."""
        self._what = what
        self._tokens = {token}
        self._empty_pages = 0

    def turn(self, page: Page[Any]) -> None:
        """Note where the next page is.

        Raises:
            BadAnswerError: the listing does not end.
        """
        self.resumed = False
        self._empty_pages = 0 if page.items else self._empty_pages + 1
        self.token = page.next_page_token
        if self.token is not None and self.token in self._tokens:
            raise errors.BadAnswerError(
                f"Google's list of {self._what} does not end: a page token came twice"
            )
        if self._empty_pages > limits.EMPTY_PAGES_MAX:
            raise errors.BadAnswerError(
                f"Google's list of {self._what} does not end: {self._empty_pages} empty pages"
            )
        self._tokens.add(self.token)


class Ahead(Generic[T]):
    """A page that is on its way while the one before it is written.

    Writing a page of 100 takes 5 to 15 ms, which is an eighth of a listing's time if each call waits
    for it. Only for listings that end where Google says so, since a call that nobody needs is a
    call of the day's.
    """

    def __init__(self, nursery: trio.Nursery, call: Callable[[], Awaitable[T]]) -> None:
        self._landed = trio.Event()
        self._pages: list[T] = []
        self._error: Exception | None = None
        nursery.start_soon(self._fetch, call)

    async def page(self) -> T:
        """The page, once it is here; or what went wrong."""
        await self._landed.wait()
        if self._error is not None:
            raise self._error
        return self._pages[0]

    async def _fetch(self, call: Callable[[], Awaitable[T]]) -> None:
        try:
            self._pages.append(await call())
        except Exception as exc:  # noqa: BLE001 - raised again for whoever takes the page
            self._error = exc
        finally:
            self._landed.set()
