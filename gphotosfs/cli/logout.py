"""`gphotosfs logout`."""

import click
import trio

from gphotosfs.cli.arguments import profile_option
from gphotosfs.cli.login import endpoints_of
from gphotosfs.config import Profile
from gphotosfs.errors import ConfigError, RemoteError, SignInError
from gphotosfs.google.sign_in import token_endpoint, token_file
from gphotosfs.google.sign_in.oauth_client import GRANTS_PAGE
from gphotosfs.google.transport.endpoints import Endpoints
from gphotosfs.google.transport.hearing import plain_client


@click.command()
@profile_option
@click.option(
    "--keep-grant",
    is_flag=True,
    help="Only forget it here: what else uses the same sign-in, like rclone, goes on.",
)
def logout(profile: Profile, keep_grant: bool) -> None:
    """End a sign-in: revoke it at Google, and remove what is kept of it here.

    Catalogue and cache stay; `gphotosfs cache clear` drops the cache.
    """
    path = profile.credentials_path
    if token_file.stamp(path) is None:
        raise SignInError(f"the profile {profile.name} is not signed in")
    untold = "" if keep_grant else why_untold(profile)
    try:
        token_file.remove(path)
    except OSError as exc:
        raise ConfigError(f"{path} can't be removed: {exc.strerror}") from exc
    if untold:
        raise RemoteError(f"removed here, but {untold}; end it at Google yourself: {GRANTS_PAGE}")
    click.echo(f"Signed out of profile {profile.name}.")


def why_untold(profile: Profile) -> str:
    """Revoke the sign-in; why Google could not be told, "" if it was."""
    try:
        tokens = token_file.load(profile.credentials_path)
        trio.run(_revoke, endpoints_of(profile), tokens.refresh_token)
    except (RemoteError, ConfigError) as exc:
        return f"not revoked: {exc}"
    return ""


async def _revoke(places: Endpoints, token: str) -> None:
    async with plain_client(places) as http:
        await token_endpoint.revoke(http, places, token)
