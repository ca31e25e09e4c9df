"""The bytes of media items, through base URLs that are renewed unseen by the reader."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import httpx

from gphotosfs.errors import (
    GoneError,
    NotReadyError,
    PermissionRefusedError,
    RemoteError,
)
from gphotosfs.google.base_urls import BaseUrl, BaseUrls
from gphotosfs.google.body import STALL_S, GoogleBody
from gphotosfs.google.http import Http
from gphotosfs.google.transport import endpoints
from gphotosfs.google.transport.answer import Answer, judged, length_of_head
from gphotosfs.google.transport.ask import ANSWER_S, Ask
from gphotosfs.google.transport.quota import Kind
from gphotosfs.google.transport.throttle import Throttle
from gphotosfs.lanes import Lane, current_lane
from gphotosfs.model import BlobKey, Processing, Variant

# A request for more than this reads on rather than looks at the head (contract, section 3: what
# reads the head causes at most 256 KiB to be fetched, 512 KiB with a larger kernel read-ahead).
HEAD_MAX_BYTES: Final = 512 * 2**10
# Transcoding "may take seconds to start" (the reference, section 2.1).
VIDEO_ANSWER_S: Final = 20.0
# URLs have been seen to die after 30 minutes (https://github.com/google/java-photoslibrary/issues/38),
# so a 404 of an older one is not believed before a fresh one says so as well.
BELIEVED_FOR_S: Final = 1_800.0
# How long "still processing" is believed before Google is asked again, at one call.
NOT_READY_FOR_S: Final = 30.0
# What an expired base URL answers, and that of an item that was deleted.
DEAD: Final = frozenset({403, 404, 410})
# Answers to a HEAD where only GET works.
HEAD_FAILS: Final = frozenset({400, 405, 411, 501})


class GoogleMedia:
    """Hands out bytes of items of one service; any number of tasks may use it at once."""

    def __init__(
        self, http: Http, base_urls: BaseUrls, throttle: Throttle, kind: Kind = Kind.BYTES
    ) -> None:
        """`kind` says whose base URLs these are: those of picked items are of use with a token only."""
        self._http = http
        self._kind = kind
        self._throttle = throttle
        self._base_urls = base_urls
        self._headless: set[tuple[str, Variant]] = set()

    @asynccontextmanager
    async def open(self, key: BlobKey, start: int, end: int | None) -> AsyncIterator[GoogleBody]:
        """The bytes from start up to end (exclusive; None: to the blob's end), as one request.

        Raises:
            RemoteError: there is no usable answer; the subclass says why.
        """
        urgent = _is_urgent(key, start, end)

        async def passed(count: int) -> None:
            self._http.tally.received_bytes += count
            await self._throttle.take(count, urgent=urgent)

        body = GoogleBody(
            lambda from_, to: self._opened(key, from_, to),
            end,
            passed,
            stall_s=STALL_S * self._http.pace,
        )
        try:
            await body.begin(start)
            yield body
        finally:
            await body.aclose()

    async def size(self, key: BlobKey) -> int | None:
        """The blob's length: one HEAD, or a GET of one byte where HEAD is known to fail.

        Raises:
            RemoteError: there is no usable answer; the subclass says why.
        """
        base = await self._ready(key, await self._base_urls.get(key.item))
        # The front of the address, up to the path: which host it is.
        place = base.url[: base.url.find("/", len("https://"))], key.variant
        if place not in self._headless and (total := await self._size_by_head(key)) is not None:
            return total
        async with self._opened(key, 0, 1) as answer:
            self._headless.add(place)
            return answer.total_bytes

    async def _size_by_head(self, key: BlobKey) -> int | None:
        try:
            async with self._answer(key, "HEAD", {}, current_lane()) as response:
                return length_of_head(response)
        except PermissionRefusedError:
            # With two URLs: HEAD is refused as such on some hosts (the reference, section 2.4).
            return None

    @asynccontextmanager
    async def _opened(self, key: BlobKey, start: int, end: int | None) -> AsyncIterator[Answer]:
        lane = max(
            current_lane(), Lane.FOREGROUND if _is_urgent(key, start, end) else Lane.DOWNLOAD
        )
        headers = {}
        if start > 0 or end is not None:
            headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        async with self._answer(key, "GET", headers, lane) as response:
            yield judged(response, start, end)

    @asynccontextmanager
    async def _answer(
        self, key: BlobKey, method: str, headers: dict[str, str], lane: Lane
    ) -> AsyncIterator[httpx.Response]:
        """An answer that is not 403, 404 or 410, with a fresh base URL where the old one was dead."""
        base = await self._ready(key, await self._base_urls.get(key.item))
        may_renew = True
        while True:
            target = base.video_target if key.variant is Variant.VIDEO else None
            url = target or endpoints.parse(f"{base.url}={key.variant}")
            async with self._http.open(self._ask(key, method, url, headers, lane)) as response:
                status = response.status_code
                if status not in DEAD:
                    if key.variant is Variant.VIDEO and response.url != url:
                        base.video_target = response.url
                    yield response
                    return
            if target is not None:
                base.video_target = None
                continue
            is_old = self._base_urls.age_s(base) > BELIEVED_FOR_S
            if not may_renew or (status != 403 and not is_old):
                raise _refused(status)
            may_renew = False
            base = await self._ready(key, await self._base_urls.fresh(key.item, base))

    async def _ready(self, key: BlobKey, base: BaseUrl) -> BaseUrl:
        """A base URL whose bytes Google can hand out.

        Raises:
            NotReadyError: it can't yet, or it failed to make something of the video.
        """
        if key.variant is not Variant.VIDEO or base.processing is Processing.READY:
            return base
        if self._base_urls.age_s(base) > NOT_READY_FOR_S:
            base = await self._base_urls.fresh(key.item, base)
        if base.processing is Processing.PROCESSING:
            raise NotReadyError("Google is still processing this video")
        if base.processing is Processing.FAILED:
            raise NotReadyError("Google could not process this video")
        return base

    def _ask(
        self, key: BlobKey, method: str, url: httpx.URL, headers: Mapping[str, str], lane: Lane
    ) -> Ask:
        return Ask(
            what="bytes of a video" if key.variant is Variant.VIDEO else "bytes of a photo",
            method=method,
            url=url,
            kind=self._kind,
            is_signed=self._kind is Kind.PICKED_BYTES,
            lane=lane,
            # Compressed bytes would have other positions.
            headers={**headers, "Accept-Encoding": "identity"},
            answer_s=VIDEO_ANSWER_S if key.variant is Variant.VIDEO else ANSWER_S,
            judged_by_caller=HEAD_FAILS | DEAD if method == "HEAD" else DEAD | {416},
        )


def _is_urgent(key: BlobKey, start: int, end: int | None) -> bool:
    """Whether a person waits for these bytes rather than a program that reads on."""
    return key.variant.is_small or (end is not None and end - start <= HEAD_MAX_BYTES)


def _refused(status: int) -> RemoteError:
    if status == 403:
        return PermissionRefusedError("Google refuses the bytes, with a fresh address too")
    return GoneError("Google no longer has the bytes")
