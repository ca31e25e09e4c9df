"""In which order the thumbnails of a directory are made: as its files will be seen."""

import re
from collections.abc import Sequence
from typing import Final

from gphotosfs.desktop.sweeps import LOOKED_AT
from gphotosfs.model import Entry


class Upcoming:
    """The files of a directory of which the thumbnails are still to be made, in their order.

    A file manager shows the first names, so they go first, of all that is known by then. What nobody
    scrolls to follows in the order of the listing, along which base URLs are renewed 50 at a time:
    by name, 10,000 thumbnails of an album of 20,000 took 2,000 calls besides.
    """

    def __init__(self, limit: int, *, by_name: bool) -> None:
        """At most `limit` are taken; where there are more, those with the first names."""
        self.left = limit
        """So many may still be taken."""
        self._named_left = min(limit, LOOKED_AT) if by_name else 0
        self._by_name: list[tuple[list[tuple[int, str]], int, Entry]] = []
        self._listed: list[Entry] = []

    def __len__(self) -> int:
        return min(self.left, len(self._by_name) + len(self._listed))

    def add(self, files: Sequence[Entry]) -> list[int]:
        """Take further files in, in the order of the listing; the cookies of those that are left out.

        A directory of a million is not to be held here.
        """
        if not self._named_left:
            room = max(0, self.left - len(self._listed))
            self._listed += files[:room]
            return [file.cookie for file in files[room:]]
        self._by_name += ((name_key(file.name), file.cookie, file) for file in files)
        if len(self._by_name) <= 2 * self.left:
            return []
        self._by_name.sort()
        left_out = [cookie for _, cookie, _ in self._by_name[self.left :]]
        del self._by_name[self.left :]
        return left_out

    def take(self, count: int, *, is_whole: bool = True) -> list[Entry]:
        """So many that come next, and are not among them any more; fewer where there are no more.

        `is_whole` says that none will be added.
        """
        count = min(count, self.left)
        taken = self._first_named(min(count, self._named_left), is_whole)
        if not self._named_left:
            count -= len(taken)
            taken += self._listed[:count]
            del self._listed[:count]
        self.left -= len(taken)
        return taken

    def _first_named(self, count: int, is_whole: bool) -> list[Entry]:
        self._by_name.sort()
        taken = [file for _, _, file in self._by_name[:count]]
        del self._by_name[:count]
        # Until all are known, who comes first by name may still come.
        self._named_left -= len(taken) if is_whole else 0
        if not self._named_left:
            rest = self._by_name[: self.left]
            self._listed += sorted((file for _, _, file in rest), key=lambda file: file.cookie)
            self._by_name.clear()
        return taken


def name_key(name: bytes) -> list[tuple[int, str]]:
    """Sorts names as file managers do: numbers by their value, capitals as small letters."""
    pieces = _DIGITS.split(name.decode("utf-8", "surrogateescape").casefold())
    # Digits are at odd places, so that like is compared with like.
    return [(int(one), "") if at % 2 else (0, one) for at, one in enumerate(pieces)]


_DIGITS: Final = re.compile(r"([0-9]+)")
