"""Bytes over the simulated Google: exact, in few requests, and never of two versions."""

from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs.errors import (
    BadAnswerError,
    ContentChangedError,
    GoneError,
    NotReadyError,
    QuotaError,
    RefusedAddressError,
    ServerTroubleError,
)
from gphotosfs.google.body import GoogleBody
from gphotosfs.google.connection import Google
from gphotosfs.model import BlobKey, ItemId, Variant
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


async def test_an_expired_base_url_is_renewed_unseen(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.url_life_s = 5.0
    key = a_photo(photos.world)
    await google.library.media_items_page()
    await trio.sleep(6)

    assert await read(google, key) == real_bytes(photos, key)
    assert [(row.kind, row.status) for row in photos.log] == [
        ("api", 200), ("media", 403), ("api", 200), ("media", 200),
    ]  # fmt: skip


async def test_an_expired_redirect_target_is_renewed_too(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.url_life_s = 5.0
    key = a_video(photos.world)
    await read(google, key, 0, 1000)
    await trio.sleep(6)

    assert await read(google, key, 0, 1000) == real_bytes(photos, key)[:1000]


async def test_a_base_url_is_renewed_before_it_is_55_minutes_old(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    key = a_photo(photos.world)
    await google.library.media_items_page()
    await trio.sleep(55 * 60)

    assert await read(google, key) == real_bytes(photos, key)
    assert [row.status for row in photos.log] == [200, 200, 200]


async def test_base_urls_asked_for_in_one_moment_cost_one_call(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.media_latency_s = 1.0
    items = [ItemId(item.id) for item in photos.world.items()][:120]

    async with trio.open_nursery() as nursery:
        for item in items:
            nursery.start_soon(google.media.size, BlobKey(item, Variant.PHOTO))

    assert len(photos.requests("api")) == 3
    assert media_requests(photos) == ["HEAD"] * 120


async def test_base_urls_about_to_die_are_renewed_along_if_in_use(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    keys = [BlobKey(ItemId(item.id), Variant.PHOTO) for item in photos.world.items()][:3]
    for key in keys:
        await google.media.size(key)
    await trio.sleep(50 * 60)
    for key in keys[:2]:
        await google.media.size(key)
    await trio.sleep(6 * 60)
    photos.log.clear()

    await google.media.size(keys[0])
    await google.media.size(keys[1])

    (call,) = photos.requests("api")
    assert set(call.query["mediaItemIds"]) == {keys[0].item, keys[1].item}


async def test_a_walk_after_a_remount_costs_a_call_for_50_files(
    google: Google, photos: SimulatedGoogle
) -> None:
    items = [ItemId(item.id) for item in photos.world.items()][:100]
    google.base_urls.renew_along(lambda item: items[items.index(item) + 1 :])

    for item in items:
        await google.media.size(BlobKey(item, Variant.PHOTO))

    assert [len(call.query["mediaItemIds"]) for call in photos.requests("api")] == [50, 50]


async def test_a_reader_that_goes_away_does_not_spoil_the_renewal_for_others(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.api_latency_s = 1.0
    key = a_photo(photos.world)
    lengths: list[int | None] = []

    async def first() -> None:
        with trio.move_on_after(0.5):
            await google.media.size(key)

    async def second() -> None:
        await trio.sleep(0.1)
        lengths.append(await google.media.size(key))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(first)
        nursery.start_soon(second)

    assert lengths == [len(real_bytes(photos, key))]


async def test_everyone_who_waits_for_a_renewal_learns_when_the_quota_returns(
    google: Google, photos: SimulatedGoogle
) -> None:
    photos.options.calls_per_day = 0
    returns_s: list[float | None] = []

    async def ask(item: ItemId) -> None:
        try:
            await google.media.size(BlobKey(item, Variant.PHOTO))
        except QuotaError as exc:
            returns_s.append(exc.retry_at_s)

    async with trio.open_nursery() as nursery:
        for item in [*photos.world.items()][:3]:
            nursery.start_soon(ask, ItemId(item.id))

    assert len(returns_s) == 3
    assert None not in returns_s
    assert len(photos.log) == 1


async def test_one_bad_id_does_not_spoil_a_batch(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    photos.options.batch_get_fails_whole = True
    key = a_photo(photos.world)
    failures: list[str] = []

    async def unknown() -> None:
        try:
            await google.media.size(BlobKey(ItemId("x" * 95), Variant.PHOTO))
        except (GoneError, ServerTroubleError) as exc:
            failures.append(type(exc).__name__)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(unknown)
        nursery.start_soon(google.media.size, key)

    assert len(failures) == 1
    assert media_requests(photos) == ["HEAD"]


async def test_a_deleted_item_is_gone(google: Google, photos: SimulatedGoogle) -> None:
    key = a_photo(photos.world)
    await google.library.media_items_page()
    photos.world.remove_item(key.item)

    with pytest.raises(GoneError):
        await read(google, key)
    assert [row.status for row in photos.log] == [200, 404]


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
