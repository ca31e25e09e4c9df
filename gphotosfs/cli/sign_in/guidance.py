"""What a person should know when signing in, in plain words."""

import click

from gphotosfs.config import sign_in_page
from gphotosfs.google.sign_in import scopes
from gphotosfs.google.sign_in.oauth_client import (
    audience_page,
    clients_page,
    library_api_page,
    picker_api_page,
)
from gphotosfs.google.sign_in.scopes import Source
from gphotosfs.google.sign_in.token_file import SavedTokens


def tell_how_to_make_a_client() -> None:
    """For who has none yet; a page of the documentation has every click."""
    click.echo(
        "gphotosfs signs in with an OAuth client of your own. To make one takes five minutes, once:"
    )
    click.echo(f"  1. {library_api_page('')}  Enable")
    click.echo(f"  2. {picker_api_page('')}  Enable")
    click.echo(f"  3. {audience_page('')}  External, then Publish app")
    click.echo(f"  4. {clients_page()}  Create client, type Desktop app")
    click.echo(f"Every click is in {sign_in_page()}. Google then shows an id and a secret.")


def tell_what_people_trip_over(client_id: str, source: Source) -> None:
    """The four things that make a sign-in fail or end at an empty folder."""
    click.echo("Four things that people trip over:")
    click.echo("  * The APIs must be enabled in the client's project:")
    if source is not Source.PICKER:
        click.echo(f"      Photos Library API: {library_api_page(client_id)}")
    if source is not Source.LIBRARY:
        click.echo(f"      Photos Picker API:  {picker_api_page(client_id)}")
    click.echo("  * The consent screen must be published, or this sign-in ends after seven days:")
    click.echo(f"      {audience_page(client_id)}")
    click.echo("  * The client must be of type Desktop app; another ends at 'Error 400':")
    click.echo(f"      {clients_page(client_id)}")
    click.echo(
        "  * The client id decides what is visible: Google lists only what was uploaded with it.\n"
        "    Everything else comes by picking it (gphotosfs pick) or from a Takeout archive."
    )
    click.echo(
        "Google will say that it has not verified the app: it is your own. Go on by Advanced."
    )


def tell_what_is_allowed(tokens: SavedTokens, source: Source | None) -> None:
    """What was really allowed, where it is not all that was asked for.

    `source` is None where nothing was asked for, because the tokens come from elsewhere.
    """
    gone = scopes.removed(tokens.scopes)
    if gone and not set(tokens.scopes).intersection(Source.BOTH.scopes):
        names = ", ".join(map(scopes.short, gone))
        _warn(
            f"this sign-in is for {names}, which Google took out of service on {scopes.REMOVED_ON}; "
            "every call will be refused. Sign in anew: gphotosfs login"
        )
    elif tokens.scopes and source is not None:
        for scope in source.scopes:
            if scope not in tokens.scopes:
                _warn(
                    f"not allowed: {scopes.in_words(scope)} ({scopes.short(scope)}). If its box was "
                    "unticked by mistake: gphotosfs login"
                )
    if "refresh_token_expiry" in tokens.others:
        _warn(
            "the consent screen is in testing mode, so this sign-in ends on "
            f"{str(tokens.others['refresh_token_expiry'])[:10]}. Publish it and sign in once more: "
            f"{audience_page(tokens.client_id)}"
        )


def _warn(text: str) -> None:
    click.echo(f"gphotosfs: {text}", err=True)
