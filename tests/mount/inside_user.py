"""An ordinary user mounts, reads and unmounts: `python -m` this FOLDER SIMULATOR."""

import json
import os
import stat
import sys
from pathlib import Path

from gphotosfs.cli.mounting.checks import ends_within
from gphotosfs.simulator.process import Running
from tests.mount.mounting import HANG_GUARD_S, Home, content


def main() -> None:
    """Nothing if all is well."""
    assert os.geteuid() != 0
    folder, simulator = Path(sys.argv[1]), Running(**json.loads(sys.argv[2]))
    item = simulator.items(1)[0]
    home = Home(folder, simulator)
    with home.mounted() as mount:
        path = mount / "media/all" / item["filename"]
        assert path.read_bytes() == content(simulator, item)
        assert (path.stat().st_uid, path.stat().st_gid) == (os.geteuid(), os.getegid())
        assert os.access(path, os.R_OK)
        assert not os.access(path, os.W_OK)

        home.run("unmount", mount.path)

        assert not mount.is_mounted
        assert ends_within(mount.pid, HANG_GUARD_S)
    for private in (home.profile.config_dir, home.profile.data_dir, home.profile.cache_dir):
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.profile.credentials_path.stat().st_mode) == 0o600


if __name__ == "__main__":
    main()
