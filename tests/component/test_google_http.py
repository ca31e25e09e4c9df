"""The one door to Google: deadlines, retries, errors that name their cause, lanes."""

import itertools
import logging
import random
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import trio
import trio.testing

from gphotosfs.errors import (
    DeadlineError,
    OfflineError,
    PermissionRefusedError,
    QuotaError,
    RefusedAddressError,
    RemoteError,
    ServerTroubleError,
    ServiceDisabledError,
    SignInError,
)
from gphotosfs.google.connection import Google, connect
from gphotosfs.google.transport.endpoints import Endpoints
from gphotosfs.google.transport.hearing import hear, plain_client
from gphotosfs.google.transport.quota import Kind
from gphotosfs.lanes import Lane, in_lane
from gphotosfs.model import BlobKey, ItemId, Variant
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.google_kit import (
    a_photo,
    a_video,
    connected,
    read,
    small_library,
    token_file,
    unix_now_s,
)


@pytest.fixture
def photos() -> SimulatedGoogle:
    return SimulatedGoogle(small_library())


@pytest.fixture
async def google(tmp_path: Path, photos: SimulatedGoogle) -> Google:
    return connected(tmp_path, photos, chance=random.Random(1))


class Unplugged(httpx.AsyncBaseTransport):
    """A network that is not there, until it is plugged in."""

    def __init__(self, network: httpx.AsyncBaseTransport) -> None:
        self.network = network
        self.is_plugged_in = False
        self.attempts = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.attempts += 1
        if self.is_plugged_in:
            return await self.network.handle_async_request(request)
        await trio.lowlevel.checkpoint()
        raise httpx.ConnectError("Network is unreachable")


def unplugged(folder: Path, photos: SimulatedGoogle) -> tuple[Google, Unplugged]:
    network = Unplugged(photos.transport())
    google = connect(
        token_file(folder, photos),
        folder / "state",
        now=unix_now_s,
        elapsed=trio.current_time,
        transport=network,
        token_transport=photos.sync_transport(),
    )
    return google, network


async def test_server_trouble_is_waited_out_with_growing_pauses(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.faults.add("status", kind="api", status=500, times=3)

    await google.library.albums_page()

    # Pauses of 1, 2 and 4 s, each up to half longer.
    assert len(photos.log) == 4
    assert 7.0 <= trio.current_time() <= 10.5


async def test_server_trouble_without_end_becomes_an_error_within_the_deadline(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.faults.add("status", kind="api", status=503, times=None)

    with pytest.raises(ServerTroubleError):
        await google.library.albums_page()
    assert trio.current_time() <= 25.0
    assert len(photos.log) <= 5


async def test_a_connection_that_breaks_is_replaced_at_once(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.faults.add("reset", kind="api")

    await google.library.albums_page()

    assert trio.current_time() == 0.0


async def test_a_page_that_breaks_off_is_asked_for_again(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.faults.add("truncate", kind="api", bytes=100)

    page = await google.library.media_items_page()

    assert len(page.items) == 100
    assert len(photos.log) == 2


async def test_silence_ends_at_the_deadline(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.faults.add("stall", kind="api", times=None)

    with pytest.raises(DeadlineError):
        await google.library.albums_page()
    assert trio.current_time() <= 25.0


async def test_a_stalled_request_does_not_hold_up_another(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.faults.add("stall", path="/v1/albums", times=None)
    done_at_s: list[float] = []

    async def stalled() -> None:
        with pytest.raises(DeadlineError):
            await google.library.albums_page()

    async with trio.open_nursery() as nursery:
        for _ in range(16):
            nursery.start_soon(stalled)
        await google.library.media_items_page()
        done_at_s.append(trio.current_time())

    assert done_at_s == [0.0]


async def test_a_host_that_answers_nothing_at_all_costs_only_the_first_their_deadline(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    all_keys = (
        BlobKey(ItemId(i.id), Variant.PHOTO) for i in photos.world.items() if not i.is_video
    )
    keys = list(itertools.islice(all_keys, 20))
    for key in keys:
        await read(google, key, 0, 1)  # so that its base URL is known
    photos.faults.add("stall", kind="media", times=None)
    for key in keys[:3]:
        with pytest.raises(DeadlineError):
            await read(google, key)
    begun_s, requests = trio.current_time(), len(photos.log)

    for key in keys[3:]:
        with pytest.raises(OfflineError, match="does not answer"):
            await read(google, key)

    assert trio.current_time() == begun_s
    assert len(photos.log) == requests


async def test_one_thing_that_is_never_answered_says_nothing_of_its_host(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.faults.add("stall", path="/v1/albums", times=None)
    for _ in range(5):
        with pytest.raises(DeadlineError):
            await google.library.albums_page()

    assert (await google.library.media_items_page()).items


async def test_without_a_network_the_first_request_fails_soon_and_the_next_at_once(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    google, network = unplugged(tmp_path, photos)

    with pytest.raises(OfflineError):
        await google.library.albums_page()
    first_s, attempts = trio.current_time(), network.attempts
    with pytest.raises(OfflineError):
        await google.library.albums_page()

    assert first_s < 3.0
    assert trio.current_time() == first_s
    assert network.attempts == attempts
    assert google.status().is_offline


async def test_a_network_that_returns_is_noticed_within_30_seconds(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    google, network = unplugged(tmp_path, photos)
    for _ in range(20):
        with pytest.raises(OfflineError):
            await google.library.albums_page()
        await trio.sleep(10)
    assert network.attempts < 20
    network.is_plugged_in = True
    await trio.sleep(30)

    await google.library.albums_page()

    assert not google.status().is_offline


async def test_failures_can_be_forgotten(
    tmp_path: Path, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    google, network = unplugged(tmp_path, photos)
    with pytest.raises(OfflineError):
        await google.library.albums_page()
    network.is_plugged_in = True

    google.forget_failures()

    await google.library.albums_page()


async def test_a_quota_error_is_not_retried_and_the_next_request_not_sent(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.calls_per_day = 0

    for _ in range(5):
        with pytest.raises(QuotaError) as refused:
            await google.library.albums_page()

    assert len(photos.log) == 1
    assert refused.value.retry_at_s == unix_now_s() + 30


async def test_google_s_own_word_on_when_to_return_is_honoured(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.faults.add("status", kind="api", status=429)
    photos.options.retry_after_s = 7
    with pytest.raises(QuotaError):
        await google.library.albums_page()
    await trio.sleep(8)

    await google.library.albums_page()


async def test_a_scope_that_is_missing_is_a_refused_permission(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.faults.add("status", kind="api", status=403)

    with pytest.raises(PermissionRefusedError):
        await google.library.albums_page()
    assert len(photos.log) == 1


async def test_an_api_that_is_not_enabled_says_where_to_enable_it(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.options.service_disabled = True

    with pytest.raises(ServiceDisabledError) as refused:
        await google.library.albums_page()
    assert refused.value.activation_url.startswith("https://console.developers.google.com/")


async def test_a_token_that_google_refuses_is_renewed_once(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.accounts.expire_access_tokens()

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(google.library.albums_page)

    assert len(photos.requests("token")) == 1
    assert [row.status for row in photos.requests("api")].count(200) == 8


async def test_a_token_refused_twice_is_a_matter_of_signing_in(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.faults.add("status", kind="api", status=401, times=None)

    with pytest.raises(SignInError):
        await google.library.albums_page()
    assert len(photos.requests("api")) == 2


async def test_neither_tokens_nor_base_urls_are_logged_or_in_an_error(
    google: Google, photos: SimulatedGoogle, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await read(google, a_video(photos.world), 0, 1000)
    photos.faults.add("truncate", kind="media", bytes=10, times=None)
    with pytest.raises(ServerTroubleError) as failed:
        await read(google, a_photo(photos.world))

    said = caplog.text + str(failed.value) + repr(google.status())
    assert "ya29." not in said
    assert "/lr/" not in said


async def test_an_api_that_redirects_gets_no_token_elsewhere(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    asked: list[str] = []

    async def redirect(request: httpx.Request) -> httpx.Response:
        await trio.lowlevel.checkpoint()
        asked.append(request.url.host)
        return httpx.Response(302, headers={"Location": "https://evil.example/v1/albums"})

    google = connect(
        token_file(tmp_path, photos),
        tmp_path,
        now=unix_now_s,
        elapsed=trio.current_time,
        transport=httpx.MockTransport(redirect),
    )

    with pytest.raises(RefusedAddressError):
        await google.library.albums_page()
    assert asked == ["photoslibrary.googleapis.com"]


@pytest.mark.parametrize("address", ["https:1", "javascript:1", "\x7f", "//", "http:///x"])
async def test_a_redirect_to_what_is_no_address_is_a_bad_answer(
    tmp_path: Path, photos: SimulatedGoogle, address: str, autojump_clock: trio.testing.MockClock
) -> None:
    async def redirect(_request: httpx.Request) -> httpx.Response:
        await trio.lowlevel.checkpoint()
        return httpx.Response(302, headers={"Location": address})

    nowhere = connected(tmp_path, photos, transport=httpx.MockTransport(redirect))
    with pytest.raises(RemoteError):
        await nowhere.library.albums_page()
    async with plain_client(Endpoints(), httpx.MockTransport(redirect)) as http:
        with suppress(RemoteError):
            await hear(http, http.build_request("GET", "https://photoslibrary.googleapis.com/"))


async def test_a_listing_does_not_queue_behind_downloads(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    await google.library.media_items_page()
    photos.faults.add("stall", kind="media", bytes=10, times=None)

    async with trio.open_nursery() as nursery:
        for _ in range(200):
            nursery.start_soon(read, google, a_photo(photos.world))
        await trio.sleep(1)
        before_s = trio.current_time()
        await google.library.albums_page()
        assert trio.current_time() == before_s
        nursery.cancel_scope.cancel()

    assert set(google.status().under_way.values()) == {0}


async def test_background_work_stands_back_while_a_person_waits(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.api_latency_s = 1.0

    async def background() -> None:
        with in_lane(Lane.BACKGROUND):
            await google.library.media_items_page()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(google.library.albums_page)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(background)

    assert [row.path for row in photos.log] == ["/v1/albums", "/v1/mediaItems"]
    assert trio.current_time() == 2.0


async def test_a_redirect_and_its_target_are_one_byte_request(
    google: Google, photos: SimulatedGoogle
) -> None:
    await read(google, a_video(photos.world), 0, 1000)

    assert google.ledger.used(Kind.BYTES) == 1
    assert google.ledger.used(Kind.CALLS) == 1
