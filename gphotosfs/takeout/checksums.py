"""Checksums of files in unpacked folders, kept from one reading to the next.

Zips say what the checksums of their members are. In a folder they are needed where two files have one
length, as every photo in an album has, and making them means reading the photos.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gphotosfs.errors import ArchiveError
from gphotosfs.takeout.archive import Archive, computed_checksum
from gphotosfs.takeout.members import Member, Packing

FILE: Final = "checksums"

_As = tuple[int, int]
"""What says that a file is as it was: (bytes, time of the last change in ns)."""


class Checksums:
    """The CRC-32 of members of archives."""

    def __init__(self, folder: Path, paths: Mapping[int, str]) -> None:
        """`folder` is where they are kept, `paths` those of the archives, by number."""
        self._file = folder / FILE
        self._paths = paths
        self._known = _load(self._file)
        self._asked: dict[str, tuple[_As, int]] = {}

    def of(self, archive: Archive, member: Member) -> int:
        """A member's checksum, by reading it where nobody has it.

        Raises:
            ArchiveError: it can't be read.
        """
        if member.crc is not None:
            return member.crc
        if member.packing is not Packing.FILE:
            return computed_checksum(archive, member)
        path = Path(self._paths[member.archive], member.path)
        try:
            found = path.stat()
        except OSError as exc:
            raise ArchiveError(f"{path} can't be read: {exc.strerror}") from exc
        now = found.st_size, found.st_mtime_ns
        was = self._asked.get(str(path)) or self._known.get(str(path))
        crc = was[1] if was and was[0] == now else computed_checksum(archive, member)
        self._asked[str(path)] = now, crc
        return crc

    def keep(self) -> None:
        """Keep those that were asked for, and no others.

        Raises:
            OSError: the disk is full, or not writable.
        """
        if self._asked == self._known:
            return
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        with new.open("w") as file:
            for path, (now, crc) in self._asked.items():
                file.write(json.dumps([path, *now, crc]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._file)


def _load(file: Path) -> dict[str, tuple[_As, int]]:
    try:
        lines = map(json.loads, file.read_text().splitlines())
        return {path: ((size, changed_ns), crc) for path, size, changed_ns, crc in lines}
    except (OSError, ValueError, TypeError):
        return {}  # they can be made again
