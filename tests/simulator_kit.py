"""A plain HTTP client on a simulated Google, as the simulator's own tests need it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.sign_in.oauth import Client


class Caller:
    """Calls methods with a good access token, and base URLs without one."""

    def __init__(
        self, photos: SimulatedGoogle, http: httpx.AsyncClient, client: Client | None = None
    ) -> None:
        self.photos = photos
        self.http = http
        self.headers = {"Authorization": f"Bearer {photos.access_token(client)}"}

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """A GET of the API; parameters that are None are left out."""
        given = {name: value for name, value in query.items() if value is not None}
        url = f"{self.photos.origins.api}/v1/{path}"
        return await self.http.get(url, params=given, headers=self.headers)

    async def search(self, **body: Any) -> httpx.Response:
        """A `mediaItems:search`."""
        url = f"{self.photos.origins.api}/v1/mediaItems:search"
        return await self.http.post(url, json=body, headers=self.headers)

    async def pages(self, **body: Any) -> list[dict[str, Any]]:
        """All pages of a search, as they are."""
        pages: list[dict[str, Any]] = []
        token = None
        while True:
            answer = await self.search(**body, **({"pageToken": token} if token else {}))
            assert answer.status_code == 200, answer.text
            pages.append(answer.json())
            token = pages[-1].get("nextPageToken")
            if token is None:
                return pages

    async def found(self, **body: Any) -> list[str]:
        """The ids that a search finds, page after page."""
        pages = await self.pages(pageSize=100, **body)
        return [item["id"] for page in pages for item in page.get("mediaItems", [])]

    async def base_url(self, item_id: str) -> str:
        """A new base URL of an item."""
        url: str = (await self.get(f"mediaItems/{item_id}")).json()["baseUrl"]
        return url


@asynccontextmanager
async def calling(photos: SimulatedGoogle, client: Client | None = None) -> AsyncIterator[Caller]:
    """A caller, in process."""
    async with httpx.AsyncClient(transport=photos.transport()) as http:
        yield Caller(photos, http, client)
