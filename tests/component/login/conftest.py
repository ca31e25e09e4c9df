"""A home whose profile is on a simulated Google in another process."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gphotosfs.cli.main import main
from gphotosfs.simulator.process import Running, running
from tests.component.login.kit import Login, Result, environment, in_process_of_its_own, private


@pytest.fixture(scope="module")
def everyone() -> Iterator[Running]:
    with running("--items", "10", "--cheap-bytes") as simulator:
        yield simulator


@pytest.fixture
def google(everyone: Running) -> Running:
    everyone.set(testing_mode=False, service_disabled=False)
    everyone.clear_log()
    return everyone


@pytest.fixture
def home(tmp_path: Path, google: Running) -> Path:
    """A user's home, whose profile is on the simulated Google; the client's file is in it."""
    config = tmp_path / "config" / "gphotosfs" / "default" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"endpoints = {json.dumps(google.api)}\n")
    private(tmp_path / "client.json", json.dumps(google.client))
    return tmp_path


@pytest.fixture
def login(home: Path) -> Login:
    """Runs the command: in a process of its own where a browser is opened, for that one stays."""

    def login(*arguments: str | Path, code: int = 0, given: str = "", **other: str) -> Result:
        variables = environment(home, **other)
        if "BROWSER" in other:
            done = in_process_of_its_own(*arguments, env=variables)
        else:
            ran = CliRunner().invoke(main, ["login", *map(str, arguments)], given, env=variables)
            done = Result(ran.exit_code, ran.stdout, ran.stderr)
        assert done.code == code, done.stdout + done.stderr
        if code and not done.stderr.startswith("Usage:"):
            assert len(done.stderr.splitlines()) == 1, done.stderr
        return done

    return login
