"""What Google's answers mean for a person: plain functions, tried on recorded answers."""

from datetime import UTC, datetime
from typing import Final

from gphotosfs.doctor.finding import Finding, failed, fine, warning
from gphotosfs.doctor.unreachable import wrong_clock
from gphotosfs.errors import (
    ConfigError,
    PermissionRefusedError,
    QuotaError,
    ServerTroubleError,
    ServiceDisabledError,
    SignInError,
)
from gphotosfs.google import refusals, scopes
from gphotosfs.google.hearing import Heard
from gphotosfs.google.oauth_client import (
    GRANTS_PAGE,
    audience_page,
    clients_page,
    library_api_page,
    picker_api_page,
)
from gphotosfs.google.quota import Kind, Ledger, next_reset_s
from gphotosfs.google.token_file import SavedTokens

# Access tokens live an hour and certificates days; a smaller difference harms nothing.
CLOCK_OFF_MAX_S: Final = 300.0
# "A project with an OAuth consent screen of status Testing is issued a refresh token expiring in
# 7 days." https://developers.google.com/identity/protocols/oauth2#expiration (read 2026-11)
TESTING_LIFE_S: Final = 7 * 86_400.0
# A sign-in that was last refreshed so long after its beginning outlived the seven days.
_SLACK_S: Final = 3600.0

QUOTA: Final = "quota"


def network(heard: Heard, now_s: float) -> list[Finding]:
    """Whether it is Google that answered, and what its clock says of ours."""
    if not heard.members and (heard.status == 200 or 300 <= heard.status < 400):
        return [
            failed(
                "network",
                "a page of this network answers in Google's place",
                "open any page in a browser and sign in to the network there",
            )
        ]
    if heard.status >= 500:
        return [failed("network", f"Google has trouble (HTTP {heard.status})", "try again later")]
    if heard.date_s is not None and abs(heard.date_s - now_s) > CLOCK_OFF_MAX_S:
        minutes = round((now_s - heard.date_s) / 60)
        return [
            wrong_clock(now_s, f"{abs(minutes)} minutes {'ahead' if minutes > 0 else 'behind'}")
        ]
    return [fine("network", "Google answers, and the clock is right")]


def no_sign_in(error: SignInError | ConfigError, login: str) -> Finding:
    """The finding for a profile whose sign-in is missing or damaged."""
    if isinstance(error, SignInError):
        return failed(
            "sign-in",
            "this profile has no OAuth client and no sign-in yet",
            f"sign in: {login} (every click: docs/SIGN-IN.md)",
            needs_sign_in=True,
        )
    return failed("sign-in", str(error), f"mend that, or sign in anew: {login}")


def sign_in(heard: Heard, tokens: SavedTokens, now_s: float, login: str) -> Finding:
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


def library_api(heard: Heard, client_id: str, now_s: float, login: str) -> Finding:
    """What the Library API said to a first listing."""
    return _api("Photos Library API", heard, library_api_page(client_id), now_s, login)


def picker_api(heard: Heard, client_id: str, now_s: float, login: str) -> Finding:
    """What the Picker API said to a question about a session that does not exist."""
    if heard.status in (400, 404):
        return fine("Photos Picker API", "enabled")
    return _api("Photos Picker API", heard, picker_api_page(client_id), now_s, login)


def _api(name: str, heard: Heard, page: str, now_s: float, login: str) -> Finding:
    if heard.status == 200 and _is_json_object(heard):
        return fine(name, "enabled")
    if refusals.is_quota(heard.status, heard.body):
        return _quota_gone(heard, now_s)
    match refusals.refusal(heard.status, heard.body, name):
        case ServiceDisabledError() as error:
            return failed(
                name,
                "not enabled in the client's Google Cloud project",
                "enable it, and wait a few minutes",
                error.activation_url or page,
            )
        case PermissionRefusedError():
            return failed(
                "scopes",
                f"the {name} says that the sign-in does not allow this (insufficient scopes)",
                f"sign in anew and leave the boxes ticked: {login}",
                needs_sign_in=True,
            )
        case SignInError():
            return failed(
                "sign-in",
                f"the {name} refuses a token that Google has just handed out",
                f"sign in anew: {login}",
                needs_sign_in=True,
            )
        case ServerTroubleError():
            return failed(name, f"Google has trouble (HTTP {heard.status})", "try again later")
        case error:
            return failed(name, str(error), "try again later; if it stays, report it as a bug")


def _is_json_object(heard: Heard) -> bool:
    return heard.body.lstrip().startswith(b"{")


def _quota_gone(heard: Heard, now_s: float) -> Finding:
    """A 429. Most are the day's; Google's words tell of others."""
    said = str(heard.members.get("error", {}).get("message", ""))
    if "per minute" in said:
        return failed(QUOTA, "too many requests in this minute", "wait a minute")
    return _until(next_reset_s(now_s), "Google refuses: the day's requests are used up")


def own_quota(error: QuotaError) -> Finding:
    """Our own count says that Google would refuse."""
    if error.retry_at_s is None:
        return failed(QUOTA, str(error), "wait a while")
    return _until(error.retry_at_s, "the day's requests are used up, by our own count")


def _until(moment_s: float, what: str) -> Finding:
    when = datetime.fromtimestamp(moment_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")
    return failed(QUOTA, f"{what}, until {when}", "wait; what is known stays readable")


def quota(ledger: Ledger) -> Finding:
    """What the day has left."""
    calls, byte_requests = ledger.remaining(Kind.CALLS), ledger.remaining(Kind.BYTES)
    left = f"{calls} calls and {byte_requests} fetches of photo bytes are left today"
    if not calls or not byte_requests:
        return _until(ledger.resets_at_s(), left)
    return fine(QUOTA, left)


def library(albums: Heard, items: Heard, client_id: str) -> Finding:
    """Whether this client sees anything at all; an empty page with a token behind it is not the end."""
    if not _is_json_object(items) or items.status != 200:
        return warning("library", f"the photos can't be listed (HTTP {items.status})")
    found = {**albums.members, **items.members}
    if found:
        return fine("library", "there are photos or albums in it")
    return warning(
        "library",
        f"everything is right, and it is empty: Google lists only what was uploaded with {client_id}",
        "pick photos (gphotosfs pick), add a Takeout archive (gphotosfs takeout add), or take over "
        "the client that uploaded them (gphotosfs login --from-rclone REMOTE)",
    )


def _unix_s(moment: object) -> float | None:
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        return None
