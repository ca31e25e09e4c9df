"""What a diagnosis asks of Google: each question once, as it is, without retries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx

from gphotosfs.google.sign_in import token_endpoint
from gphotosfs.google.sign_in.token_file import SavedTokens
from gphotosfs.google.transport.endpoints import Endpoints, parse
from gphotosfs.google.transport.hearing import Heard, hear, plain_client

# A session that does not exist: an API that is enabled says so, one that is not says that.
_NO_SESSION: Final = "/v1/sessions/none"


class Questions:
    """Each may raise what `hearing.hear` raises where no answer comes."""

    def __init__(self, http: httpx.AsyncClient, places: Endpoints) -> None:
        self._http = http
        self._places = places

    async def anything(self) -> Heard:
        """Whatever Google says to a request without any meaning."""
        return await hear(self._http, self._http.build_request("GET", self._places.token_url))

    async def refresh(self, tokens: SavedTokens) -> Heard:
        """What the token endpoint says to the refresh token.

        Raises:
            RefusedAddressError: the sign-in is for another server than Google's.
        """
        self._places.check_token(parse(tokens.token_uri))
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        return await token_endpoint.ask_for_tokens(self._http, self._places, tokens.client, form)

    async def an_album(self, access_token: str) -> Heard:
        """What the Library API says to the shortest listing of albums."""
        return await self._get(self._places.api_url("/v1/albums?pageSize=1"), access_token)

    async def an_item(self, access_token: str) -> Heard:
        """What it says to the shortest listing of media items."""
        return await self._get(self._places.api_url("/v1/mediaItems?pageSize=1"), access_token)

    async def no_session(self, access_token: str) -> Heard:
        """What the Picker API says to a session that does not exist."""
        return await self._get(self._places.picker_url(_NO_SESSION), access_token)

    async def _get(self, url: httpx.URL, access_token: str) -> Heard:
        self._places.check_api(url)
        headers = {"Authorization": f"Bearer {access_token}"}
        return await hear(self._http, self._http.build_request("GET", url, headers=headers))


@asynccontextmanager
async def questions(
    places: Endpoints, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Questions]:
    """Ask there; the transport is for tests."""
    async with plain_client(places, transport) as http:
        yield Questions(http, places)
