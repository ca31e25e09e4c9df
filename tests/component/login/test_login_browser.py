"""Signing in as a person does: a real browser, the consent page, and back to the terminal."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running, running
from tests.webdriver import Browser, browser

PROJECT = Path(__file__).parents[3]
GUARD_S = 60.0


@pytest.fixture(scope="module")
def google() -> Iterator[Running]:
    with running("--items", "10", "--cheap-bytes") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as window:
        yield window


@contextmanager
def login(home: Path, google: Running) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The command at work, and the page that it wants to be opened."""
    config = home / "CONFIG_HOME" / "gphotosfs" / "default" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"endpoints = {json.dumps(google.api)}\n")
    client = home / "client.json"
    client.touch(0o600)
    client.write_text(json.dumps(google.client))
    names = ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR")
    program = [sys.executable, "-m", "gphotosfs.cli.main", "login", "--no-browser"]
    process = subprocess.Popen(
        [*program, "--client-secret", client],
        env=os.environ
        | {f"XDG_{name}": str(home / name) for name in names}
        | {"PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, next(line.strip() for line in process.stdout if "code_challenge" in line)
    finally:
        process.kill()
        process.communicate()


def scopes(home: Path) -> list[str]:
    (path,) = home.rglob("credentials.json")
    return [scope.rpartition("/")[2] for scope in json.loads(path.read_text())["scopes"]]


def test_a_person_allows_one_of_two(tmp_path: Path, google: Running, window: Browser) -> None:
    with login(tmp_path, google) as (process, address):
        window.open(address)
        assert window.says("wants access to your Google Account")
        window.click("input[value='grace@example.com']")
        window.click("input[type=checkbox][value$='photospicker.mediaitems.readonly']")
        window.click("button[value=allow]")

        assert window.says("Signed in. You can close this page")
        assert window.address.startswith("http://127.0.0.1:")
        out, err = process.communicate(timeout=GUARD_S)

    assert process.returncode == 0, err
    assert "Signed in as profile default" in out
    assert "the photos that you pick" in err
    assert scopes(tmp_path) == ["photoslibrary.readonly.appcreateddata"]


def test_a_person_cancels(tmp_path: Path, google: Running, window: Browser) -> None:
    with login(tmp_path, google) as (process, address):
        window.open(address)
        window.click("button[value=deny]")

        assert window.says("Not signed in: access was denied")
        _, err = process.communicate(timeout=GUARD_S)

    assert process.returncode == 3
    assert "denied" in err
    assert list(tmp_path.rglob("credentials.json")) == []
