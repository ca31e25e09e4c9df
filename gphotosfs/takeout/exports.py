"""One export: the folders of all its parts, and what lies in them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from gphotosfs.errors import ArchiveAwayError, ArchiveError
from gphotosfs.takeout import filenames, sidecar
from gphotosfs.takeout.archive import Archive
from gphotosfs.takeout.matching import Sidecar
from gphotosfs.takeout.members import Member, Notices
from gphotosfs.takeout.sidecar import AlbumFacts, ItemFacts

# takeout-20240525T201456Z-001.zip, takeout-20240525T201456Z-1-001.zip: the time is the export's.
_PART: Final = re.compile(
    r"takeout-(\d{8}T\d{6}Z)(?:-(\d+))?-(\d{3,})\.(?:zip|tgz|tar\.gz)", re.IGNORECASE
)


@dataclass(slots=True)
class Folder:
    """What lies in one folder, whichever parts it is spread over."""

    files: dict[str, list[Member]] = field(default_factory=lambda: defaultdict(list))
    """By name; more than one where parts disagree on a path."""
    sidecars: list[Sidecar] = field(default_factory=list)
    albums: list[AlbumFacts] = field(default_factory=list)


@dataclass(slots=True)
class Export:
    """All parts that were made at one time."""

    made: str
    """When, as the parts' names say: they sort by it; "" where they say nothing."""
    folders: dict[str, Folder] = field(default_factory=lambda: defaultdict(Folder))
    """By path, in one form of Unicode."""


def export_of(name: str) -> str:
    """When the export was made that an archive of this name is a part of; "" where it does not say."""
    match = _PART.fullmatch(name)
    return match[1] if match else ""


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
        made = export_of(archive.name)
        export = exports.setdefault(made, Export(made))
        try:
            for member in archive.members(notices):
                _take(export, archive, member, notices)
                read(1)
        except ArchiveError as exc:
            notices.note(archive.name, str(exc).removeprefix(f"{archive.name} "))
            broken[archive] = exc
    return [exports[made] for made in sorted(exports)], broken


def _take(export: Export, archive: Archive, member: Member, notices: Notices) -> None:
    path, _, name = filenames.plain(member.path).rpartition("/")
    if name.lower().endswith(filenames.SIDECAR):
        facts = _facts(archive, member, notices)
        if isinstance(facts, ItemFacts):
            export.folders[path].sidecars.append(Sidecar(name, facts))
        elif facts is not None:
            export.folders[path].albums.append(facts)
    else:
        _add(export.folders[path].files[name], member, archive, notices)


def _add(known: list[Member], member: Member, archive: Archive, notices: Notices) -> None:
    same = (member.size_bytes, member.crc)
    if any((one.size_bytes, one.crc) == same for one in known if one.crc is not None):
        return
    if known:
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
