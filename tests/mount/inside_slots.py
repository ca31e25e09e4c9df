"""Sixteen readers of a film that does not come, and one of a photo: `python -m` this FOLDER SIMULATOR."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from gphotosfs.fuse.session import device_number
from gphotosfs.simulator.process import Running
from tests.mount.mounting import Home, content, eventually, process

READERS = 16


def main() -> None:
    """Nothing if all is well."""
    folder, simulator = Path(sys.argv[1]), Running(**json.loads(sys.argv[2]))
    items = simulator.items()
    film = next(item for item in items if item["fps"])
    photo = next(item for item in items if not item["fps"])
    # So long that a photo which waits for the film does not come within any test's time.
    with Home(folder, simulator, timeout="10m").mounted(alarms=True) as mount:
        device = device_number(mount.path)
        assert device is not None
        connection = Path("/sys/fs/fuse/connections") / device.partition(":")[2]
        assert (connection / "max_background").read_text() == "256\n"
        assert (connection / "congestion_threshold").read_text() == "192\n"
        path = mount / "videos" / film["filename"]
        size = path.stat().st_size
        simulator.fault("stall", kind="redirected", times=None)
        with ExitStack() as readers:
            started = [
                readers.enter_context(process("tail", "-c", str(size - size // READERS * n), path))
                for n in range(READERS)
            ]
            eventually(lambda: int((connection / "waiting").read_text()) >= READERS)

            assert (mount / "media/all" / photo["filename"]).read_bytes() == content(
                simulator, photo
            )
            assert [reader.poll() for reader in started] == [None] * READERS
            mount.ask("stop")


if __name__ == "__main__":
    main()
