"""One export: the folders of all its parts, and what lies in them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from gphotosfs.errors import ArchiveAwayError, ArchiveError
from gphotosfs.takeout import filenames, sidecar
from gphotosfs.takeout.archive import Archive
from gphotosfs.takeout.matching import Sidecar
from gphotosfs.takeout.members import Member, Notices
from gphotosfs.takeout.sidecar import AlbumFacts, ItemFacts

# takeout-20240525T201456Z-001.zip, takeout-20240525T201456Z-1-001.zip: the time is the export's. A browser
# that has one of the name already puts a number behind, "-001 (1).zip".
_PART: Final = re.compile(
    r"takeout-(\d{8}T\d{6}Z)(?:-(\d+))?-(\d{3,})(?: ?\(\d+\))?\.(?:zip|tgz|tar\.gz)", re.IGNORECASE
)
_MADE: Final = re.compile(r"takeout-(\d{8}T\d{6}Z)", re.IGNORECASE)
# What is unpacked where there is one already: "Takeout 2" on a Mac, "Takeout (2)" elsewhere.
_TOP: Final = re.compile(r"takeout(?: ?\(?\d+\)?)?", re.IGNORECASE)

_APPLE_DOUBLE: Final = "._"
"""What begins the name of a file in which a Mac keeps attributes of the one beside it on other disks."""

_APPLE_DOUBLE_MAGIC: Final = b"\0\5\x16\7"
"""How such a file begins (RFC 1740, appendix A); a photo may be called `._.png` as well."""


@dataclass(slots=True)
class Folder:
    """What lies in one folder, whichever parts it is spread over."""

    files: dict[str, list[Member]] = field(default_factory=lambda: defaultdict(list))
    """By name; more than one where parts disagree on a path."""
    sidecars: list[Sidecar] = field(default_factory=list)
    albums: list[AlbumFacts] = field(default_factory=list)
    notices: Notices = field(default_factory=Notices)
    """What is wrong in it; of no interest if it belongs to another product."""


@dataclass(slots=True)
class Export:
    """All parts that were made at one time."""

    made: str
    """When, as the parts' names say: they sort by it; "" where they say nothing."""
    folders: dict[str, Folder] = field(default_factory=lambda: defaultdict(Folder))
    """By path, in one form of Unicode."""


def export_of(name: str) -> str:
    """When the export was made that an archive of this name is a part of; "" where it does not say."""
    match = _MADE.search(name)
    return match[1].upper() if match else ""


def place_of(made: str, folder: str) -> tuple[str, str]:
    """(when its export was made, its path in that export) of a folder in an archive made then.

    Parts may have been unpacked each into a folder of its own, and one folder of all these added. What
    stands above "Takeout" then tells the parts apart, which belong together.
    """
    steps = folder.split("/")
    # Not the last one: an album may be called so.
    for at in range(len(steps) - 2, -1, -1):
        if _TOP.fullmatch(steps[at]) or export_of(steps[at]):
            said = next(filter(None, map(export_of, reversed(steps[: at + 1]))), made)
            return said, "/".join(steps[at + 1 :])
    return made, folder


def part_of(name: str) -> tuple[str, int] | None:
    """(the series it belongs to, its number) of an archive's name; None if it says neither."""
    match = _PART.fullmatch(name)
    return (
        (f"takeout-{match[1]}" + (f"-{match[2]}" if match[2] else ""), int(match[3]))
        if match
        else None
    )


def missing_parts(names: Iterable[str]) -> list[str]:
    """The parts that must exist, since later ones of the same export do, and are not among the names."""
    known: dict[str, set[int]] = defaultdict(set)
    for name in names:
        part = part_of(name)
        if part is not None:
            known[part[0]].add(part[1])
    return [
        f"{series}-{number:03}"
        for series, numbers in sorted(known.items())
        for number in range(1, max(numbers))
        if number not in numbers
    ]


def read_exports(
    archives: Iterable[Archive], notices: Notices, read: Callable[[int], None] = lambda _count: None
) -> tuple[list[Export], dict[Archive, ArchiveError]]:
    """Every export among the archives, the oldest first, and why some archives can't be read as a whole.

    Only directories and sidecars are read. `read` is told how many members have been looked at.
    """
    exports: dict[str, Export] = {}
    broken: dict[Archive, ArchiveError] = {}
    for archive in archives:
        into = partial(_folder_in, exports, export_of(archive.name), {})
        try:
            for member in archive.members(notices):
                _take(into, archive, member)
                read(1)
        except ArchiveError as exc:
            notices.note(archive.name, str(exc).removeprefix(f"{archive.name} "))
            broken[archive] = exc
    _join_undated(exports)
    return [exports[made] for made in sorted(exports)], broken


def _folder_in(
    exports: dict[str, Export], made: str, known: dict[str, Folder], path: str
) -> Folder:
    """The folder of an export that a folder of an archive is; `known` are those of the archive."""
    folder = known.get(path)
    if folder is None:
        made, inner = place_of(made, path)
        folder = known[path] = exports.setdefault(made, Export(made)).folders[inner]
    return folder


def _join_undated(exports: dict[str, Export]) -> None:
    """Put what does not say when it was made to the newest export with which it agrees.

    Somebody has unpacked some of its parts. It agrees if no file has another length there: of two exports
    of one library some have, since their counters differ.
    """
    undated = exports.get("")
    if undated is None:
        return
    for made in sorted(exports, reverse=True):
        if made and _agree(exports[made], undated):
            del exports[""]
            for path, folder in undated.folders.items():
                _join_folder(exports[made].folders[path], folder)
            return


def _agree(one: Export, other: Export) -> bool:
    for path, folder in other.folders.items():
        if path in one.folders:
            files = one.folders[path].files
            for name, members in folder.files.items():
                sizes = {member.size_bytes for member in files.get(name, ())}
                if sizes and not sizes.issuperset(member.size_bytes for member in members):
                    return False
    return True


def _join_folder(folder: Folder, other: Folder) -> None:
    for name, members in other.files.items():
        folder.files[name] += members
    folder.sidecars += other.sidecars
    folder.albums += other.albums
    folder.notices.take(other.notices)


def _take(into: Callable[[str], Folder], archive: Archive, member: Member) -> None:
    path, _, name = filenames.plain(member.path).rpartition("/")
    if name.startswith(_APPLE_DOUBLE) and _is_apple_double(archive, member):
        return
    folder = into(path)
    if name.lower().endswith(filenames.SIDECAR):
        facts = _facts(archive, member, folder.notices)
        if isinstance(facts, ItemFacts):
            folder.sidecars.append(Sidecar(name, facts))
        elif facts is not None:
            folder.albums.append(facts)
    else:
        _add(folder.files[name], member, archive, folder.notices)


def _is_apple_double(archive: Archive, member: Member) -> bool:
    try:
        return archive.read(member, 0, len(_APPLE_DOUBLE_MAGIC)) == _APPLE_DOUBLE_MAGIC
    except ArchiveAwayError:
        raise
    except ArchiveError:
        return False


def _add(known: list[Member], member: Member, archive: Archive, notices: Notices) -> None:
    alike = [one.crc for one in known if one.size_bytes == member.size_bytes]
    # In an unpacked folder nobody says what a checksum is; where need be it is made later.
    may_be_one = member.crc is None or None in alike
    if member.crc is not None and member.crc in alike:
        return
    if known and not (alike and may_be_one):
        notices.note(
            archive.name, "a path is there before with other bytes; both are kept", member.path
        )
    known.append(member)


def _facts(archive: Archive, member: Member, notices: Notices) -> ItemFacts | AlbumFacts | None:
    """What a JSON file says; None of one that says nothing, or can't.

    Raises:
        ArchiveAwayError: the archive can't be read now.
    """
    if member.size_bytes > sidecar.SIDECAR_MAX_BYTES:
        notices.note(archive.name, "a sidecar is far too large and is not read", member.path)
        return None
    if member.size_bytes < len("{}"):
        notices.note(archive.name, "a sidecar is empty", member.path)
        return None
    try:
        return sidecar.facts(archive.read(member, 0, sidecar.SIDECAR_MAX_BYTES))
    except ArchiveAwayError:
        raise
    except ArchiveError:
        notices.note(archive.name, "a sidecar is damaged and is not read", member.path)
        return None
