"""`python -m bench.million`: list a library of a million items, as a first `ls media/all` does.

The simulated Google runs in another process on loopback, with its quota and ours out of the way; so
this measures what listing costs this program, in time and in memory, apart from Google's own pace.
"""

import argparse
import json
import logging
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import trio

from gphotosfs.app.core import Core
from gphotosfs.config import Folders, Profile, Settings
from gphotosfs.google import connection
from gphotosfs.google.endpoints import Endpoints
from gphotosfs.simulator.process import Running, running


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.million", description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--api-latency", type=float, default=0.08, metavar="SECONDS")
    args = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    with (
        tempfile.TemporaryDirectory(prefix="gphotosfs-bench-") as folder,
        running(
            "--cheap-bytes",
            f"--items={args.items}",
            "--album-sizes=1",
            "--option=calls_per_day=null",
            f"--option=api_latency_s={args.api_latency}",
        ) as google,
    ):
        trio.run(_measure, Path(folder), google)


async def _measure(folder: Path, google: Running) -> None:
    names = ("config", "data", "cache", "state", "runtime")
    profile = Profile("default", Folders(**{name: folder / name for name in names}))
    profile.make_dirs()
    profile.credentials_path.touch(0o600)
    profile.credentials_path.write_text(json.dumps(google.credentials))
    settings = Settings(quota_calls=10_000_000)
    core = Core(
        profile,
        settings,
        connection.connect(
            profile.credentials_path,
            profile.state_dir,
            endpoints=Endpoints(google.api),
            quota_calls=settings.quota_calls,
        ),
        changed=lambda _: None,
        renewed=lambda _: None,
    )
    before = _memory()
    async with trio.open_nursery() as nursery:
        await nursery.start(core.run)
        began_s = time.monotonic()
        directory = await core.tree.resolve("media/all")
        await core.tree.opened(directory)
        count = 0
        after: int | None = None
        while found := await core.tree.entries(directory, after):
            if not count:
                print(f"first entries:  {time.monotonic() - began_s:.2f} s")
            if count // 100_000 < (count + len(found)) // 100_000:
                print(f"{count + len(found):>9} entries: {time.monotonic() - began_s:.0f} s")
            count += len(found)
            after = found[-1].cookie
        taken_s = time.monotonic() - began_s
        again_s = time.monotonic()
        after = None
        while found := await core.tree.entries(directory, after):
            after = found[-1].cookie
        again_s = time.monotonic() - again_s
        nursery.cancel_scope.cancel()
    after_all = _memory()
    calls = len(google.log("api"))
    size_bytes = sum(path.stat().st_size for path in profile.data_dir.iterdir())
    print(f"listed:         {count} items in {taken_s:.0f} s, {taken_s / count * 1e6:.0f} µs each")
    print(f"listed again:   {again_s:.1f} s")
    print(f"calls:          {calls}")
    print(f"resident:       {before['VmRSS']} MB before, {after_all['VmHWM']} MB at most")
    print(f"catalogue:      {size_bytes >> 20} MB")


def _memory() -> dict[str, int]:
    """What the kernel says of this process, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = (line.split() for line in lines if line.startswith(("VmRSS", "VmHWM")))
    return {field[0].rstrip(":"): int(field[1]) >> 10 for field in fields}


if __name__ == "__main__":
    main()
