"""Going to the background forks, so each test looks from outside at a process that does it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gphotosfs.cli.mounting.checks import ends_within
from gphotosfs.config import Folders
from gphotosfs.control import record_of

STARTER = '''
import json, os, sys
from pathlib import Path
from gphotosfs import errors
from gphotosfs.cli.mounting.background import serve_in_background
from gphotosfs.config import Folders, MountRequest, Profile, Settings

folder, behaviour = Path(sys.argv[1]), sys.argv[2]
profile = Profile("work", Folders(*(folder / name for name in ("c", "d", "k", "s", "r"))))
profile.make_dirs()
(folder / "mnt").mkdir()
request = MountRequest(profile=profile, settings=Settings(), path="albums/x",
                       mountpoint=folder / "mnt", source="work:albums/x")

def serve(request, ready):
    """Plays the application: does as told, and serves until the fifo is opened for writing."""
    if behaviour == "refuse":
        raise errors.QuotaError("not today", retry_at_s=5.0)
    if behaviour == "libfuse":
        os.write(2, b"fuse: device not found\\n")
        raise errors.MountError("it can't be mounted")
    if behaviour == "die":
        os.write(2, b"Segmentation fault\\n")
        os._exit(9)
    if behaviour == "bug":
        raise ZeroDivisionError("of zero")
    ready()
    where = [os.readlink(f"/proc/self/fd/{fd}") for fd in range(3)]
    (folder / "seen").write_text(json.dumps({
        "pid": os.getpid(), "sid": os.getsid(0), "cwd": os.getcwd(), "std": where}))
    open(folder / "fifo").close()

try:
    serve_in_background(request, serve)
except errors.GPhotosError as exc:
    print(json.dumps([type(exc).__name__, str(exc), vars(exc)]))
'''


def start(folder: Path, behaviour: str) -> str:
    """What the starter prints; it must have let go of its output when this returns."""
    done = subprocess.run(
        [sys.executable, "-c", STARTER, folder, behaviour],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in ("c", "d", "k", "s", "r")))


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    yield path
    with suppress(OSError):  # nobody reads, unless a failed test has left a daemon
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))


def test_the_daemon_goes_on_when_the_command_returns(
    tmp_path: Path, fifo: Path, folders: Folders
) -> None:
    """It is a session of its own, holds no folder and none of the caller's descriptors."""
    assert start(tmp_path, "serve") == ""

    record = record_of(tmp_path / "mnt", folders)
    assert record is not None
    assert (record.profile, record.root) == ("work", "albums/x")
    assert record.control_path == str(folders.runtime / "work" / "control.sock")

    os.close(os.open(fifo, os.O_WRONLY))
    assert ends_within(record.pid, 60)
    seen = json.loads((tmp_path / "seen").read_text())
    assert seen == {
        "pid": record.pid,
        "sid": record.pid,
        "cwd": "/",
        "std": ["/dev/null"] * 3,
    }
    assert record_of(tmp_path / "mnt", folders) is None
    assert "mounted at" in (folders.state / "work.log").read_text()


def test_an_error_comes_back_as_its_class(tmp_path: Path) -> None:
    assert json.loads(start(tmp_path, "refuse")) == ["QuotaError", "not today", {"retry_at_s": 5.0}]


def test_what_libfuse_says_is_in_the_line(tmp_path: Path) -> None:
    name, message, _ = json.loads(start(tmp_path, "libfuse"))

    assert name == "MountError"
    assert message == "it can't be mounted (fuse: device not found)"


def test_a_daemon_that_dies_is_told(tmp_path: Path) -> None:
    name, message, _ = json.loads(start(tmp_path, "die"))

    assert name == "InternalError"
    assert "Segmentation fault" in message


def test_a_bug_is_told_and_logged(tmp_path: Path, folders: Folders) -> None:
    name, message, _ = json.loads(start(tmp_path, "bug"))

    assert name == "InternalError"
    assert "work.log" in message
    assert "Traceback" in (folders.state / "work.log").read_text()
