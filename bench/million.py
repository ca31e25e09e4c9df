"""A library of a million known items: how long `find` takes, and what memory the daemon needs."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.google import Google
from bench.peers import GPHOTOSFS, Daemon
from bench.trips import Outcome, run

ITEMS: Final = 1_000_000
VIEWS: Final = ("media/all",)
LIMIT_S: Final = 300.0


@dataclass(frozen=True)
class Million:
    """What was measured."""

    ready_s: float
    start_bytes: int
    """The daemon's peak of memory when it was ready."""
    found: dict[str, Outcome]
    """By view."""
    peak_bytes: int
    cpu_s: float


def measure(made: Google, folder: Path) -> Million:
    """Mount a catalogue that was made beforehand, and look through all of it."""
    folder.mkdir()
    GPHOTOSFS.prepare(made, folder)
    data = folder / "data/gphotosfs/default"
    data.mkdir(parents=True, mode=0o700, exist_ok=True)
    client_id: str = made.simulator.credentials["client_id"]
    for empty in data.glob("catalog-*"):  # of the sign-in
        empty.unlink()
    subprocess.run(
        [sys.executable, "-m", "bench.million", str(data), client_id, str(ITEMS)], check=True
    )
    daemon = Daemon(GPHOTOSFS, made, folder)
    try:
        daemon.look()
        start_bytes = daemon.peak_bytes
        found = {
            view: run({"trip": "find", "limit_s": LIMIT_S, "path": str(daemon.path / view)})
            for view in VIEWS
        }
    finally:
        daemon.end()
    return Million(daemon.ready_s, start_bytes, found, daemon.peak_bytes, daemon.cpu_s)


def _fill(folder: Path, client_id: str, count: int) -> None:
    """Write the catalogue, in a process of its own since it takes memory."""
    import time

    from gphotosfs.catalog.store import Store, path_for
    from gphotosfs.views.layout import plant_tree
    from tests.big_catalogue import fill_quickly

    store = Store(path_for(folder, client_id), client_id)
    store.prepare(plant_tree, time.time_ns())
    fill_quickly(store, count)
    store.close()


if __name__ == "__main__":
    _fill(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
