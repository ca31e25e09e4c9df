"""What `gphotosfs login` asks and shows at a terminal."""

import json
import os
import pty
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running, running
from tests import person

PROJECT = Path(__file__).parents[3]
GUARD_S = 60.0


class Terminal:
    """`gphotosfs login` with a person at its terminal."""

    def __init__(self, home: Path, *arguments: str, columns: int = 120) -> None:
        names = ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR")
        environment = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
        environment.pop("BROWSER", None)
        environment |= {f"XDG_{name}": str(home / name) for name in names}
        environment |= {"PYTHONPATH": str(PROJECT), "COLUMNS": str(columns)}
        program = [sys.executable, "-m", "gphotosfs.cli.main", "login", *arguments]
        self.shown = ""
        self._pid, self._descriptor = pty.fork()
        if self._pid == 0:
            os.execve(program[0], program, environment)

    def wait_for(self, words: str) -> None:
        """Until the words stand there."""
        while words not in self.shown:
            assert self._more(), self.shown

    def type(self, line: str) -> None:
        """A line with Enter."""
        os.write(self._descriptor, f"{line}\n".encode())

    def end(self) -> int:
        """The exit code, when it has ended."""
        while self._more():
            pass
        os.close(self._descriptor)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _more(self) -> bool:
        assert select.select([self._descriptor], [], [], GUARD_S)[0], self.shown
        try:
            part = os.read(self._descriptor, 1 << 16)
        except OSError:  # EIO: the other side is closed
            return False
        self.shown += part.decode(errors="replace").replace("\r\n", "\n")
        return bool(part)


@pytest.fixture(scope="module")
def google() -> Iterator[Running]:
    with running("--items", "10", "--cheap-bytes") as simulator:
        yield simulator


@pytest.fixture
def home(tmp_path: Path, google: Running) -> Path:
    config = tmp_path / "CONFIG_HOME" / "gphotosfs" / "default" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"endpoints = {json.dumps(google.api)}\n")
    return tmp_path


def saved(home: Path) -> str:
    (path,) = home.rglob("credentials.json")
    return path.read_text()


def test_from_nothing_it_asks_for_the_client_and_shows_a_qr_code(
    home: Path, google: Running
) -> None:
    client = google.client["installed"]
    terminal = Terminal(home)

    terminal.wait_for("Client id:")
    terminal.type(client["client_id"])
    terminal.wait_for("Client secret:")
    terminal.type(client["client_secret"])
    terminal.wait_for("paste it here")
    address = next(line.strip() for line in terminal.shown.splitlines() if "challenge=" in line)
    terminal.type(address)
    terminal.wait_for("Once more:")
    terminal.type(person.decide(address))

    assert terminal.end() == 0, terminal.shown
    assert client["client_secret"] not in terminal.shown
    assert "docs/SIGN-IN.md" in terminal.shown
    assert terminal.shown.count("█") > 500
    assert client["client_secret"] in saved(home)


def test_a_qr_code_that_would_not_fit_is_left_out(home: Path, google: Running) -> None:
    (home / "client.json").write_text(json.dumps(google.client))
    terminal = Terminal(home, "--client-secret", str(home / "client.json"), columns=60)

    terminal.wait_for("paste it here")
    terminal.type("http://127.0.0.1/?error=access_denied")

    assert terminal.end() == 3
    assert "█" not in terminal.shown


def test_a_refresh_token_is_asked_for_and_not_shown(home: Path, google: Running) -> None:
    (home / "client.json").write_text(json.dumps(google.client))
    token = google.credentials["refresh_token"]
    terminal = Terminal(home, "--client-secret", str(home / "client.json"), "--refresh-token", "-")

    terminal.wait_for("Refresh token:")
    terminal.type(token)

    assert terminal.end() == 0, terminal.shown
    assert token not in terminal.shown
    assert token in saved(home)
