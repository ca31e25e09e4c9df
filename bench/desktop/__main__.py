"""`python -m bench.desktop`: open a mount in file managers, and write docs/DESKTOP.md."""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.desktop import cases, checks, report
from bench.desktop.managers import MANAGERS, Manager
from bench.desktop.screen import Screen, screen
from bench.desktop.session import contained
from bench.desktop.viewers import PLAYERS, try_viewers
from bench.desktop.visit import Visit
from bench.google import Google
from bench.peers import Peer

PAGE: Final = Path(__file__).parents[2] / "docs/DESKTOP.md"

CHECKED_PHOTOS: Final = 120

NEEDED: Final = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "wmctrl": "wmctrl",
    "dbus-run-session": "dbus",
    "ffmpeg": "ffmpeg",
    "ffplay": "ffmpeg",
    "mpv": "mpv",
    "eog": "eog",
    "gthumb": "gthumb",
    "feh": "feh",
    "thunar": "thunar tumbler",
    "nautilus": "nautilus libgdk-pixbuf2.0-bin",
}
"""Programs, and the Debian packages that they are in. Further file managers are tried where they are."""


def main() -> None:
    """Measure or check as the command line says."""
    args = _parser().parse_args()
    if missing := [package for program, package in NEEDED.items() if not shutil.which(program)]:
        sys.exit(f"apt-get install --no-install-recommends {' '.join(sorted(set(missing)))}")
    contained()
    started_s = time.monotonic()
    managers = [m for m in MANAGERS if not args.manager or m.name.lower() in args.manager]
    for absent in [m for m in managers if not m.is_installed]:
        print(f"{absent.name} is not installed: passed over", flush=True)
        managers.remove(absent)
    peers = [p for p in cases.PEERS if p.name in args.peer] if args.peer else list(cases.PEERS)
    if args.check:
        peers = [cases.AUTO, cases.RCLONE]
    photos = args.photos or (CHECKED_PHOTOS if args.check else 500)
    results = report.Results(photos)
    with (
        _folder(args.keep) as folder,
        screen(folder / "screen") as shown,
        cases.drawn_google(folder, photos) as made,
    ):
        print(f"drawn after {time.monotonic() - started_s:.0f} s", flush=True)
        results.album_bytes = cases.album_bytes(made)
        for manager in managers:
            for peer in peers:
                _visit(results, manager, peer, made, shown, folder, traced=args.trace)
                if not args.check:  # a run that is ended has what it has
                    report.write(args.output, results, managers, peers)
        wrong = list(_wrong(results))
        if not args.peer:
            wrong += _view(results, made, shown, folder)
    print(f"after {time.monotonic() - started_s:.0f} s")
    if args.check:
        print("\n".join(wrong) or "all is as it should be")
        sys.exit(bool(wrong))
    report.write(args.output, results, managers, peers)


def _visit(
    results: report.Results,
    manager: Manager,
    peer: Peer,
    made: Google,
    shown: Screen,
    folder: Path,
    *,
    traced: bool,
) -> None:
    """All visits of one file manager to one mount; one that fails is told of, and the others go on."""
    pictures = folder / "pictures"

    def record(manager: Manager, peer: Peer, name: str, visit: Visit) -> None:
        results.add(manager, peer, name, visit)
        print(f"{manager.name}, {peer.name}, {name}: {told(visit)}", flush=True)
        place = pictures / f"{manager.name}-{peer.name}-{name}".replace(",", "").replace(" ", "-")
        place.mkdir(parents=True)
        for number, picture in enumerate(visit.pictures):
            picture.save(place / f"{number:02}.png")

    place = folder / f"{manager.name}-{peer.name}".replace(", ", "-")
    try:
        cases.try_all(manager, peer, made, shown, place, record, traced=traced)
    except RuntimeError as exc:
        print(f"{manager.name}, {peer.name}: {exc}", flush=True)


def _wrong(results: report.Results) -> Iterator[str]:
    """What is not as it should be, of the mounts that are ours and draw thumbnails."""
    for (manager, peer), visits in results.visits.items():
        if peer != cases.AUTO.name:
            continue
        if len(visits) < len(cases.VISITS):
            yield f"{manager}: it did not get to the end"
            continue
        theirs = results.visits.get((manager, cases.RCLONE.name), {})
        most = next(m.requests_a_photo for m in MANAGERS if m.name == manager)
        yield from (f"{manager}: {text}" for text in checks.wrong_with(visits, theirs, most))


def _view(results: report.Results, made: Google, shown: Screen, folder: Path) -> Iterator[str]:
    """Try the viewers and players; what is not as it should be."""
    try:
        for viewer, viewed, sizes in try_viewers(made, shown, folder / "viewers", cases.AUTO):
            results.viewed.append((viewer, viewed))
            print(f"{viewer.name}: {viewed.pages} of {viewed.pressed}, {viewed.spent}", flush=True)
            wrong = (
                checks.wrong_with_player(viewed)
                if viewer in PLAYERS
                else checks.wrong_with_viewer(viewed, sizes)
            )
            yield from (f"{viewer.name}: {text}" for text in wrong)
    except RuntimeError as exc:
        yield str(exc)


def told(visit: Visit) -> str:
    """One visit as a line for whoever watches."""
    spent, thumbnails = visit.spent, visit.thumbnails
    by_size = {size: dict(count) for size, count in thumbnails.by_size.items()}
    missing = len(thumbnails.missing)
    return (
        f"window {visit.window_s:.1f} s, first page {visit.first_page_s:.1f} s, {visit.pages} pages "
        f"{visit.shown_s:.1f} s, settled {visit.settled_s:.1f} s, gave up {visit.gave_up}; "
        f"api {spent.api}, HEAD {spent.heads}, small {spent.small} ({spent.small_bytes / 1e6:.1f} MB), "
        f"full {spent.full} ({spent.full_bytes / 1e6:.1f} MB); thumbnails "
        f"{thumbnails.expected - missing} of {thumbnails.expected} {by_size}, {thumbnails.failed} failed"
    )


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """Where everything is while it is measured."""
    if kept is not None:
        kept.mkdir(parents=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="gphotosfs-desktop-") as folder:
        yield Path(folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.desktop", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="a small album; end with 1 if it costs more"
    )
    parser.add_argument("--photos", type=int, help=f"500, or with --check {CHECKED_PHOTOS}")
    parser.add_argument("--manager", action="append", metavar="NAME", help="only these")
    parser.add_argument("--peer", action="append", metavar="NAME", help="only these mounts")
    parser.add_argument(
        "--trace",
        action="store_true",
        help="write down every file that is opened or asked for; slow",
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave everything there")
    parser.add_argument("--output", type=Path, default=PAGE)
    return parser


if __name__ == "__main__":
    main()
