"""The pages on which a person lets a program see photos (reference 3.3).

One page: who you are, what the program may see, each in a box that can be unticked, allow or cancel.
Google's own are several and prettier; what programs notice of them, the redirect, is the same.
"""

import html
import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from gphotosfs.simulator.content import Whole
from gphotosfs.simulator.exchange import Answer, Request
from gphotosfs.simulator.sign_in.oauth import (
    APPEND,
    CODE_LIFE_S,
    EDIT,
    PICK,
    READ,
    Accounts,
    Client,
    Code,
)

PATH: Final = "/o/oauth2/v2/auth"
# What the files of older clients name.
OLD_PATH: Final = "/o/oauth2/auth"

ACCOUNTS: Final = ("ada@example.com", "grace@example.com")

_WORDING: Final = {
    READ: "See the photos and albums that this app created",
    APPEND: "Add to your Google Photos library",
    EDIT: "Edit the photos and albums that this app created",
    PICK: "See the photos that you pick in Google Photos",
    "openid": "Know who you are",
    "profile": "See your name and picture",
}


class _RefusedError(Exception):
    """The page says why instead of asking, and the program hears nothing."""

    def __init__(self, status: int, error: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.error = error
        self.text = text


def is_page(request: Request) -> bool:
    """Whether one of the pages is asked for."""
    return request.path in (PATH, OLD_PATH)


def answer(accounts: Accounts, request: Request) -> Answer:
    """GET asks the person; POST is what they decided, and leads back to the program."""
    decides = request.method == "POST"
    form = parse_qs(request.body.decode("latin-1")) if decides else request.query
    asked = {name: values[-1] for name, values in form.items()}
    try:
        client = _checked(accounts, asked)
    except _RefusedError as exc:
        text = f"<h1>Access blocked: Authorization Error</h1><p>{exc.text}<p>Error {exc.status}: {exc.error}"
        return _page(exc.status, text)
    if decides:
        return _decided(accounts, client, asked, form.get("tick", []))
    return _page(200, _question(client, asked))


def _checked(accounts: Accounts, asked: Mapping[str, str]) -> Client:
    """The client that asks, if it asks as Google wants it."""
    client = accounts.client_with_id(asked.get("client_id", ""))
    if client is None:
        raise _RefusedError(401, "invalid_client", "The OAuth client was not found.")
    if client.kind != "installed" or not _is_loopback(asked.get("redirect_uri", "")):
        raise _RefusedError(400, "redirect_uri_mismatch", "This app's request is invalid.")
    if asked.get("response_type") != "code":
        raise _RefusedError(400, "invalid_request", "Required parameter is missing: response_type")
    scopes = asked.get("scope", "").split()
    unknown = [scope for scope in scopes if scope not in _WORDING]
    if unknown or not scopes:
        raise _RefusedError(400, "invalid_scope", "Some requested scopes were invalid.")
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        # Google takes requests without PKCE; no client of today should send them.
        raise _RefusedError(400, "invalid_request", "PKCE with S256 is missing.")
    return client


def _is_loopback(address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme != "http":
        return False
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def _question(client: Client, asked: Mapping[str, str]) -> str:
    people = "".join(
        f'<p><label><input type=radio name=account value="{name}"{" checked" if n == 0 else ""}>'
        f"{name}</label>"
        for n, name in enumerate(ACCOUNTS)
    )
    boxes = "".join(
        f'<p><label><input type=checkbox name=tick value="{scope}" checked>{_WORDING[scope]}</label>'
        for scope in asked["scope"].split()
    )
    kept = "".join(
        f'<input type=hidden name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
    )
    return (
        f"<h1>Simulated project {client.project_number} wants access to your Google Account</h1>"
        f"<form method=post>{kept}{people}{boxes}"
        "<p><button name=decision value=allow>Continue</button>"
        "<button name=decision value=deny>Cancel</button></form>"
    )


def _decided(
    accounts: Accounts, client: Client, asked: Mapping[str, str], ticked: list[str]
) -> Answer:
    scopes = tuple(scope for scope in asked["scope"].split() if scope in ticked)
    told = {"state": asked["state"]} if "state" in asked else {}
    if asked.get("decision") != "allow" or not scopes:
        told["error"] = "access_denied"
    else:
        told["code"] = accounts.allow(
            Code(
                client,
                asked.get("account", ACCOUNTS[0]),
                scopes,
                asked["redirect_uri"],
                asked["code_challenge"],
                accounts.clock() + CODE_LIFE_S,
            )
        )
        told["scope"] = " ".join(scopes)
    return Answer(
        302, Whole("text/html", b""), {"Location": f"{asked['redirect_uri']}?{urlencode(told)}"}
    )


def _page(status: int, text: str) -> Answer:
    page = (
        "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
        f"<title>Sign in - Simulated Google Accounts</title>\n{text}\n"
    )
    return Answer(status, Whole("text/html; charset=UTF-8", page.encode()))
