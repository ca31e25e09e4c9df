"""The file managers that are tried: how each is started, and what it finds in its settings."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Manager:
    """One file manager, with the settings that a new user gets, unless said why not."""

    name: str
    command: tuple[str, ...]
    """The folder's path follows."""
    desktop: str
    """`XDG_CURRENT_DESKTOP`."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Files below the home, by path, that are there when it starts."""
    requests_a_photo: int = 1
    """What it may cost at most when it opens a folder for the first time."""

    @property
    def is_installed(self) -> bool:
        """Whether its program can be started."""
        return shutil.which(self.command[0]) is not None

    def write_settings(self, home: Path) -> None:
        """Lay its files into a home."""
        for name, text in self.settings.items():
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


THUNAR: Final = Manager("Thunar", ("thunar",), "XFCE")

NAUTILUS: Final = Manager(
    "Nautilus",
    ("nautilus", "--new-window"),
    "GNOME",
    # A scrollbar that fades away is a screen that changes.
    {".config/gtk-4.0/settings.ini": "[Settings]\ngtk-overlay-scrolling=false\n"},
)

PCMANFM: Final = Manager("PCManFM", ("pcmanfm", "--no-desktop"), "LXDE")

DOLPHIN: Final = Manager(
    "Dolphin",
    ("dolphin", "--new-window"),
    "KDE",
    # Previews are one click away in Dolphin, and off until that click.
    {
        ".local/share/dolphin/view_properties/global/.directory": (
            "[Dolphin]\nVersion=4\nPreviewsShown=true\nTimestamp=2026,1,1,0,0,0\n"
        )
    },
    # It opens each file, and so wants to know its size.
    requests_a_photo=2,
)

MANAGERS: Final = (THUNAR, NAUTILUS, PCMANFM, DOLPHIN)
