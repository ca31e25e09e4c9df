"""An OAuth client, and the file in which Google's console gives it to download."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gphotosfs.errors import ConfigError

_CONSOLE: Final = "https://console.cloud.google.com"

# Where a person sees what they have allowed, and ends it.
GRANTS_PAGE: Final = "https://myaccount.google.com/connections"

# Google shows the secret once, when the client is made (since 2025).
_DESKTOP: Final = "make one of type 'Desktop app' and download its file"


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A program as Google knows it. What was uploaded with its id is all that it can list."""

    client_id: str
    client_secret: str = field(repr=False)

    @property
    def project(self) -> str:
        """The number of its Google project, "unknown" where the id does not tell."""
        return project_of(self.client_id)


def project_of(client_id: str) -> str:
    """The Google project's number: quotas belong to it, and it begins each of its client ids."""
    digits = client_id.partition("-")[0]
    return digits if digits.isascii() and digits.isdecimal() else "unknown"


def console_page(path: str, client_id: str) -> str:
    """A page of Google's console, of the client's project where its id tells it."""
    project = project_of(client_id)
    return f"{_CONSOLE}/{path}" + ("" if project == "unknown" else f"?project={project}")


def library_api_page(client_id: str) -> str:
    """Where the Photos Library API is enabled."""
    return console_page("apis/library/photoslibrary.googleapis.com", client_id)


def picker_api_page(client_id: str) -> str:
    """Where the Photos Picker API is enabled."""
    return console_page("apis/library/photospicker.googleapis.com", client_id)


def audience_page(client_id: str) -> str:
    """Where the consent screen is published."""
    return console_page("auth/audience", client_id)


def clients_page(client_id: str = "") -> str:
    """Where clients are made."""
    return console_page("auth/clients", client_id)


def parse_client_file(text: str, name: str) -> OAuthClient:
    """The client in the file called `name`.

    The addresses in it are passed over: secrets go to Google's own and to no others.

    Raises:
        ConfigError: it is no Desktop client; the message says what it is instead, and never what
            is in it.
    """
    members = json_object(text, name)
    _refuse_web_client(members, name)
    if members.get("type") == "authorized_user":
        raise ConfigError(f"{name} holds somebody's tokens, not only a client; use --credentials")
    _refuse_service_account(members, name)
    client = members.get("installed")
    if not isinstance(client, dict):
        raise ConfigError(f"{name} is not the file of an OAuth client; {_DESKTOP}")
    client_id, secret = client.get("client_id"), client.get("client_secret")
    if not isinstance(client_id, str) or not client_id:
        raise ConfigError(f"{name} has no client_id; {_DESKTOP}")
    if not isinstance(secret, str) or not secret:
        raise ConfigError(
            f"{name} has no client_secret; the console shows it only when it is made, so add a new "
            f"secret to the client and download it: {clients_page(client_id)}"
        )
    return OAuthClient(client_id, secret)


def refuse_other_files(members: Mapping[str, Any], name: str) -> None:
    """Refuse the files that are taken for somebody's tokens by mistake.

    Raises:
        ConfigError: it is one; the message says which, and what to do.
    """
    _refuse_web_client(members, name)
    if "installed" in members:
        raise ConfigError(
            f"{name} is a client secret without anybody's tokens; sign in with it: "
            "gphotosfs login --client-secret FILE"
        )
    _refuse_service_account(members, name)


def _refuse_web_client(members: Mapping[str, Any], name: str) -> None:
    if "web" in members:
        raise ConfigError(
            f"{name} is a client of type 'Web application', to which Google's redirect back to this "
            f"machine is not open; {_DESKTOP}: {clients_page()}"
        )


def _refuse_service_account(members: Mapping[str, Any], name: str) -> None:
    if members.get("type") == "service_account":
        raise ConfigError(
            f"{name} is a service account, and those have no photos; sign in as a person"
        )


def json_object(text: str, name: str) -> dict[str, Any]:
    """The JSON object in the file called `name`.

    Raises:
        ConfigError: there is none; nothing of the text is in the message.
    """
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"{name} is not JSON") from exc
    if not isinstance(members, dict):
        raise ConfigError(f"{name} is not a JSON object")
    return members
