"""What mount(8) and systemd look for outside of the package, and whose it is."""

import os
import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gphotosfs.errors import ConfigError

MARK: Final = "# Written by `gphotosfs install`; `gphotosfs uninstall` removes it.\n"

# mount(8) looks for its helpers in /sbin and nowhere else. The second name is for -t fuse.gphotosfs.
_LINKS: Final = ("sbin/mount.gphotosfs", "sbin/mount.fuse.gphotosfs")
_HELPER: Final = "mount.gphotosfs"
_UNIT: Final = "gphotosfs@.service"


@dataclass(frozen=True, slots=True)
class Piece:
    """A link or a file that is put somewhere."""

    path: Path
    target: Path | None = None
    """Where the link leads; None for a file."""
    text: str = ""

    @property
    def is_there(self) -> bool:
        """Whether something has its name, be it even a link that leads nowhere."""
        return os.path.lexists(self.path)

    @property
    def is_ours(self) -> bool:
        """Whether what is there was put there by `gphotosfs install`."""
        if self.target is not None:
            return self.path.is_symlink() and self.path.readlink().name == _HELPER
        try:
            return self.path.read_text(errors="replace").startswith(MARK)
        except OSError:
            return False

    def __str__(self) -> str:
        return f"{self.path} -> {self.target}" if self.target is not None else str(self.path)

    def write(self) -> None:
        """Put it there, in one step.

        Raises:
            ConfigError: that is not possible.
        """
        draft = self.path.with_name(f".{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft.unlink(missing_ok=True)
            if self.target is not None:
                draft.symlink_to(self.target)
            else:
                draft.write_text(self.text)
            draft.replace(self.path)
        except OSError as exc:
            raise ConfigError(f"{self.path} can't be written: {exc.strerror}") from exc

    def remove(self) -> None:
        """Take it away.

        Raises:
            ConfigError: that is not possible.
        """
        try:
            self.path.unlink()
        except OSError as exc:
            raise ConfigError(f"{self.path} can't be removed: {exc.strerror}") from exc


def pieces(destdir: Path) -> list[Piece]:
    """Everything that `install` puts below a folder: for root the system's, else the user's own.

    Raises:
        ConfigError: the program that they would start is nowhere.
    """
    if os.geteuid() != 0:
        config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        folder = _below(destdir, Path(config) / "systemd/user")
        return [Piece(folder / _UNIT, text=_unit("user"))]
    links = [Piece(destdir / link, target=program(_HELPER)) for link in _LINKS]
    return [*links, Piece(destdir / "etc/systemd/system" / _UNIT, text=_unit("system"))]


def program(name: str) -> Path:
    """Where one of our programs is.

    Raises:
        ConfigError: it is nowhere.
    """
    beside = Path(sysconfig.get_path("scripts")) / name
    found = beside if beside.exists() else shutil.which(name)
    if found is None:
        raise ConfigError(
            f"the program {name} is not installed; install gphotosfs with pip or pipx"
        )
    return Path(found)


def others_who_may_change(path: Path) -> list[Path]:
    """What of a path, from its root to its end, somebody else than root may replace."""
    real = path.resolve()
    found = []
    for part in (real, *real.parents):
        status = part.stat()
        sticky = bool(status.st_mode & 0o1000)
        if status.st_uid != 0 or (status.st_mode & 0o022 and not sticky):
            found.append(part)
    return found


def _unit(kind: str) -> str:
    # In the package, or beside it in a checkout.
    places = [Path(__file__).parents[level] / "systemd" / kind / _UNIT for level in (1, 2)]
    text = next(place for place in places if place.exists()).read_text()
    # systemd.service(5): quoted, since the path may hold blanks, and a % begins a specifier.
    quoted = f'"{program("gphotosfs")}"'.replace("%", "%%")
    return MARK + text.replace("=gphotosfs ", f"={quoted} ")


def _below(destdir: Path, path: Path) -> Path:
    return destdir / path.relative_to(path.anchor)
