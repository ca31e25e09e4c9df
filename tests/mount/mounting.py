"""Real mounts for tests: a profile of one's own on a simulated Google in another process.

Whatever a test does, its mounts and processes are gone when the context of the kit is left.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gphotosfs.cli.mounting.checks import ends_within, take_away
from gphotosfs.config import Folders, Profile
from gphotosfs.control import call, mounted_at, record_of
from gphotosfs.errors import MountError
from gphotosfs.simulator.process import Running

PROJECT: Final = Path(__file__).parents[2]
PROGRAM: Final = (sys.executable, "-m", "gphotosfs.cli.main")

# No test is about speed: this only ends one that would wait for ever.
HANG_GUARD_S: Final = 60.0


@dataclass(frozen=True)
class Mount:
    """A mount, and the daemon that serves it."""

    path: Path
    pid: int
    profile: Profile

    def __truediv__(self, inner: str) -> Path:
        return self.path / inner

    @property
    def is_mounted(self) -> bool:
        """Whether the kernel has it in its mount table."""
        return mounted_at(self.path) is not None

    def ask(self, name: str, /, **args: object) -> Any:
        """Call the daemon's control socket."""
        return call(self.profile.control_path, name, timeout_s=HANG_GUARD_S, **args)

    def status(self) -> dict[str, Any]:
        """What `gphotosfs status` would show."""
        found: dict[str, Any] = self.ask("status")
        return found

    def refresh(self, path: str = "") -> None:
        """Ask Google again for a directory; returns when it is listed."""
        self.ask("refresh", path=path)

    def kill(self) -> None:
        """End the daemon by SIGKILL, and wait until it has ended."""
        os.kill(self.pid, signal.SIGKILL)
        assert ends_within(self.pid, HANG_GUARD_S)

    def unmount(self) -> None:
        """Unmount as a user does, and wait until the daemon has ended."""
        take_away(self.path, lazily=False)
        assert ends_within(self.pid, HANG_GUARD_S)


class Home:
    """A user's private XDG folders with one profile in them."""

    def __init__(self, folder: Path, simulator: Running, **settings: object) -> None:
        """`settings` are keys of `config.toml`."""
        self.folder = folder
        self.simulator = simulator
        self.profile = Profile("default", _folders(folder))
        self.profile.make_dirs()
        self.profile.credentials_path.touch(0o600)
        self.profile.credentials_path.write_text(json.dumps(simulator.credentials))
        lines = {"endpoints": simulator.api, **settings}.items()
        self.profile.config_path.write_text(
            "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines)
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a command finds these folders."""
        names = ("CONFIG", "DATA", "CACHE", "STATE")
        return (
            os.environ
            | {f"XDG_{name}_HOME": str(self.folder / name.lower()) for name in names}
            | {"XDG_RUNTIME_DIR": str(self.folder / "runtime"), "PYTHONPATH": str(PROJECT)}
        )

    def run(self, *arguments: str | Path, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a command of gphotosfs to its end; None for `code` takes any."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_GUARD_S,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    def diagnosed(self, code: int = 0) -> dict[str, dict[str, Any]]:
        """What `doctor` finds, by check; it ends with this exit code.

        But with 1 where a mount is dead: it judges the machine, and so tells of one that another test,
        or whoever works on this machine, has there at the moment.
        """
        done = self.run("doctor", "--json", code=None)
        found = {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}
        assert done.returncode == (1 if found["mounts"]["level"] == "failed" else code), done.stdout
        return found

    @contextmanager
    def mounted(
        self, *arguments: str, at: str = "mnt", source: str = "default", alarms: bool = False
    ) -> Iterator[Mount]:
        """The profile, mounted in the background; leaving the context ends it however it is.

        Unless `alarms` are expected, a warning or an error in the daemon's log fails the test.
        """
        mountpoint = self.folder / at
        with suppress(FileExistsError):
            mountpoint.mkdir()
        logged_before = len(self.log)
        self.run("mount", *arguments, source, mountpoint)
        mountpoint = mountpoint.resolve()
        record = record_of(mountpoint, self.profile.folders)
        assert record is not None
        mount = Mount(mountpoint, record.pid, self.profile)
        try:
            yield mount
        finally:
            end(mount)
        if not alarms:
            unexpected = alarming(self.log[logged_before:])
            assert not unexpected, unexpected

    @property
    def log(self) -> list[str]:
        """The lines that the daemons of this profile have logged."""
        path = self.profile.log_path
        return path.read_text().splitlines() if path.exists() else []


def _folders(folder: Path) -> Folders:
    return Folders(
        **{
            name: folder / name / "gphotosfs"
            for name in ("config", "data", "cache", "state", "runtime")
        }
    )


def end(mount: Mount) -> None:
    """Unmount what is still mounted and end what still runs; a daemon that does not end fails."""
    while mounted_at(mount.path) is not None:
        with suppress(MountError):  # `auto_unmount` was faster
            take_away(mount.path, lazily=True)
    if not ends_within(mount.pid, HANG_GUARD_S):
        with suppress(ProcessLookupError):
            os.kill(mount.pid, signal.SIGKILL)
        raise AssertionError("the daemon outlived its mount")


def alarming(log: list[str]) -> list[str]:
    """The lines that a person would be alarmed by."""
    return [line for line in log if " WARNING " in line or " ERROR " in line]


@dataclass(frozen=True)
class Spent:
    """How many requests of each kind were made."""

    api: int
    media: int


def spent(simulator: Running) -> Spent:
    """The requests since the log was cleared; a redirect and its target are one."""
    rows = simulator.log()
    bodies = [r for r in rows if r["kind"] in ("media", "redirected") and r["status"] != 302]
    return Spent(api=sum(row["kind"] == "api" for row in rows), media=len(bodies))


@contextmanager
def counted(simulator: Running) -> Iterator[Callable[[], Spent]]:
    """Counts the requests since the context was entered."""
    simulator.clear_log()
    yield lambda: spent(simulator)


def sh(*command: str | Path, code: int | None = 0) -> str:
    """The output of a program, which must end with this code; None: with any."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        check=False,
        timeout=HANG_GUARD_S,
        env=os.environ | {"LC_ALL": "C.UTF-8", "TZ": "UTC"},
    )
    assert code is None or done.returncode == code, done.stderr.decode(errors="replace")
    return done.stdout.decode(errors="surrogateescape")


def eventually(happened: Callable[[], object]) -> None:
    """Wait until something in another process has happened."""
    give_up_s = time.monotonic() + HANG_GUARD_S
    while not happened():
        assert time.monotonic() < give_up_s, "it never happened"
        time.sleep(0.01)


@contextmanager
def process(*command: str | Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A program beside the test, whose output nobody reads; ended with the context."""
    started = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait(HANG_GUARD_S)


def variant(item: dict[str, Any]) -> str:
    """The base URL parameter by which an item's bytes are fetched."""
    return "dv" if item["mime_type"].startswith("video/") else "d"


def content(simulator: Running, item: dict[str, Any]) -> bytes:
    """The simulator's own bytes of an item."""
    return simulator.bytes_of(item["id"], variant(item))


@dataclass(frozen=True)
class Pictures:
    """A library whose names are all different: the simulator's own items and bytes by name."""

    simulator: Running
    items: dict[str, dict[str, Any]]
    bytes: dict[str, bytes]

    @property
    def sizes(self) -> dict[str, int]:
        """The exact sizes."""
        return {name: len(content) for name, content in self.bytes.items()}


def drawn(simulator: Running) -> Pictures:
    """Everything in a library; it draws each picture now, so that nobody waits for it later."""
    items = {item["filename"]: item for item in simulator.items()}
    return Pictures(simulator, items, {name: content(simulator, i) for name, i in items.items()})
