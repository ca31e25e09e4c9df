"""Folders in which archives appear by and by: downloads, or what a sync client brings."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from gphotosfs.takeout.exports import part_of
from gphotosfs.takeout.stamps import Stamp, stamp_of


def archives_in(folders: Iterable[str]) -> dict[Path, Stamp | None]:
    """The files in the folders whose names are those of an export's parts, with their stamps.

    What a browser or a sync client still writes has another name, `….zip.part` or `.~tmp`.
    """
    found: dict[Path, Stamp | None] = {}
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries if entry.is_file())
        except OSError:
            continue  # it is not there now
        for name in names:
            if part_of(name) is not None:
                path = Path(folder, name)
                found[path] = stamp_of(path)
    return found


def settled(
    now: Mapping[Path, Stamp | None], before: Mapping[Path, Stamp | None], known: Iterable[str]
) -> list[Path]:
    """The archives that are as they were at the look before, and that nobody knows yet."""
    others = set(known)
    return [
        path
        for path, stamp in now.items()
        if stamp is not None and before.get(path) == stamp and str(path) not in others
    ]
