"""Photos opened and paged through in viewers, and a film that is sought in: what that costs."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.desktop.screen import Screen, changed
from bench.desktop.session import Home, running
from bench.desktop.watch import Spent, Stillness, spent
from bench.google import Google
from bench.peers import Daemon, Peer
from gphotosfs.simulator.process import Running

PAGES: Final = 8
FILM_S: Final = 480
FILM: Final = "film.mp4"
JUMPS: Final = 4

START_LIMIT_S: Final = 30.0
PAGE_LIMIT_S: Final = 60.0
QUIET_S: Final = 1.5


@dataclass(frozen=True)
class Viewer:
    """A program that shows one picture or film, and goes on with a key."""

    name: str
    command: tuple[str, ...]
    """The file's path follows."""
    key: str
    """To the next photo, or a minute on."""


VIEWERS: Final = (
    Viewer("eog", ("eog",), "Right"),
    Viewer("gThumb", ("gthumb",), "Page_Down"),
    # Without --sort it shows what the directory gives first.
    Viewer("feh", ("feh", "--fullscreen", "--sort", "filename", "--start-at"), "Right"),
)
PLAYERS: Final = (
    Viewer("mpv", ("mpv", "--no-config", "--vo=x11", "--ao=null", "--keep-open=yes"), "Up"),
    Viewer("ffplay", ("ffplay", "-loglevel", "error", "-an"), "Up"),
)


@dataclass
class Viewed:
    """What a viewer showed, and what it cost."""

    pages: int = 0
    """Keys after which the screen had changed."""
    pressed: int = 0
    shown_s: list[float] = field(default_factory=list)
    """From each key until the screen no longer changed."""
    spent: Spent = field(default_factory=Spent)
    file_bytes: int = 0
    """Of the film, or of all photos of the album."""


def page_through(
    viewer: Viewer, home: Home, screen: Screen, simulator: Running, photo: Path
) -> Viewed:
    """Open a photo, and go on to the next ones, each when the one before it is shown.

    Raises:
        RuntimeError: the program showed no window.
    """
    return _view(viewer, home, screen, simulator, photo, PAGES, _still)


def jump_through(
    player: Viewer, home: Home, screen: Screen, simulator: Running, film: Path
) -> Viewed:
    """Play a film, and jump on in it.

    Raises:
        RuntimeError: the program showed no window.
    """
    return _view(player, home, screen, simulator, film, JUMPS, _plays)


def _view(
    viewer: Viewer,
    home: Home,
    screen: Screen,
    simulator: Running,
    path: Path,
    times: int,
    shown: Callable[[Stillness], None],
) -> Viewed:
    simulator.clear_log()
    still = Stillness(simulator, screen, home.thumbnails)
    viewed = Viewed(pressed=times, file_bytes=path.stat().st_size)
    command = [*viewer.command, str(path)]
    if "--start-at" in viewer.command:
        command.append(str(path.parent))
    with running(home, screen, "GNOME", command):
        began_s = time.monotonic()
        while not any(still.moved()) or not changed(screen.picture(), still.empty):
            if time.monotonic() - began_s > START_LIMIT_S:
                raise RuntimeError(f"{viewer.name} shows no window: see {home.folder}/session.log")
            time.sleep(0.05)
        screen.fill()
        shown(still)
        for _ in range(times):
            before, pressed_s = still.picture, time.monotonic()
            screen.press(viewer.key)
            shown(still)
            viewed.pages += changed(before, still.picture)
            viewed.shown_s.append(time.monotonic() - pressed_s)
        viewed.spent = spent(simulator)
    return viewed


def _still(still: Stillness) -> None:
    still.wait(QUIET_S, PAGE_LIMIT_S)


def _plays(still: Stillness) -> None:
    """A film never stands still: let it play for a moment."""
    time.sleep(3.0)
    still.moved()


def add_film(made: Google, folder: Path) -> None:
    """Put a film of some minutes into the library; its index stands at its end, as cameras write it."""
    path = folder / FILM
    source = f"testsrc2=size=1280x720:rate=12:duration={FILM_S}"
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", source, "-c:v", "libx264"]
    quality = ["-preset", "ultrafast", "-pix_fmt", "yuv420p", "-b:v", "3M", "-g", "24"]
    subprocess.run([*command, *quality, str(path)], check=True)
    made.simulator.change("add_file", path=str(path), mime_type="video/mp4", width=1280, height=720)


def try_viewers(
    made: Google, screen: Screen, folder: Path, peer: Peer
) -> Iterator[tuple[Viewer, Viewed, list[int]]]:
    """Each viewer on a mount of its own; with it the sizes of the album's photos.

    Raises:
        RuntimeError: a program did not start.
    """
    folder.mkdir()
    add_film(made, folder)
    for viewer in (*VIEWERS, *PLAYERS):
        home = Home(folder / viewer.name)
        home.folder.mkdir()
        peer.prepare(made, home.folder)
        daemon = Daemon(peer, made, home.folder)
        try:
            album = daemon.path / peer.albums / made.albums[0]["title"]
            if viewer in PLAYERS:
                film = daemon.path / "videos" / FILM
                yield viewer, jump_through(viewer, home, screen, made.simulator, film), []
            else:
                photo = next(path for path in sorted(album.iterdir()) if path.suffix == ".jpg")
                viewed = page_through(viewer, home, screen, made.simulator, photo)
                yield viewer, viewed, [path.stat().st_size for path in album.iterdir()]
        finally:
            daemon.end()
