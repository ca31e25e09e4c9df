"""`gphotosfs login` in a home of its own, and what it left there."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    code: int
    stdout: str
    stderr: str


PROJECT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "gphotosfs.cli.main"]
GUARD_S = 60.0


def private(path: Path, text: str) -> Path:
    path.touch(0o600)
    path.write_text(text)
    return path


def environment(home: Path, **other: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    kept.pop("BROWSER", None)
    kept |= {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "CACHE")}
    return kept | {
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_RUNTIME_DIR": str(home / "runtime"),
        "HOME": str(home),
        "PYTHONPATH": str(PROJECT),
        **other,
    }


def browser(*how: str) -> str:
    """A $BROWSER in which this person sits."""
    return " ".join([sys.executable, str(PROJECT / "tests" / "person.py"), "%s", *how, "&"])


Login = Callable[..., Result]


def in_process_of_its_own(*arguments: str | Path, env: dict[str, str]) -> Result:
    done = subprocess.run(
        [*PROGRAM, "login", *arguments],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=GUARD_S,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def saved(home: Path) -> dict[str, Any]:
    path = home / "config" / "gphotosfs" / "default" / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    members: dict[str, Any] = json.loads(path.read_text())
    return members


def unsigned(home: Path) -> bool:
    return not list((home / "config").glob("gphotosfs/*/credentials.json"))
