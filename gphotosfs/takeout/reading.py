"""Reading all archives of a profile, in a process of its own.

Matching 200,000 files took 15 s and 260 MB, neither of which a daemon has to spare. What is found comes
over a pipe as JSON, a line each:

    {"looked_at": 4000}                                    members, now and then
    {"come_to": ["t.tgz", 4000000, 9000000]}               bytes of an archive, while it is gone through
    {"begin": {"is_whole": true, "away": [3]}}             whether all could be read; the numbers of those
                                                           that can't be now, but may be later
    {"album": ["Rome_ a trip", "Rome: a trip", ""]}        key, title, description
    {"item": {…}}                                          see `told_of`
    {"end": {"problems": […]}}                             the last line
"""

import gc
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from gphotosfs.errors import ArchiveAwayError, ArchiveError
from gphotosfs.takeout.archive import Archive
from gphotosfs.takeout.checksums import FILE, Checksums
from gphotosfs.takeout.exports import read_exports
from gphotosfs.takeout.inventory import Copies, inventory, said
from gphotosfs.takeout.matching import Role
from gphotosfs.takeout.members import Member, Notices
from gphotosfs.takeout.sidecar import ItemFacts, Place
from gphotosfs.takeout.source import open_archive
from gphotosfs.takeout.tar_archive import drop_indexes, index_name

TELL_EVERY: Final = 1000
"""Members between two lines that say how far it is."""

TELL_EVERY_BYTES: Final = 1 << 25
"""The same where an archive is gone through: a tenth of a second or two."""


def read_all(
    archives: Iterable[tuple[int, str]],
    indexes: Path,
    looked_at: Callable[[int], None],
    come_to: Callable[[str, int, int], None],
) -> Iterator[dict[str, Any]]:
    """What is in the archives, given as numbers and paths.

    `looked_at` is told of members, `come_to` how far into an archive it is that is gone through.
    `indexes` is the folder where the indexes of those are kept that need one.
    """
    notices = Notices()
    archives = list(archives)
    checksums = Checksums(indexes, dict(archives))
    opened: dict[int, Archive] = {}
    away: list[int] = []
    for number, path in archives:
        try:
            opened[number] = open_archive(
                Path(path), number, indexes, partial(come_to, Path(path).name)
            )
        except ArchiveError as exc:
            notices.note(Path(path).name, str(exc))
            away.append(number)

    def checksum_of(member: Member) -> int | None:
        try:
            return checksums.of(opened[member.archive], member)
        except ArchiveError:
            notices.note(opened[member.archive].name, "a file can't be read", member.path)
            return None

    try:
        exports, broken = read_exports(opened.values(), notices, looked_at)
        found = inventory(exports, checksum_of, notices)
    finally:
        for archive in opened.values():
            archive.close()
    del exports
    try:
        checksums.keep()
    except OSError as exc:
        notices.note(
            "checksums", f"they can't be kept and are made again next time ({exc.strerror})"
        )
    away += [
        number
        for number, archive in opened.items()
        if isinstance(broken.get(archive), ArchiveAwayError)
    ]
    yield {"begin": {"is_whole": not (away or broken), "away": away}}
    for album in found.albums:
        yield {"album": [album.key, album.title, album.description]}
    edited = {said(item.facts) for item in found.items if item.role is Role.EDITED}
    for item in found.items:
        is_original = item.role is Role.MAIN and said(item.facts) not in edited
        yield {"item": {**told_of(item), "is_original": is_original}}
    yield {"end": {"problems": list(notices)}}


def told_of(item: Copies) -> dict[str, Any]:
    """An item as it travels: its facts, where its bytes are, its albums and what it is recognised by."""
    place = item.facts.place
    return {
        "title": item.title,
        "mime_type": item.mime_type,
        "facts": {**_fields(item.facts), "place": None if place is None else _fields(place)},
        "member": _fields(item.member),
        "crc": item.crc,
        "has_sidecar": item.has_sidecar,
        "albums": item.albums,
        "keys": [*item.keys, *item.file_keys],
    }


def _fields(value: ItemFacts | Place | Member) -> dict[str, Any]:
    # dataclasses.asdict() copies in depth: 3 s for 100,000 items, where this takes 1 s.
    return {name: getattr(value, name) for name in value.__slots__}


def main() -> None:
    """Read what standard input names, and tell standard output."""
    # Nothing here goes in circles, and looking for circles took a third of the time.
    gc.disable()
    told = json.load(sys.stdin)
    archives = [(int(number), str(path)) for number, path in told["archives"]]
    indexes = Path(told["indexes"])
    if told["are_all"]:
        in_use = {index_name(Path(path)) for _, path in archives if Path(path).exists()}
        drop_indexes(indexes, {*in_use, FILE})
    progress = _Progress()
    for line in read_all(archives, indexes, progress.looked_at, progress.come_to):
        _tell(line)
    sys.stdout.flush()


class _Progress:
    """Lines that say how far it is, and not too many of them."""

    def __init__(self) -> None:
        self._members = 0
        self._told_bytes = 0

    def looked_at(self, count: int) -> None:
        """So many members more."""
        self._members += count
        if self._members % TELL_EVERY == 0:
            _tell({"looked_at": self._members})
            sys.stdout.flush()

    def come_to(self, name: str, at_bytes: int, of_bytes: int) -> None:
        """So far into an archive that is gone through."""
        if abs(at_bytes - self._told_bytes) >= TELL_EVERY_BYTES or at_bytes == of_bytes:
            self._told_bytes = at_bytes
            _tell({"come_to": [name, at_bytes, of_bytes]})
            sys.stdout.flush()


def _tell(line: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
