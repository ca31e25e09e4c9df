"""`python -m bench.desktop`: open a mount in file managers, and write docs/DESKTOP.md."""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.desktop import cases
from bench.desktop.managers import MANAGERS, Manager
from bench.desktop.screen import screen
from bench.desktop.session import contained
from bench.desktop.visit import Visit
from bench.peers import Peer


def main() -> None:
    """Measure as the command line says."""
    args = _parser().parse_args()
    contained()
    started_s = time.monotonic()
    managers = [m for m in MANAGERS if not args.manager or m.name.lower() in args.manager]
    peers = [
        p
        for p in (*cases.PEERS, cases.PLAIN)
        if p.name in (args.peer or [p.name for p in cases.PEERS])
    ]
    with (
        _folder(args.keep) as folder,
        screen(folder / "screen") as shown,
        cases.drawn_google(folder, args.photos) as made,
    ):
        print(f"drawn after {time.monotonic() - started_s:.0f} s", flush=True)

        def record(manager: Manager, peer: Peer, name: str, visit: Visit) -> None:
            print(f"{manager.name}, {peer.name}, {name}: {told(visit)}", flush=True)
            place = folder / "pictures" / f"{manager.name}-{peer.name}-{name}".replace(" ", "-")
            place.mkdir(parents=True)
            for number, picture in enumerate(visit.pictures):
                picture.save(place / f"{number:02}.png")

        for manager in managers:
            for peer in peers:
                place = folder / f"{manager.name}-{peer.name}".replace(", ", "-")
                cases.try_all(manager, peer, made, shown, place, record, traced=args.trace)
    print(f"after {time.monotonic() - started_s:.0f} s")


def told(visit: Visit) -> str:
    """One visit as a line for whoever watches."""
    spent, thumbnails = visit.spent, visit.thumbnails
    return (
        f"window {visit.window_s:.1f} s, first page {visit.first_page_s:.1f} s, "
        f"{visit.pages} pages {visit.waited_s:.1f} s"
        f"{f' GAVE UP {visit.gave_up}' if visit.gave_up else ''}; api {spent.api}, HEAD {spent.heads}, "
        f"small {spent.small} ({spent.small_bytes / 1e6:.1f} MB), "
        f"full {spent.full} ({spent.full_bytes / 1e6:.1f} MB); "
        f"thumbnails {thumbnails.expected - len(thumbnails.missing)} of {thumbnails.expected} "
        f"{ {size: dict(count) for size, count in thumbnails.by_size.items()} }, "
        f"{thumbnails.failed} failed; missing {thumbnails.missing[:6]}"
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
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--manager", action="append", metavar="NAME", help="only these")
    parser.add_argument("--peer", action="append", metavar="NAME", help="only these mounts")
    parser.add_argument(
        "--trace",
        action="store_true",
        help="write down every file that is opened or asked for; slow",
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave everything there")
    return parser


if __name__ == "__main__":
    main()
