"""Client and token out of an rclone.conf."""

import base64
import configparser
import json
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gphotosfs.errors import ConfigError
from gphotosfs.google.sign_in.oauth_client import OAuthClient

TYPE: Final = "google photos"

_ENCRYPTED: Final = "RCLONE_ENCRYPT_V0:"

# rclone's own client, which everybody shares who did not make one; it is in each copy of rclone, as
# a desktop program can keep no secret (RFC 8252, section 8.5). A refresh token works with the client
# for which it was made and with no other.
# https://github.com/rclone/rclone/blob/master/backend/googlephotos/googlephotos.go (read 2026-11)
SHARED_CLIENT_ID: Final = "202264815644-rt1o1c9evjaotbpbab10m83i8cnjk077.apps.googleusercontent.com"
_SHARED_SECRET_OBSCURED: Final = "kLJLretPefBgrDHosdml_nlF64HZ9mUcO85X5rdjYBPP8ChA-jr3Ow"  # noqa: S105 - published

# "Obscured" is encrypted with a key that rclone publishes, against a look over the shoulder:
# AES-CTR, the counter's first block in front.
# https://github.com/rclone/rclone/blob/master/fs/config/obscure/obscure.go (read 2026-11)
_OBSCURE_KEY: Final = bytes.fromhex(
    "9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638"
)
_COUNTER_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Taken:
    """What a remote holds."""

    client: OAuthClient
    refresh_token: str = field(repr=False)

    @property
    def is_shared_client(self) -> bool:
        """Whether it is the client of all who did not make one."""
        return self.client.client_id == SHARED_CLIENT_ID


def taken_from(text: str, remote: str, name: str) -> Taken:
    """What the remote holds in the rclone.conf called `name`.

    Raises:
        ConfigError: it can't be taken over; the message says why, and nothing that is secret.
    """
    section = _section(text, remote, name)
    kind = section.get("type", "")
    if kind != TYPE:
        raise ConfigError(
            f"the remote {remote} in {name} is of type {kind!r}; one of type {TYPE!r} is needed"
        )
    client_id = section.get("client_id", "")
    secret = section.get("client_secret", "")
    if not client_id:
        client_id, secret = SHARED_CLIENT_ID, _SHARED_SECRET_OBSCURED
    if not secret:
        raise ConfigError(f"the remote {remote} in {name} has a client_id and no client_secret")
    return Taken(OAuthClient(client_id, plain(secret)), _refresh_token(section, remote, name))


def plain(secret: str) -> str:
    """A secret as Google knows it, whether it is obscured or not.

    Google's own begin with GOCSPX-, older ones have 24 characters; what is revealed from anything
    that was never obscured is noise.
    """
    if secret.startswith("GOCSPX-"):
        return secret
    try:
        raw = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except ValueError:
        return secret
    if len(raw) <= _COUNTER_BYTES:
        return secret
    cipher = Cipher(algorithms.AES(_OBSCURE_KEY), modes.CTR(raw[:_COUNTER_BYTES])).decryptor()
    revealed = cipher.update(raw[_COUNTER_BYTES:]) + cipher.finalize()
    # 24 plain characters are 18 bytes, so two are left: they may look like text by chance.
    is_text = len(revealed) > 2 and all(0x20 < byte < 0x7F for byte in revealed)
    return revealed.decode("ascii") if is_text else secret


def _section(text: str, remote: str, name: str) -> configparser.SectionProxy:
    if text.lstrip("\ufeff \r\n").startswith(_ENCRYPTED) or f"\n{_ENCRYPTED}" in text:
        raise ConfigError(
            f"{name} is encrypted; write this one remote out in the clear, take it over, and remove "
            f"it: (umask 077; rclone config show {remote} > rclone-plain.conf) and then "
            f"--from-rclone rclone-plain.conf:{remote}"
        )
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as exc:
        raise ConfigError(f"{name} is not an rclone.conf") from exc
    if remote not in parser:
        known = [each for each in parser.sections() if parser[each].get("type") == TYPE]
        hint = (
            f"those of Google Photos are: {', '.join(known)}" if known else "none is Google Photos"
        )
        raise ConfigError(f"{name} has no remote {remote!r}; {hint}")
    return parser[remote]


def _refresh_token(section: configparser.SectionProxy, remote: str, name: str) -> str:
    try:
        members = json.loads(section.get("token", ""))
        token = members.get("refresh_token")
    except (ValueError, AttributeError, RecursionError):
        token = None
    if not isinstance(token, str) or not token:
        raise ConfigError(
            f"the remote {remote} in {name} has no refresh token; sign it in first: "
            f"rclone config reconnect {remote}:"
        )
    return token
