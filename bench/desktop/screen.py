"""A virtual screen that can be looked at, and keys that are pressed on it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops

WIDTH_PX: Final = 1200
HEIGHT_PX: Final = 800

STEP: Final = 24
"""Two pixels differ if one of their colours does by more than this."""

CHANGE_PX: Final = 150
"""A screen has changed if more pixels than this differ: more than a blinking caret."""

WHEEL_STEPS: Final = 10
"""GTK and Qt scroll by 70 to 100 pixels a step in a window of this height."""

_OPENBOX: Final = """\
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew></focus>
  <applications>
    <application class="*" type="normal"><decor>no</decor><maximized>yes</maximized></application>
  </applications>
</openbox_config>
"""


@dataclass(frozen=True)
class Screen:
    """An X server without a monitor."""

    display: str
    frames: Path
    """The file that it draws into, in the format of xwd(1)."""

    def picture(self) -> Image.Image:
        """What it shows now."""
        dump = self.frames.read_bytes()
        # XWDFileHeader: 25 big-endian words, then a name, then 12 bytes a colour of the palette.
        word = [int.from_bytes(dump[at : at + 4], "big") for at in range(0, 100, 4)]
        start = word[0] + 12 * word[19]
        pixels = dump[start : start + word[12] * word[5]]
        return Image.frombytes("RGB", (word[4], word[5]), pixels, "raw", "BGRX", word[12])

    def press(self, *keys: str) -> None:
        """Press keys of these names (`Next`, `End`, `ctrl+q`) in the window that has the focus."""
        self._xdotool("key", *keys)

    def scroll_down(self) -> None:
        """Turn the mouse wheel over the middle, by most of a page."""
        self._xdotool("mousemove", str(WIDTH_PX * 2 // 3), str(HEIGHT_PX // 2))
        self._xdotool("click", "--repeat", str(WHEEL_STEPS), "--delay", "20", "5")
        self.point_aside()

    def point_aside(self) -> None:
        """Move the mouse to where nothing lights up below it."""
        self._xdotool("mousemove", str(WIDTH_PX - 2), str(HEIGHT_PX - 2))

    def fill(self) -> None:
        """Make the window that has the focus as large as the screen."""
        state = "add,maximized_vert,maximized_horz"
        command = ["wmctrl", "-r", ":ACTIVE:", "-b", state]
        subprocess.run(command, env={"DISPLAY": self.display}, check=False, capture_output=True)

    def _xdotool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env={"DISPLAY": self.display}, check=True)


@contextmanager
def screen(folder: Path) -> Iterator[Screen]:
    """A screen with a window manager for as long as the context lasts; `folder` holds its files."""
    folder.mkdir()
    (folder / "openbox.xml").write_text(_OPENBOX)
    geometry = f"{WIDTH_PX}x{HEIGHT_PX}x24"
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", geometry, "-ac", "-nolisten", "tcp"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "-fbdir", str(folder)], stdout=subprocess.PIPE, stderr=log
        )
        try:
            assert server.stdout is not None
            display = ":" + server.stdout.readline().decode().strip()
            windows = subprocess.Popen(
                ["openbox", "--sm-disable", "--config-file", str(folder / "openbox.xml")],
                env={"DISPLAY": display, "HOME": str(folder), "PATH": "/usr/bin:/bin"},
                stdout=log,
                stderr=log,
            )
            try:
                yield Screen(display, folder / "Xvfb_screen0")
            finally:
                windows.terminate()
                windows.wait()
        finally:
            server.terminate()
            server.communicate()


def changed(before: Image.Image, after: Image.Image) -> bool:
    """Whether a person would say that two pictures of the screen differ."""
    if before.size != after.size:
        return True
    loudest = (
        ImageChops.difference(before, after).convert("L").point([0] * STEP + [1] * (256 - STEP))
    )
    return loudest.histogram()[1] > CHANGE_PX
