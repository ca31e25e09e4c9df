"""OAuth clients, their tokens, and the endpoint that hands these out (reference 3)."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import parse_qs, unquote_plus

from gphotosfs.simulator.exchange import Answer, Request, json_answer

# As Google's answers say it.
ACCESS_TOKEN_LIFE_S: Final = 3599.0

SCOPE_PREFIX: Final = "https://www.googleapis.com/auth/"
APPEND: Final = SCOPE_PREFIX + "photoslibrary.appendonly"
READ: Final = SCOPE_PREFIX + "photoslibrary.readonly.appcreateddata"
EDIT: Final = SCOPE_PREFIX + "photoslibrary.edit.appcreateddata"
PICK: Final = SCOPE_PREFIX + "photospicker.mediaitems.readonly"

# The grant of a project whose consent screen is "Testing" dies so long after the consent (3.5).
TESTING_LIFE_S: Final = 7 * 86_400.0
# An authorization code is for the next moment.
CODE_LIFE_S: Final = 600.0


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
    kind: Literal["installed", "web"] = "installed"

    def client_file(self, auth_uri: str, token_uri: str) -> dict[str, Any]:
        """What the console gives to download (3.7)."""
        return {
            self.kind: {
                "client_id": self.client_id,
                "project_id": f"simulated-{self.number}",
                "auth_uri": auth_uri,
                "token_uri": token_uri,
                "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
                "client_secret": self.client_secret,
                "redirect_uris": ["http://localhost"],
            }
        }

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


@dataclass(eq=False)
class Grant:
    """What a person allowed on the consent page, and the refresh token that stands for it."""

    client: Client
    account: str
    scopes: tuple[str, ...]
    refresh_token: str
    dies_s: float
    revoked: bool = False


@dataclass
class AccessToken:
    """A token that is alive until its time."""

    client: Client
    scopes: frozenset[str]
    expires_s: float
    grant: Grant | None = None
    """None: of the grant that the client came with."""


@dataclass(frozen=True)
class Code:
    """What an authorization code stands for until it is redeemed."""

    client: Client
    account: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    expires_s: float


@dataclass
class Accounts:
    """All clients and tokens."""

    seed: int
    clock: Callable[[], float]
    clients: list[Client] = field(default_factory=list)
    tokens: dict[str, AccessToken] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)

    def new_client(self, scopes: tuple[str, ...] = (APPEND, READ, EDIT, PICK)) -> Client:
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

    def client_with_id(self, client_id: str) -> Client | None:
        """The client of this id."""
        return next((c for c in self.clients if c.client_id == client_id), None)

    def issue(
        self, client: Client, life_s: float = ACCESS_TOKEN_LIFE_S, grant: Grant | None = None
    ) -> str:
        """A new access token."""
        text = f"{self.seed}:token:{client.number}:{len(self.tokens)}"
        token = "ya29." + hashlib.sha512(text.encode()).hexdigest()
        scopes = frozenset(client.scopes if grant is None else grant.scopes)
        self.tokens[token] = AccessToken(client, scopes, self.clock() + life_s, grant)
        return token

    def allow(self, code: Code) -> str:
        """An authorization code for what a person has just allowed."""
        text = f"{self.seed}:code:{len(self.codes)}:{len(self.grants)}"
        key = "4/0A" + hashlib.sha256(text.encode()).hexdigest()
        self.codes[key] = code
        return key

    def token(self, text: str) -> AccessToken | None:
        """The living token of this text."""
        token = self.tokens.get(text)
        if token is None or self.clock() >= token.expires_s or not self._lives(token):
            return None
        return token

    def _lives(self, token: AccessToken) -> bool:
        if token.grant is None:
            return not token.client.revoked
        return not token.grant.revoked and self.clock() < token.grant.dies_s

    def expire_access_tokens(self) -> None:
        """Let every access token die now; the refresh tokens live on."""
        for token in self.tokens.values():
            token.expires_s = float("-inf")

    def answer(self, request: Request, life_s: float, *, testing: bool = False) -> Answer:
        """What the endpoints for tokens and for revoking them say.

        `testing`: the project's consent screen is in that state.
        """
        form = {
            name: values[-1] for name, values in parse_qs(request.body.decode("latin-1")).items()
        }
        if request.path == "/revoke":
            return self._revoke(form.get("token") or request.value("token") or "")
        return self._token(_basic(request) | form, life_s, testing=testing)

    def _token(self, form: dict[str, str], life_s: float, *, testing: bool) -> Answer:
        for name in ("grant_type", "client_id"):
            if not form.get(name):
                return _error(400, "invalid_request", f"Missing required parameter: {name}")
        client = self.client_with_id(form["client_id"])
        if client is None:
            return _error(401, "invalid_client", "The OAuth client was not found.")
        if not form.get("client_secret"):
            return _error(400, "invalid_request", "Missing required parameter: client_secret")
        if form["client_secret"] != client.client_secret:
            return _error(401, "invalid_client", "Unauthorized")
        if form["grant_type"] == "refresh_token":
            return self._refresh(client, form.get("refresh_token", ""), life_s)
        if form["grant_type"] == "authorization_code":
            return self._redeem(client, form, life_s, testing=testing)
        return _error(400, "unsupported_grant_type", f"Invalid grant_type: {form['grant_type']}")

    def _refresh(self, client: Client, refresh_token: str, life_s: float) -> Answer:
        grant = self.grants.get(refresh_token)
        if grant is None:
            is_good = refresh_token == client.refresh_token and not client.revoked
        else:
            is_good = grant.client is client and not grant.revoked and self.clock() < grant.dies_s
        if not is_good:
            return _error(400, "invalid_grant", "Token has been expired or revoked.")
        return json_answer(self._tokens(client, grant, life_s))

    def _redeem(
        self, client: Client, form: dict[str, str], life_s: float, *, testing: bool
    ) -> Answer:
        """A code for tokens: once, soon, and only for whoever asked for it (RFC 7636)."""
        code = self.codes.pop(form.get("code", ""), None)
        if code is None or code.client is not client or self.clock() >= code.expires_s:
            return _error(400, "invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != code.redirect_uri:
            return _error(400, "redirect_uri_mismatch", "Bad Request")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != code.challenge:
            return _error(400, "invalid_grant", "Invalid code verifier.")
        text = hashlib.sha256(f"{self.seed}:grant:{len(self.grants)}".encode()).hexdigest()
        dies_s = self.clock() + TESTING_LIFE_S if testing else float("inf")
        grant = Grant(client, code.account, code.scopes, f"1//0{text}", dies_s)
        self.grants[grant.refresh_token] = grant
        answer = self._tokens(client, grant, life_s) | {"refresh_token": grant.refresh_token}
        if testing:
            answer["refresh_token_expires_in"] = int(TESTING_LIFE_S)
        return json_answer(answer)

    def _tokens(self, client: Client, grant: Grant | None, life_s: float) -> dict[str, Any]:
        return {
            "access_token": self.issue(client, life_s, grant),
            "expires_in": int(life_s),
            "scope": " ".join(client.scopes if grant is None else grant.scopes),
            "token_type": "Bearer",
        }

    def _revoke(self, text: str) -> Answer:
        token = self.tokens.get(text)
        grant = self.grants.get(text) or (token.grant if token is not None else None)
        if grant is not None:
            if not grant.revoked:
                grant.revoked = True
                return json_answer({})
            return _error(400, "invalid_token", "Token expired or revoked")
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
