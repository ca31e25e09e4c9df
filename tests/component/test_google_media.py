"""Bytes over the simulated Google: exact, in few requests, and never of two versions."""

from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs.errors import (
    BadAnswerError,
    ContentChangedError,
    NotReadyError,
    QuotaError,
    RefusedAddressError,
    ServerTroubleError,
)
from gphotosfs.google.body import GoogleBody
from gphotosfs.google.connection import Google
from gphotosfs.model import BlobKey
from gphotosfs.simulator.service import Origins, SimulatedGoogle
from tests.component.google_kit import a_photo, a_video, connected, read, small_library


@pytest.fixture
def photos() -> SimulatedGoogle:
    return SimulatedGoogle(small_library())


@pytest.fixture
async def google(tmp_path: Path, photos: SimulatedGoogle) -> Google:
    return connected(tmp_path, photos)


def real_bytes(photos: SimulatedGoogle, key: BlobKey) -> bytes:
    return photos.world.bytes_of(key.item, key.variant)


async def rest(body: GoogleBody) -> None:
    buffer = memoryview(bytearray(100_000))
    while await body.readinto(buffer):
        pass


def media_requests(photos: SimulatedGoogle) -> list[str]:
    return [row.method for row in photos.log if row.kind == "media"]


async def test_a_listed_photo_is_read_with_one_request(
    google: Google, photos: SimulatedGoogle
) -> None:
    key = a_photo(photos.world)
    await google.library.media_items_page()

    body = await read(google, key)

    assert body == real_bytes(photos, key)
    assert [row.kind for row in photos.log] == ["api", "media"]


async def test_a_photo_that_was_not_listed_is_looked_up_first(
    google: Google, photos: SimulatedGoogle
) -> None:
    key = a_photo(photos.world)

    assert await read(google, key) == real_bytes(photos, key)
    assert [row.path for row in photos.requests("api")] == ["/v1/mediaItems:batchGet"]
    assert len(photos.log) == 2


async def test_a_base_url_is_a_secret_that_needs_no_token(
    google: Google, photos: SimulatedGoogle
) -> None:
    await read(google, a_photo(photos.world))

    (media,) = photos.requests("media")
    assert "authorization" not in media.headers
    assert media.headers["accept-encoding"] == "identity"


async def test_a_range_is_asked_for_exactly(google: Google, photos: SimulatedGoogle) -> None:
    key = a_photo(photos.world)

    async with google.media.open(key, 1000, 3000) as body:
        assert (body.start, body.total_bytes) == (1000, len(real_bytes(photos, key)))

    assert await read(google, key, 1000, 3000) == real_bytes(photos, key)[1000:3000]
    assert photos.requests("media")[0].headers["range"] == "bytes=1000-2999"


async def test_an_open_range_goes_to_the_end(google: Google, photos: SimulatedGoogle) -> None:
    key = a_photo(photos.world)

    assert await read(google, key, 1000) == real_bytes(photos, key)[1000:]


async def test_a_server_that_ignores_the_range_says_where_it_begins(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.options.ranges = False
    key = a_photo(photos.world)

    async with google.media.open(key, 1000, 3000) as body:
        assert body.start == 0
    assert await read(google, key, 1000, 3000) == real_bytes(photos, key)


async def test_behind_the_end_there_is_nothing(google: Google, photos: SimulatedGoogle) -> None:
    key = a_photo(photos.world)
    length = len(real_bytes(photos, key))

    async with google.media.open(key, length + 5, None) as body:
        assert body.total_bytes == length
        assert await body.readinto(memoryview(bytearray(10))) == 0


async def test_a_body_without_a_length_has_one_at_its_end(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.options.content_length = False
    photos.options.ranges = False
    key = a_photo(photos.world)
    real = real_bytes(photos, key)

    async with google.media.open(key, 0, None) as body:
        assert body.total_bytes is None
        buffer = memoryview(bytearray(len(real)))
        while await body.readinto(buffer):
            pass
        assert body.total_bytes == len(real)


async def test_a_redirect_is_followed_once_and_its_target_remembered(
    google: Google, photos: SimulatedGoogle
) -> None:
    key = a_video(photos.world)

    first = await read(google, key, 0, 1000)
    second = await read(google, key, 1000, 2000)

    assert first + second == real_bytes(photos, key)[:2000]
    assert [row.kind for row in photos.log] == ["api", "media", "redirected", "redirected"]


async def test_a_video_that_is_still_processed_is_not_asked_for(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    key = a_video(photos.world)
    photos.world.edit_item(key.item, status="PROCESSING")

    with pytest.raises(NotReadyError):
        await read(google, key)
    assert media_requests(photos) == []

    photos.world.edit_item(key.item, status="READY")
    await trio.sleep(60)
    assert await read(google, key) == real_bytes(photos, key)


async def test_a_size_is_one_head(google: Google, photos: SimulatedGoogle) -> None:
    key = a_video(photos.world)

    assert await google.media.size(key) == len(real_bytes(photos, key))
    assert media_requests(photos) == ["HEAD"]


@pytest.mark.parametrize("head", ["refused", "no_length"])
async def test_where_head_fails_one_byte_is_asked_for_and_head_not_tried_again(
    google: Google, photos: SimulatedGoogle, head: str
) -> None:
    photos.options.head = head  # type: ignore[assignment] # one of the switch's values
    key = a_photo(photos.world)

    assert await google.media.size(key) == len(real_bytes(photos, key))
    assert await google.media.size(key) == len(real_bytes(photos, key))
    assert media_requests(photos) == ["HEAD", "GET", "GET"]
    assert photos.requests("media")[-1].bytes_sent == 1


async def test_a_size_that_the_server_won_t_say_is_none(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.options.content_length = False
    photos.options.ranges = False

    assert await google.media.size(a_photo(photos.world)) is None


@pytest.mark.parametrize("effect", ["truncate", "reset"])
async def test_a_body_that_ends_early_is_continued_from_where_it_stopped(
    google: Google, photos: SimulatedGoogle, effect: str
) -> None:
    key = a_video(photos.world)
    photos.faults.add(effect, kind="redirected", bytes=1_000_000)  # type: ignore[arg-type]

    assert await read(google, key) == real_bytes(photos, key)
    first, second = photos.requests("redirected")
    assert second.headers["range"] == "bytes=1000000-"
    assert first.bytes_sent == 1_000_000


async def test_a_stalled_body_is_continued_over_another_connection(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    key = a_photo(photos.world)
    photos.faults.add("stall", kind="media", bytes=100_000)

    assert await read(google, key) == real_bytes(photos, key)
    assert trio.current_time() < 20


async def test_a_body_that_makes_no_progress_ends_in_an_error(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.faults.add("truncate", kind="media", bytes=10, times=None)

    with pytest.raises(ServerTroubleError):
        await read(google, a_photo(photos.world))
    assert len(media_requests(photos)) == 2


async def test_a_body_is_continued_where_the_server_ignores_ranges(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.options.ranges = False
    key = a_photo(photos.world)
    photos.faults.add("truncate", kind="media", bytes=100_000)

    assert await read(google, key) == real_bytes(photos, key)


async def test_a_file_replaced_while_it_is_read_is_not_mixed(
    google: Google, photos: SimulatedGoogle
) -> None:
    key = a_photo(photos.world)
    photos.faults.add("truncate", kind="media", bytes=100_000)

    async with google.media.open(key, 0, None) as body:
        await body.readinto(memoryview(bytearray(1000)))
        photos.world.change_bytes(key.item)
        with pytest.raises(ContentChangedError):
            await rest(body)


@pytest.mark.parametrize("effect", ["wrong_range", "html"])
async def test_an_answer_that_was_not_asked_for_is_refused(
    google: Google, photos: SimulatedGoogle, effect: str
) -> None:
    photos.faults.add(effect, kind="media", bytes=7)  # type: ignore[arg-type]

    with pytest.raises(BadAnswerError):
        await read(google, a_photo(photos.world), 1000, 2000)


async def test_a_quota_of_the_picture_host_is_a_quota_error_without_a_second_request(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.options.byte_requests_per_day = 0

    for _ in range(3):
        with pytest.raises(QuotaError):
            await read(google, a_photo(photos.world))
    assert len(media_requests(photos)) == 1


async def test_a_broken_server_is_asked_again_after_a_while(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.faults.add("status", kind="media", status=503, times=2)
    key = a_photo(photos.world)

    assert await read(google, key) == real_bytes(photos, key)
    assert 3.0 <= trio.current_time() <= 5.0


async def test_a_base_url_on_another_host_is_refused(tmp_path: Path) -> None:
    photos = SimulatedGoogle(small_library(), origins=Origins(media="https://pictures.example"))
    google = connected(tmp_path, photos)

    with pytest.raises(RefusedAddressError):
        await read(google, a_photo(photos.world))
    assert [row.kind for row in photos.log] == ["api"]


async def test_a_redirect_to_another_host_is_refused(tmp_path: Path) -> None:
    photos = SimulatedGoogle(small_library(), origins=Origins(video="https://films.example"))
    google = connected(tmp_path, photos)

    with pytest.raises(RefusedAddressError):
        await read(google, a_video(photos.world))
    assert [row.kind for row in photos.log] == ["api", "media"]
