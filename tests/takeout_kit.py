"""Exports made by the simulator and read back by the product, for comparison."""

from collections import Counter
from pathlib import Path

from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.takeout.exports import Exported, Quirks, Shown, export
from gphotosfs.takeout.archive import Archive, computed_checksum
from gphotosfs.takeout.exports import read_exports
from gphotosfs.takeout.inventory import Copies, Inventory, inventory
from gphotosfs.takeout.members import Member, Notices
from gphotosfs.takeout.source import open_archive


def opened(paths: list[Path]) -> list[Archive]:
    """The archives or folders at the paths."""
    return [
        open_archive(path, number, path.parent / "indexes") for number, path in enumerate(paths)
    ]


def read_back(paths: list[Path], notices: Notices | None = None) -> Inventory:
    """What the product finds in the archives."""
    archives = opened(paths)
    noted = Notices() if notices is None else notices

    def checksum(member: Member) -> int:
        return computed_checksum(archives[member.archive], member)

    try:
        return inventory(read_exports(archives, noted)[0], checksum, noted)
    finally:
        for archive in archives:
            archive.close()


def bytes_of(paths: list[Path], member: Member) -> bytes:
    """All bytes of a member."""
    (archive,) = opened([paths[member.archive]])
    try:
        return archive.read(member, 0, member.size_bytes)
    finally:
        archive.close()


def as_shown(item: Copies, found: Inventory) -> Shown:
    """An item in the words of the maker of exports."""
    titles = {album.key: album.title for album in found.albums}
    facts = item.facts
    return Shown(
        title=item.title,
        taken_s=facts.taken_s,
        crc=-1 if item.crc is None else item.crc,
        size_bytes=item.member.size_bytes,
        albums=tuple(sorted(titles[key] for key in item.albums)),
        favorite=facts.favorite,
        archived=facts.archived,
        trashed=facts.trashed,
        description=facts.description,
        people=facts.people,
    )


def difference(made: Exported, found: Inventory) -> tuple[list[Shown], list[Shown]]:
    """What was exported and not found, and what was found and not exported."""
    wanted = Counter(made.shown)
    have = Counter(as_shown(item, found) for item in found.items)
    return list((wanted - have).elements()), list((have - wanted).elements())


def tried(world: World, folder: Path, quirks: Quirks) -> tuple[list[Shown], list[Shown]]:
    """The same, for a library exported and read back; albums must be the same as well."""
    made = export(world, folder, quirks)
    found = read_back(made.paths)
    assert sorted(album.title for album in found.albums) == sorted(made.albums)
    return difference(made, found)
