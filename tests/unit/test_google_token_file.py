"""The token file: read in all forms that google-auth writes, kept from others, replaced whole."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from gphotosfs.errors import ConfigError, SignInError
from gphotosfs.google.sign_in import token_file

MINIMAL = {
    "client_id": "123456789012-abc.apps.googleusercontent.com",
    "client_secret": "GOCSPX-x",
    "refresh_token": "1//0x",
}


def written(folder: Path, members: Any, mode: int = 0o600) -> Path:
    path = folder / "token.json"
    path.write_text(json.dumps(members))
    path.chmod(mode)
    return path


def test_a_file_without_an_access_token_is_enough(tmp_path: Path) -> None:
    tokens = token_file.load(written(tmp_path, MINIMAL))

    assert tokens.refresh_token == "1//0x"
    assert (tokens.access_token, tokens.expires_at_s) == ("", 0.0)
    assert tokens.token_uri == "https://oauth2.googleapis.com/token"
    assert tokens.project == "123456789012"


@pytest.mark.parametrize(
    "expiry", ["1970-01-02T00:00:00Z", "1970-01-02T00:00:00.000000Z", "1970-01-02T00:00:00"]
)
def test_an_expiry_is_utc(tmp_path: Path, expiry: str) -> None:
    path = written(tmp_path, MINIMAL | {"token": "ya29.x", "expiry": expiry})

    assert token_file.load(path).expires_at_s == 86_400.0


def test_what_is_saved_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "token.json"
    tokens = token_file.parse(
        json.dumps(
            MINIMAL
            | {"token": "t", "expiry": "2030-01-01T00:00:00Z", "account": "me"}
            | {"scopes": ["a", "b"]}
        ),
        "test",
    )

    token_file.save(path, tokens)
    again = token_file.load(path)

    assert again.access_token == "t"
    assert again.expires_at_s == tokens.expires_at_s
    assert again.scopes == ("a", "b")
    assert again.others["account"] == "me"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["token.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match="chmod 600"):
        token_file.load(written(tmp_path, MINIMAL, mode))


def test_no_file_is_no_sign_in(tmp_path: Path) -> None:
    with pytest.raises(SignInError, match="gphotosfs login"):
        token_file.load(tmp_path / "token.json")


@pytest.mark.parametrize("members", [[], {}, MINIMAL | {"refresh_token": None}, "x", None])
def test_a_file_that_lacks_something_says_so(tmp_path: Path, members: object) -> None:
    with pytest.raises(ConfigError):
        token_file.load(written(tmp_path, members))


def test_no_secret_is_shown() -> None:
    assert "GOCSPX" not in repr(token_file.parse(json.dumps(MINIMAL), "test"))
