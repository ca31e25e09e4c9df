"""Our actions among the custom actions of Thunar, which are all in one file of the user's.

Thunar reads `Thunar/uca.xml` in the first configuration folder that has one, the user's before the system's.
Nothing of what a person has in it is written anew: our part is put before its end, and found again by
the ids of our actions, also after Thunar has written the file itself.
"""

import re
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape

from gphotosfs.desktop.actions import ACTIONS, MENU, Action
from gphotosfs.errors import ConfigError

EMPTY: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<actions>\n</actions>\n'

_ID: Final = "gphotosfs-"
_REST_OF_LINE: Final = re.compile(rb"[ \t]*\n?")


def merged(xml: str, command: str) -> str:
    """The file with our actions in it, as they are now; `command` runs our program, quoted for a shell.

    Raises:
        ConfigError: it is no file of custom actions.
    """
    theirs = without_ours(xml).encode()
    end = _Places(theirs).end
    before, after = theirs[:end], theirs[end:]
    if not after.startswith(b"</"):  # the list is empty, and written as <actions/>
        before, after = before.removesuffix(b"/>") + b">\n", b"</actions>" + after
    ours = "".join(_element(action, command) for action in ACTIONS)
    return (before + ours.encode() + after).decode()


def without_ours(xml: str) -> str:
    """The file as it is without our actions.

    Raises:
        ConfigError: it is no file of custom actions.
    """
    rest = xml.encode()
    for begin, end in reversed(_Places(rest).ours):
        rest = rest[:begin] + rest[end:]
    return rest.decode()


def has_ours(xml: str) -> bool:
    """Whether our actions are in it.

    Raises:
        ConfigError: it is no file of custom actions.
    """
    return bool(_Places(xml.encode()).ours)


class _Places:
    """Where things stand in a file of custom actions, in bytes.

    As an XML parser sees it: end tags and actions may stand in comments as well.
    """

    def __init__(self, xml: bytes) -> None:
        self.ours: list[tuple[int, int]] = []
        """The beginning and the end of each of our actions, with the rest of its last line."""
        self.end = 0
        """Of the list: its end tag's beginning, or, if it is written as one tag, that one's end."""
        self._xml = xml
        self._above: list[str] = []
        self._begin = 0
        self._id = ""
        # What the file says of its encoding was true of its bytes, and these are ours.
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._started
        self._parser.CharacterDataHandler = self._read
        self._parser.EndElementHandler = self._ended
        try:
            self._parser.Parse(xml, True)
        except expat.ExpatError as exc:
            raise ConfigError(f"it is no XML ({exc})") from exc

    def _started(self, tag: str, _attributes: object) -> None:
        self._above.append(tag)
        if len(self._above) == 1 and tag != "actions":
            raise ConfigError("it holds no custom actions")
        if len(self._above) == 2:
            self._begin, self._id = self._parser.CurrentByteIndex, ""

    def _read(self, text: str) -> None:
        if self._above == ["actions", "action", "unique-id"]:
            self._id += text

    def _ended(self, _tag: str) -> None:
        at = self._parser.CurrentByteIndex
        self._above.pop()
        if not self._above:
            self.end = at
        elif len(self._above) == 1 and self._id.strip().startswith(_ID):
            line_end = _REST_OF_LINE.match(self._xml, self._xml.index(b">", at) + 1)
            assert line_end is not None, "it matches nothing as well"
            self.ours.append((self._begin, line_end.end()))


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
