"""The Picker API over the simulator: sessions, pages, and bytes that need the token."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.google.connection import Google
from gphotosfs.google.transport.quota import Kind
from gphotosfs.model import BlobKey, ItemId, MediaItem, SessionId, Variant
from gphotosfs.simulator.service import Origins, SimulatedGoogle
from gphotosfs.simulator.sign_in.oauth import READ
from tests.component.google_kit import connected, small_library, unix_now_s


@pytest.fixture
def photos() -> SimulatedGoogle:
    photos = SimulatedGoogle(small_library(), unix_time=unix_now_s)
    # A refresh runs in a thread, which a clock that jumps would outrun.
    photos.options.access_token_life_s = 1e8
    return photos


@pytest.fixture
async def google(tmp_path: Path, photos: SimulatedGoogle) -> AsyncIterator[Google]:
    connection = connected(tmp_path, photos)
    yield connection
    await connection.aclose()


def ids(photos: SimulatedGoogle, count: int, *, videos: bool = False) -> list[str]:
    found = (item.id for item in photos.world.items() if item.is_video == videos)
    return [item_id for item_id, _ in zip(found, range(count), strict=False)]


async def picked(google: Google, photos: SimulatedGoogle, item_ids: list[str]) -> SessionId:
    session = await google.picker.create_session()
    photos.picker.pick(photos.picker.youngest(), item_ids)
    return session.id


async def listed(google: Google, session: SessionId) -> list[MediaItem]:
    items: list[MediaItem] = []
    token = None
    while True:
        page = await google.picker.items_page(session, token)
        items += page.items
        if (token := page.next_page_token) is None:
            return items


async def read(google: Google, session: SessionId, key: BlobKey) -> bytes:
    async with google.picker.media(session).open(key, 0, None) as body:
        found = bytearray()
        buffer = memoryview(bytearray(1 << 16))
        while count := await body.readinto(buffer):
            found += buffer[:count]
        return bytes(found)


def photo(item_id: str) -> BlobKey:
    return BlobKey(ItemId(item_id), Variant.PHOTO)


async def test_a_session_is_made_asked_for_and_deleted(
    google: Google, photos: SimulatedGoogle
) -> None:
    made = await google.picker.create_session()
    again = await google.picker.session(made.id)
    photos.picker.pick(photos.picker.youngest(), ids(photos, 1))
    done = await google.picker.session(made.id)
    await google.picker.delete_session(made.id)

    assert made.page_url.startswith("https://photos.google.com/picker/")
    assert (again.id, again.is_done, done.is_done) == (made.id, False, True)
    assert photos.picker.sessions == {}


async def test_what_was_picked_takes_as_many_calls_as_pages(
    google: Google, photos: SimulatedGoogle
) -> None:
    wanted = ids(photos, 150)
    session = await picked(google, photos, wanted)

    items = await listed(google, session)

    assert [item.id for item in items] == wanted
    rows = [row for row in photos.log if row.path == "/v1/mediaItems"]
    assert [row.query["pageSize"] for row in rows] == ["100"] * 2


async def test_listing_too_early_is_told_apart_by_the_status_alone(google: Google) -> None:
    session = await google.picker.create_session()

    with pytest.raises(errors.PreconditionError):
        await google.picker.items_page(session.id)


@pytest.mark.parametrize("status", [400, 404])
async def test_a_session_that_has_ended_is_gone(
    google: Google, photos: SimulatedGoogle, status: int
) -> None:
    photos.options.unknown_session_status = 400 if status == 400 else 404
    session = await picked(google, photos, ids(photos, 1))
    photos.picker.expire()

    with pytest.raises(errors.GoneError):
        await google.picker.session(session)
    with pytest.raises(errors.GoneError):
        await google.picker.items_page(session)
    with pytest.raises(errors.GoneError):
        await google.picker.delete_session(session)


async def test_picking_without_the_scope_is_refused(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    photos.client = photos.new_client((READ,))
    google = connected(tmp_path, photos)

    with pytest.raises(errors.PermissionRefusedError):
        await google.picker.create_session()
    await google.aclose()


async def test_bytes_come_with_the_token(google: Google, photos: SimulatedGoogle) -> None:
    (item_id,) = ids(photos, 1)
    session = await picked(google, photos, [item_id])
    await listed(google, session)

    content = await read(google, session, photo(item_id))
    size = await google.picker.media(session).size(photo(item_id))

    assert content == photos.world.bytes_of(item_id, "d")
    assert size == len(content)


async def test_a_film_is_fetched_through_its_redirect(
    google: Google, photos: SimulatedGoogle
) -> None:
    (item_id,) = ids(photos, 1, videos=True)
    session = await picked(google, photos, [item_id])

    content = await read(google, session, BlobKey(ItemId(item_id), Variant.VIDEO))

    assert content == photos.world.bytes_of(item_id, "dv")


async def test_a_dead_address_is_renewed_by_listing_the_session_again(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    (item_id,) = ids(photos, 1)
    session = await picked(google, photos, [item_id])
    await listed(google, session)
    photos.options.url_life_s = 600
    await trio.sleep(1000)

    content = await read(google, session, photo(item_id))

    assert content == photos.world.bytes_of(item_id, "d")
    assert [row.status for row in photos.requests("media")] == [403, 200]


async def test_without_the_session_a_dead_address_is_not_renewed(
    google: Google, photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    (item_id,) = ids(photos, 1)
    session = await picked(google, photos, [item_id])
    await listed(google, session)
    photos.picker.expire()
    await trio.sleep(4000)

    with pytest.raises(errors.GoneError):
        await read(google, session, photo(item_id))


async def test_a_refused_token_is_renewed_for_bytes_too(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    google = connected(tmp_path, photos, signed_in=False)
    (item_id,) = ids(photos, 1)
    session = await picked(google, photos, [item_id])

    assert await read(google, session, photo(item_id)) == photos.world.bytes_of(item_id, "d")
    await google.aclose()


async def test_picking_takes_nothing_from_the_days_quota(
    tmp_path: Path, photos: SimulatedGoogle
) -> None:
    google = connected(tmp_path, photos, quota_calls=0, quota_bytes=0)
    (item_id,) = ids(photos, 1)
    session = await picked(google, photos, [item_id])

    assert await read(google, session, photo(item_id))
    assert google.ledger.used(Kind.CALLS) == google.ledger.used(Kind.BYTES) == 0
    await google.aclose()


async def test_the_token_goes_to_no_foreign_host(tmp_path: Path) -> None:
    photos = SimulatedGoogle(
        small_library(), unix_time=unix_now_s, origins=Origins(media="https://pictures.example")
    )
    google = connected(tmp_path, photos)
    (item_id,) = ids(photos, 1)
    session = await picked(google, photos, [item_id])

    with pytest.raises(errors.RefusedAddressError):
        await read(google, session, photo(item_id))
    assert photos.requests("media") == []
    await google.aclose()
