"""What is mounted where, and which daemon serves it.

Nothing here touches a mount point: a stat of one whose daemon hangs would hang as well.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from gphotosfs.config import Folders, make_private_dir

MOUNTINFO: Final = Path("/proc/self/mountinfo")

# A profile's name can't begin with a dot.
_RECORDS: Final = ".mounts"


@dataclass(frozen=True, slots=True)
class Mounted:
    """A line of mountinfo, see proc_pid_mountinfo(5)."""

    mountpoint: Path
    fstype: str
    source: str
    user_id: int | None = None
    """Whose daemon serves it; only FUSE tells."""

    @property
    def is_fuse(self) -> bool:
        """Whether a daemon serves it."""
        return self.fstype == "fuse" or self.fstype.startswith("fuse.")

    @property
    def is_ours(self) -> bool:
        """Whether its type says that it is one of ours."""
        return self.fstype == "fuse.gphotosfs"


def mounts(mountinfo: Path = MOUNTINFO) -> list[Mounted]:
    """Everything that is mounted, in the order of mounting."""
    # Not splitlines(): a directory's name may hold what Unicode takes for the end of a line.
    lines = os.fsdecode(mountinfo.read_bytes()).split("\n")
    return [_mounted(line) for line in lines if line]


def mounted_at(mountpoint: Path, mountinfo: Path = MOUNTINFO) -> Mounted | None:
    """What is on top at that very directory; None if nothing is mounted there."""
    found = [mounted for mounted in mounts(mountinfo) if mounted.mountpoint == mountpoint]
    return found[-1] if found else None


def _mounted(line: str) -> Mounted:
    fields = line.split(" ")
    # A variable number of optional fields ends with a dash.
    fstype, source, options = fields[fields.index("-", 6) + 1 :][:3]
    user = re.search(r"(?:^|,)user_id=(\d+)", options)
    return Mounted(
        Path(_unescape(fields[4])),
        _unescape(fstype),
        _unescape(source),
        int(user[1]) if user else None,
    )


def _unescape(text: str) -> str:
    """The text that the kernel wrote, with blanks and backslashes as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


@dataclass(frozen=True, slots=True, kw_only=True)
class MountRecord:
    """What a daemon leaves in the runtime folder about a mount of its own."""

    mountpoint: str
    root: str
    """The directory of the tree that is the mount's root, "" for the tree's own."""
    profile: str
    control_path: str
    """Where the profile's daemon is asked; its XDG variables may be others than the reader's."""
    pid: int

    def write(self, folders: Folders) -> Path:
        """Leave it; whoever does removes the file when the mount ends.

        Raises:
            ConfigError: the folder can't be made.
            OSError: it can't be written.
        """
        make_private_dir(folders.runtime)
        make_private_dir(folders.runtime / _RECORDS)
        path = _records(folders)[0] / _record_name(Path(self.mountpoint))
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(self)))
        draft.rename(path)
        return path

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The record in a file; None if there is none that can be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def record_of(mountpoint: Path, folders: Folders) -> MountRecord | None:
    """What the daemon of a mount point left; it may have ended since."""
    name = _record_name(mountpoint)
    found = (MountRecord.read(folder / name) for folder in _records(folders))
    return next((record for record in found if record is not None), None)


def recorded_mounts(folders: Folders, mountinfo: Path = MOUNTINFO) -> Iterator[MountRecord]:
    """The records of what is still mounted; others are what a killed daemon left: removed."""
    present = {mounted.mountpoint for mounted in mounts(mountinfo) if mounted.is_fuse}
    for path in sorted(path for folder in _records(folders) for path in folder.glob("*.json")):
        record = MountRecord.read(path)
        if record is not None and Path(record.mountpoint) in present:
            yield record
        else:
            path.unlink(missing_ok=True)


def _records(folders: Folders) -> list[Path]:
    """Where records are looked for; they are left in the first."""
    # A daemon that began at boot or under cron had no XDG_RUNTIME_DIR, and a session has.
    places = [folders.runtime, folders.state, folders.session]
    return [place / _RECORDS for place in dict.fromkeys(places) if place is not None]


def _record_name(mountpoint: Path) -> str:
    return f"{hashlib.sha256(os.fsencode(mountpoint)).hexdigest()[:16]}.json"
