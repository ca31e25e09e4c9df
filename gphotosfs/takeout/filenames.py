"""What Takeout does to names: cuts them, counts them, and gives edited copies a suffix.

The reference, sections 6.3 and 6.5. These are habits, not laws, so names are compared by their `key`, and
what was cut is recognised by its beginning, never by its length.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

SIDECAR: Final = ".json"
SUPPLEMENT: Final = ".supplemental-metadata"
"""What stands before `.json` since about October 2024, itself often cut."""

CUT_UNITS: Final = 40
"""Names of fewer UTF-16 units are never cut: sidecars are at 46, media at 51 with their ending."""

# What can't be in a name on some system, and what old exports replaced besides. `_` is what they become,
# so a name and a title are equal if they are equal with all of these made `_`.
_REPLACED: Final = re.compile(r'[\\/:*?"<>|&%\x00-\x1f]')
_SPACES: Final = re.compile("[\u00a0\u202f]")

_EXTENSION: Final = re.compile(r"(?<=.)\.[A-Za-z0-9~]{1,10}\Z", re.DOTALL)
_COUNTER: Final = re.compile(r"\((\d{1,6})\)\Z")
_VERSION: Final = re.compile(r"~\d\Z")

# Those that are in no language come from Google's own creations. The lists are the reference's, 6.2
# and 6.3.
EDITED: Final = (
    "-edited", "-modifié", "-bearbeitet", "-modificato", "-ha editado", "-editado", "-editat",
    "-измененный", "-отредактировано", "-upravené", "-muokattu", "-düzenlendi", "-編集済み",
    "-已修改", "-编辑", "-已編輯", "-edytowane", "-bewerkt",
    "-effects", "-smile", "-mix", "-collage", "-animation", "-motion",
)  # fmt: skip


class Name(NamedTuple):
    """A media file's name, taken apart. `key`s, so good for comparing only."""

    stem: str
    counter: int | None
    extension: str
    """With its dot; "" if there is none."""


def plain(name: str) -> str:
    """A name in one form of Unicode, with ordinary spaces: as it is, or unpacked on a Mac."""
    return name if name.isascii() else _SPACES.sub(" ", unicodedata.normalize("NFC", name))


def key(name: str) -> str:
    """What equal names have in common, whether or not characters were replaced in them."""
    return _REPLACED.sub("_", plain(name))


def units(text: str) -> int:
    """The length in UTF-16 units, which is what Takeout counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(name: str) -> tuple[str, str]:
    """Stem and extension; the extension with its dot, or empty."""
    match = _EXTENSION.search(name)
    return (name[: match.start()], match[0]) if match else (name, "")


def readings(name: str) -> Iterator[Name]:
    """What a media file's name may mean: `a(1).jpg` is the second `a.jpg`, or the first `a(1).jpg`."""
    stem, extension = split(key(name))
    yield Name(stem, None, extension)
    match = _COUNTER.search(stem)
    if match:
        yield Name(stem[: match.start()], int(match[1]), extension)
    if extension:
        # "Trip 05.03" may be a whole name: what is behind the dot need not be an extension.
        yield Name(key(name), None, "")


def sidecar_readings(name: str) -> Iterator[tuple[str, int | None]]:
    """What stands before `.json` in a sidecar's name: (beginning of the title's key, counter)."""
    rest = key(name)[: -len(SIDECAR)]
    match = _COUNTER.search(rest)
    if match:
        yield rest[: match.start()], int(match[1])
    yield rest, None


def titles_of(begin: str) -> Iterator[str]:
    """The titles' keys that a sidecar's name may be made of, the likeliest first."""
    for length in range(len(SUPPLEMENT), 0, -1):
        if begin.endswith(SUPPLEMENT[:length]):
            yield begin[:-length]
            break
    yield begin


def agrees(begin: str, title: str) -> bool:
    """Whether a sidecar of this title may have a name that begins so."""
    if title.startswith(begin):
        return begin == title or units(begin) >= CUT_UNITS
    return begin.startswith(title) and SUPPLEMENT.startswith(begin[len(title) :])


def unedited(stem: str) -> Iterator[tuple[str, str]]:
    """What an edited copy's stem may have been before: (stem, suffix), the surest first.

    The suffix may be cut, wholly even, or be in a language that is not known here.
    """
    lowered = stem.lower()
    for suffix in EDITED:
        if lowered.endswith(suffix) and len(stem) > len(suffix):
            yield stem[: -len(suffix)], stem[-len(suffix) :]
    begin, dash, rest = stem.rpartition("-")
    if begin and dash and rest.strip() and all(_is_of_words(c) for c in rest):
        yield begin, dash + rest
    if units(stem) >= CUT_UNITS:
        if dash and not rest:
            yield begin, EDITED[0]
        yield stem, EDITED[0]


def _is_of_words(character: str) -> bool:
    """Whether it is a letter, a mark on one, as in Thai and Hindi, or a space."""
    return character == " " or unicodedata.category(character)[0] in "LM"


def unmoved(name: str) -> Iterator[str]:
    """The key of the still that a name without an extension of its own would be the moving part of.

    `PXL.MP` and `PXL.MP~2` go with `PXL.MP.jpg`, `MVIMG_1` with `MVIMG_1.jpg`.
    """
    yield key(name)
    match = _VERSION.search(name)
    if match:
        yield key(name[: match.start()])
