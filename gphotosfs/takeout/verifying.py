"""Whether the bytes in archives are still what they were when Google packed them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gphotosfs.errors import ArchiveError
from gphotosfs.takeout.archive import Archive, computed_checksum
from gphotosfs.takeout.members import Member, Notices
from gphotosfs.takeout.source import open_archive


@dataclass(slots=True)
class Verified:
    """What came of it."""

    good: int = 0
    unknown: int = 0
    """Members of which nobody has said what they should be: those of unpacked folders."""
    problems: list[str] = field(default_factory=list)


def total_bytes(paths: Iterable[Path], indexes: Path) -> int:
    """How much `verify` has to read; archives that can't be read count nothing."""
    total = 0
    for path in paths:
        try:
            archive = open_archive(path, 0, indexes)
            try:
                total += sum(member.size_bytes for member in archive.members(Notices()))
            finally:
                archive.close()
        except ArchiveError:
            continue
    return total


def verify(paths: Iterable[Path], indexes: Path, read: Callable[[int], None]) -> Verified:
    """Read every member of every archive; `read` is told of each piece's length."""
    done = Verified()
    for path in paths:
        notices = Notices()
        try:
            archive = open_archive(path, 0, indexes)
        except ArchiveError as exc:
            done.problems.append(str(exc))
            continue
        try:
            for member in archive.members(notices):
                _verify(archive, member, done, read)
        except ArchiveError as exc:
            done.problems.append(str(exc))
        finally:
            archive.close()
        done.problems += notices
    return done


def _verify(archive: Archive, member: Member, done: Verified, read: Callable[[int], None]) -> None:
    try:
        crc = computed_checksum(archive, member, read)
    except ArchiveError as exc:
        why = str(exc).removeprefix(f"{archive.name} ")
        done.problems.append(f"{archive.name}: {member.path}: {why}")
        return
    if member.crc is None:
        done.unknown += 1
    elif crc != member.crc:
        done.problems.append(f"{archive.name}: {member.path} is damaged")
    else:
        done.good += 1
