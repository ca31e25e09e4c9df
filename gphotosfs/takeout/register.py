"""The list of the archives of a profile: a small file beside the catalogue, which is made of them."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from gphotosfs.errors import StoreError

FILE: Final = "takeout.json"
INDEXES: Final = "takeout"
"""The folder beside it for the indexes of archives that need one."""


@dataclass(frozen=True, slots=True)
class Registered:
    """An archive that was added."""

    number: int
    """Never used again for another one."""
    path: str


@dataclass(frozen=True, slots=True)
class Register:
    """All of them, in the order in which they were added."""

    archives: tuple[Registered, ...] = ()
    next_number: int = 1

    def with_added(self, paths: Iterable[Path]) -> "Register":
        """The same with further archives; those that are in it already stay as they are."""
        known = {one.path for one in self.archives}
        new = [str(path) for path in dict.fromkeys(paths) if str(path) not in known]
        added = [Registered(self.next_number + at, path) for at, path in enumerate(new)]
        return Register((*self.archives, *added), self.next_number + len(new))

    def without(self, paths: Iterable[Path]) -> "Register":
        """The same without some archives."""
        gone = {str(path) for path in paths}
        return Register(
            tuple(one for one in self.archives if one.path not in gone), self.next_number
        )


def load(folder: Path) -> Register:
    """The register in a profile's data folder; an empty one if nothing was ever added.

    Raises:
        StoreError: it can't be read.
    """
    path = folder / FILE
    try:
        told = json.loads(path.read_bytes())
        archives = tuple(
            Registered(int(one["number"]), str(one["path"])) for one in told["archives"]
        )
        return Register(archives, int(told["next_number"]))
    except FileNotFoundError:
        return Register()
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise StoreError(f"the list of Takeout archives, {path}, can't be read ({exc})") from exc


def save(folder: Path, register: Register) -> None:
    """Replace the register at once, so that there is always a whole one.

    Raises:
        StoreError: it can't be written.
    """
    path = folder / FILE
    try:
        new = path.with_suffix(".new")
        with new.open("w") as file:
            json.dump(asdict(register), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as exc:
        raise StoreError(f"the list of Takeout archives, {path}, can't be written ({exc})") from exc
