"""What mount(8), systemd and shells look for outside of the package, and whose it is."""

import contextlib
import os
import shutil
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final, Protocol

from gphotosfs.cli.completion import script
from gphotosfs.errors import ConfigError

_SAYS: Final = "Written by `gphotosfs install`; `gphotosfs uninstall` removes it."
MARK: Final = f"# {_SAYS}\n"

# Behind the first line of a script, and the beginning of a comment of XML.
_MARK_WITHIN_BYTES: Final = 256

# mount(8) looks for its helpers in /sbin and nowhere else. The second name is for -t fuse.gphotosfs.
_LINKS: Final = ("sbin/mount.gphotosfs", "sbin/mount.fuse.gphotosfs")
_HELPER: Final = "mount.gphotosfs"
_UNIT: Final = "gphotosfs@.service"

# Where shells look for what completes a command, by the shell. fish looks into /usr/local/share only where
# XDG_DATA_DIRS names it, which it does in a desktop's session alone; zsh has no place for one user.
_COMPLETIONS_OF_ALL: Final = {
    "bash": "usr/local/share/bash-completion/completions/gphotosfs",
    "fish": "etc/fish/completions/gphotosfs.fish",
    "zsh": "usr/local/share/zsh/site-functions/_gphotosfs",
}
_COMPLETIONS_OF_USER: Final = {
    "bash": "bash-completion/completions/gphotosfs",
    "fish": "fish/vendor_completions.d/gphotosfs.fish",
}


class Installed(Protocol):
    """Something that `gphotosfs install` puts somewhere."""

    @property
    def path(self) -> Path:
        """Where."""

    @property
    def is_there(self) -> bool:
        """Whether something is there already, ours or not."""

    @property
    def is_ours(self) -> bool:
        """Whether it is what `gphotosfs install` has put there."""

    def write(self) -> None:
        """Put it there."""

    def remove(self) -> None:
        """Take it away."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A link or a file that is put somewhere."""

    path: Path
    target: Path | None = None
    """Where the link leads; None for a file."""
    text: str = ""
    is_program: bool = False
    """Whether the file is marked as one that may be run."""

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
            with self.path.open("rb") as file:
                return _SAYS.encode() in file.read(_MARK_WITHIN_BYTES)
        except OSError:
            return False

    def __str__(self) -> str:
        return f"{self.path} -> {self.target}" if self.target is not None else str(self.path)

    def write(self) -> None:
        """Put it there, in one step.

        Raises:
            ConfigError: that is not possible.
        """
        draft = draft_of(self.path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft.unlink(missing_ok=True)
            if self.target is not None:
                draft.symlink_to(self.target)
            else:
                draft.write_text(self.text)
                if self.is_program:
                    draft.chmod(draft.stat().st_mode | 0o111)
            draft.replace(self.path)
        except OSError as exc:
            raise ConfigError(f"{self.path} can't be written: {exc.strerror}") from exc

    def remove(self) -> None:
        """Take it away, and its folder if that is empty then.

        Raises:
            ConfigError: that is not possible.
        """
        try:
            self.path.unlink()
        except OSError as exc:
            raise ConfigError(f"{self.path} can't be removed: {exc.strerror}") from exc
        with contextlib.suppress(OSError):  # something else is in it
            self.path.parent.rmdir()


def pieces(destdir: Path) -> list[Piece]:
    """Everything that `install` puts below a folder: for root the system's, else the user's own.

    Raises:
        ConfigError: the program that they would start is nowhere.
    """
    if os.geteuid() != 0:
        unit = below(destdir, xdg("XDG_CONFIG_HOME", ".config")) / "systemd/user" / _UNIT
        data = below(destdir, xdg("XDG_DATA_HOME", ".local/share"))
        return [Piece(unit, text=_unit("user")), *_completions(data, _COMPLETIONS_OF_USER)]
    links = [Piece(destdir / link, target=program(_HELPER)) for link in _LINKS]
    unit = destdir / "etc/systemd/system" / _UNIT
    completions = _completions(destdir, _COMPLETIONS_OF_ALL)
    return [*links, Piece(unit, text=_unit("system")), *completions]


def _completions(folder: Path, places: Mapping[str, str]) -> list[Piece]:
    return [
        Piece(folder / place, text=marked(script(shell).lstrip()))
        for shell, place in places.items()
    ]


def draft_of(path: Path) -> Path:
    """Where a file is written before it takes its name."""
    return path.with_name(f".{path.name}.new")


def marked(text: str) -> str:
    """A text with the line by which it is known as ours, where its kind has comments."""
    if text.startswith(("#!", "#compdef")):
        first, _, rest = text.partition("\n")
        return f"{first}\n{MARK}{rest}"
    if text.startswith("<"):
        return f"<!-- {_SAYS} -->\n{text}"
    return MARK + text


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
    package = Path(str(resources.files("gphotosfs")))
    places = [folder / "systemd" / kind / _UNIT for folder in (package, package.parent)]
    text = next(place for place in places if place.exists()).read_text()
    # systemd.service(5): quoted, since the path may hold blanks, and a % begins a specifier.
    quoted = f'"{program("gphotosfs")}"'.replace("%", "%%")
    return marked(text.replace("=gphotosfs ", f"={quoted} "))


def xdg(variable: str, usual: str) -> Path:
    """The folder that a variable of the XDG rules names, or the usual one in the home."""
    return Path(os.environ.get(variable) or Path.home() / usual)


def below(destdir: Path, path: Path) -> Path:
    """An absolute path as it is below another root."""
    return destdir / path.relative_to(path.anchor)
