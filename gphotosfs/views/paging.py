"""Turning pages: what every listing of Google's has to watch for."""

from typing import Any

from gphotosfs import errors, limits
from gphotosfs.model import Page


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
