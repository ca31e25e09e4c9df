"""What Google's answers say of the APIs, the day's quota and the library."""

from datetime import UTC, datetime
from typing import Final

from gphotosfs.doctor.finding import Finding, failed, fine, warning
from gphotosfs.errors import (
    PermissionRefusedError,
    QuotaError,
    ServerTroubleError,
    ServiceDisabledError,
    SignInError,
)
from gphotosfs.google.sign_in.oauth_client import library_api_page, picker_api_page
from gphotosfs.google.transport import refusals
from gphotosfs.google.transport.hearing import Heard
from gphotosfs.google.transport.quota import Kind, Ledger, next_reset_s

QUOTA: Final = "quota"


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
