"""`python -m bench`: measure, and write docs/BENCHMARKS.md."""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import million
from bench.google import Google, Library, google, measure_alone
from bench.page import REPORT
from bench.peers import PEERS, Peer
from bench.report import Results, told, write
from bench.rounds import Hopeless, Measured, Round, Sizes


def main() -> None:
    """Measure as the command line says."""
    args = _parser().parse_args()
    chosen = [peer for peer in PEERS if not args.peer or peer.name.startswith(tuple(args.peer))]
    library = Library(
        albums=(100, 1000, 10_000, 300, 130), photo_bytes=3_000_000, video_bytes=200_000_000
    )
    sizes = Sizes()
    if args.quick:
        library = Library(
            albums=(100, 300, 1000, 200, 100), photo_bytes=1_000_000, video_bytes=50_000_000
        )
        sizes = Sizes(heads=40, photos=20, seeks=20)
    results = Results(library=library, sizes=sizes, peers=chosen, rounds=args.rounds)
    started_s = time.monotonic()
    with _folder(args.keep) as folder:
        _measure(folder, results, is_quick=args.quick)
    results.took_s = time.monotonic() - started_s
    command = "python -m bench " + " ".join(sys.argv[1:])
    write(args.output, results, command.strip())
    print(f"written to {args.output}, after {results.took_s:.0f} s")


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """Where everything is while it is measured."""
    if kept is not None:
        kept.mkdir(parents=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="gphotosfs-bench-") as folder:
        yield Path(folder)


def _measure(folder: Path, results: Results, *, is_quick: bool) -> None:
    with google(folder, results.library) as made:
        results.alone = measure_alone(made)
        print(results.alone)
        made.slow_down()
        hopeless: Hopeless = {}
        for number in range(results.rounds):
            # Whoever comes first in one round comes last in the next.
            turn = number % len(results.peers)
            for peer in results.peers[turn:] + results.peers[:turn]:
                _one(folder, results, peer, number, made, hopeless)
        if not is_quick:
            print("a million items", flush=True)
            results.million = million.measure(made, folder / "million")


def _one(
    folder: Path, results: Results, peer: Peer, number: int, made: Google, hopeless: Hopeless
) -> None:
    """One round of one peer; one that fails is told of, and the others go on."""

    def record(trip: str, measured: Measured) -> None:
        results.add(peer, trip, measured)
        print(f"  {trip:<28} {told(measured)}", flush=True)

    print(f"round {number + 1}: {peer.name}", flush=True)
    place = folder / f"{peer.name.replace(', ', '-')}-{number}"
    started_s = time.monotonic()
    try:
        life = Round(peer, made, place, record, results.sizes, hopeless, first=number == 0).run()
    except RuntimeError as exc:
        print(f"  {exc}", flush=True)
    else:
        results.lives.setdefault(peer.name, []).append(life)
    print(f"  this took {time.monotonic() - started_s:.0f} s", flush=True)
    shutil.rmtree(place / "cache", ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a small library, few files")
    parser.add_argument(
        "--peer", action="append", metavar="NAME", help="only those whose names begin so"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave logs and settings there")
    parser.add_argument("--output", type=Path, default=REPORT)
    return parser


if __name__ == "__main__":
    main()
