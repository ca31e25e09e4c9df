"""Base URLs: renewed before they die, together, and unseen by who reads."""

from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs.errors import (
    GoneError,
    QuotaError,
    ServerTroubleError,
)
from gphotosfs.google.connection import Google
from gphotosfs.model import BlobKey, ItemId, Variant
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.google_kit import a_photo, a_video, connected, read, small_library


@pytest.fixture
def photos() -> SimulatedGoogle:
    return SimulatedGoogle(small_library())


@pytest.fixture
async def google(tmp_path: Path, photos: SimulatedGoogle) -> Google:
    return connected(tmp_path, photos)


def real_bytes(photos: SimulatedGoogle, key: BlobKey) -> bytes:
    return photos.world.bytes_of(key.item, key.variant)


def media_requests(photos: SimulatedGoogle) -> list[str]:
    return [row.method for row in photos.log if row.kind == "media"]


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
