"""Which addresses may be asked, and for what.

Requests carry a person's tokens, and a base URL is a secret in itself. So nothing is sent to a host
outside Google's, nothing without TLS, and a redirect is checked like the first address.
"""

import ipaddress
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import httpx

from gphotosfs.errors import RefusedAddressError

# https://developers.google.com/identity/protocols/oauth2/native-app (read 2026-11)
AUTHORIZATION_URL: Final = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN_URL: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
REVOCATION_URL: Final = "https://oauth2.googleapis.com/revoke"
# Where Google has handed out and refreshed tokens; the second and third stand in older files.
# https://developers.google.com/identity/protocols/oauth2/native-app (read 2026-11)
TOKEN_HOSTS: Final = frozenset(
    {"oauth2.googleapis.com", "www.googleapis.com", "accounts.google.com"}
)
PICKER: Final = "https://photospicker.googleapis.com"
API_HOSTS: Final = frozenset({"photoslibrary.googleapis.com", "photospicker.googleapis.com"})
# Pictures come from lh3, lh4 …; films from video-downloads, by redirect.
# https://developers.google.com/photos/library/guides/access-media-items (read 2026-11)
MEDIA_DOMAIN: Final = ".googleusercontent.com"


# Without slots: what is asked of it with each request is kept in its dictionary.
@dataclass(frozen=True)
class Endpoints:
    """Where the Library API is, and the others with it.

    Plain http is for a simulator on loopback: it is allowed to loopback addresses, and only when
    the API itself is on one, so that no answer of Google's can send us to a local service.
    """

    library: str = "https://photoslibrary.googleapis.com"
    """An origin, without a path."""

    @cached_property
    def are_loopback(self) -> bool:
        """Whether these are a simulator's."""
        return is_loopback(httpx.URL(self.library))

    def api_url(self, path: str) -> httpx.URL:
        """The address of a method of the Library API."""
        return httpx.URL(self.library).join(path)

    def picker_url(self, path: str) -> httpx.URL:
        """The address of a method of the Picker API."""
        return self._theirs(PICKER).join(path)

    @property
    def authorization_url(self) -> httpx.URL:
        """The page on which a person allows us to see photos; opened in a browser, never by us."""
        return self._theirs(AUTHORIZATION_URL)

    @property
    def token_url(self) -> httpx.URL:
        """Where tokens are handed out and refreshed."""
        return self._theirs(TOKEN_URL)

    @property
    def revocation_url(self) -> httpx.URL:
        """Where a sign-in is ended."""
        return self._theirs(REVOCATION_URL)

    def is_api(self, url: httpx.URL) -> bool:
        """Whether a bearer token may be sent there."""
        return _origin(url) in self._api_origins

    def check_api(self, url: httpx.URL) -> None:
        """Let an address of an API pass.

        Raises:
            RefusedAddressError: it is another address.
        """
        if not self.is_api(url):
            raise refused(url)
        self._check(url, url.host in API_HOSTS)

    def check_token(self, url: httpx.URL) -> None:
        """Let an address pass to which client secrets and refresh tokens may be sent.

        Raises:
            RefusedAddressError: it is another address.
        """
        self._check(url, url.host in TOKEN_HOSTS)

    def check_media(self, url: httpx.URL) -> None:
        """Let a base URL or the target of its redirect pass.

        Raises:
            RefusedAddressError: it is another address.
        """
        self._check(url, url.host.endswith(MEDIA_DOMAIN))

    @cached_property
    def _api_origins(self) -> frozenset[tuple[str, str, int | None]]:
        return frozenset({_origin(httpx.URL(self.library)), _origin(self._theirs(PICKER))})

    def _theirs(self, address: str) -> httpx.URL:
        """An address of Google's, or where a simulator has it: all at its one origin."""
        url = httpx.URL(address)
        return httpx.URL(self.library).join(url.path) if self.are_loopback else url

    def _check(self, url: httpx.URL, is_googles: bool) -> None:
        over_tls = url.scheme == "https" and url.port in (None, 443)
        locally = self.are_loopback and url.scheme in ("http", "https") and is_loopback(url)
        if url.userinfo or not (locally or (over_tls and is_googles)):
            raise refused(url)


GOOGLE: Final = Endpoints()


def parse(address: str) -> httpx.URL:
    """An address that Google or a file named, which may be any text.

    Raises:
        RefusedAddressError: it is no address at all.
    """
    try:
        return httpx.URL(address)
    except (httpx.InvalidURL, ValueError) as exc:
        raise RefusedAddressError("an address that is none was not asked") from exc


def refused(url: httpx.URL) -> RefusedAddressError:
    """The error for an address outside the rule; names its host and nothing more."""
    return RefusedAddressError(f"{url.scheme}://{url.host} is not an address of Google; not asked")


def is_loopback(url: httpx.URL) -> bool:
    """Whether the host is this machine, by a name or number that no name server can redirect."""
    if url.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
