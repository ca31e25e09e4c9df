"""The life of a sign-in by its commands: login, doctor, logout; and nothing of it left elsewhere."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gphotosfs.cli.main import main
from gphotosfs.simulator.process import Running, running

Run = Callable[..., Result]


@pytest.fixture
def google() -> Iterator[Running]:
    with running("--items", "10", "--cheap-bytes") as simulator:
        yield simulator


@pytest.fixture
def run(tmp_path: Path, google: Running) -> Run:
    """Runs the program with a profile that is signed in at the simulated Google."""
    names = ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR")
    variables = {f"XDG_{name}": str(tmp_path / name) for name in names}
    folder = tmp_path / "CONFIG_HOME" / "gphotosfs" / "default"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "config.toml").write_text(f"endpoints = {json.dumps(google.api)}\n")

    def run(*arguments: str, given: str = "") -> Result:
        return CliRunner(env=variables).invoke(main, arguments, given)

    done = run("login", "--credentials", "-", given=json.dumps(google.credentials))
    assert done.exit_code == 0, done.output
    return run


def told(result: Result) -> dict[str, dict[str, Any]]:
    """The findings by their check."""
    return {finding["check"]: finding for finding in json.loads(result.stdout)["findings"]}


def test_doctor_really_asks_google(run: Run, google: Running) -> None:
    result = run("doctor", "--json")

    assert result.exit_code in (0, 1), result.output  # 1 where this machine has no FUSE
    for check in ("network", "sign-in", "scopes", "Photos Library API", "library", "quota"):
        assert told(result)[check]["level"] == "fine"
    assert [row["path"] for row in google.log("api")][:2] == ["/v1/albums", "/v1/mediaItems"]
    assert "9998 calls" in told(result)["quota"]["what"]


def test_doctor_is_for_people_without_json(run: Run, google: Running) -> None:
    google.set(service_disabled=True)

    lines = run("doctor").stdout.splitlines()

    at = next(n for n, line in enumerate(lines) if line.startswith("BAD  Photos Library API"))
    assert lines[at + 1].strip().startswith("-> enable it")
    assert "https://console.developers.google.com/apis/api/photoslibrary" in lines[at + 1]


def test_doctor_of_a_profile_that_is_not_signed_in_is_a_3(run: Run) -> None:
    result = run("doctor", "-p", "work", "--json")

    assert told(result)["sign-in"]["level"] == "failed"
    assert "gphotosfs login -p work" in told(result)["sign-in"]["action"]
    others = [f for f in told(result).values() if f["level"] == "failed" and not f["needs_sign_in"]]
    assert result.exit_code == (1 if others else 3)


def test_logout_revokes_and_removes(run: Run, google: Running, tmp_path: Path) -> None:
    result = run("logout")

    assert result.exit_code == 0, result.output
    assert not list(tmp_path.rglob("credentials.json"))
    assert [row["path"] for row in google.log("token")] == ["/revoke"]
    again = run("login", "--credentials", "-", given=json.dumps(google.credentials))
    assert again.exit_code == 0
    assert "expired or revoked" in told(run("doctor", "--json"))["sign-in"]["what"]


def test_logout_may_leave_others_their_sign_in(run: Run, google: Running, tmp_path: Path) -> None:
    assert run("logout", "--keep-grant").exit_code == 0

    assert not list(tmp_path.rglob("credentials.json"))
    assert google.log("token") == []


def test_logout_without_a_network_removes_and_says_what_is_left_to_do(
    run: Run, google: Running, tmp_path: Path
) -> None:
    config = next(tmp_path.rglob("config.toml"))
    config.write_text('endpoints = "http://127.0.0.1:9"\n')

    result = run("logout")

    assert result.exit_code == 1
    assert "myaccount.google.com" in result.stderr
    assert not list(tmp_path.rglob("credentials.json"))


def test_who_is_not_signed_in_can_not_sign_out(run: Run) -> None:
    assert run("logout", "-p", "work").exit_code == 3


def test_a_damaged_sign_in_can_be_removed(run: Run, tmp_path: Path) -> None:
    path = next(tmp_path.rglob("credentials.json"))
    path.write_text("[")

    result = run("logout")

    assert result.exit_code == 1
    assert not path.exists()


def test_no_command_leaves_a_token_anywhere_else(run: Run, google: Running, tmp_path: Path) -> None:
    """The stolen look: everything below the home, but for the one file, and all that was said."""
    said = [run("doctor"), run("doctor", "--json"), run("cache", "info"), run("--debug", "status")]
    google.call("POST", "revoke")
    said += [run("doctor"), run("--debug", "logout")]
    secrets = [google.credentials[name] for name in ("refresh_token", "client_secret")]
    secrets.append("ya29.")

    for result in said:
        assert not any(secret in result.output for secret in secrets), result.output
    for root, _, names in os.walk(tmp_path):
        for name in names:
            content = (Path(root) / name).read_bytes()
            assert not any(secret.encode() in content for secret in secrets), f"{root}/{name}"
