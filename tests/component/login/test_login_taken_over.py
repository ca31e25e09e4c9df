"""`gphotosfs login` with a sign-in of another tool: tokens, files, and rclone's config."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from gphotosfs.cli.main import main
from gphotosfs.simulator.process import Running
from tests.component.login.kit import Login, browser, environment, private, saved, unsigned
from tests.rclone import program as rclone


@pytest.mark.parametrize("option", ["--refresh-token", "--client-secret", "--credentials"])
@pytest.mark.parametrize("secret", ["1//0secret", "GOCSPX-secret", '{"refresh_token": "secret"}'])
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(
    home: Path, login: Login, option: str, secret: str
) -> None:
    done = login(option, secret, code=2)

    assert "command line" in done.stderr
    assert "secret}" not in done.stderr.replace('"', "")
    assert "0secret" not in done.stderr
    assert "GOCSPX" not in done.stderr
    assert unsigned(home)


def test_a_refresh_token_of_another_tool_is_tried_and_kept(
    home: Path, google: Running, login: Login
) -> None:
    token = google.credentials["refresh_token"]

    login("--client-secret", home / "client.json", "--refresh-token", "-", given=token + "\n")

    assert saved(home)["refresh_token"] == token
    assert set(saved(home)["scopes"]) == set(google.credentials["scopes"])


def test_a_refresh_token_that_is_dead_is_told(home: Path, login: Login) -> None:
    dead = private(home / "token", "1//dead")

    done = login("--client-secret", home / "client.json", "--refresh-token", dead, code=3)

    assert "invalid_grant" in done.stderr
    assert unsigned(home)


def test_a_file_that_others_can_read_is_mentioned(home: Path, login: Login) -> None:
    (home / "client.json").chmod(0o644)

    done = login("--client-secret", home / "client.json", BROWSER=browser())

    assert "others can read" in done.stderr


def remote(google: Running, **other: str) -> str:
    """A section of an rclone.conf as rclone writes it."""
    client = google.client["installed"]
    values = {
        "type": "google photos",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "token": json.dumps(
            {
                "access_token": "ya29.old",
                "token_type": "Bearer",
                "refresh_token": google.credentials["refresh_token"],
                "expiry": "2019-06-28T17:38:04.644930156+01:00",
            }
        ),
        "read_only": "true",
    }
    return "".join(f"{name} = {value}\n" for name, value in (values | other).items() if value)


def test_rclones_sign_in_is_taken_over(home: Path, google: Running, login: Login) -> None:
    obscured = subprocess.run(
        [rclone(), "obscure", google.client["installed"]["client_secret"]],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    text = f"[plain]\n{remote(google)}\n[obscured]\n{remote(google, client_secret=obscured)}"
    config = private(home / "rclone.conf", text)

    for given in (f"{config}:plain", f"{config}:obscured:"):
        login("--from-rclone", given)

        assert saved(home)["client_id"] == google.client["installed"]["client_id"]
        assert saved(home)["client_secret"] == google.client["installed"]["client_secret"]
        assert saved(home)["refresh_token"] == google.credentials["refresh_token"]


def test_a_sign_in_that_was_taken_over_is_not_told_of_boxes(
    home: Path, google: Running, login: Login
) -> None:
    client = home / "client.json"
    token = private(home / "token", google.credentials["refresh_token"])

    done = login("--client-secret", client, "--refresh-token", token)

    assert done.stderr == ""
    login("--client-secret", client, "--from-rclone", "photos", code=2)
    login("--credentials", token, "--from-rclone", "photos", code=2)


def test_rclones_own_config_is_found(home: Path, google: Running, login: Login) -> None:
    (home / "config" / "rclone").mkdir()
    private(home / "config" / "rclone" / "rclone.conf", f"[photos]\n{remote(google)}")

    login("--from-rclone", "photos")

    assert saved(home)["refresh_token"] == google.credentials["refresh_token"]


@pytest.mark.parametrize(
    "text, words",
    [
        ("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc=", "rclone config show"),
        ("[photos]\ntype = drive\n", "'drive'"),
        ("[other]\ntype = google photos\n", "those of Google Photos are: other"),
        ("[photos]\ntype = google photos\nclient_id = x\nclient_secret = y\n", "reconnect"),
        ("not a config", "not an rclone.conf"),
    ],
)
def test_a_remote_that_can_not_be_taken_over_is_told(
    home: Path, login: Login, text: str, words: str
) -> None:
    config = private(home / "rclone.conf", text)

    assert words in login("--from-rclone", f"{config}:photos", code=2).stderr


def test_a_really_encrypted_config_is_told(home: Path, google: Running, login: Login) -> None:
    config = private(home / "rclone.conf", f"[photos]\n{remote(google)}")
    subprocess.run(
        [rclone(), "--config", config, "config", "encryption", "set"],
        env=os.environ | {"RCLONE_CONFIG_PASS": ""},
        input="secret\nsecret\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if "RCLONE_ENCRYPT_V0" not in config.read_text():
        pytest.skip("this rclone asks for the password at a terminal only")

    assert "encrypted" in login("--from-rclone", f"{config}:photos", code=2).stderr


def test_rclones_shared_client_is_warned_of(home: Path, google: Running, login: Login) -> None:
    """The simulated Google does not know it, so the sign-in ends there."""
    config = private(
        home / "rclone.conf", f"[photos]\n{remote(google, client_id='', client_secret='')}"
    )
    done = CliRunner().invoke(
        main, ["login", "--from-rclone", f"{config}:photos"], env=environment(home)
    )

    assert "being retired" in done.stderr
    assert "invalid_client" in done.stderr
    assert done.exit_code == 3


def test_tokens_with_removed_scopes_are_recognised(
    home: Path, google: Running, login: Login
) -> None:
    old = google.credentials | {
        "scopes": ["https://www.googleapis.com/auth/photoslibrary.readonly"]
    }

    done = login("--credentials", private(home / "old.json", json.dumps(old)))

    assert "took out of service on 2025-03-31" in done.stderr


def test_offline_a_taken_over_token_is_kept_untried(home: Path, login: Login) -> None:
    config = home / "config" / "gphotosfs" / "default" / "config.toml"
    config.write_text('endpoints = "http://127.0.0.1:9"\n')  # discard: nobody listens

    done = login(
        "--client-secret", home / "client.json", "--refresh-token", "-", given="1//unknown"
    )

    assert "untried" in done.stderr
    assert saved(home)["refresh_token"] == "1//unknown"
