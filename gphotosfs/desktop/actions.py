"""What a person can do with photos in a file manager, and how each file manager is told.

Every entry of every menu runs one of our commands with the selected paths, so that what happens, and how
it is said, is the same everywhere. None of them can show an entry for our mounts only, so all
stand below "Google Photos" where a menu can have a menu.
"""

import shlex
from typing import Final, NamedTuple

MENU: Final = "Google Photos"

ICON: Final = "gphotosfs"
"""Our own, by the name that it has in the icon theme."""


class Action(NamedTuple):
    """An entry of a menu."""

    command: str
    """The command of ours that is run, and its name in file names."""
    label: str
    text: str
    """What it does, for a tool tip."""
    icon: str
    """Of the freedesktop icon naming specification."""
    flags: tuple[str, ...] = ()

    @property
    def arguments(self) -> str:
        """Everything between the program and the paths."""
        return " ".join(("--notify", self.command, *self.flags, "--"))


ACTIONS: Final = (
    Action("open", "Open in Google Photos", "Show them on Google's page", "web-browser"),
    Action(
        "pin",
        "Keep offline",
        "Download them, and keep them on this computer",
        "document-save",
        ("--no-wait",),  # the mount goes on by itself, and that it has begun is said at once
    ),
    Action(
        "unpin", "No longer keep offline", "Delete their copies on this computer", "list-remove"
    ),
    Action("refresh", "Refresh", "Ask Google again what is in this folder", "view-refresh"),
)

# What the menus of Dolphin and PCManFM-Qt are asked to show the entries for.
_TYPES: Final = "inode/directory;image/*;video/*;"


def script(program: str, action: Action) -> str:
    """A script for Nautilus and Caja, which run it in the folder that they show.

    They name what is selected, and nothing where nothing is.
    """
    return f"""\
#!/bin/sh
[ $# -gt 0 ] || set -- .
exec {shlex.quote(program)} {action.arguments} "$@"
"""


def nemo_action(program: str, action: Action) -> str:
    """An action of Nemo; `usr/share/nemo/actions/sample.nemo_action` says what may stand in it."""
    # It has no menus within its menu, so each label has to say whom it is about.
    label = action.label if MENU in action.label else f"{action.label} ({MENU})"
    return f"""\
[Nemo Action]
Name={label}
Comment={action.text}
Icon-Name={action.icon}
Exec={_quoted(program)} {action.arguments} %F
Selection=notnone
Extensions=any;
UriScheme=file
"""


def service_menu(program: str) -> str:
    """A service menu of Dolphin: https://develop.kde.org/docs/apps/dolphin/service-menus/."""
    commands = "".join(f"{action.command};" for action in ACTIONS)
    head = f"""\
[Desktop Entry]
Type=Service
X-KDE-ServiceTypes=KonqPopupMenu/Plugin
MimeType={_TYPES}
X-KDE-Submenu={MENU}
Icon={ICON}
Actions={commands}
"""
    return head + "".join(
        f"""
[Desktop Action {action.command}]
Name={action.label}
Icon={action.icon}
Exec={_quoted(program)} {action.arguments} %F
"""
        for action in ACTIONS
    )


def libfm_action(program: str, action: Action) -> str:
    """An action of PCManFM-Qt: https://www.nautilus-actions.org/?q=node/377 (DES-EMA)."""
    return f"""\
[Desktop Entry]
Type=Action
Name={action.label}
Tooltip={action.text}
Icon={action.icon}
Profiles=selected;

[X-Action-Profile selected]
MimeTypes={_TYPES}
SelectionCount=>0
Exec={_quoted(program)} {action.arguments} %F
"""


def libfm_menu() -> str:
    """The menu of PCManFM-Qt in which the actions stand."""
    items = "".join(f"{libfm_name(action)};" for action in ACTIONS)
    return f"[Desktop Entry]\nType=Menu\nName={MENU}\nIcon={ICON}\nItemsList={items}\n"


def libfm_name(action: Action) -> str:
    """How a menu of PCManFM-Qt calls an action: its file's name without the ending."""
    return f"gphotosfs-{action.command}"


def application(program: str) -> str:
    """The entry in the desktop's own menu, which mounts the library and opens it."""
    return f"""\
[Desktop Entry]
Type=Application
Name=Google Photos (gphotosfs)
GenericName=Photo library
Comment=Open your Google Photos in the file manager
Icon={ICON}
Exec={_quoted(program)} --notify browse
Terminal=false
Categories=Graphics;Photography;
Keywords=photos;pictures;videos;albums;google;
StartupNotify=false
"""


def _quoted(program: str) -> str:
    """A path as it stands behind `Exec=`.

    https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html
    """
    if program.replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum():
        return program
    within = "".join("\\" + char if char in '"`$\\' else char for char in program)
    # Twice: once for the arguments, once for what any value in such a file escapes.
    return '"' + within.replace("\\", r"\\").replace("%", "%%") + '"'
