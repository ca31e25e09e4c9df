import io
from typing import Any

import httpx
import pytest
import trio
from PIL import Image

from gphotosfs.simulator.library.items import Item
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from tests.simulator_kit import calling


@pytest.fixture
def world() -> World:
    return World(items=60, cheap_bytes=True, photo_bytes=300_000, video_bytes=900_000)


@pytest.fixture
def photos(world: World) -> SimulatedGoogle:
    return SimulatedGoogle(world)


def photo(world: World) -> Item:
    return next(item for item in world.items() if item.mime_type == "image/jpeg")


def film(world: World) -> Item:
    return world.add_item(mime_type="video/mp4", size_bytes=900_000, width=640, height=360)


async def test_a_base_url_serves_the_bytes(world: World, photos: SimulatedGoogle) -> None:
    item = photo(world)
    async with calling(photos) as caller:
        answer = await caller.http.get(await caller.base_url(item.id) + "=d")

    assert answer.content == world.bytes_of(item.id, "d")
    assert answer.headers["content-type"] == "image/jpeg"
    assert int(answer.headers["content-length"]) == world.size_of(item.id, "d")
    assert answer.headers["content-disposition"].startswith("attachment;filename=")
    assert photos.log[-1].bytes_sent == len(answer.content)


async def test_a_base_url_is_another_one_in_every_answer(
    world: World, photos: SimulatedGoogle
) -> None:
    async with calling(photos) as caller:
        urls = {await caller.base_url(photo(world).id) for _ in range(3)}
        answers = [await caller.http.head(url + "=d") for url in urls]

    assert len(urls) == 3
    assert all(url.startswith("https://lh3.googleusercontent.com/lr/") for url in urls)
    assert [answer.status_code for answer in answers] == [200] * 3


@pytest.mark.parametrize("body", ["html", "png"])
async def test_a_base_url_dies_on_the_clock(
    world: World, photos: SimulatedGoogle, body: Any, autojump_clock: trio.testing.MockClock
) -> None:
    """The 403 has a page or a picture as its body, so that nobody takes the body for the photo."""
    photos.options.url_life_s = 60.0
    photos.options.expired_body = body
    async with calling(photos) as caller:
        url = await caller.base_url(photo(world).id) + "=d"
        await trio.sleep(59)
        alive = await caller.http.get(url)
        await trio.sleep(1)
        dead = await caller.http.get(url)

    assert alive.status_code == 200
    assert dead.status_code == 403
    assert body in dead.headers["content-type"]


async def test_an_invented_base_url_is_refused(photos: SimulatedGoogle) -> None:
    async with calling(photos) as caller:
        answer = await caller.http.get("https://lh3.googleusercontent.com/lr/invented=d")

    assert answer.status_code == 403


async def test_a_deleted_item_is_a_404_with_a_picture(
    world: World, photos: SimulatedGoogle
) -> None:
    item = photo(world)
    async with calling(photos) as caller:
        url = await caller.base_url(item.id)
        world.remove_item(item.id)
        answer = await caller.http.get(url + "=d")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["server"] == "fife"


@pytest.mark.parametrize(
    "asked, start, end",
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-65635", 100, 65_636),
        ("bytes=70000-", 70_000, None),
        ("bytes=-9", -9, None),
        ("bytes=5-99999999", 5, None),
    ],
)
async def test_ranges(
    world: World, photos: SimulatedGoogle, asked: str, start: int, end: int | None
) -> None:
    whole = world.bytes_of(photo(world).id, "d")
    async with calling(photos) as caller:
        url = await caller.base_url(photo(world).id) + "=d"
        answer = await caller.http.get(url, headers={"Range": asked})

    assert answer.status_code == 206
    assert answer.content == whole[start:end]
    first = start if start >= 0 else len(whole) + start
    last = first + len(answer.content) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


async def test_a_range_behind_the_end_is_a_416(world: World, photos: SimulatedGoogle) -> None:
    total = world.size_of(photo(world).id, "d")
    async with calling(photos) as caller:
        url = await caller.base_url(photo(world).id) + "=d"
        answer = await caller.http.get(url, headers={"Range": f"bytes={total}-"})

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{total}"


async def test_ranges_may_be_ignored(world: World, photos: SimulatedGoogle) -> None:
    """A 200 with everything, which a client must accept."""
    photos.options.ranges = False
    item = photo(world)
    async with calling(photos) as caller:
        url = await caller.base_url(item.id) + "=d"
        answer = await caller.http.get(url, headers={"Range": "bytes=5-9"})

    assert answer.status_code == 200
    assert answer.content == world.bytes_of(item.id, "d")


@pytest.mark.parametrize(
    "head, status, has_length",
    [("length", 200, True), ("no_length", 200, False), ("refused", 405, True)],
)
async def test_head(
    world: World, photos: SimulatedGoogle, head: Any, status: int, has_length: bool
) -> None:
    photos.options.head = head
    async with calling(photos) as caller:
        answer = await caller.http.head(await caller.base_url(photo(world).id) + "=d")

    assert answer.status_code == status
    assert ("content-length" in answer.headers) == has_length
    assert answer.content == b""
    assert photos.log[-1].bytes_sent == 0


async def test_a_body_may_come_without_its_length(world: World, photos: SimulatedGoogle) -> None:
    photos.options.content_length = False
    item = photo(world)
    async with calling(photos) as caller:
        answer = await caller.http.get(await caller.base_url(item.id) + "=d")

    assert "content-length" not in answer.headers
    assert answer.content == world.bytes_of(item.id, "d")


async def test_a_film_is_redirected_to_another_host(world: World, photos: SimulatedGoogle) -> None:
    item = film(world)
    async with calling(photos) as caller:
        url = await caller.base_url(item.id) + "=dv"
        redirect = await caller.http.get(url)
        answer = await caller.http.get(url, follow_redirects=True, headers={"Range": "bytes=9-99"})

    assert redirect.status_code == 302
    assert answer.url.host == "video-downloads.googleusercontent.com"
    assert answer.status_code == 206
    assert answer.content == world.bytes_of(item.id, "dv")[9:100]
    assert [row.kind for row in photos.log[-2:]] == ["media", "redirected"]


async def test_a_film_s_d_is_a_still(world: World, photos: SimulatedGoogle) -> None:
    item = film(world)
    async with calling(photos) as caller:
        answer = await caller.http.get(await caller.base_url(item.id) + "=d")

    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (640, 360)


@pytest.mark.parametrize("status", ["PROCESSING", "FAILED"])
async def test_a_film_that_is_not_ready_is_refused(
    world: World, photos: SimulatedGoogle, status: str
) -> None:
    item = world.edit_item(film(world).id, status=status)
    async with calling(photos) as caller:
        shown = (await caller.get(f"mediaItems/{item.id}")).json()
        answer = await caller.http.get(shown["baseUrl"] + "=dv", follow_redirects=True)

    assert shown["mediaMetadata"]["video"]["status"] == status
    assert answer.status_code == 404


async def test_pictures_are_scaled_and_cut(world: World, photos: SimulatedGoogle) -> None:
    item = world.edit_item(photo(world).id, width=1600, height=1200)

    async def size(http: httpx.AsyncClient, url: str) -> tuple[int, int]:
        answer = await http.get(url)
        return Image.open(io.BytesIO(answer.content)).size

    async with calling(photos) as caller:
        url = await caller.base_url(item.id)
        assert await size(caller.http, url + "=w200-h200") == (200, 150)
        assert await size(caller.http, url + "=w200-h200-c") == (200, 200)
        assert await size(caller.http, url + "=h300") == (400, 300)


async def test_a_bare_base_url_is_an_error_or_a_small_picture(
    world: World, photos: SimulatedGoogle
) -> None:
    async with calling(photos) as caller:
        url = await caller.base_url(photo(world).id)
        refused = await caller.http.get(url)
        photos.options.bare_url = "picture"
        shown = await caller.http.get(url)

    assert refused.status_code == 400
    assert shown.headers["content-type"] == "image/jpeg"


async def test_changed_bytes_have_another_length(world: World, photos: SimulatedGoogle) -> None:
    item = photo(world)
    before = world.bytes_of(item.id, "d")

    world.change_bytes(item.id)

    after = world.bytes_of(item.id, "d")
    assert len(after) != len(before)
    assert after != before


async def test_byte_requests_have_a_daily_quota(
    world: World, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    """A redirect and its target count once; a day later all is well."""
    photos.options.byte_requests_per_day = 2
    photos.options.access_token_life_s = 1e6
    async with calling(photos) as caller:
        url = await caller.base_url(film(world).id) + "=dv"
        first = await caller.http.head(url, follow_redirects=True)
        second = await caller.http.head(url, follow_redirects=True)
        third = await caller.http.head(url, follow_redirects=True)
        await trio.sleep(86_400)
        url = await caller.base_url(photo(world).id) + "=d"
        next_day = await caller.http.head(url)

    assert [first.status_code, second.status_code, third.status_code] == [200, 200, 429]
    assert next_day.status_code == 200


async def test_latency_and_a_slow_line_are_virtual(
    world: World, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    """80 ms to a call's answer, 60 to a body's headers, and then the speed of the line."""
    photos.options.api_latency_s = 0.08
    photos.options.media_latency_s = 0.06
    photos.options.bytes_per_s = 100_000
    item = photo(world)
    async with calling(photos) as caller:
        started = trio.current_time()
        url = await caller.base_url(item.id) + "=d"
        called = trio.current_time()
        await caller.http.get(url)
        read = trio.current_time()

    assert called - started == pytest.approx(0.08)
    assert read - called == pytest.approx(0.06 + world.size_of(item.id, "d") / 100_000)


async def test_a_film_may_be_slow_to_begin(
    world: World, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.video_latency_s = 4.0
    async with calling(photos) as caller:
        url = await caller.base_url(film(world).id) + "=dv"
        started = trio.current_time()
        await caller.http.head(url)
        redirected = trio.current_time()
        await caller.http.head(url, follow_redirects=True)
        begun = trio.current_time()

    assert redirected - started == pytest.approx(0.0)
    assert begun - redirected == pytest.approx(4.0)
