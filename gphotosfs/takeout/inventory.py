"""What all exports together hold: items and albums, each once.

Copies of a photo in several folders are one item if their bytes are the same and what is known of them
does not contradict it; where two readings are possible both are kept, and it is said.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from gphotosfs.takeout import filenames, folders
from gphotosfs.takeout.exports import Export, Folder
from gphotosfs.takeout.matching import Match, Role, match_folder
from gphotosfs.takeout.media_types import mime_type
from gphotosfs.takeout.members import Member, Notices, Packing
from gphotosfs.takeout.sidecar import ItemFacts

Checksum = Callable[[Member], int | None]
"""A member's CRC-32, by reading it where nobody has it; None if it can't be read."""

_NOTHING: Final = ItemFacts()

_File = tuple[int, int | None, str, str]
"""Length, checksum, stem and extension."""


@dataclass(slots=True, eq=False)
class Copies:
    """An item: its file, in however many folders."""

    title: str
    role: Role
    facts: ItemFacts
    member: Member
    """The newest export's, and among its copies the first."""
    crc: int | None
    albums: list[str] = field(default_factory=list)
    """Keys of the albums that show it, in the order of their folders."""
    urls: set[str] = field(default_factory=set)

    @property
    def has_sidecar(self) -> bool:
        """Whether a sidecar tells of it; its folder may, and says less."""
        return bool(self.facts.title or self.facts.url) or self.facts.taken_s is not None

    @property
    def mime_type(self) -> str:
        """What it is, told by its names; what moves without an extension is an old motion photo."""
        by_name = mime_type(self.member.path) or mime_type(self.title)
        return by_name or ("video/mp4" if self.role is Role.MOTION else "application/octet-stream")

    @property
    def keys(self) -> list[str]:
        """What the item can be recognised by in a later export, the surest first."""
        found = [f"url:{url}#{self.role}" for url in sorted(self.urls)]
        what = self.crc, self.member.size_bytes, self.facts.taken_s
        said = f"{what}:{filenames.key(self.title)}:{self.role}"
        return [*found, "bytes:" + hashlib.sha256(said.encode()).hexdigest()[:32]]

    @property
    def file_keys(self) -> list[str]:
        """What it can be recognised by when its sidecar comes later, in another part.

        A checksum of what is in an unpacked folder is made only where need be, so it may be there later.
        """
        by_bytes = [] if self.crc is None else [f"file:{self.crc}:{self.member.size_bytes}"]
        by_path = [f"file:{self.member.path}"] if self.member.packing is Packing.FILE else []
        return by_bytes + by_path


@dataclass(frozen=True, slots=True)
class Album:
    """A folder that is an album."""

    key: str
    """The folder's name: it is the same in later exports."""
    title: str
    description: str = ""


@dataclass(slots=True)
class Inventory:
    """Everything that was found."""

    items: list[Copies]
    albums: list[Album]


@dataclass(slots=True)
class _Found:
    """A file in a folder."""

    folder: str
    match: Match
    member: Member


def inventory(exports: Sequence[Export], checksum: Checksum, notices: Notices) -> Inventory:
    """What the exports hold; a later one renews what an earlier one said of the same item."""
    items: list[Copies] = []
    albums: dict[str, Album] = {}
    by_key: dict[str, Copies] = {}
    by_file: dict[_File, list[Copies]] = defaultdict(list)
    for export in exports:
        found = _Reading(export, checksum, notices, albums).items()
        _part_urls(found)
        seen: dict[str, Copies] = {}
        for item in found:
            known = next((by_key[key] for key in item.keys if key in by_key), None)
            if known is None and item.crc is not None:
                known = _untold(by_file, item)
            seen.update(dict.fromkeys(item.keys, known or item))
            if known is None:
                items.append(item)
            else:
                _renew(known, item)
        by_key |= seen
        if export is exports[-1]:
            break  # nobody will look
        for item in dict.fromkeys(seen.values()):
            for file in _files_of(item):
                by_file[file].append(item)
    return Inventory(items, list(albums.values()))


def _part_urls(items: Iterable[Copies]) -> None:
    """Leave a URL to one item only: an album's copy with other bytes says that of the year's."""
    taken: set[tuple[str, Role]] = set()
    for item in items:
        item.urls = {url for url in item.urls if (url, item.role) not in taken}
        taken.update((url, item.role) for url in item.urls)


def _untold(earlier: Mapping[_File, list[Copies]], item: Copies) -> Copies | None:
    """What an item was in an earlier export, if its sidecar is missing in one of the two.

    None if that may be several: then their bytes tell nothing.
    """
    found = {
        one
        for file in _files_of(item)
        for one in earlier.get(file, ())
        if _NOTHING in (one.facts, item.facts)
    }
    return found.pop() if len(found) == 1 else None


def _renew(known: Copies, item: Copies) -> None:
    known.member, known.crc = item.member, item.crc
    if item.facts != _NOTHING:
        known.title, known.facts, known.role = item.title, item.facts, item.role
    known.albums = list(dict.fromkeys([*known.albums, *item.albums]))
    known.urls |= item.urls


class _Reading:
    """One export on its way into items."""

    def __init__(
        self, export: Export, checksum: Checksum, notices: Notices, albums: dict[str, Album]
    ) -> None:
        self._export = export
        self._checksum = checksum
        self._notices = notices
        self._albums = albums
        self._album_of: dict[str, str] = {}
        self._orphans: list[tuple[str, ItemFacts]] = []
        self._orphans_of: dict[str, list[ItemFacts]] = defaultdict(list)
        self._by_title: dict[tuple[int, int, Role, str, int | None], Copies] = {}
        self._by_file: dict[_File, list[Copies]] = defaultdict(list)
        self._by_facts: dict[tuple[str, int | None], list[Copies]] = defaultdict(list)

    def items(self) -> list[Copies]:
        """The export's items."""
        every = self._export.folders
        wanted = folders.photo_folders(
            every,
            {path for path, folder in every.items() if folder.sidecars},
            {path for path, folder in every.items() if folder.albums},
        )
        # Where nothing is recognised, whatever is wrong may be why.
        for path in sorted(wanted or every):
            self._notices.take(every[path].notices)
        matched = {path: list(self._matched(path, every[path])) for path in sorted(wanted)}
        self._name_folders(matched)
        for _, facts in self._orphans:
            self._orphans_of[filenames.key(facts.title)].append(facts)
        items = self._grouped([one for found in matched.values() for one in found])
        self._place_orphans()
        return items

    def _matched(self, path: str, folder: Folder) -> Iterator[_Found]:
        matches = match_folder(folder.files, folder.sidecars)
        for file in matches.doubtful:
            what = "two sidecars claim a file, which has the first one's time"
            self._notices.note(self._name, what, f"{path}/{file}")
        self._orphans += [(path, facts) for facts in matches.orphans]
        for match in matches.files:
            for member in folder.files[match.name]:
                yield _Found(path, match, member)

    @property
    def _name(self) -> str:
        return f"the export of {self._export.made}" if self._export.made else "the export"

    def _name_folders(self, matched: Mapping[str, list[_Found]]) -> None:
        """Decide what each folder is; albums are put where the items will look for theirs."""
        beside: dict[str, dict[str, folders.Seen]] = defaultdict(dict)
        for path, found in matched.items():
            beside[path.rpartition("/")[0]][path] = self._seen(path, found)
        for siblings in beside.values():
            years = folders.years_among(siblings)
            for path in siblings:
                if path not in years:
                    self._name_album(path, matched[path])

    def _seen(self, path: str, found: Iterable[_Found]) -> folders.Seen:
        name, albums = path.rpartition("/")[2], self._export.folders[path].albums
        facts = [one.match.facts for one in found]
        return folders.Seen(
            name,
            tuple(told.taken_s for told in facts if told and told.taken_s is not None),
            has_album=bool(albums),
            has_title=any(
                one.title and filenames.key(one.title) != filenames.key(name) for one in albums
            ),
        )

    def _name_album(self, path: str, found: list[_Found]) -> None:
        folder, name = self._export.folders[path], path.rpartition("/")[2]
        if not folder.albums:
            told = [one.match.facts for one in found if one.match.facts]
            trashed = folders.is_trash(name) or (bool(told) and all(one.trashed for one in told))
            archived = folders.is_archive(name) or (
                bool(told) and all(one.archived for one in told)
            )
            if trashed or archived or folders.is_special(name):
                self._flag(found, trashed=trashed, archived=archived)
                return
        if not (folder.albums or folder.files or folder.sidecars) or not name:
            return
        titles = list(dict.fromkeys(album.title for album in folder.albums))
        if len(titles) > 1:
            self._notices.note(
                self._name, "several albums lie in one folder and are shown as one", path
            )
        key = filenames.key(name)
        description = next((album.description for album in folder.albums if album.description), "")
        known = self._albums.get(key)
        title = titles[0] if titles else (known.title if known else name)
        self._albums[key] = Album(key, title, description)
        self._album_of[path] = key

    def _flag(self, found: list[_Found], *, trashed: bool, archived: bool) -> None:
        for one in found:
            facts = one.match.facts or _NOTHING
            facts = replace(
                facts, trashed=facts.trashed or trashed, archived=facts.archived or archived
            )
            one.match = replace(one.match, facts=facts)

    def _grouped(self, found: list[_Found]) -> list[Copies]:
        """One item for all copies of a file."""
        items: list[Copies] = []
        sizes: dict[int, int] = defaultdict(int)
        for one in found:
            sizes[one.member.size_bytes] += 1
        # Those with a sidecar first: a copy without one then finds what it is a copy of. And among
        # them those of years, so that the album's copy is the one that has to find its like.
        order = sorted(
            found,
            key=lambda one: (
                one.match.facts is None,
                not one.match.is_sure,
                one.folder in self._album_of,
                one.folder,
                one.match.name,
            ),
        )
        for one in order:
            crc = one.member.crc
            if crc is None and sizes[one.member.size_bytes] > 1:
                crc = self._checksum(one.member)
            item = self._like(one, crc)
            facts = one.match.facts
            if item and facts and not one.match.is_sure and said(facts) != said(item.facts):
                self._orphans.append((one.folder, facts))
                one.match = replace(one.match, facts=None)
            if item is None and one.match.facts is None and not mime_type(one.match.name):
                continue  # neither a photo nor said to be one
            if item is None:
                item = Copies(one.match.title, one.match.role, _NOTHING, one.member, crc)
                item.facts = one.match.facts or self._told_elsewhere(one) or _NOTHING
                items.append(item)
                if crc is not None:
                    self._by_title.setdefault(
                        _titled(item.member, crc, one.match, item.facts), item
                    )
                    for file in _files_of(item):
                        self._by_file[file].append(item)
                self._by_facts[said(item.facts)].append(item)
            self._join(item, one)
        return items

    def _like(self, one: _Found, crc: int | None) -> Copies | None:
        """The item that a file is another copy of; None if there is none, or more than one."""
        if crc is None:
            return None
        facts = one.match.facts
        if facts is not None:
            item = self._by_title.get(_titled(one.member, crc, one.match, facts))
            if item is not None or one.match.is_sure:
                return item
        # Without a sidecar the part that it is of an item is not known either.
        files = _files(one.match.name, one.member.size_bytes, crc)
        anything = list(
            dict.fromkeys(item for file in files for item in self._by_file.get(file, ()))
        )
        untold = [item for item in anything if item.facts == _NOTHING]
        if untold:
            return untold[0]
        if len(anything) > 1:
            what = "a file without a sidecar may be a copy of two items and is shown as a third"
            self._notices.note(self._name, what, f"{one.folder}/{one.match.name}")
        return anything[0] if len(anything) == 1 else None

    def _told_elsewhere(self, one: _Found) -> ItemFacts | None:
        """A sidecar in another folder, whose file is not there, with this very title."""
        told = self._orphans_of.get(filenames.key(one.match.name), [])
        return told[0] if len({said(facts) for facts in told}) == 1 else None

    def _join(self, item: Copies, one: _Found) -> None:
        facts = one.match.facts
        if facts is not None:
            if facts.url:
                item.urls.add(facts.url)
            item.facts = replace(
                item.facts,
                favorite=item.facts.favorite or facts.favorite,
                people=item.facts.people or facts.people,
                description=item.facts.description or facts.description,
                place=item.facts.place or facts.place,
            )
        album = self._album_of.get(one.folder)
        if album is not None and album not in item.albums:
            item.albums.append(album)

    def _place_orphans(self) -> None:
        """A sidecar in an album whose picture lies in a year's folder alone: the album shows it."""
        for path, facts in self._orphans:
            album = self._album_of.get(path)
            if album is None:
                continue
            for item in self._by_facts.get(said(facts), ()):
                same_url = not facts.url or not item.urls or facts.url in item.urls
                if same_url and album not in item.albums:
                    item.albums.append(album)


def _titled(
    member: Member, crc: int, match: Match, facts: ItemFacts
) -> tuple[int, int, Role, str, int | None]:
    """What all copies of an item have in common that have a sidecar."""
    return member.size_bytes, crc, match.role, filenames.key(match.title), facts.taken_s


def _files_of(item: Copies) -> set[_File]:
    """What copies of an item's file have in common."""
    return _files(item.member.path.rpartition("/")[2], item.member.size_bytes, item.crc)


def _files(name: str, size_bytes: int, crc: int | None) -> set[_File]:
    """Bytes, and the name without a counter: those differ between folders."""
    extension = filenames.split(name)[1]
    return {
        (size_bytes, crc, reading.stem, extension)
        for reading in filenames.readings(name)
        if reading.extension == extension
    }


def said(facts: ItemFacts) -> tuple[str, int | None]:
    """What the sidecars of one item in several folders have in common."""
    return filenames.key(facts.title), facts.taken_s
