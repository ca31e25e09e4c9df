"""The secrets in a real keyring: GNOME's, in a D-Bus session of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PROGRAM = f"{sys.executable} -m gphotosfs.cli.main"
TOKENS = {
    "client_id": "123-abc.apps.googleusercontent.com",
    "client_secret": "GOCSPX-verysecret",
    "refresh_token": "1//verysecret",
}
UNLOCK = "printf password | gnome-keyring-daemon --unlock --components=secrets --daemonize >&2"
SHOW = """
from gphotosfs.config import Profile
from gphotosfs.google.sign_in import token_file
found = token_file.load(Profile().credentials_path)
print(found.refresh_token, found.client_secret)
"""


def in_session(home: Path, *commands: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run commands of the shell, one after the other, in a session with or without a keyring."""
    for program in ("dbus-run-session", "gnome-keyring-daemon"):
        if shutil.which(program) is None:
            # CI installs them (.ci/setup); a person's machine may do without.
            assert "CI" not in os.environ, f"{program} is missing"
            pytest.skip(f"{program} is not installed")
    (home / "RUNTIME_DIR").mkdir(mode=0o700, exist_ok=True)
    names = ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR")
    return subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", "\n".join(["set -e", *commands])],
        env=os.environ
        | {f"XDG_{name}": str(home / name) for name in names}
        | {"HOME": str(home), "PYTHONPATH": str(PROJECT)},
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_login_keeps_the_secrets_in_the_keyring_and_logout_removes_them(tmp_path: Path) -> None:
    credentials = tmp_path / "CONFIG_HOME" / "gphotosfs" / "default" / "credentials.json"

    handed = tmp_path / "handed.json"
    handed.touch(0o600)
    handed.write_text(json.dumps(TOKENS))

    done = in_session(
        tmp_path,
        UNLOCK,
        f"{PROGRAM} login --keyring --credentials - >&2",
        f"{PROGRAM} login --credentials {handed} >&2",  # it stays where it was
        f"cat {credentials}",
        "echo ---",
        f"{sys.executable} -c '{SHOW}'",
        f"{PROGRAM} logout --keep-grant >&2",
        f"test ! -e {credentials}",
        given=json.dumps(TOKENS),
    )

    assert done.returncode == 0, done.stderr
    file, _, loaded = done.stdout.partition("---\n")
    assert json.loads(file)["secrets"] == "keyring"
    assert "verysecret" not in file
    assert loaded.split() == ["1//verysecret", "GOCSPX-verysecret"]


def test_a_session_without_a_keyring_is_told(tmp_path: Path) -> None:
    done = in_session(
        tmp_path, f"{PROGRAM} login --keyring --credentials -", given=json.dumps(TOKENS)
    )

    assert done.returncode == 2
    assert "the keyring can't be used" in done.stderr
    assert list(tmp_path.rglob("credentials.json")) == []
