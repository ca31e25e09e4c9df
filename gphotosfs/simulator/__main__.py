"""`python -m gphotosfs.simulator`: the simulated Google as a process of its own."""

import argparse
import json
import logging
import os
import sys
import threading
import time
from pathlib import Path

import trio

from gphotosfs.simulator import control
from gphotosfs.simulator.library.world import DRAWN_BYTES, World
from gphotosfs.simulator.server import Server, listen, origin
from gphotosfs.simulator.service import Origins, SimulatedGoogle


def main() -> None:
    """Start, print one line of JSON that says where and with which credentials, and serve."""
    args = _parser().parse_args()
    logging.basicConfig(level=logging.WARNING)
    world = World(
        args.seed,
        items=args.items,
        album_sizes=args.album_sizes,
        awkward=args.awkward,
        cheap_bytes=args.cheap_bytes,
        photo_bytes=args.photo_bytes,
        video_bytes=args.video_bytes,
        pixels_max=args.pixels_max,
        drawn_bytes=args.drawn_mb << 20,
        drawn_folder=args.drawn_in,
    )
    if args.draw_ahead:
        # A daemon: drawing does not keep a process that is told to stop.
        threading.Thread(target=world.draw_all, name="draw", daemon=True).start()
    options = {name: json.loads(value) for name, value in (o.split("=", 1) for o in args.option)}
    try:
        trio.run(_serve, world, args.port, options, args.proxy_ca, args.behind)
    except KeyboardInterrupt:
        sys.exit(130)


async def _serve(
    world: World,
    port: int,
    options: dict[str, object],
    proxy_ca: Path | None,
    behind: list[str] | None,
) -> None:
    front = await listen("127.0.0.1", port)
    # Another address, as the real films come from another host.
    films = await listen("127.0.0.2")
    here, there = origin(front), origin(films)
    seen_as = behind or (here, there)
    photos = SimulatedGoogle(
        world,
        clock=time.monotonic,
        origins=_loopback(*seen_as) if proxy_ca is None else Origins(),
        draw_in_threads=True,
    )
    control.change_options(photos, options)
    told = {
        "api": photos.origins.api,
        "token_uri": photos.token_uri,
        "video": photos.origins.video,
        "control": here + control.PREFIX,
        "credentials": photos.client.authorized_user(photos.token_uri),
        "client": photos.client.client_file(photos.auth_uri, photos.token_uri),
        "pid": os.getpid(),
    }
    async with trio.open_nursery() as nursery:
        server = Server(photos)
        if proxy_ca is not None:
            told["proxy"] = await _start_proxy(nursery, server, proxy_ca)
        await nursery.start(server.run, front, films)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await server.stopped.wait()
        nursery.cancel_scope.cancel()


def _loopback(api: str, films: str) -> Origins:
    return Origins(api, api, api, films, api, api, api)


async def _start_proxy(nursery: trio.Nursery, server: Server, proxy_ca: Path) -> str:
    from gphotosfs.simulator.connect_proxy import ConnectProxy

    proxy = ConnectProxy(server)
    proxy.write_authority(proxy_ca)
    listener = await listen("127.0.0.1")
    await nursery.start(proxy.run, listener)
    return origin(listener)


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gphotosfs.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (the default): any free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--items", type=int, default=250)
    parser.add_argument(
        "--album-sizes", type=_sizes, metavar="N,N,…", help="instead of the albums with nice titles"
    )
    parser.add_argument(
        "--awkward", action="store_true", help="add items and albums with hostile names and times"
    )
    parser.add_argument(
        "--cheap-bytes", action="store_true", help="noise of a given length instead of pictures"
    )
    parser.add_argument("--photo-bytes", type=int, default=3_000_000, metavar="N")
    parser.add_argument("--video-bytes", type=int, default=300_000_000, metavar="N")
    parser.add_argument(
        "--pixels-max", type=int, metavar="N", help="scale larger cameras' photos down to this"
    )
    parser.add_argument(
        "--draw-ahead", action="store_true", help="draw the pictures before they are asked for"
    )
    parser.add_argument(
        "--drawn-mb",
        type=int,
        default=DRAWN_BYTES >> 20,
        metavar="N",
        help="how much of what was drawn is kept in memory",
    )
    parser.add_argument(
        "--drawn-in", type=Path, metavar="FOLDER", help="keep what was drawn for the next time"
    )
    parser.add_argument(
        "--proxy-ca",
        type=Path,
        metavar="FILE",
        help="play Google's own hosts behind a CONNECT proxy, and write the certificate to trust there",
    )
    parser.add_argument(
        "--behind",
        nargs=2,
        metavar=("ORIGIN", "FILMS"),
        help="the origins that clients see, where something stands between them and this",
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=JSON",
        help="a switch of options.py, as api_latency_s=0.08",
    )
    return parser


if __name__ == "__main__":
    main()
