"""A throw-away profile whose Google is simulated, and the processes that go with it."""

import contextlib
import hashlib
import importlib.util
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from gphotosfs.config import Folders, Profile, make_private_dir
from gphotosfs.desktop import thumbnail_files
from gphotosfs.errors import MountError

PREFIX: Final = "demo-"
"""What the name of a demo's profile begins with."""

_SIMULATOR: Final = "gphotosfs.simulator"
_EXPORT: Final = "gphotosfs.demo.export"
_PROCESSES: Final = (_EXPORT, _SIMULATOR)

# What pyproject.toml's extra `demo` is for.
_NEEDS: Final = ("av", "h11")

_ENDS_WITHIN_S: Final = 5.0

_SEED: Final = "3"  # has the nicest pictures

# Drawing a real phone's 12 megapixels takes a third of a second, for which `ls -l` would wait.
_PIXELS_MAX: Final = "1200000"


def profile_of_demo(name: str, folders: Folders) -> Profile:
    """The profile of a demo, by the name that its status shows."""
    folder = _folder(name, folders)
    # All within one folder that can be removed, except for the control socket and the record
    # of the mount, which other commands look for in the user's own runtime folder, and the
    # cache, beside which file managers look for thumbnails.
    return Profile(
        name,
        Folders(
            config=folder / "config",
            data=folder / "data",
            cache=folders.cache,
            state=folder / "state",
            runtime=folders.runtime,
        ),
    )


def _folder(name: str, folders: Folders) -> Path:
    return folders.state / "demo" / name


class Demo:
    """The demo at one mount point: its profile, and the processes that play Google.

    Nothing is kept in memory that another command would need: what is running can be read from the
    profile's folder.
    """

    def __init__(self, mountpoint: Path, folders: Folders) -> None:
        self.mountpoint = mountpoint
        name = PREFIX + hashlib.sha256(os.fsencode(mountpoint)).hexdigest()[:8]
        self._folder = _folder(name, folders)
        self.profile = profile_of_demo(name, folders)

    @property
    def exists(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._folder.is_dir()

    def start(self, items: int) -> None:
        """Start the simulated Google and sign in to it.

        Raises:
            MountError: it did not start, or is not installed; the message says why.
            ConfigError: the profile's folders can't be made.
        """
        missing = [name for name in _NEEDS if importlib.util.find_spec(name) is None]
        if missing:
            raise MountError(
                f"the demo needs {' and '.join(missing)}, which the extra `demo` brings: "
                "pip install 'gphotosfs[demo]', or `make demo` in a checkout"
            )
        self.profile.make_dirs()
        make_private_dir(self._folder)
        described = self._start_simulator(items)
        self.profile.credentials_path.touch(0o600)
        self.profile.credentials_path.write_text(json.dumps(described["credentials"]))
        self.profile.config_path.write_text(f"endpoints = {json.dumps(described['api'])}\n")

    def begin_export(self) -> None:
        """Have an export of Takeout made and shown, behind; the mount is there by now."""
        folder = self._folder / "takeout"
        folder.mkdir()
        self._spawn(_EXPORT, folder, self.profile.control_path)

    def stop(self) -> None:
        """End what plays Google and remove everything; the mount is gone by now."""
        for module in _PROCESSES:
            _end(self._pid_path(module), module)
        for folder in (self._folder, self.profile.runtime_dir, self.profile.cache_dir):
            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            for path in thumbnail_files.ours(self.profile.folders.thumbnails, self.profile.name):
                path.unlink(missing_ok=True)

    def _start_simulator(self, items: int) -> dict[str, Any]:
        """Start the process; returns the line in which it says where it listens."""
        process = self._spawn(
            _SIMULATOR,
            *("--port", "0", "--items", str(items)),
            *("--seed", _SEED, "--pixels-max", _PIXELS_MAX, "--draw-ahead"),
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        with process.stdout:
            line = process.stdout.readline()
        if not line:
            reason = self._log_path(_SIMULATOR).read_text().strip().splitlines()[-1:]
            raise MountError(f"the simulated Google did not start: {' '.join(reason)}")
        described: dict[str, Any] = json.loads(line)
        return described

    def _spawn(
        self, module: str, *arguments: str | Path, stdout: int = subprocess.DEVNULL
    ) -> "subprocess.Popen[bytes]":
        """Start a process that stays, and note who it is."""
        with self._log_path(module).open("wb") as log_file:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=log_file,
                start_new_session=True,
            )
        self._pid_path(module).write_text(str(process.pid))
        return process

    def _pid_path(self, module: str) -> Path:
        return self._folder / f"{module}.pid"

    def _log_path(self, module: str) -> Path:
        return self.profile.state_dir / f"{module}.log"


def _end(pid_path: Path, module: str) -> None:
    """End the process whose pid was written down, and wait until it writes no more."""
    try:
        pid = int(pid_path.read_text())
        # A pid is given again after a reboot, to anybody.
        if module.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return
        process = os.pidfd_open(pid)
    except (OSError, ValueError):
        return  # it has ended already, or never began
    try:
        signal.pidfd_send_signal(process, signal.SIGTERM)
        select.select([process], [], [], _ENDS_WITHIN_S)
    except ProcessLookupError:
        pass
    finally:
        os.close(process)
