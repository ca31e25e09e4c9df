"""One visit: a file manager opens a folder, and somebody pages through all of it."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image

from bench.desktop.managers import Manager
from bench.desktop.screen import Screen, changed
from bench.desktop.session import Home, running
from bench.desktop.watch import Spent, Stillness, Thumbnails, spent, thumbnails_of
from gphotosfs.simulator.process import Running

START_LIMIT_S: Final = 30.0
PAGE_LIMIT_S: Final = 240.0
FIRST_QUIET_S: Final = 4.0
"""Programs do other things while they start."""
QUIET_S: Final = 1.2
PAGES_MAX: Final = 80


@dataclass
class Visit:
    """What a visit took."""

    window_s: float = 0.0
    """From the program's start until it showed a window."""
    first_page_s: float = 0.0
    """From the program's start until the last change of its first page."""
    shown_s: float = 0.0
    """How long somebody who pages through waits for pictures: to the last change of each page."""
    settled_s: float = 0.0
    """The same to the last request or thumbnail: how long it works."""
    pages: int = 0
    gave_up: int = 0
    """Pages that still changed after a long time."""
    spent: Spent = field(default_factory=Spent)
    thumbnails: Thumbnails = field(default_factory=Thumbnails)
    pictures: list[Image.Image] = field(default_factory=list)
    """Each page when it no longer changed."""


def visit(
    manager: Manager,
    home: Home,
    screen: Screen,
    simulator: Running,
    directory: Path,
    *,
    trace: Path | None = None,
) -> Visit:
    """Open a directory, scroll until nothing new is shown, and wait for each page.

    Raises:
        RuntimeError: the program showed no window.
    """
    simulator.clear_log()
    manager.write_settings(home.path)
    screen.point_aside()
    still = Stillness(simulator, screen, home.thumbnails)
    found = Visit()
    started_s = time.monotonic()
    command = [*manager.command, str(directory)]
    with running(home, screen, manager.desktop, command, trace=trace):
        while not any(still.moved()):
            if time.monotonic() - started_s > START_LIMIT_S:
                raise RuntimeError(f"{manager.name} shows no window: see {home.folder}/session.log")
            time.sleep(0.05)
        found.window_s = time.monotonic() - started_s
        screen.fill()  # programs that open smaller than they are told to
        _page(found, still, started_s, FIRST_QUIET_S)
        found.first_page_s = found.shown_s
        unchanged = 0
        while unchanged < 2 and found.pages < PAGES_MAX:
            before = still.picture
            screen.scroll_down()
            _page(found, still, time.monotonic(), QUIET_S)
            unchanged = 0 if changed(before, still.picture) else unchanged + 1
        found.spent = spent(simulator)
    found.thumbnails = thumbnails_of(directory, home.thumbnails)
    return found


def _page(found: Visit, still: Stillness, since_s: float, quiet_s: float) -> None:
    """Wait for the page that is shown now."""
    last = still.wait(quiet_s, PAGE_LIMIT_S)
    found.gave_up += last.gave_up
    found.shown_s += max(0.0, last.shown_s - since_s)
    found.settled_s += max(0.0, last.moved_s - since_s)
    found.pages += 1
    found.pictures.append(still.picture)
