"""What Google's answers say of a sign-in: its client, its life, and what it allows."""

from datetime import datetime
from typing import Final

from gphotosfs.config import sign_in_page
from gphotosfs.doctor.finding import Finding, failed, fine, warning
from gphotosfs.errors import ConfigError, SignInError
from gphotosfs.google.sign_in import scopes
from gphotosfs.google.sign_in.oauth_client import GRANTS_PAGE, audience_page, clients_page
from gphotosfs.google.sign_in.token_file import SavedTokens
from gphotosfs.google.transport.hearing import Heard

# "A project with an OAuth consent screen of status Testing is issued a refresh token expiring in
# 7 days." https://developers.google.com/identity/protocols/oauth2#expiration (read 2026-11)
TESTING_LIFE_S: Final = 7 * 86_400.0
# A sign-in that was last refreshed so long after its beginning outlived the seven days.
_SLACK_S: Final = 3600.0


def missing(error: SignInError | ConfigError, login: str) -> Finding:
    """The finding for a profile whose sign-in is missing or damaged."""
    if isinstance(error, SignInError):
        return failed(
            "sign-in",
            "this profile has no OAuth client and no sign-in yet",
            f"sign in: {login} (every click: {sign_in_page()})",
            needs_sign_in=True,
        )
    return failed("sign-in", str(error), f"mend that, or sign in anew: {login}")


def accepted(heard: Heard, tokens: SavedTokens, now_s: float, login: str) -> Finding:
    """What the token endpoint said to the refresh token."""
    error, page = heard.members.get("error"), clients_page(tokens.client_id)
    match error:
        case None if heard.status == 200:
            return _lasting(tokens)
        case "invalid_grant":
            return _dead(tokens, now_s, login)
        case "invalid_client" | "deleted_client":
            said = str(heard.members.get("error_description", error))[:100]
            return failed(
                "client",
                f"Google does not know the OAuth client or its secret ({said})",
                f"look whether it was deleted or its secret changed, then: {login} "
                "--client-secret FILE",
                page,
                needs_sign_in=True,
            )
        case "unauthorized_client":
            return failed(
                "client",
                "the OAuth client is of a type that may not do this, or the token is another's",
                f"make a client of type Desktop app, then: {login} --client-secret FILE",
                page,
                needs_sign_in=True,
            )
    return failed("sign-in", f"Google gave no token (HTTP {heard.status})", "try again later")


def _lasting(tokens: SavedTokens) -> Finding:
    expiry = tokens.others.get("refresh_token_expiry")
    if expiry is None:
        return fine("sign-in", "Google accepts it")
    return warning(
        "sign-in",
        f"Google accepts it until {str(expiry)[:10]}: the consent screen is in testing mode",
        "publish the app, then sign in once more",
        audience_page(tokens.client_id),
    )


def _dead(tokens: SavedTokens, now_s: float, login: str) -> Finding:
    """Google says the same of all dead tokens; when it died tells them apart."""
    expiry_s, signed_in_s = (
        _unix_s(tokens.others.get(name)) for name in ("refresh_token_expiry", "signed_in")
    )
    last_good_s = tokens.expires_at_s - 3600.0
    if (
        expiry_s is None
        and signed_in_s is not None
        and last_good_s <= signed_in_s + TESTING_LIFE_S + _SLACK_S
    ):
        expiry_s = signed_in_s + TESTING_LIFE_S
    if expiry_s is not None and now_s >= expiry_s:
        return failed(
            "sign-in",
            "it has expired, as all do after seven days while the consent screen is in testing mode",
            f"publish the app, then: {login}",
            audience_page(tokens.client_id),
            needs_sign_in=True,
        )
    if signed_in_s is not None or expiry_s is not None:
        return failed(
            "sign-in",
            "it was revoked, in the Google account or by a logout, or lay unused for six months",
            f"sign in again: {login}",
            GRANTS_PAGE,
            needs_sign_in=True,
        )
    return failed(
        "sign-in",
        "it is expired or revoked; one taken over from another program ends with that program's, "
        "and after seven days while the consent screen is in testing mode",
        f"sign in here: {login}",
        audience_page(tokens.client_id),
        needs_sign_in=True,
    )


def allowed(granted: tuple[str, ...], login: str) -> Finding:
    """What a person allowed on the consent page."""
    ours = [scope for scope in scopes.Source.BOTH.scopes if scope in granted]
    gone = scopes.removed(granted)
    if not ours and gone:
        names = ", ".join(map(scopes.short, gone))
        return failed(
            "scopes",
            f"the sign-in is for {names}, which Google removed on {scopes.REMOVED_ON}",
            f"sign in anew: {login}",
            needs_sign_in=True,
        )
    if not ours:
        return failed(
            "scopes",
            "the sign-in does not allow to see any photos: no box was ticked",
            f"sign in anew and leave the boxes ticked: {login}",
            needs_sign_in=True,
        )
    return fine("scopes", "allowed: " + "; ".join(map(scopes.in_words, ours)))


def _unix_s(moment: object) -> float | None:
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        return None
