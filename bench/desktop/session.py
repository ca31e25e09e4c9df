"""A desktop session of its own for one program: its own home, bus and processes."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.desktop.screen import Screen

UID: Final = 1000
"""Who the programs believe to be: file managers warn root, and some refuse it."""


@dataclass(frozen=True)
class Home:
    """The folders of a user, who runs both a daemon and file managers."""

    folder: Path

    @property
    def path(self) -> Path:
        """`$HOME`."""
        return self.folder / "home"

    @property
    def thumbnails(self) -> Path:
        """Where the desktop and the daemon keep thumbnails."""
        return self.folder / "cache/thumbnails"

    def environment(self, screen: Screen, desktop: str) -> dict[str, str]:
        """What a program of this user finds."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.path),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_CONFIG_HOME": str(self.path / ".config"),
            "XDG_DATA_HOME": str(self.path / ".local/share"),
            "XDG_RUNTIME_DIR": str(self.folder / "runtime"),
            "XDG_CURRENT_DESKTOP": desktop,
            "DISPLAY": screen.display,
            "LANG": "C.UTF-8",
            "GSETTINGS_BACKEND": "memory",
            # There is no graphics card, no screen reader and nothing to mount.
            "GSK_RENDERER": "cairo",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            # A scrollbar that fades away is a screen that changes.
            "GTK_OVERLAY_SCROLLING": "0",
            "NO_AT_BRIDGE": "1",
            "GTK_A11Y": "none",
            "GVFS_DISABLE_FUSE": "1",
        }


@contextmanager
def running(
    home: Home, screen: Screen, desktop: str, command: Sequence[str], *, trace: Path | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A program on a session bus of its own, until the context is left.

    Whatever it or the bus has started ends with it: all of them live in one PID namespace.

    Args:
        home: whose folders it uses.
        screen: where its windows are.
        desktop: which desktop it is told to be on.
        command: the program.
        trace: where strace(1) writes down what they all open and ask; it makes them slow.
    """
    (home.folder / "runtime").mkdir(mode=0o700, exist_ok=True)
    home.path.mkdir(exist_ok=True)
    traced = [] if trace is None else [*_STRACE, str(trace)]
    with (home.folder / "session.log").open("ab") as log:
        process = subprocess.Popen(
            [*namespace(as_user=True), *traced, "dbus-run-session", "--", *command],
            env=home.environment(screen, desktop),
            cwd=home.path,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


_STRACE: Final = (
    *("strace", "-f", "-tt", "-y", "--seccomp-bpf", "-s", "256"),
    *(
        "-e",
        "trace=execve,open,openat,stat,lstat,newfstatat,statx,getdents64,access,faccessat2,unlink,unlinkat,rename,renameat,renameat2",
        "-o",
    ),
)


def namespace(*, as_user: bool) -> list[str]:
    """The words before a command that put it into a PID namespace, which ends when we do."""
    user = [f"--map-user={UID}", f"--map-group={UID}"] if as_user else ["--map-root-user"]
    return [
        *("setpriv", "--pdeathsig", "KILL"),
        *("unshare", "--user", *user),
        *("--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--"),
    ]


def contained() -> None:
    """Run this program again inside a PID and mount namespace, so that nothing can outlive it."""
    if os.environ.get("GPHOTOSFS_BENCH_CONTAINED"):
        return
    os.environ["GPHOTOSFS_BENCH_CONTAINED"] = "1"
    arguments = [sys.executable, "-m", "bench.desktop", *sys.argv[1:]]
    command = [
        *("setpriv", "--pdeathsig", "KILL", "unshare"),
        *(() if os.geteuid() == 0 else ("--user", "--map-root-user")),
        *("--pid", "--mount", "--fork", "--kill-child=KILL", "--mount-proc", "--", *arguments),
    ]
    os.execvp(command[0], command)
