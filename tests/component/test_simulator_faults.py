from typing import Any

import httpx
import pytest
import trio

from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from tests.simulator_kit import Caller, calling


@pytest.fixture
def world() -> World:
    return World(items=60, cheap_bytes=True, photo_bytes=300_000, kinds={"image/jpeg": 1})


@pytest.fixture
def photos(world: World) -> SimulatedGoogle:
    return SimulatedGoogle(world)


async def url(caller: Caller) -> str:
    first = next(iter(caller.photos.world.items()))
    return await caller.base_url(first.id) + "=d"


async def test_a_status_comes_so_often_and_no_more(photos: SimulatedGoogle) -> None:
    photos.faults.add("status", kind="api", status=503, times=2)
    async with calling(photos) as caller:
        answers = [await caller.get("albums") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].json()["error"]["status"] == "UNAVAILABLE"
    assert "retry-after" not in answers[0].headers


async def test_a_fault_may_be_for_one_path_and_after_some_good_requests(
    photos: SimulatedGoogle,
) -> None:
    photos.faults.add("status", path="POST */mediaItems:search", status=500, skip=1, times=None)
    async with calling(photos) as caller:
        listed = await caller.get("mediaItems")
        statuses = [(await caller.search()).status_code for _ in range(4)]
        photos.faults.clear()
        healed = await caller.search()

    assert listed.status_code == 200
    assert statuses == [200, 500, 500, 500]
    assert healed.status_code == 200


async def test_retry_after_is_sent_where_switched_on(photos: SimulatedGoogle) -> None:
    photos.options.retry_after_s = 7
    photos.faults.add("status", status=429)
    async with calling(photos) as caller:
        answer = await caller.get("albums")

    assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    "effect, content_type", [("html", "text/html"), ("garbage", "application")]
)
async def test_a_200_that_is_no_answer(
    photos: SimulatedGoogle, effect: Any, content_type: str
) -> None:
    photos.faults.add(effect, kind="api")
    async with calling(photos) as caller:
        answer = await caller.get("mediaItems")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(content_type)
    with pytest.raises(ValueError, match=r".*"):
        answer.json()


async def test_a_page_token_may_repeat_for_ever(photos: SimulatedGoogle) -> None:
    async with calling(photos) as caller:
        token = (await caller.search(pageSize=10)).json()["nextPageToken"]
        photos.faults.add("repeat_token", path="*:search", times=None)
        answer = (await caller.search(pageSize=10, pageToken=token)).json()

    assert answer["nextPageToken"] == token


async def test_empty_pages_may_never_end(photos: SimulatedGoogle) -> None:
    photos.faults.add("empty_pages", kind="api", times=None)
    token = None
    async with calling(photos) as caller:
        for _ in range(5):
            answer = (await caller.get("mediaItems", pageToken=token)).json()
            assert set(answer) == {"nextPageToken"}
            assert answer["nextPageToken"] != token
            token = answer["nextPageToken"]


@pytest.mark.parametrize("at", [-1, 0, 100_000])
async def test_a_silence_ends_in_the_client_s_timeout(
    photos: SimulatedGoogle, at: int, autojump_clock: trio.testing.MockClock
) -> None:
    """Before the headers or in the middle of the body; the clock is virtual."""
    photos.faults.add("stall", kind="media", bytes=at)
    async with calling(photos) as caller:
        address = await url(caller)
        started = trio.current_time()
        with pytest.raises(httpx.ReadTimeout):
            await caller.http.get(address, timeout=10)
        waited_s = trio.current_time() - started

    assert waited_s == pytest.approx(10)
    assert photos.log[-1].bytes_sent == max(0, at)


async def test_a_silence_may_end(
    photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.faults.add("stall", kind="media", bytes=1000, seconds=3)
    async with calling(photos) as caller:
        address = await url(caller)
        started = trio.current_time()
        answer = await caller.http.get(address)

    assert trio.current_time() - started == pytest.approx(3)
    assert len(answer.content) == int(answer.headers["content-length"])


@pytest.mark.parametrize(
    "effect, at, error",
    [
        ("reset", -1, httpx.ReadError),
        ("reset", 70_000, httpx.ReadError),
        ("truncate", 70_000, httpx.RemoteProtocolError),
    ],
)
async def test_a_connection_that_breaks(
    photos: SimulatedGoogle, effect: Any, at: int, error: type[Exception]
) -> None:
    photos.faults.add(effect, kind="media", bytes=at)
    async with calling(photos) as caller:
        address = await url(caller)
        with pytest.raises(error):
            await caller.http.get(address)

    assert photos.log[-1].bytes_sent == max(0, at)


async def test_a_length_that_is_too_long_or_too_short(
    world: World, photos: SimulatedGoogle
) -> None:
    first = next(iter(world.items()))
    photos.faults.add("wrong_length", kind="media", bytes=5)
    async with calling(photos) as caller:
        address = await url(caller)
        with pytest.raises(httpx.RemoteProtocolError):
            await caller.http.get(address)
        photos.faults.add("wrong_length", kind="media", bytes=-5)
        short = await caller.http.get(address)

    assert short.content == world.bytes_of(first.id, "d")[:-5]


async def test_a_range_that_was_not_asked_for(world: World, photos: SimulatedGoogle) -> None:
    photos.faults.add("wrong_range", kind="media", bytes=10)
    photos.faults.add("wrong_total", kind="media", bytes=1)
    total = world.size_of(next(iter(world.items())).id, "d")
    async with calling(photos) as caller:
        address = await url(caller)
        shifted = await caller.http.get(address, headers={"Range": "bytes=0-99"})
        other_total = await caller.http.get(address, headers={"Range": "bytes=0-99"})

    assert shifted.headers["content-range"] == f"bytes 10-99/{total}"
    assert other_total.headers["content-range"] == f"bytes 0-99/{total + 1}"


async def test_a_body_may_drip(
    photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.faults.add("drip", kind="media", bytes=10_000)
    async with calling(photos) as caller:
        address = await url(caller)
        started = trio.current_time()
        answer = await caller.http.get(address)

    assert trio.current_time() - started == pytest.approx(len(answer.content) / 10_000)


async def test_a_token_request_may_fail_too(photos: SimulatedGoogle) -> None:
    photos.faults.add("status", kind="token", status=502)
    async with calling(photos) as caller:
        answer = await caller.http.post(photos.token_uri, data={})

    assert answer.status_code == 502
