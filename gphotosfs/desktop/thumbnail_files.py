"""The thumbnails of a home, as every desktop shares them on disk.

https://specifications.freedesktop.org/thumbnail-spec/: one PNG for each size of a file's picture,
named after the file's URI; texts in it say which file it is of, and as of when. Other programs write
here too, so each function looks at the folder as it is, and only what says that it is ours is ours.

Every function reads or writes files, so call it in a thread.
"""

import hashlib
import itertools
import logging
import os
import tempfile
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gphotosfs import pictures
from gphotosfs.errors import PictureError
from gphotosfs.names import NS

log = logging.getLogger(__name__)

SIZES: Final = {128: "normal", 256: "large", 512: "x-large", 1024: "xx-large"}
"""The folder of each size, by the pixels that the longer side has at most."""

_USUAL_PX: Final = (128, 256)
_RARE_PX: Final = (512, 1024)

# What g_filename_to_uri() leaves as it is, besides letters and digits; all other bytes it writes
# as %XX. Tried with GLib 2.74, all 255 bytes.
_PLAIN: Final = "!$&'()*+,-./:=@_~"

_SOFTWARE: Final = "gphotosfs"
_PROFILE: Final = "X-GPhotosFS::Profile"

# Names of files that are being written; the specification asks for another name until they are whole.
_UNFINISHED: Final = ".gphotosfs-"

# The texts stand at the head. The longest is a URI: three characters for each of a path's 4,096 bytes.
_HEAD_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Pictured:
    """A file, as its thumbnail describes it."""

    uri: str
    mtime_ns: int
    mime_type: str = ""
    size_bytes: int | None = None
    """None unless `st_size` is exact: a thumbnail that says another size is not believed."""
    width_px: int | None = None
    height_px: int | None = None


def uri_of(path: bytes) -> str:
    """The URI of an absolute path, to the letter as GLib writes it: its hash is the file's name."""
    return "file://" + urllib.parse.quote_from_bytes(path, safe=_PLAIN)


def _kde_uri(uri: str) -> str:
    """The URI of the same file as KDE writes it, by `QUrl::toEncoded(FullyEncoded)`.

    Tried with Qt 5.15, all characters of ASCII: it leaves three as they are that GLib does not.
    """
    return uri.replace("%3B", ";").replace("%5B", "[").replace("%5D", "]")


class ThumbnailFiles:
    """The thumbnails in a folder, of which those of one profile are ours.

    A disk that is full or can't be written is worth one line in the log, and nothing else breaks.
    """

    def __init__(
        self, folder: Path, profile: str, links: Mapping[Path, Iterable[Path]] | None = None
    ) -> None:
        """`folder` is `$XDG_CACHE_HOME/thumbnails`; it need not exist.

        `links` are other paths of a folder: what is written for a file in it is for them as well.
        """
        self._folder = folder
        self._links = [
            (uri_of(bytes(path)), uri_of(bytes(other)))
            for path, others in (links or {}).items()
            for other in others
        ]
        self._profile = profile
        self._complained = False

    def sizes_in_use(self) -> list[int]:
        """The sizes that this person's desktop looks for, in pixels, the smallest first.

        Both usual ones, since who uses one file manager today may use another tomorrow, and the small
        one is 14 KB; the large ones only where another program keeps something there.
        """
        return [*_USUAL_PX, *(size_px for size_px in _RARE_PX if self._is_used(size_px))]

    def missing(
        self, sizes_px: Iterable[int], uri: str, mtime_ns: int, size_bytes: int | None = None
    ) -> list[int]:
        """Those of the sizes in which the file has no thumbnail that a desktop would draw.

        Whose thumbnail it is makes no difference. One that says another size than `size_bytes` is of other
        bytes, for GLib too; None says nothing.
        """
        return [
            size_px
            for size_px in sizes_px
            if self._valid(self.path(uri, size_px), uri, mtime_ns, size_bytes) is None
        ]

    def write(self, pictured: Pictured, pngs: Mapping[int, bytes]) -> bool:
        """Make these the file's thumbnails, by size; says whether they could be kept."""
        try:
            for uri, (size_px, png) in itertools.product(self._uris(pictured.uri), pngs.items()):
                target = self.path(uri, size_px)
                self._folder.parent.mkdir(parents=True, exist_ok=True)
                self._folder.mkdir(mode=0o700, exist_ok=True)
                target.parent.mkdir(mode=0o700, exist_ok=True)
                _replace(target, self._described(png, replace(pictured, uri=uri)))
        except FileNotFoundError:
            return False  # somebody empties the folder at this moment
        except OSError as exc:
            # Other threads write as well, and none comes in where nothing is called.
            is_told, self._complained = self._complained, True
            if not is_told:
                log.warning("thumbnails can't be kept in %s: %s", self._folder, exc.strerror)
            return False
        self._complained = False
        return True

    def copy(self, uri: str, pictured: Pictured, sizes_px: Iterable[int]) -> list[int]:
        """Make the thumbnails at one URI those of a file of the same content; the sizes copied.

        A size is left out where there is none to copy, or none of the same time.
        """
        copied = []
        for size_px in sizes_px:
            file = self.path(uri, size_px)
            png = self._valid(file, uri, pictured.mtime_ns, pictured.size_bytes, whole=True)
            with suppress(PictureError):
                if png is not None and self.write(pictured, {size_px: png}):
                    copied.append(size_px)
        return copied

    def path(self, uri: str, size_px: int) -> Path:
        """Where the file's thumbnail of this size is, whether or not there is one."""
        name = hashlib.md5(uri.encode(), usedforsecurity=False).hexdigest()
        return self._size_folder(size_px) / f"{name}.png"

    def _uris(self, uri: str) -> Iterable[str]:
        """The URI of a file, and what others call it."""
        linked = (
            other + uri.removeprefix(path)
            for path, other in self._links
            if uri.startswith(f"{path}/")
        )
        return dict.fromkeys(one for each in (uri, *linked) for one in (each, _kde_uri(each)))

    def remove(self, uri: str) -> None:
        """Take all thumbnails of a file away, whoever made them."""
        for one, size_px in itertools.product(self._uris(uri), SIZES):
            with suppress(OSError):
                self.path(one, size_px).unlink(missing_ok=True)

    def _size_folder(self, size_px: int) -> Path:
        return self._folder / SIZES[size_px]

    def _is_used(self, size_px: int) -> bool:
        """Whether thumbnails of this size are kept; ours are only where another program's were before."""
        with suppress(OSError), os.scandir(self._size_folder(size_px)) as entries:
            return any(entry.name.endswith(".png") for entry in entries)
        return False

    @staticmethod
    def _valid(
        path: Path, uri: str, mtime_ns: int, size_bytes: int | None, *, whole: bool = False
    ) -> bytes | None:
        """The thumbnail's head, or all of it, if it is of that file as it was at that time."""
        try:
            with path.open("rb") as file:
                png = file.read(-1 if whole else _HEAD_BYTES)
            texts = pictures.texts_of(png[:_HEAD_BYTES])
        except (OSError, PictureError):
            return None
        is_same = texts.get("Thumb::URI") == uri
        is_same &= texts.get("Thumb::MTime") in _mtime_texts(mtime_ns)
        is_same &= size_bytes is None or texts.get("Thumb::Size") in (None, str(size_bytes))
        return png if is_same else None

    def _described(self, png: bytes, pictured: Pictured) -> bytes:
        """The PNG saying of which file it is."""
        whole, exact, _ = _mtime_texts(pictured.mtime_ns)
        texts = {
            "Thumb::URI": pictured.uri,
            "Thumb::MTime": whole,
            "Thumb::Mimetype": pictured.mime_type,
            "Software": _SOFTWARE,
            _PROFILE: self._profile,
        }
        numbers = {
            "Thumb::Size": pictured.size_bytes,
            "Thumb::Image::Width": pictured.width_px,
            "Thumb::Image::Height": pictured.height_px,
        }
        texts |= {key: str(number) for key, number in numbers.items() if number is not None}
        # Tumbler takes the first text of that name, of whatever kind; GLib looks at tEXt alone, of
        # which no other number may be there; Qt takes the last.
        first = {} if pictured.mtime_ns % NS == 0 else {"Thumb::MTime": exact}
        return pictures.with_text(png, {key: text for key, text in texts.items() if text}, first)


def ours(folder: Path, profile: str) -> Iterator[Path]:
    """The thumbnails that mounts of the profile wrote, found by looking into the head of each.

    And what was never finished: a daemon that writes at this moment does without.
    """
    for size_folder in SIZES.values():
        for path in _files(folder / size_folder):
            texts = _texts_in(path)
            is_ours = texts.get("Software") == _SOFTWARE and texts.get(_PROFILE) == profile
            if is_ours or path.name.startswith(_UNFINISHED):
                yield path


def _mtime_texts(mtime_ns: int) -> tuple[str, str, str]:
    """A time as GLib compares it, as Tumbler does since 4.17, and as KDE does.

    The specification says whole seconds, and not what becomes of the years before 1970: GLib takes
    them as unsigned numbers of 64 bits. Tumbler wants to see the microseconds, unless there are none.
    """
    mtime_s, rest_ns = divmod(mtime_ns, NS)
    unsigned = mtime_s % 2**64
    return str(unsigned), f"{unsigned}.{rest_ns // 1000:06}", str(mtime_s)


def _files(folder: Path) -> Sequence[Path]:
    with suppress(OSError):
        return [Path(entry) for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    return []


def _texts_in(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            return pictures.texts_of(file.read(_HEAD_BYTES))
    except (OSError, PictureError):
        return {}


def _replace(target: Path, content: bytes) -> None:
    """Write the file under another name first, so that nobody sees half of it. It is 0600."""
    descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=target.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
