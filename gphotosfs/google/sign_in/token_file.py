"""The file in which a profile's tokens lie: google-auth's `authorized_user` JSON.

Where the keyring keeps the secrets, the file says so and holds the rest. A service gets the file from
systemd (`LoadCredential=`), which only the service can read and nobody can write.
"""

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from gphotosfs.errors import ConfigError, SignInError
from gphotosfs.google.sign_in.keyring import Keyring, SecretService
from gphotosfs.google.sign_in.oauth_client import OAuthClient, project_of, refuse_other_files

KEYRING: Final = SecretService()

GOOGLE_TOKEN_URI: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
SIGN_IN: Final = "sign in again: gphotosfs login"
# The value of the file's member `secrets` where they are elsewhere.
IN_KEYRING: Final = "keyring"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedTokens:
    """What the file holds. The access token is "" and its expiry 0 where it has none."""

    client_id: str
    client_secret: str
    refresh_token: str
    token_uri: str = GOOGLE_TOKEN_URI
    scopes: tuple[str, ...] = ()
    access_token: str = ""
    expires_at_s: float = 0.0
    """In Unix seconds."""
    in_keyring: bool = False
    """Whether the secrets are in the keyring, and only the rest in the file."""
    others: Mapping[str, Any]
    """Members that we do not use and keep as they are."""

    def __repr__(self) -> str:
        return f"SavedTokens(client_id={self.client_id!r})"

    @property
    def project(self) -> str:
        """The Google project's number: quotas belong to it, and it begins each of its client ids."""
        return project_of(self.client_id)

    @property
    def client(self) -> OAuthClient:
        """The client that the tokens were made for, and with which alone they work."""
        return OAuthClient(self.client_id, self.client_secret)


def stamp(path: Path) -> tuple[int, int, int] | None:
    """What differs once the file was replaced; None if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def load(path: Path, keyring: Keyring = KEYRING) -> SavedTokens:
    """Read the file; an access token and its expiry may be missing.

    Raises:
        SignInError: there is no file.
        ConfigError: others can read it, it is not what it should be, or the keyring can't be used.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read()
    except FileNotFoundError as exc:
        raise SignInError("not signed in yet: gphotosfs login") from exc
    except OSError as exc:
        raise ConfigError(f"{path} can't be read: {exc.strerror}") from exc
    if is_readable_by_others(path, mode):
        raise ConfigError(f"{path} holds tokens and others can read it: chmod 600 {path}")
    members = _object(text, str(path))
    if members.get("secrets") != IN_KEYRING:
        return _tokens(members, str(path))
    return replace(_tokens(members | _secrets(path, keyring), str(path)), in_keyring=True)


def parse(text: bytes | str, name: str) -> SavedTokens:
    """The `authorized_user` JSON of the file called `name`.

    Raises:
        ConfigError: it is not what it should be.
    """
    return _tokens(_object(text, name), name)


def _object(text: bytes | str, name: str) -> dict[str, Any]:
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"{name} is not JSON; {SIGN_IN}") from exc
    if not isinstance(members, dict):
        raise ConfigError(f"{name} is not a JSON object; {SIGN_IN}")
    return members


def is_readable_by_others(path: Path, mode: int) -> bool:
    """Whether somebody else can read the tokens in a file of this mode.

    What systemd hands to a service lies in a folder that only the service can enter, and an ACL for
    the service's user shows as bits of the group. https://systemd.io/CREDENTIALS (read 2026-11)
    """
    is_from_systemd = os.environ.get("CREDENTIALS_DIRECTORY") == str(path.parent)
    return bool(mode & (stat.S_IRWXG | stat.S_IRWXO)) and not is_from_systemd


def _secrets(path: Path, keyring: Keyring) -> dict[str, Any]:
    try:
        secret = keyring.secret(path)
    except OSError as exc:
        raise ConfigError(f"the keyring can't be used: {exc.strerror}") from exc
    if secret is None:
        raise ConfigError(f"the keyring holds nothing for {path}; {SIGN_IN}")
    return _object(secret, "what the keyring holds")


def _tokens(members: Mapping[str, Any], name: str) -> SavedTokens:
    refuse_other_files(members, name)
    others = dict(members)
    others.pop("secrets", None)
    needed = {}
    for key in ("client_id", "client_secret", "refresh_token"):
        value = others.pop(key, None)
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{name} has no {key}; {SIGN_IN}")
        needed[key] = value
    token, uri = others.pop("token", ""), others.pop("token_uri", GOOGLE_TOKEN_URI)
    scopes, expiry = others.pop("scopes", None), others.pop("expiry", "")
    if isinstance(scopes, str):
        scopes = scopes.split()
    return SavedTokens(
        client_id=needed["client_id"],
        client_secret=needed["client_secret"],
        refresh_token=needed["refresh_token"],
        token_uri=uri if isinstance(uri, str) else GOOGLE_TOKEN_URI,
        scopes=tuple(map(str, scopes)) if isinstance(scopes, list) else (),
        access_token=token if isinstance(token, str) else "",
        expires_at_s=_unix_s(expiry),
        others=others,
    )


def save(path: Path, tokens: SavedTokens, keyring: Keyring = KEYRING) -> None:
    """Replace the file as a whole: 0600, in a folder that is made 0700 if it is not there.

    Raises:
        OSError: it or the keyring can't be written; the old file is as it was.
    """
    if tokens.in_keyring:
        secrets = json.dumps(
            {"client_secret": tokens.client_secret, "refresh_token": tokens.refresh_token}
        )
        if keyring.secret(path) != secrets:
            keyring.keep(path, secrets)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes its file 0600, and in the same folder, so that the rename is atomic.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, not a path
            json.dump(_members(tokens), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def is_in_keyring(path: Path) -> bool:
    """Whether the file says that the keyring holds its secrets; False where there is none."""
    try:
        return bool(_object(path.read_bytes(), str(path)).get("secrets") == IN_KEYRING)
    except (OSError, ConfigError):
        return False


def remove(path: Path, keyring: Keyring = KEYRING) -> None:
    """Remove the file, and what the keyring holds for it.

    Raises:
        OSError: one of them can't be removed.
    """
    if is_in_keyring(path):
        keyring.forget(path)
    path.unlink(missing_ok=True)


def _members(tokens: SavedTokens) -> dict[str, Any]:
    members = dict(tokens.others) | {
        "type": "authorized_user",
        "client_id": tokens.client_id,
        "token_uri": tokens.token_uri,
        "scopes": list(tokens.scopes),
    }
    if tokens.in_keyring:
        # The access token neither: whoever starts next refreshes it.
        return members | {"secrets": IN_KEYRING}
    members |= {"client_secret": tokens.client_secret, "refresh_token": tokens.refresh_token}
    if tokens.access_token:
        expiry = datetime.fromtimestamp(tokens.expires_at_s, UTC).replace(microsecond=0)
        # google-auth writes and reads it without a zone, and with a Z behind.
        members |= {
            "token": tokens.access_token,
            "expiry": expiry.replace(tzinfo=None).isoformat() + "Z",
        }
    return members


def _unix_s(expiry: object) -> float:
    """google-auth's expiry, UTC whether or not a Z says so; 0 if it is none."""
    try:
        moment = datetime.fromisoformat(str(expiry).rstrip("Zz"))
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
