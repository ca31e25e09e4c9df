"""What the folders of an export are: a year's, an album, the trash.

Told by what lies in them as far as that goes; names are localised, and people pack exports again.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Final

from gphotosfs import names
from gphotosfs.takeout.filenames import plain

# "Photos from 2023" and what other languages were seen to call it (the reference, 6.2).
_YEAR: Final = re.compile(
    r"(?:photos from|fotos von|fotos del|fotos de|photos de|foto del|foto dal|foto da|foto's uit"
    r"|fotos uit|zdjęcia z|фото за|фотографии за) (?:\d{4})"
)
# Until about 2019 an export had a folder a day, "2015-07-04", also "2015-07-04 #2" and "2015-07-04 - 06".
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d(?: ?#\d+| - \S+)?")

_WORDS_AROUND_YEAR: Final = re.compile(r"(\D*)((?:18|19|20|21)\d\d)(\D*)")

_TRASH: Final = frozenset(
    ("trash", "bin", "corbeille", "papierkorb", "papelera", "cestino", "lixeira", "prullenbak",
     "корзина", "кошче", "ゴミ箱", "kosz", "çöp kutusu", "roskakori", "paperera", "回收站", "垃圾桶")
)  # fmt: skip
_ARCHIVE: Final = frozenset(
    ("archive", "archiv", "archives", "archivo", "archivio", "arquivo", "archief", "архив",
     "アーカイブ", "归档文件", "archiwum", "arşiv", "arkisto", "arxiu", "归档", "封存")
)  # fmt: skip
_OTHER: Final = frozenset(("failed videos", "locked folder"))


@dataclass(frozen=True, slots=True)
class Seen:
    """What lies in a folder, as far as it tells whether it is a year's."""

    name: str
    taken_s: tuple[int, ...]
    """When its items were taken, where that is known."""
    has_album: bool
    """Whether an album's JSON lies in it."""
    has_title: bool
    """Whether that has a title which is not just the folder's name."""


def years_among(siblings: Mapping[str, Seen]) -> set[str]:
    """Those of the folders beside each other that hold every item by time, and so are no albums."""
    untitled = {path: one for path, one in siblings.items() if not one.has_title}
    folded = {path: plain(one.name).casefold() for path, one in untitled.items()}
    days = {path for path, name in folded.items() if _DAY.fullmatch(name)}
    named = {path for path, name in folded.items() if _YEAR.fullmatch(name)}
    if named:
        return days | named
    # In a language that is not known here: the same words around several years, and around more of them
    # than any others.
    by_words: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for path, name in folded.items():
        match = _WORDS_AROUND_YEAR.fullmatch(name)
        if match and not untitled[path].has_album and _is_of(int(match[2]), untitled[path].taken_s):
            by_words[match[1], match[3]][match[2]] = path
    several = [by_year for by_year in by_words.values() if len(by_year) > 1]
    return days | set(max(several, key=len, default={}).values())


def _is_of(year: int, taken_s: Iterable[int]) -> bool:
    """Whether items are of a year, but for one in ten: Google goes by the camera's zone, we by UTC."""
    inside = [
        year in {names.utc_day((time_s + day_s) * names.NS).year for day_s in (-_DAY_S, 0, _DAY_S)}
        for time_s in taken_s
    ]
    return bool(inside) and sum(inside) * 10 >= len(inside) * 9


_DAY_S: Final = 86_400


def is_trash(name: str) -> bool:
    """Whether a folder without an album's JSON is the trash."""
    return plain(name).casefold() in _TRASH


def is_archive(name: str) -> bool:
    """Whether a folder without an album's JSON holds what was archived."""
    return plain(name).casefold() in _ARCHIVE


def is_special(name: str) -> bool:
    """Whether a folder without an album's JSON is none, whatever lies in it."""
    return is_trash(name) or is_archive(name) or plain(name).casefold() in _OTHER


def photo_folders(folders: Iterable[str], with_items: Set[str], with_albums: Set[str]) -> set[str]:
    """Which folders belong to Google Photos, of all, those with an item's JSON, and with an album's.

    The root is what holds folders with items' JSON; all that it holds belongs to it. Where an export was
    packed again without its root, other products' folders lie beside: then only those with JSON.
    """
    roots = {folder.rpartition("/")[0] for folder in with_items}
    lost = {root for root in roots if plain(root).casefold() in {"", "takeout"}}
    return set(with_items) | {
        folder
        for folder in folders
        if (above := folder.rpartition("/")[0]) in roots
        and (above not in lost or (folder in with_albums and folder not in roots))
    }
