"""The list of the archives of a profile: a small file beside the catalogue, which is made of them."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
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
    """All of them, in the order in which they were added, and the folders where more are looked for."""

    archives: tuple[Registered, ...] = ()
    next_number: int = 1
    watched: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    """Archives that a person took out, so that watching a folder does not bring them back."""

    @property
    def is_used(self) -> bool:
        """Whether there is anything in it, so that a profile makes sense without a sign-in."""
        return bool(self.archives or self.watched)

    def with_added(self, paths: Iterable[Path]) -> "Register":
        """The same with further archives; those that are in it already stay as they are."""
        known = {one.path for one in self.archives}
        new = [str(path) for path in dict.fromkeys(paths) if str(path) not in known]
        added = [Registered(self.next_number + at, path) for at, path in enumerate(new)]
        return replace(
            self,
            archives=(*self.archives, *added),
            next_number=self.next_number + len(new),
            removed=tuple(path for path in self.removed if path not in new),
        )

    def without(self, paths: Iterable[Path]) -> "Register":
        """The same without some archives."""
        gone = dict.fromkeys(str(path) for path in paths)
        return replace(
            self,
            archives=tuple(one for one in self.archives if one.path not in gone),
            removed=tuple(dict.fromkeys([*self.removed, *gone])),
        )

    def watching(self, folder: Path, *, is_watched: bool) -> "Register":
        """The same with a folder watched, or not any more."""
        others = [one for one in self.watched if one != str(folder)]
        return replace(self, watched=(*others, str(folder)) if is_watched else tuple(others))


def load(folder: Path) -> Register:
    """The register in a profile's data folder; an empty one if nothing was ever added.

    Raises:
        StoreError: it can't be read.
    """
    path = folder / FILE
    try:
        told = json.loads(path.read_bytes())
        return Register(
            tuple(Registered(int(one["number"]), str(one["path"])) for one in told["archives"]),
            int(told["next_number"]),
            tuple(map(str, told.get("watched", ()))),
            tuple(map(str, told.get("removed", ()))),
        )
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
