"""Reading all archives of a profile, in a process of its own.

Matching 200,000 files took 15 s and 260 MB, neither of which a daemon has to spare. What is found comes
over a pipe as JSON, a line each:

    {"looked_at": 4000}                                    now and then
    {"album": ["Rome_ a trip", "Rome: a trip", ""]}        key, title, description
    {"item": {…}}                                          see `told_of`
    {"end": {"problems": […], "is_whole": true}}           the last line
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from gphotosfs.errors import ArchiveError
from gphotosfs.takeout.archive import Archive, checksum
from gphotosfs.takeout.exports import read_exports
from gphotosfs.takeout.inventory import Copies, inventory
from gphotosfs.takeout.members import Member, Notices
from gphotosfs.takeout.source import open_archive
from gphotosfs.takeout.tar_archive import drop_indexes, index_name

TELL_EVERY: Final = 1000
"""Members between two lines that say how far it is."""


def read_all(
    archives: Iterable[tuple[int, str]], indexes: Path, looked_at: Callable[[int], None]
) -> Iterator[dict[str, Any]]:
    """What is in the archives, given as numbers and paths; `looked_at` is told of members.

    `indexes` is the folder where the indexes of those are kept that need one.
    """
    notices = Notices()
    opened: dict[int, Archive] = {}
    is_whole = True
    for number, path in archives:
        try:
            opened[number] = open_archive(Path(path), number, indexes)
        except ArchiveError as exc:
            notices.note(Path(path).name, str(exc))
            is_whole = False

    def checksum_of(member: Member) -> int | None:
        try:
            return checksum(opened[member.archive], member)
        except ArchiveError as exc:
            notices.note(opened[member.archive].name, str(exc), member.path)
            return None

    try:
        exports, damaged = read_exports(opened.values(), notices, looked_at)
        found = inventory(exports, checksum_of, notices)
    finally:
        for archive in opened.values():
            archive.close()
    del exports
    for album in found.albums:
        yield {"album": [album.key, album.title, album.description]}
    for item in found.items:
        yield {"item": told_of(item)}
    yield {"end": {"problems": list(notices), "is_whole": is_whole and not damaged}}


def told_of(item: Copies) -> dict[str, Any]:
    """An item as it travels: its facts, where its bytes are, its albums and what it is recognised by."""
    return {
        "title": item.title,
        "mime_type": item.mime_type,
        "facts": asdict(item.facts),
        "member": asdict(item.member),
        "crc": item.crc,
        "albums": item.albums,
        "keys": [*item.keys, item.bytes_key],
    }


def main() -> None:
    """Read what standard input names, and tell standard output."""
    told = json.load(sys.stdin)
    archives = [(int(number), str(path)) for number, path in told["archives"]]
    indexes = Path(told["indexes"])
    drop_indexes(indexes, {index_name(Path(path)) for _, path in archives if Path(path).exists()})
    members = 0

    def looked_at(count: int) -> None:
        nonlocal members
        members += count
        if members % TELL_EVERY == 0:
            sys.stdout.write(f'{{"looked_at": {members}}}\n')
            sys.stdout.flush()

    for line in read_all(archives, indexes, looked_at):
        sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
