"""The programs that are compared: how each is set up, started, watched and ended."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.google import Google

NO_NETWORK: Final = "http://127.0.0.1:9"
"""A proxy that refuses: nobody listens at the discard port."""

START_LIMIT_S: Final = 30.0
END_LIMIT_S: Final = 15.0


@dataclass(frozen=True)
class Peer:
    """One program with its options, on a profile or remote of its own."""

    name: str
    text: str
    """What was started, for the report."""
    albums: str
    """The directory of its tree that holds the albums."""
    prepare: Callable[[Google, Path], None]
    command: Callable[[Path, Path, float], list[str]]
    """From its folder, the mount point and the seconds that a listing counts as fresh."""
    environment: Callable[[Path], dict[str, str]]
    cache: str = ""
    """Where below its folder its cached bytes are; "" where it keeps none."""


class Daemon:
    """A peer that is mounted."""

    def __init__(
        self, peer: Peer, made: Google, folder: Path, *, fresh_s: float = 300.0, online: bool = True
    ) -> None:
        """Start it and wait until a program can list its root.

        Raises:
            RuntimeError: it ended, or was not ready in time.
        """
        self.path = folder / "mount"
        self.path.mkdir(exist_ok=True)
        self._log = (folder / "log").open("ab")
        environment = {
            **os.environ,
            **peer.environment(folder),
            "HTTPS_PROXY": made.simulator.proxy if online else NO_NETWORK,
            "SSL_CERT_FILE": str(made.authority),
        }
        started_s = time.perf_counter()
        self._process = subprocess.Popen(
            peer.command(folder, self.path, fresh_s),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self.cpu_s = 0.0
        self.peak_bytes = 0
        try:
            self._wait_until_mounted(started_s)
            next(self.path.iterdir())
        except BaseException:
            self.end()
            raise
        self.ready_s = time.perf_counter() - started_s

    def look(self) -> None:
        """Note the processor time and the peak of memory until now."""
        root = Path("/proc") / str(self._process.pid)
        try:
            fields = (root / "stat").read_text().rpartition(")")[2].split()
            status = (root / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return
        self.cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.peak_bytes = int(line.split()[1]) * 1024

    def end(self) -> None:
        """Unmount it and wait for its end; one that does not end is killed."""
        self.look()
        if self._is_mounted():
            subprocess.run(["fusermount3", "-u", "-z", self.path], check=False)
        if not self._ends():
            self._process.send_signal(signal.SIGTERM)
            if not self._ends():
                self.kill()
        self._log.close()

    def kill(self) -> None:
        """End it by SIGKILL, so that whoever hangs in the mount gets an error."""
        self.look()
        self._process.kill()
        self._process.wait()
        if self._is_mounted():
            subprocess.run(["fusermount3", "-u", "-z", self.path], check=False)

    def _ends(self) -> bool:
        try:
            self._process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _wait_until_mounted(self, started_s: float) -> None:
        while not self._is_mounted():
            if self._process.poll() is not None:
                raise RuntimeError(
                    f"it ended with {self._process.returncode}: see {self._log.name}"
                )
            if time.perf_counter() - started_s > START_LIMIT_S:
                raise RuntimeError("it was not mounted in time")
            time.sleep(0.002)

    def _is_mounted(self) -> bool:
        return f" {self.path} " in Path("/proc/self/mountinfo").read_text()


# --- gphotosfs ------------------------------------------------------------------------------------


def _prepare_gphotosfs(made: Google, folder: Path) -> None:
    profile = folder / "config/gphotosfs/default"
    profile.mkdir(mode=0o700, parents=True)
    (folder / "runtime").mkdir(mode=0o700)
    # Neither side may stop for its own quota.
    (profile / "config.toml").write_text("quota_calls = 1000000\nquota_bytes = 1000000\n")
    credentials = folder / "credentials.json"
    credentials.touch(0o600)
    credentials.write_text(json.dumps(made.simulator.credentials))
    command = [
        sys.executable,
        "-m",
        "gphotosfs.cli.main",
        "login",
        "--credentials",
        str(credentials),
    ]
    environment = os.environ | _gphotosfs_environment(folder)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def _gphotosfs_command(_folder: Path, mountpoint: Path, fresh_s: float) -> list[str]:
    command = [sys.executable, "-m", "gphotosfs.cli.main", "mount", "--foreground"]
    return [*command, f"--dir-cache-time={fresh_s:g}s", "default", str(mountpoint)]


def _gphotosfs_environment(folder: Path) -> dict[str, str]:
    names = ("CONFIG", "DATA", "CACHE", "STATE")
    return {f"XDG_{name}_HOME": str(folder / name.lower()) for name in names} | {
        "XDG_RUNTIME_DIR": str(folder / "runtime")
    }


# --- rclone ---------------------------------------------------------------------------------------


def _prepare_rclone(made: Google, folder: Path) -> None:
    client = made.simulator.credentials
    token = {
        "access_token": "expired",
        "token_type": "Bearer",
        "refresh_token": client["refresh_token"],
        "expiry": "2020-01-01T00:00:00Z",
    }
    oldest_ns = min(item["created_ns"] for item in made.items.values())
    (folder / "rclone.conf").write_text(
        "[sim]\ntype = google photos\n"
        # By default it goes back to 2000, and asks for each day since then.
        f"start_year = {time.gmtime(oldest_ns // 10**9).tm_year}\n"
        f"client_id = {client['client_id']}\nclient_secret = {client['client_secret']}\n"
        f"token = {json.dumps(token)}\n"
    )


def _rclone_command(folder: Path, mountpoint: Path, fresh_s: float) -> list[str]:
    return [
        str(Path(sys.executable).with_name("rclone")),
        "mount",
        "--read-only",
        f"--config={folder / 'rclone.conf'}",
        f"--cache-dir={folder / 'cache'}",
        f"--dir-cache-time={fresh_s:g}s",
        "sim:",
        str(mountpoint),
    ]


def _rclone_full_command(folder: Path, mountpoint: Path, fresh_s: float) -> list[str]:
    options = ["--vfs-cache-mode=full", "--gphotos-read-size"]
    return [*_rclone_command(folder, mountpoint, fresh_s), *options]


def _rclone_environment(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder)}


GPHOTOSFS: Final = Peer(
    name="gphotosfs",
    text="gphotosfs mount",
    albums="albums",
    prepare=_prepare_gphotosfs,
    command=_gphotosfs_command,
    environment=_gphotosfs_environment,
    cache="cache",
)
RCLONE_FULL: Final = Peer(
    name="rclone, full",
    text="rclone mount --read-only --vfs-cache-mode=full --gphotos-read-size",
    albums="album",
    prepare=_prepare_rclone,
    command=_rclone_full_command,
    environment=_rclone_environment,
    cache="cache",
)
RCLONE_PLAIN: Final = Peer(
    name="rclone, plain",
    text="rclone mount --read-only",
    albums="album",
    prepare=_prepare_rclone,
    command=_rclone_command,
    environment=_rclone_environment,
)

PEERS: Final = (GPHOTOSFS, RCLONE_FULL, RCLONE_PLAIN)
