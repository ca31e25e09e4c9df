"""What is opened in a file manager: one album, through several mounts, three times each."""

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench.desktop.managers import Manager
from bench.desktop.screen import Screen
from bench.desktop.session import Home
from bench.desktop.visit import Visit, visit
from bench.google import Google, Library, google
from bench.peers import GPHOTOSFS, RCLONE_FULL, Daemon, Peer

SMALL: Final = ("w256-h256", "w512-h512")
"""What a mount may ask for in place of a photo; of a film with `-no`, which leaves out the button."""

VISITS: Final = ("first time", "second time", "after a remount")

DRAWN_MB: Final = 2048


@dataclass(frozen=True)
class Drawn(Library):
    """A library of real pictures, as a family's cameras make them: JPEG, some HEIC, PNG, GIF and MP4."""

    kept_in: Path | None = None
    """Where they are kept for the next time; None: nowhere."""

    @property
    def arguments(self) -> list[str]:
        """How `python -m gphotosfs.simulator` is told."""
        return [
            f"--items={self.items}",
            f"--album-sizes={','.join(map(str, self.albums))}",
            # 12 megapixels take a second each to draw, and weigh on nobody but the simulator.
            "--pixels-max=4000000",
            "--draw-ahead",
            f"--drawn-mb={DRAWN_MB}",
            *(() if self.kept_in is None else [f"--drawn-in={self.kept_in}"]),
            "--option=calls_per_day=null",
            "--option=byte_requests_per_day=null",
        ]


@contextmanager
def drawn_google(folder: Path, photos: int) -> Iterator[Google]:
    """A simulated Google with one album, all of whose pictures are drawn, as slow as the real one."""
    kept_in = Path(tempfile.gettempdir()) / "gphotosfs-drawn"
    kept_in.mkdir(exist_ok=True)
    library = Drawn(albums=(photos,), photo_bytes=0, video_bytes=0, kept_in=kept_in)
    with google(folder, library) as made:
        _draw(made)
        made.slow_down()
        yield made


def _draw(made: Google) -> None:
    """Let it draw everything that may be asked for, so that nobody waits for that later."""
    wanted = [(item["id"], _is_video(item)) for item in made.items.values()]

    def draw(one: tuple[str, bool]) -> None:
        identity, is_video = one
        for variant in ("dv",) if is_video else ("d",):
            made.simulator.bytes_of(identity, variant)
        for variant in SMALL:
            made.simulator.bytes_of(identity, variant + ("-no" if is_video else ""))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(draw, wanted))


def _is_video(item: dict[str, Any]) -> bool:
    return str(item["mime_type"]).startswith("video/")


def album_bytes(made: Google) -> int:
    """How much there is to read in the album."""
    sizes = (
        len(made.simulator.bytes_of(item["id"], "dv" if _is_video(item) else "d"))
        for item in made.items.values()
    )
    return sum(sizes)


def _with(thumbnails: str) -> Peer:
    """Gphotosfs with this for the option `thumbnails`."""

    def command(folder: Path, mountpoint: Path, fresh_s: float) -> list[str]:
        words = GPHOTOSFS.command(folder, mountpoint, fresh_s)
        return [*words[:-2], f"--thumbnails={thumbnails}", *words[-2:]]

    name = f"gphotosfs, {thumbnails}"
    text = f"gphotosfs mount --thumbnails={thumbnails}"
    return replace(GPHOTOSFS, name=name, text=text, command=command)


AUTO: Final = replace(_with("auto"), name="gphotosfs")
OFF: Final = _with("off")
RCLONE: Final = replace(RCLONE_FULL, name="rclone")

PEERS: Final = (AUTO, OFF, RCLONE)

Record = Callable[[Manager, Peer, str, Visit], None]
"""Takes in the result of the visit of this name."""


def try_all(
    manager: Manager,
    peer: Peer,
    made: Google,
    screen: Screen,
    folder: Path,
    record: Record,
    *,
    traced: bool = False,
) -> None:
    """The three visits of one file manager to one mount, from empty caches on.

    Raises:
        RuntimeError: a program did not start.
    """
    folder.mkdir()
    peer.prepare(made, folder)
    home = Home(folder)
    _use_once(manager, home, made, screen)
    album = f"{peer.albums}/{made.albums[0]['title']}"
    for names in (VISITS[:2], VISITS[2:]):
        daemon = Daemon(peer, made, folder)
        try:
            for name in names:
                trace = folder / f"{name.replace(' ', '-')}.strace" if traced else None
                found = visit(
                    manager, home, screen, made.simulator, daemon.path / album, trace=trace
                )
                record(manager, peer, name, found)
        finally:
            daemon.end()


def _use_once(manager: Manager, home: Home, made: Google, screen: Screen) -> None:
    """Open a local folder with a photo and a film in it.

    A desktop that was never used before looks for its plugins for some seconds.
    """
    folder = home.path / "Pictures"
    folder.mkdir(parents=True)
    kinds = {item["mime_type"]: item for item in made.items.values()}
    for kind, variant in (("image/jpeg", "d"), ("video/mp4", "dv")):
        item = kinds[kind]
        path = folder / item["filename"]
        path.write_bytes(made.simulator.bytes_of(item["id"], variant))
    visit(manager, home, screen, made.simulator, folder)
