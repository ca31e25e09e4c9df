"""A throw-away profile whose Google is simulated."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from gphotosfs.config import Folders, Profile, make_private_dir
from gphotosfs.errors import MountError

_SIMULATOR: Final = "gphotosfs.simulator"

_SEED: Final = "3"  # has the nicest pictures

# Drawing a real phone's 12 megapixels takes a third of a second, for which `ls -l` would wait.
_PIXELS_MAX: Final = "1200000"


class Demo:
    """The demo at one mount point: its profile, and the process that plays Google.

    Nothing is kept in memory that another command would need: what is running can be read from the
    profile's folder.
    """

    def __init__(self, mountpoint: Path, folders: Folders) -> None:
        self.mountpoint = mountpoint
        name = "demo-" + hashlib.sha256(os.fsencode(mountpoint)).hexdigest()[:8]
        self._folder = folders.state / "demo" / name
        # All within one folder that can be removed, except for the control socket and the record
        # of the mount, which other commands look for in the user's own runtime folder.
        self.profile = Profile(
            name,
            Folders(
                config=self._folder / "config",
                data=self._folder / "data",
                cache=self._folder / "cache",
                state=self._folder / "state",
                runtime=folders.runtime,
            ),
        )

    @property
    def exists(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._folder.is_dir()

    def start(self, items: int) -> None:
        """Start the simulated Google and sign in to it.

        Raises:
            MountError: it did not start; its log says more.
            ConfigError: the profile's folders can't be made.
        """
        self.profile.make_dirs()
        make_private_dir(self._folder)
        described = self._start_simulator(items)
        self.profile.credentials_path.touch(0o600)
        self.profile.credentials_path.write_text(json.dumps(described["credentials"]))
        self.profile.config_path.write_text(f"endpoints = {json.dumps(described['api'])}\n")

    def stop(self) -> None:
        """End the simulated Google and remove everything; the mount is gone by now."""
        try:
            pid = int(self._pid_path.read_text())
            # A pid is given again after a reboot, to anybody.
            if _SIMULATOR.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGTERM)
        except (OSError, ValueError):
            pass  # it has ended already, or never began
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.rmtree(self.profile.runtime_dir, ignore_errors=True)

    @property
    def _pid_path(self) -> Path:
        return self._folder / "simulator.pid"

    def _start_simulator(self, items: int) -> dict[str, Any]:
        """Start the process; returns the line in which it says where it listens."""
        log_path = self.profile.state_dir / "simulator.log"
        with log_path.open("wb") as log_file:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", _SIMULATOR, "--port", "0", "--items", str(items)),
                    *("--seed", _SEED, "--pixels-max", _PIXELS_MAX, "--draw-ahead"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log_file,
                start_new_session=True,
            )
        assert process.stdout is not None
        self._pid_path.write_text(str(process.pid))
        with process.stdout:
            line = process.stdout.readline()
        if not line:
            reason = log_path.read_text().strip().splitlines()[-1:]
            raise MountError(f"the simulated Google did not start: {' '.join(reason)}")
        described: dict[str, Any] = json.loads(line)
        return described
