"""`gphotosfs login`."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import click
import trio

from gphotosfs.cli.arguments import files, profile_option, typed
from gphotosfs.cli.doctor import asked_google, show
from gphotosfs.cli.sign_in import guidance
from gphotosfs.cli.sign_in.browser import open_page, show_address
from gphotosfs.cli.sign_in.secret_files import read_secret_file, shown
from gphotosfs.cli.sign_in.taking_over import from_rclone, with_refresh_token
from gphotosfs.config import Profile, read_config_file, settings_from, sign_in_page
from gphotosfs.doctor import Level
from gphotosfs.errors import ConfigError, SignInError
from gphotosfs.google.sign_in import consent, token_file
from gphotosfs.google.sign_in.consent import Invitation
from gphotosfs.google.sign_in.oauth_client import OAuthClient, parse_client_file
from gphotosfs.google.sign_in.scopes import Source
from gphotosfs.google.sign_in.token_file import SavedTokens
from gphotosfs.google.transport.endpoints import GOOGLE, Endpoints
from gphotosfs.google.transport.hearing import plain_client


@click.command()
@profile_option
@click.option(
    "--client-secret",
    shell_complete=files,
    metavar="FILE",
    help="The file of your OAuth client, of type Desktop app; otherwise you are asked.",
)
@click.option("--no-browser", is_flag=True, help="Print the address instead, as for SSH.")
@click.option(
    "--source",
    type=click.Choice([source.value for source in Source]),
    default=Source.BOTH.value,
    show_default=True,
    help="What to ask Google's permission for; reading only, in any case.",
)
@click.option(
    "--keyring/--no-keyring",
    default=None,
    help="Keep the secrets in the desktop's keyring, or in a file.  [default: where they were]",
)
@click.option(
    "--credentials",
    shell_complete=files,
    metavar="FILE|-",
    help="Take over tokens as google-auth writes them (authorized_user JSON).",
)
@click.option(
    "--from-rclone",
    "rclone_remote",
    metavar="[CONFIG:]REMOTE",
    help="Take over client and token of a remote of rclone.",
)
@click.option(
    "--refresh-token",
    shell_complete=files,
    metavar="FILE|-",
    help="Take over a refresh token that another tool made with your client; - asks for it.",
)
def login(
    profile: Profile,
    client_secret: str | None,
    no_browser: bool,
    source: str,
    keyring: bool | None,
    credentials: str | None,
    rclone_remote: str | None,
    refresh_token: str | None,
) -> None:
    """Sign in to Google Photos, or take a sign-in over from another program.

    It needs an OAuth client of your own, made once in Google's console. Without one this command says
    how to make it.
    """
    if sum(given is not None for given in (credentials, rclone_remote, refresh_token)) > 1:
        raise click.UsageError(
            "--credentials, --from-rclone and --refresh-token exclude each other"
        )
    if client_secret is not None and (credentials is not None or rclone_remote is not None):
        raise click.UsageError("--credentials and --from-rclone bring a client of their own")
    places = endpoints_of(profile)
    asked = Source(source)
    is_new = False
    if credentials is not None:
        text = read_secret_file("--credentials", credentials)
        tokens = token_file.parse(text, shown(credentials))
    elif rclone_remote is not None:
        tokens = from_rclone(places, rclone_remote)
    elif refresh_token is not None:
        token = read_secret_file("--refresh-token", refresh_token, prompt="Refresh token").strip()
        tokens = with_refresh_token(places, own_client(profile, client_secret), token)
    else:
        is_new = True
        tokens = signed_in(places, own_client(profile, client_secret), asked, no_browser=no_browser)
    in_keyring = token_file.is_in_keyring(profile.credentials_path) if keyring is None else keyring
    keep(profile, replace(tokens, in_keyring=in_keyring))
    guidance.tell_what_is_allowed(tokens, asked if is_new else None)
    if is_new:
        tell_what_is_missing(profile)
    mount = " ".join(["gphotosfs mount", *([profile.name] if profile.name != "default" else [])])
    click.echo(f"Signed in as profile {profile.name}. Mount it with: {mount} MOUNTPOINT")
    click.echo(f"If something is missing, ask: {typed('doctor', profile)}")


def endpoints_of(profile: Profile) -> Endpoints:
    """Where the profile's Google is.

    Raises:
        ConfigError: its `config.toml` is not usable.
    """
    settings = settings_from(read_config_file(profile.config_path), {})
    return Endpoints(settings.endpoints) if settings.endpoints else GOOGLE


def own_client(profile: Profile, file: str | None) -> OAuthClient:
    """The person's OAuth client: of the file, else the one used last, else what they type.

    Raises:
        ConfigError: the file is no client, or there is nobody to ask.
    """
    if file is not None:
        return parse_client_file(read_secret_file("--client-secret", file), shown(file))
    try:
        client = token_file.load(profile.credentials_path).client
    except (SignInError, ConfigError):
        pass
    else:
        click.echo(f"Using the client of the last sign-in, {client.client_id}")
        return client
    if not sys.stdin.isatty():
        raise ConfigError(
            "there is no OAuth client yet; give its file: gphotosfs login --client-secret FILE "
            f"(how to make one: {sign_in_page()})"
        )
    guidance.tell_how_to_make_a_client()
    client_id = str(click.prompt("Client id")).strip()
    return OAuthClient(client_id, str(click.prompt("Client secret", hide_input=True)).strip())


def signed_in(
    places: Endpoints, client: OAuthClient, source: Source, *, no_browser: bool
) -> SavedTokens:
    """The tokens that a person grants on Google's page.

    Raises:
        SignInError: they did not grant any.
        RemoteError: the exchange for tokens failed.
    """

    def invite(invitation: Invitation) -> None:
        if not no_browser and open_page(invitation.address):
            click.echo("Your browser opens Google's page. If it does not, open this address:")
            click.echo(f"\n  {invitation.address}\n")
            return
        click.echo("Open this address in a browser, on any machine:")
        show_address(invitation.address)
        click.echo(
            "At the end the browser is sent to an address that begins with "
            f"{invitation.redirect_uri}. On another machine it can't be shown there; that is fine. "
            "Copy it from the address bar and paste it here:"
        )

    async def pasted() -> str:
        return await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True)

    async def run() -> SavedTokens:
        async with plain_client(places) as http:
            return await consent.sign_in(
                http,
                places,
                client,
                source.scopes,
                invite=invite,
                pasted=pasted,
                mistaken=lambda error: click.echo(f"gphotosfs: {error}. Once more:", err=True),
                now_s=time.time(),
            )

    guidance.tell_what_people_trip_over(client.client_id, source)
    return trio.run(run)


def tell_what_is_missing(profile: Profile) -> None:
    """What the doctor finds at Google right now: an API that is not enabled, an empty library."""
    for finding in asked_google(profile):
        # Of the sign-in itself all is told.
        if finding.level is not Level.FINE and finding.check != "sign-in":
            show(finding)


def keep(profile: Profile, tokens: SavedTokens) -> None:
    """Make them the profile's.

    Raises:
        ConfigError: they can't be written.
    """
    profile.make_dirs()
    path: Path = profile.credentials_path
    try:
        if not tokens.in_keyring:
            token_file.remove(path)  # what the keyring held of a former sign-in
        token_file.save(path, tokens)
    except OSError as exc:
        what = "the keyring" if tokens.in_keyring else path
        raise ConfigError(f"{what} can't be used: {exc.strerror}") from exc
