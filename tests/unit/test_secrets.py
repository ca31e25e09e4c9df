"""Where the secrets of a sign-in lie: a file of one's own, the keyring, or systemd's hands."""

import json
import stat
from pathlib import Path

import pytest

from gphotosfs.config import Folders, Profile
from gphotosfs.errors import ConfigError
from gphotosfs.google.sign_in import token_file
from gphotosfs.google.sign_in.keyring import KeyringError
from gphotosfs.google.sign_in.token_file import SavedTokens

TOKENS = SavedTokens(
    client_id="123-abc.apps.googleusercontent.com",
    client_secret="GOCSPX-secret",
    refresh_token="1//refresh",
    scopes=("a",),
    access_token="ya29.access",
    expires_at_s=1_800_000_000.0,
    in_keyring=True,
    others={"signed_in": "2026-11-22T00:00:00Z"},
)


class FakeKeyring:
    """A keyring in memory, which may be locked."""

    def __init__(self) -> None:
        self.held: dict[Path, str] = {}
        self.written = 0
        self.is_locked = False

    def secret(self, file: Path) -> str | None:
        self._check()
        return self.held.get(file)

    def keep(self, file: Path, secret: str) -> None:
        self._check()
        self.written += 1
        self.held[file] = secret

    def forget(self, file: Path) -> None:
        self._check()
        self.held.pop(file, None)

    def _check(self) -> None:
        if self.is_locked:
            raise KeyringError("it is locked")


@pytest.fixture
def keyring() -> FakeKeyring:
    return FakeKeyring()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "credentials.json"


def test_with_a_keyring_the_file_holds_no_secret(path: Path, keyring: FakeKeyring) -> None:
    token_file.save(path, TOKENS, keyring)
    loaded = token_file.load(path, keyring)

    text = path.read_text()
    for secret in ("GOCSPX", "1//", "ya29"):
        assert secret not in text
    assert (loaded.client_secret, loaded.refresh_token) == ("GOCSPX-secret", "1//refresh")
    assert loaded.access_token == ""
    assert loaded.in_keyring
    assert loaded.others["signed_in"] == TOKENS.others["signed_in"]


def test_a_refresh_does_not_write_the_keyring_again(path: Path, keyring: FakeKeyring) -> None:
    token_file.save(path, TOKENS, keyring)
    token_file.save(path, token_file.load(path, keyring), keyring)

    assert keyring.written == 1


def test_a_keyring_that_can_not_be_used_is_named(path: Path, keyring: FakeKeyring) -> None:
    token_file.save(path, TOKENS, keyring)
    keyring.is_locked = True

    with pytest.raises(ConfigError, match="locked"):
        token_file.load(path, keyring)
    with pytest.raises(OSError, match="locked"):
        token_file.save(path, TOKENS, keyring)


def test_an_emptied_keyring_asks_for_a_new_sign_in(path: Path, keyring: FakeKeyring) -> None:
    token_file.save(path, TOKENS, keyring)
    keyring.held.clear()

    with pytest.raises(ConfigError, match="gphotosfs login"):
        token_file.load(path, keyring)


def test_removing_leaves_nothing_in_either_place(path: Path, keyring: FakeKeyring) -> None:
    token_file.save(path, TOKENS, keyring)

    token_file.remove(path, keyring)
    token_file.remove(path, keyring)

    assert keyring.held == {}
    assert not path.exists()


def test_a_damaged_file_can_be_removed(path: Path, keyring: FakeKeyring) -> None:
    path.write_text("[")

    token_file.remove(path, keyring)

    assert not path.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_can_read_is_refused_with_the_command_that_mends_it(
    path: Path, mode: int
) -> None:
    path.write_text("{}")
    path.chmod(mode)

    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        token_file.load(path)


def test_systemd_hands_a_service_its_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file may show bits of the group: it is an ACL for the service's own user."""
    handed = tmp_path / "credentials" / "gphotosfs-default"
    handed.parent.mkdir()
    members = {"client_id": "1-x", "client_secret": "y", "refresh_token": "1//z"}
    handed.write_text(json.dumps(members))
    handed.chmod(stat.S_IRUSR | stat.S_IRGRP)
    folders = Folders(*(tmp_path / name for name in "abcde"))
    own = Profile("default", folders).credentials_path

    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed.parent))

    assert own == tmp_path / "a" / "default" / "credentials.json"
    assert Profile("default", folders).credentials_path == handed
    assert Profile("work", folders).credentials_path == tmp_path / "a" / "work" / "credentials.json"
    assert token_file.load(handed).refresh_token == "1//z"
