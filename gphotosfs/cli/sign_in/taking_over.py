"""Sign-ins that another program made."""

import os
import time
from pathlib import Path

import click
import trio

from gphotosfs.cli.sign_in.secret_files import read_secret_file, refuse_secret
from gphotosfs.config import sign_in_page
from gphotosfs.errors import ConfigError, DeadlineError, OfflineError, ServerTroubleError
from gphotosfs.google.sign_in import rclone_conf, token_endpoint
from gphotosfs.google.sign_in.consent import saved_tokens
from gphotosfs.google.sign_in.oauth_client import OAuthClient
from gphotosfs.google.sign_in.token_endpoint import Granted
from gphotosfs.google.sign_in.token_file import SavedTokens
from gphotosfs.google.transport.endpoints import Endpoints
from gphotosfs.google.transport.hearing import plain_client


def from_rclone(places: Endpoints, given: str) -> SavedTokens:
    """The sign-in of a remote, given as [CONFIG:]REMOTE.

    Raises:
        ConfigError: it can't be taken over.
        SignInError: Google no longer accepts it.
    """
    refuse_secret("--from-rclone", given)
    config, _, remote = given.removesuffix(":").rpartition(":")
    path = Path(config).expanduser() if config else _rclone_config()
    if not path.exists():
        raise ConfigError(
            f"rclone's configuration {path} does not exist; name it: "
            f"gphotosfs login --from-rclone FILE:{remote}"
        )
    text = read_secret_file("--from-rclone", str(path))
    taken = rclone_conf.taken_from(text, remote, str(path))
    if taken.is_shared_client:
        click.echo(
            "gphotosfs: this remote uses the client that all users of rclone share, which is being "
            f"retired during 2026; make one of your own before it ends: {sign_in_page()}. What rclone "
            "uploaded is visible with the old client only.",
            err=True,
        )
    return with_refresh_token(places, taken.client, taken.refresh_token)


def with_refresh_token(places: Endpoints, client: OAuthClient, token: str) -> SavedTokens:
    """A sign-in of which only the refresh token is known; Google is asked what it allows.

    Raises:
        ConfigError: there is no token.
        SignInError: Google does not accept it.
    """
    if not token:
        raise ConfigError("there is no refresh token in what was given")

    async def refreshed() -> Granted:
        async with plain_client(places) as http:
            return await token_endpoint.refresh(http, places, client, token)

    try:
        granted = trio.run(refreshed)
    except (OfflineError, DeadlineError, ServerTroubleError) as exc:
        click.echo(f"gphotosfs: kept untried, since {exc}; later: gphotosfs doctor", err=True)
        granted = Granted("", 0.0, ())
    return saved_tokens(client, places, granted, token, time.time())


def _rclone_config() -> Path:
    """Where rclone looks. https://rclone.org/docs/#config-string (read 2026-11)"""  # noqa: D415 - an address
    if given := os.environ.get("RCLONE_CONFIG"):
        return Path(given)
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "rclone" / "rclone.conf"
