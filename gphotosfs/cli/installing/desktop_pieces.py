"""What file managers and the desktop's menu look for, each in its own place."""

import os
import shlex
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from gphotosfs.cli.installing.pieces import (
    Installed,
    Piece,
    below,
    draft_of,
    marked,
    program,
    xdg,
)
from gphotosfs.desktop import actions, thunar
from gphotosfs.desktop.actions import ACTIONS, ICON, MENU
from gphotosfs.errors import ConfigError

# Where what an administrator adds belongs; it is in everybody's XDG_DATA_DIRS unless they say otherwise.
_SYSTEM_DATA: Final = Path("/usr/local/share")

_THUNAR: Final = "Thunar/uca.xml"
_BACKUP: Final = ".before-gphotosfs"


def desktop_pieces(destdir: Path, *, for_everybody: bool) -> list[Installed]:
    """Everything that `install --desktop` puts below a folder: for all users, or a user's own.

    Nautilus and Caja know no scripts, and Thunar no actions, but a user's own.

    Raises:
        ConfigError: the program that they would start is nowhere.
    """
    run = str(program("gphotosfs"))
    if for_everybody:
        return [*_for_everybody(below(destdir, _SYSTEM_DATA), run)]
    data = below(destdir, xdg("XDG_DATA_HOME", ".local/share"))
    config = below(destdir, xdg("XDG_CONFIG_HOME", ".config"))
    scripts = (data / "nautilus/scripts", config / "caja/scripts")
    return [
        *_for_everybody(data, run),
        *(
            Piece(
                folder / MENU / action.label,
                text=marked(actions.script(run, action)),
                is_program=True,
            )
            for folder in scripts
            for action in ACTIONS
        ),
        ThunarActions(config / _THUNAR, shlex.quote(run), _system_config()),
    ]


def _for_everybody(data: Path, run: str) -> list[Piece]:
    """What has its place in a data folder, be it the system's or a user's."""
    icon = (resources.files("gphotosfs.desktop") / "files" / "gphotosfs.svg").read_text()
    texts = {
        f"applications/{ICON}.desktop": actions.application(run),
        f"icons/hicolor/scalable/apps/{ICON}.svg": icon,
        "file-manager/actions/gphotosfs.desktop": actions.libfm_menu(),
    }
    for action in ACTIONS:
        name = actions.libfm_name(action)
        texts[f"nemo/actions/{name}.nemo_action"] = actions.nemo_action(run, action)
        texts[f"file-manager/actions/{name}.desktop"] = actions.libfm_action(run, action)
    # KDE trusts a service menu of a user's only if the file may be run.
    menu = Piece(
        data / "kio/servicemenus/gphotosfs.desktop",
        text=marked(actions.service_menu(run)),
        is_program=True,
    )
    return [*(Piece(data / path, text=marked(text)) for path, text in texts.items()), menu]


@dataclass(frozen=True, slots=True)
class ThunarActions:
    """Our actions in the file of Thunar's custom actions, which is the user's."""

    path: Path
    command: str
    """What starts our program, quoted for a shell."""
    system_config: tuple[Path, ...] = ()
    """The folders in one of which the file lies that Thunar reads where the user has none."""

    @property
    def is_there(self) -> bool:
        """Whether our actions are in the file, or it is none to which they could be added."""
        try:
            return thunar.has_ours(self._text())
        except ConfigError:
            return True

    @property
    def is_ours(self) -> bool:
        """Whether our actions are in the file."""
        try:
            return thunar.has_ours(self._text())
        except ConfigError:
            return False

    def __str__(self) -> str:
        return f"{self.path} (our actions in it)"

    def write(self) -> None:
        """Put our actions into the file, and keep it as it was before beside it.

        Raises:
            ConfigError: that is not possible.
        """
        before = self._text()
        if self.path.exists() and not thunar.has_ours(before):
            self._replace(self._backup, before)
        self._replace(self.path, thunar.merged(before, self.command))

    def remove(self) -> None:
        """Take our actions out of the file, and the file away where it says no more than the system's.

        Raises:
            ConfigError: that is not possible.
        """
        rest = thunar.without_ours(self._text())
        try:
            if rest == self._usual():
                self.path.unlink()
            else:
                self._replace(self.path, rest)
            self._backup.unlink(missing_ok=True)
        except OSError as exc:
            raise ConfigError(f"{self.path} can't be changed: {exc.strerror}") from exc

    @property
    def _backup(self) -> Path:
        return self.path.with_name(self.path.name + _BACKUP)

    def _text(self) -> str:
        """What is in the file; without one, what Thunar reads instead, and would no longer."""
        try:
            return self.path.read_bytes().decode()  # as text, its line ends would change
        except FileNotFoundError:
            return self._usual()
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"{self.path} can't be read: {exc}") from exc

    def _usual(self) -> str:
        for folder in self.system_config:
            with suppress(OSError, UnicodeDecodeError):
                return (folder / _THUNAR).read_bytes().decode()
        return thunar.EMPTY

    def _replace(self, path: Path, text: str) -> None:
        real = path.resolve()  # people keep their configuration elsewhere and link to it
        draft = draft_of(real)
        try:
            real.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(text.encode())
            if self.path.exists():
                draft.chmod(self.path.stat().st_mode & 0o777)
            draft.replace(real)
        except OSError as exc:
            raise ConfigError(f"{path} can't be written: {exc.strerror}") from exc


def _system_config() -> tuple[Path, ...]:
    return tuple(map(Path, (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")))
