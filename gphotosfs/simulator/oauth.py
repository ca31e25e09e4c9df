"""OAuth clients, their tokens, and the endpoint that hands these out (reference 3)."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, unquote_plus

from gphotosfs.simulator.exchange import Answer, Request, json_answer

# As Google's answers say it.
ACCESS_TOKEN_LIFE_S: Final = 3599.0

SCOPE_PREFIX: Final = "https://www.googleapis.com/auth/"
APPEND: Final = SCOPE_PREFIX + "photoslibrary.appendonly"
READ: Final = SCOPE_PREFIX + "photoslibrary.readonly.appcreateddata"
EDIT: Final = SCOPE_PREFIX + "photoslibrary.edit.appcreateddata"


@dataclass(eq=False)
class Client:
    """An OAuth client of a desktop program, with one user's grant."""

    number: int
    client_id: str
    client_secret: str
    project_number: str
    refresh_token: str
    scopes: tuple[str, ...]
    revoked: bool = False

    def authorized_user(self, token_uri: str) -> dict[str, Any]:
        """What google-auth's `Credentials.to_json` would say, without an access token."""
        return {
            "type": "authorized_user",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
            "token_uri": token_uri,
            "scopes": list(self.scopes),
            "universe_domain": "googleapis.com",
        }


@dataclass
class AccessToken:
    """A token that is alive until its time."""

    client: Client
    scopes: frozenset[str]
    expires_s: float


@dataclass
class Accounts:
    """All clients and tokens."""

    seed: int
    clock: Callable[[], float]
    clients: list[Client] = field(default_factory=list)
    tokens: dict[str, AccessToken] = field(default_factory=dict)

    def new_client(self, scopes: tuple[str, ...] = (APPEND, READ, EDIT)) -> Client:
        """A further client, to which nothing belongs yet but what `owner` says."""
        number = len(self.clients)
        secret = hashlib.sha256(f"{self.seed}:client:{number}".encode()).hexdigest()
        project_number = str(123456789012 + number)
        client = Client(
            number=number,
            client_id=f"{project_number}-{secret[:32]}.apps.googleusercontent.com",
            client_secret=f"GOCSPX-{secret[:28]}",
            project_number=project_number,
            refresh_token=f"1//0{secret}",
            scopes=scopes,
        )
        self.clients.append(client)
        return client

    def issue(self, client: Client, life_s: float = ACCESS_TOKEN_LIFE_S) -> str:
        """A new access token."""
        text = f"{self.seed}:token:{client.number}:{len(self.tokens)}"
        token = "ya29." + hashlib.sha512(text.encode()).hexdigest()
        self.tokens[token] = AccessToken(client, frozenset(client.scopes), self.clock() + life_s)
        return token

    def token(self, text: str) -> AccessToken | None:
        """The living token of this text."""
        token = self.tokens.get(text)
        if token is None or token.client.revoked or self.clock() >= token.expires_s:
            return None
        return token

    def expire_access_tokens(self) -> None:
        """Let every access token die now; the refresh tokens live on."""
        for token in self.tokens.values():
            token.expires_s = float("-inf")

    def answer(self, request: Request, life_s: float) -> Answer:
        """What the endpoints for tokens and for revoking them say."""
        form = {
            name: values[-1] for name, values in parse_qs(request.body.decode("latin-1")).items()
        }
        if request.path == "/revoke":
            return self._revoke(form.get("token") or request.value("token") or "")
        return self._refresh(_basic(request) | form, life_s)

    def _refresh(self, form: dict[str, str], life_s: float) -> Answer:
        for name in ("grant_type", "client_id"):
            if not form.get(name):
                return _error(400, "invalid_request", f"Missing required parameter: {name}")
        client = next((c for c in self.clients if c.client_id == form["client_id"]), None)
        if client is None:
            return _error(401, "invalid_client", "The OAuth client was not found.")
        if not form.get("client_secret"):
            return _error(400, "invalid_request", "Missing required parameter: client_secret")
        if form["client_secret"] != client.client_secret:
            return _error(401, "invalid_client", "Unauthorized")
        if form["grant_type"] != "refresh_token":
            return _error(
                400, "unsupported_grant_type", f"Invalid grant_type: {form['grant_type']}"
            )
        if form.get("refresh_token") != client.refresh_token or client.revoked:
            return _error(400, "invalid_grant", "Token has been expired or revoked.")
        return json_answer(
            {
                "access_token": self.issue(client, life_s),
                "expires_in": int(life_s),
                "scope": " ".join(client.scopes),
                "token_type": "Bearer",
            }
        )

    def _revoke(self, text: str) -> Answer:
        token = self.tokens.get(text)
        for client in self.clients:
            if not client.revoked and (
                client.refresh_token == text or (token is not None and token.client is client)
            ):
                client.revoked = True
                return json_answer({})
        return _error(400, "invalid_token", "Token expired or revoked")


def _basic(request: Request) -> dict[str, str]:
    """Client and secret from an Authorization header, which Google takes as well as a form.

    (`token_endpoint_auth_methods_supported` of its discovery document names both.) rclone tries
    this way first.
    """
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(text).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}


def _error(status: int, error: str, description: str) -> Answer:
    return json_answer({"error": error, "error_description": description}, status)
