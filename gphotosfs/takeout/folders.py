"""What the folders of an export are: a year's, an album, the trash.

Told by what lies in them as far as that goes; names are localised, and people pack exports again.
"""

import re
from collections.abc import Iterable, Set
from typing import Final

from gphotosfs.takeout.filenames import plain

# "Photos from 2023" and what other languages were seen to call it (the reference, 6.2).
_YEAR: Final = re.compile(
    r"(?:photos from|fotos von|fotos del|fotos de|photos de|foto del|foto dal|foto's uit|fotos uit"
    r"|zdjęcia z|фото за|фотографии за) (?:\d{4})"
)
# Until about 2019 an export had a folder a day, "2015-07-04", also "2015-07-04 #2" and "2015-07-04 - 06".
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d(?: ?#\d+| - \S+)?")

_WORDS_AND_YEAR: Final = re.compile(r"(\S.*) (\d{4})")

_TRASH: Final = frozenset(
    ("trash", "bin", "corbeille", "papierkorb", "papelera", "cestino", "lixeira", "prullenbak",
     "корзина", "кошче", "ゴミ箱", "kosz", "çöp kutusu", "roskakori", "paperera", "回收站", "垃圾桶")
)  # fmt: skip
_ARCHIVE: Final = frozenset(
    ("archive", "archiv", "archives", "archivo", "archivio", "arquivo", "archief", "архив",
     "アーカイブ", "archiwum", "arşiv", "arkisto", "arxiu", "归档", "封存")
)  # fmt: skip
_OTHER: Final = frozenset(("failed videos", "locked folder"))


def is_year(name: str, siblings: Iterable[str], years: Iterable[int], *, has_title: bool) -> bool:
    """Whether a folder is one of those that hold every item by time, and so no album.

    `siblings` are the folders beside it and it, `years` those in which its items were taken; `has_title`
    says whether it holds an album's JSON with a title that is not just its own name.
    """
    folded = plain(name).casefold()
    if has_title:
        return False
    if _YEAR.fullmatch(folded) or _DAY.fullmatch(folded):
        return True
    # In a language that is not known here: the same words before several years, and within it no
    # item of another year.
    match = _WORDS_AND_YEAR.fullmatch(folded)
    if match is None or set(years) != {int(match[2])}:
        return False
    others = (_WORDS_AND_YEAR.fullmatch(plain(one).casefold()) for one in siblings)
    return len({one[2] for one in others if one and one[1] == match[1]}) > 1


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
