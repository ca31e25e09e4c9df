"""A maker of Takeout exports: what the simulated library would be as archives, with their quirks.

Letters and numbers are the reference's, section 6. What an export is to be read back as is told beside it,
from the library and not from the names, so that a misreading can't hide.
"""

import io
import json
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from unicodedata import normalize

from gphotosfs.simulator.content import Content, Noise, Whole, read_all
from gphotosfs.simulator.dice import pick, roll
from gphotosfs.simulator.library.items import SECOND_NS, Item, moment
from gphotosfs.simulator.library.world import Album, World
from gphotosfs.simulator.takeout import names
from gphotosfs.simulator.takeout.names import LANGUAGES
from gphotosfs.simulator.takeout.zip_writer import ZipWriter

_PEOPLE: Final = ("Ada", "Grace", "Søren", "美咲")


@dataclass(frozen=True, kw_only=True)
class Quirks:
    """What an export is like; the defaults are those of an ordinary one of 2026."""

    layout: Literal[2019, 2024, 2026] = 2026
    """2019: folders a day, old sidecars, `albumData`; 2024: old sidecars; 2026: new ones."""
    language: str = "en"
    parts: int = 1
    made: str = "20261101T120000Z"
    scattered: bool = True
    """A file and its sidecar may be in different parts."""
    repeated: bool = False
    """Albums' JSON and some files are in two parts under the same path."""
    uncut_sidecars: bool = False
    mixed_sidecars: bool = False
    """Old and new sidecar names side by side."""
    decomposed: bool = False
    """Names in NFD, as a Mac unpacks and packs them."""
    edited_every: int = 0
    """So many items have an edited copy beside the original; 0: none."""
    edited_counters: bool = False
    """`X-edited(1).jpg`, though its sidecar has no counter."""
    motion_every: int = 0
    """So many photos have a moving part."""
    album_sidecars: bool = True
    """False: in albums there are pictures only, and their sidecars in the years' folders."""
    album_pictures: bool = True
    """False: every third album entry is a sidecar only, its picture in the year's folder."""
    album_json: Literal["whole", "title", "missing"] = "whole"
    other_json: bool = False
    """Print orders, comments and the like lie about."""
    trash_every: int = 0
    originals: bool = False
    """JPEGs tell a place, which Google takes out of what it serves: their bytes are others."""
    ampersands: bool = True
    """Names keep `&` and `%`."""
    takeout_level: bool = True
    photos_root: bool = True
    deflated: bool = False
    zip64: bool = False
    descriptors: bool = False
    packed: Literal["zip", "tgz"] = "zip"


@dataclass(frozen=True)
class Shown:
    """A file that an export holds, as it is to be found in a mount."""

    title: str
    taken_s: int | None
    crc: int
    size_bytes: int
    albums: tuple[str, ...]
    """Titles, sorted."""
    favorite: bool = False
    archived: bool = False
    trashed: bool = False
    description: str = ""
    people: tuple[str, ...] = ()


@dataclass
class Exported:
    """An export as it was written."""

    paths: list[Path] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    albums: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _File:
    """One part of an item: the photo, its edited copy, its moving part."""

    content: Content
    ending: str = ""
    """Where the title has none, or another one."""
    suffix: str = ""
    bare: bool = False
    """The title without its ending is the file's name."""


def export(
    world: World, folder: Path, quirks: Quirks | None = None, *, since_ns: int | None = None
) -> Exported:
    """Write the library's archives into a folder; `since_ns`: only items taken since then."""
    made = _Export(world, quirks or Quirks())
    made.add_all(since_ns)
    made.write(folder)
    return made.exported


def people_of(item: Item) -> tuple[str, ...]:
    """Who is in a picture."""
    return (pick(_PEOPLE, 1, item.number, 31),) if item.number % 5 == 0 else ()


def place_of(item: Item) -> tuple[float, float] | None:
    """Where it was taken: (latitude, longitude)."""
    if item.number % 2:
        return None
    return 36 + roll(1, item.number, 32) % 20_000 / 1000, roll(1, item.number, 33) % 20_000 / 1000


class _Export:
    def __init__(self, world: World, quirks: Quirks) -> None:
        self.exported = Exported()
        self._world = world
        self._quirks = quirks
        self._words = LANGUAGES[quirks.language]
        self._parts: list[list[tuple[str, bytes]]] = [[] for _ in range(quirks.parts)]
        self._used: defaultdict[str, set[str]] = defaultdict(set)
        self._albums_of: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        root = [self._words.root] if quirks.photos_root else []
        self._root = "/".join((["Takeout"] if quirks.takeout_level else []) + root)

    def add_all(self, since_ns: int | None) -> None:
        for album in self._world.albums():
            self._add_album(album)
        for item in self._world.items():
            if since_ns is None or (item.created_ns or 0) >= since_ns:
                self._add_item(item)
        self._put(0, "Takeout/archive_browser.html", b"<html></html>")
        if self._quirks.other_json:
            for name, told in (
                ("print-subscriptions.json", {"x": []}),
                ("shared_album_comments.json", {"comments": [{"text": "!"}]}),
                ("user-generated-memory-titles.json", {"userMemoryTitles": []}),
            ):
                self._put(0, f"{self._root}/{name}", json.dumps(told).encode())

    def write(self, folder: Path) -> None:
        """Write every part as a zip."""
        for number, members in enumerate(self._parts, 1):
            if self._quirks.packed == "tgz":
                self._write_tgz(folder, number, members)
                continue
            path = folder / f"takeout-{self._quirks.made}-{number:03}.zip"
            with path.open("wb") as file:
                archive = ZipWriter(
                    file, zip64=self._quirks.zip64, descriptors=self._quirks.descriptors
                )
                for name, data in members:
                    text = normalize("NFD", name) if self._quirks.decomposed else name
                    archive.add(
                        text, data, deflated=self._quirks.deflated or name.endswith(".json")
                    )
                archive.close()
            self.exported.paths.append(path)

    def _write_tgz(self, folder: Path, number: int, members: list[tuple[str, bytes]]) -> None:
        path = folder / f"takeout-{self._quirks.made}-{number:03}.tgz"
        with tarfile.open(path, "w:gz", compresslevel=1) as archive:
            for name, data in members:
                text = normalize("NFD", name) if self._quirks.decomposed else name
                info = tarfile.TarInfo(text)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        self.exported.paths.append(path)

    # --- albums -------------------------------------------------------------------------------

    def _add_album(self, album: Album) -> None:
        quirks, words = self._quirks, self._words
        title = album.title if album.title.strip() else ""
        name = names.cut(names.legal(title, ampersands=quirks.ampersands), 50, whole=False).strip()
        folder = self._free(self._root, name or words.untitled, "")
        told: dict[str, Any] = {"title": title}
        if quirks.album_json == "whole":
            told |= {"description": "", "access": "protected", "date": _time(0), "location": ""}
        if quirks.layout == 2019:
            told = {"albumData": told}
        # Without it the folder's name is all that is known of the title.
        is_told = quirks.album_json != "missing"
        shown = title if is_told else normalize("NFC", folder)
        if not is_told and not album.members:
            return
        self.exported.albums.append(shown)
        path = f"{self._root}/{folder}"
        if is_told:
            self._put_json(album.number, f"{path}/{words.album_json}", told)
            if quirks.repeated:
                self._put_json(album.number + 1, f"{path}/{words.album_json}", told)
        for number in album.members:
            self._albums_of[number].append((path, shown))

    # --- items --------------------------------------------------------------------------------

    def _add_item(self, item: Item) -> None:
        quirks = self._quirks
        title = item.filename
        trashed = bool(quirks.trash_every) and item.number % quirks.trash_every == 1
        albums = [] if trashed else self._albums_of[item.number]
        files = list(self._files(item))
        year = f"{self._root}/{self._words.trash if trashed else self._folder_of(item)}"
        self._put_item(item, title, year, files, trashed=trashed, sidecar=True, pictures=True)
        for place, (album, _) in enumerate(albums):
            pictures = quirks.album_pictures or (item.number + place) % 3 != 0
            sidecar = quirks.album_sidecars or not pictures
            self._put_item(
                item, title, album, files, trashed=False, sidecar=sidecar, pictures=pictures
            )
        taken_s = None if item.created_ns is None else item.created_ns // SECOND_NS
        for file in files:
            # Where only the sidecar is in the album, it stands for the picture, not for its parts.
            self.exported.shown.append(
                Shown(
                    title=self._shown_title(item, file),
                    taken_s=taken_s or None,
                    crc=zlib.crc32(read_all(file.content)),
                    size_bytes=file.content.size_bytes,
                    albums=tuple(sorted(shown for _, shown in albums)),
                    favorite=item.favorite,
                    archived=item.archived,
                    trashed=trashed,
                    description=item.description,
                    people=people_of(item),
                )
            )

    def _put_item(
        self, item: Item, title: str, folder: str, files: Sequence[_File], *,
        trashed: bool, sidecar: bool, pictures: bool,
    ) -> None:  # fmt: skip
        quirks = self._quirks
        legal = names.legal(title, ampersands=quirks.ampersands) or "_"
        counter = 0
        while True:
            made: list[str] = []
            for file in files:
                name = self._file_name(legal, counter, file)
                # Of an edited copy's long name the suffix is cut: then it is counted like a second one.
                made.append(name if name not in made else self._file_name(legal, counter + 1, file))
            supplement = quirks.layout == 2026 and not (quirks.mixed_sidecars and item.number % 2)
            beside = names.sidecar_name(
                legal, counter, supplement=supplement, uncut=quirks.uncut_sidecars
            )
            wanted = {normalize("NFC", name) for name in [*made, beside]}
            if len(wanted) == len(made) + 1 and not wanted & self._used[folder]:
                break
            counter += 1
        self._used[folder] |= wanted
        where = roll(1, item.number, 34)
        if sidecar:
            self._put_json(where, f"{folder}/{beside}", self._told(item, title, trashed=trashed))
        if pictures:
            for number, (name, file) in enumerate(zip(made, files, strict=True), 1):
                part = where + (number if quirks.scattered else 0)
                self._put(part, f"{folder}/{name}", read_all(file.content))
                if quirks.repeated and item.number % 7 == 0:
                    self._put(part + 1, f"{folder}/{name}", read_all(file.content))

    def _file_name(self, legal: str, counter: int, file: _File) -> str:
        if file.suffix and self._quirks.edited_counters and not counter:
            return names.media_name(legal, 1, file.ending, file.suffix)
        if file.bare:
            return names.split(legal)[0] + (f"({counter})" if counter else "")
        return names.media_name(legal, counter, file.ending, file.suffix)

    def _files(self, item: Item) -> Iterator[_File]:
        quirks = self._quirks
        ending = "" if names.split(item.filename)[1] else (".mp4" if item.is_video else ".jpg")
        content = self._world.content(item, "dv" if item.is_video else "d")
        yield _File(_original(content) if quirks.originals else content, ending)
        if item.is_video or not names.split(item.filename)[1]:
            return
        if quirks.edited_every and item.number % quirks.edited_every == 0:
            yield _File(self._edited(item), suffix=self._words.edited)
        if quirks.motion_every and item.number % quirks.motion_every == 0:
            film = Noise("video/mp4", 4000 + item.number % 1000, roll(3, item.number, 36))
            bare = names.units(item.filename) < 40 and item.filename.endswith(".MP.jpg")
            yield _File(film, "" if bare else ".MP4", bare=bare)

    def _edited(self, item: Item) -> Content:
        if item.cheap or item.mime_type != "image/jpeg":
            return Noise("image/jpeg", 3000 + item.number % 1000, roll(2, item.number, 35))
        side = min(item.width, item.height)
        return self._world.content(item, f"w{side}-h{side}-c")

    def _shown_title(self, item: Item, file: _File) -> str:
        title = item.filename or "_"
        stem, ending = names.split(title)
        if file.bare:
            return stem
        if file.suffix:
            return stem + file.suffix + ending
        return stem + (file.ending or ending) if ending else title + file.ending

    def _folder_of(self, item: Item) -> str:
        taken = moment(item.created_ns) if item.created_ns is not None else moment(0)
        if self._quirks.layout == 2019:
            return f"{taken.year:04}-{taken.month:02}-{taken.day:02}"
        return f"{self._words.year} {taken.year:04}"

    def _told(self, item: Item, title: str, *, trashed: bool) -> dict[str, Any]:
        taken_s = 0 if item.created_ns is None else item.created_ns // SECOND_NS
        told: dict[str, Any] = {
            "title": title,
            "description": item.description,
            "imageViews": "3",
            "creationTime": _time(1_700_000_000 + item.number),
            "photoTakenTime": _time(taken_s),
            "url": f"https://photos.google.com/photo/AF1Qip{item.id}",
        }
        place = place_of(item)
        spans = {"latitudeSpan": 0.0, "longitudeSpan": 0.0}
        latitude, longitude = place or (0.0, 0.0)
        where = {"latitude": latitude, "longitude": longitude, "altitude": 12.0} | spans
        if self._quirks.layout < 2026:
            told |= {
                "geoData": where,
                "geoDataExif": where,
                "modificationTime": _time(1_600_000_000),
            }
        elif place is not None:
            told["geoData"] = where
        if people_of(item):
            told["people"] = [{"name": name} for name in people_of(item)]
        if self._quirks.layout > 2019:
            told["googlePhotosOrigin"] = {"mobileUpload": {"deviceType": "ANDROID_PHONE"}}
        # Present only when true.
        flags = (("favorited", item.favorite), ("archived", item.archived), ("trashed", trashed))
        return told | {name: True for name, is_set in flags if is_set}

    # --- parts --------------------------------------------------------------------------------

    def _free(self, folder: str, name: str, ending: str) -> str:
        counter, free = 0, name + ending
        while normalize("NFC", free) in self._used[folder]:
            counter += 1
            free = f"{name}({counter}){ending}"
        self._used[folder].add(normalize("NFC", free))
        return free

    def _put_json(self, part: int, path: str, told: object) -> None:
        self._put(
            part,
            path,
            json.dumps(told, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass"),
        )

    def _put(self, part: int, path: str, data: bytes) -> None:
        self._parts[part % len(self._parts)].append((path.lstrip("/"), data))


def _original(served: Content) -> Content:
    if served.content_type != "image/jpeg":
        return served
    data, place = read_all(served), b"taken at 48.8584 N, 2.2945 E"
    comment = b"\xff\xfe" + (len(place) + 2).to_bytes(2, "big") + place
    return Whole(served.content_type, data[:2] + comment + data[2:])


def _time(time_s: int) -> dict[str, str]:
    # The readable form is localised, and so useless.
    return {"timestamp": str(time_s), "formatted": "1. nov. 2026, 12:00:00 UTC"}
