"""Our actions among the custom actions of Thunar, which are all in one file of the user's.

Thunar reads `Thunar/uca.xml` in the first configuration folder that has one, the user's before the system's.
Nothing of what a person has in it is written anew: our part is put before its end, and found again by
the ids of our actions, also after Thunar has written the file itself.
"""

import re
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from gphotosfs.desktop.actions import ACTIONS, MENU, Action
from gphotosfs.errors import ConfigError

EMPTY: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<actions>\n</actions>\n'

_ID: Final = "gphotosfs-"
_OURS: Final = re.compile(
    rf"<action>(?:(?!</?action>).)*<unique-id>{_ID}[a-z]+</unique-id>.*?</action>[ \t]*\n?",
    re.DOTALL,
)
_END: Final = "</actions>"


def merged(xml: str, command: str) -> str:
    """The file with our actions in it, as they are now; `command` runs our program, quoted for a shell.

    Raises:
        ConfigError: it is no file of custom actions.
    """
    theirs = without_ours(xml)
    before, end, after = theirs.rpartition(_END)
    if not end:
        before, end, after = "<actions>\n", _END, "\n"
    return before + "".join(_element(action, command) for action in ACTIONS) + end + after


def without_ours(xml: str) -> str:
    """The file as it is without our actions.

    Raises:
        ConfigError: it is no file of custom actions.
    """
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 - the user's own file, and small
    except ElementTree.ParseError as exc:
        raise ConfigError(f"it is no XML ({exc})") from exc
    if root.tag != "actions":
        raise ConfigError("it holds no custom actions")
    return _OURS.sub("", xml)


def has_ours(xml: str) -> bool:
    """Whether our actions are in it."""
    return _OURS.search(xml) is not None


def _element(action: Action, command: str) -> str:
    run = f"{command} {action.arguments} %F"
    return f"""\
<action>
\t<icon>{action.icon}</icon>
\t<name>{escape(action.label)}</name>
\t<submenu>{MENU}</submenu>
\t<unique-id>{_ID}{action.command}</unique-id>
\t<command>{escape(run)}</command>
\t<description>{escape(action.text)}</description>
\t<range>*</range>
\t<patterns>*</patterns>
\t<directories/>
\t<image-files/>
\t<video-files/>
</action>
"""
