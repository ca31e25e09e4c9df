"""Which programs browse: told by the name of the program file, since nothing else is sure.

The kernel says which thread asks. A thread's own name is anything (`pool-nautilus`, `gmain`), but
`/proc/TID/exe` is the file that its process runs. Whatever can't be read is an ordinary program.
"""

import enum
import os
from typing import Final


class Role(enum.Enum):
    """What a program is to us."""

    ORDINARY = enum.auto()
    FILE_MANAGER = enum.auto()
    """Draws a folder's files as small pictures, and looks for each in the thumbnail cache when it does."""
    NAUTILUS = enum.auto()
    """The same, but it looks for all of them once, as soon as it has read the directory."""
    THUMBNAILER = enum.auto()
    """Reads a file only to put its small picture there."""
    INDEXER = enum.auto()
    """Reads the head of every file of a home, so that it can be searched for."""

    @property
    def is_file_manager(self) -> bool:
        """Whether it shows folders to a person."""
        return self in (Role.FILE_MANAGER, Role.NAUTILUS)


# Names that end so are thumbnailers: gdk-pixbuf-thumbnailer, totem-video-thumbnailer,
# gst-video-thumbnailer, glycin-thumbnailer, raw-thumbnailer, …
_THUMBNAILER_SUFFIX: Final = "thumbnailer"

# GNOME's, what came out of it, and others alike. Where it is not known how often one looks it stands here:
# waiting costs it seconds, reading photos minutes.
_NAUTILUS: Final = frozenset(
    (
        "nautilus", "nautilus-desktop", "org.gnome.nautilus", "sushi", "nemo", "nemo-desktop",
        "caja", "io.elementary.files", "pantheon-files", "peony", "dde-file-manager", "dde-desktop",
        "cosmic-files",
        # libfm asks for all at once: with 2 s it read 137 MB of an album of 500.
        "pcmanfm", "pcmanfm-qt",
        # Dialogues for choosing a file: GNOME's is Nautilus by now.
        "xdg-desktop-portal-gtk", "xdg-desktop-portal-gnome",
    )
)  # fmt: skip

_FILE_MANAGERS: Final = frozenset(
    (
        # Xfce, LXDE, LXQt
        "thunar", "xfdesktop", "spacefm", "rox", "ristretto",
        # KDE
        "dolphin", "konqueror", "krusader", "plasmashell", "gwenview",
        # Viewers that show the neighbours of a photo with everybody's thumbnails
        "eog", "eom", "xviewer", "gthumb", "pix", "loupe", "geeqie",
        "xdg-desktop-portal-kde",
    )
)  # fmt: skip

_THUMBNAILERS: Final = frozenset(
    (
        "tumblerd",
        # KDE reads files in the program itself, and thumbnails in one of these.
        "kioworker", "kioslave5",
        "glycin-image-rs", "glycin-heif", "glycin-jxl", "glycin-svg",
    )
)  # fmt: skip

# KDE's, GNOME's under its old and its new name, and Recoll's.
_INDEXERS: Final = frozenset(
    (
        "baloo_file", "baloo_file_extractor",
        "tracker-miner-fs-3", "tracker-extract-3", "localsearch-3", "localsearch-extractor-3",
        "recollindex",
    )
)  # fmt: skip

_DELETED: Final = " (deleted)"
"""Stands behind the name of a program that was updated while it ran (proc(5))."""


def role_of(tid: int, proc: str = "/proc") -> Role:
    """What the program is in whose thread somebody asks; 0 is a thread of another PID namespace."""
    try:
        # As text: a Path takes longer than the kernel, 15 us, and this is asked at each open.
        exe = os.readlink(f"{proc}/{tid}/exe")  # noqa: PTH115
    except OSError:
        return Role.ORDINARY
    return role_of_program(exe)


def role_of_program(exe: str) -> Role:
    """The same by the path of the program's file."""
    name = exe.removesuffix(_DELETED).rpartition("/")[2].lower()
    # NixOS starts what is called .nautilus-wrapped.
    name = name.removeprefix(".").removesuffix("-wrapped")
    if name in _NAUTILUS:
        return Role.NAUTILUS
    if name in _FILE_MANAGERS:
        return Role.FILE_MANAGER
    if name in _THUMBNAILERS or name.endswith(_THUMBNAILER_SUFFIX):
        return Role.THUMBNAILER
    return Role.INDEXER if name in _INDEXERS else Role.ORDINARY
