"""`gphotosfs login`."""

import json
from typing import TextIO

import click

from gphotosfs.cli.arguments import profile_option
from gphotosfs.config import Profile
from gphotosfs.errors import ConfigError
from gphotosfs.google import token_file
from gphotosfs.google.token_file import SavedTokens


@click.command()
@profile_option
@click.option(
    "--credentials",
    type=click.File("r"),
    required=True,
    metavar="FILE|-",
    help="Tokens as google-auth writes them (authorized_user JSON); - reads standard input.",
)
def login(profile: Profile, credentials: TextIO) -> None:
    """Keep an account's tokens for mounting."""
    try:
        text = credentials.read()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{credentials.name} can't be read: {exc}") from exc
    tokens = authorized_user(text, credentials.name)
    profile.make_dirs()
    try:
        token_file.save(profile.credentials_path, tokens)
    except OSError as exc:
        raise ConfigError(f"{profile.credentials_path} can't be written: {exc.strerror}") from exc
    click.echo(f"Signed in as profile {profile.name}. Mount it with: gphotosfs mount MOUNTPOINT")


def authorized_user(text: str, name: str) -> SavedTokens:
    """The tokens in a file of google-auth.

    Raises:
        ConfigError: these are no tokens; the message says what they are instead, and never what
            is in them.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None  # what is wrong with it is told by parse()
    if isinstance(found, dict):
        if "web" in found:
            raise ConfigError(
                f"{name} is a client of type 'Web application', which can't sign in from here; "
                "make one of type 'Desktop app'"
            )
        if "installed" in found:
            raise ConfigError(
                f"{name} is a client secret without anybody's tokens; give the authorized_user "
                "JSON that signing in with it gives"
            )
        if found.get("type") == "service_account":
            raise ConfigError(
                f"{name} is a service account, and those have no photos; sign in as a person"
            )
    return token_file.parse(text, name)
