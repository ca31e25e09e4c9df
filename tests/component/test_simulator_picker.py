"""The Picker of the simulated Google, as the reference's section 4 says."""

from typing import Any

import httpx
import pytest
import trio.testing

from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.sign_in.oauth import READ
from tests.component.google_kit import unix_now_s
from tests.simulator_kit import Caller, calling

PICKER = "https://photospicker.googleapis.com/v1"


@pytest.fixture
def photos() -> SimulatedGoogle:
    world = World(items=250, cheap_bytes=True, photo_bytes=20_000)
    return SimulatedGoogle(world, unix_time=unix_now_s)


async def created(caller: Caller, body: object = None) -> dict[str, Any]:
    answer = await caller.http.post(f"{PICKER}/sessions", json=body or {}, headers=caller.headers)
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()
    return session


async def got(caller: Caller, path: str, **query: Any) -> httpx.Response:
    return await caller.http.get(f"{PICKER}/{path}", params=query, headers=caller.headers)


def first_ids(photos: SimulatedGoogle, count: int) -> list[str]:
    return [item.id for item, _ in zip(photos.world.items(), range(count), strict=False)]


async def test_a_session_waits_for_a_person(
    photos: SimulatedGoogle, autojump_clock: trio.testing.MockClock
) -> None:
    async with calling(photos) as caller:
        session = await created(caller, {"pickingConfig": {"maxItemCount": "7"}})
        await trio.sleep(10.5)
        again = (await got(caller, f"sessions/{session['id']}")).json()
        await trio.sleep(1800)
        late = (await got(caller, f"sessions/{session['id']}")).json()

    assert session["pickerUri"].startswith("https://photos.google.com/picker/")
    assert session["pollingConfig"] == {"pollInterval": "5s", "timeoutIn": "1800s"}
    assert session["pickingConfig"] == {"maxItemCount": "7"}
    assert "mediaItemsSet" not in session
    assert session["expireTime"] == "2026-11-29T12:00:00Z"
    assert again["pollingConfig"]["timeoutIn"] == "1789.500s"
    assert late["pollingConfig"]["timeoutIn"] == "0s"


async def test_what_was_picked_is_listed_in_its_order_page_by_page(photos: SimulatedGoogle) -> None:
    ids = first_ids(photos, 130)[::-1]
    async with calling(photos) as caller:
        session = await created(caller)
        photos.picker.pick(photos.picker.youngest(), ids)
        now = (await got(caller, f"sessions/{session['id']}")).json()
        sizes, found, token = [], [], None
        while True:
            query = {"sessionId": session["id"], **({"pageToken": token} if token else {})}
            page = (await got(caller, "mediaItems", **query)).json()
            sizes.append(len(page["mediaItems"]))
            found += [item["id"] for item in page["mediaItems"]]
            if (token := page.get("nextPageToken")) is None:
                break

    assert now["mediaItemsSet"] is True
    assert "pollingConfig" not in now
    assert sizes == [50, 50, 30]
    assert found == ids


async def test_a_picked_item_has_numbers_and_no_description(photos: SimulatedGoogle) -> None:
    item = next(one for one in photos.world.items() if one.mime_type == "image/jpeg")
    photos.world.edit_item(item.id, description="a secret")
    async with calling(photos) as caller:
        session = await created(caller)
        photos.picker.pick(photos.picker.youngest(), [item.id])
        shown = (await got(caller, "mediaItems", sessionId=session["id"])).json()["mediaItems"][0]

    assert shown["id"] == item.id
    assert shown["type"] == "PHOTO"
    assert shown["mediaFile"]["filename"] == item.filename
    metadata = shown["mediaFile"]["mediaFileMetadata"]
    assert metadata["width"] == item.width
    assert metadata["cameraModel"] == item.camera_model
    assert metadata["photoMetadata"]["isoEquivalent"] == item.iso
    assert "secret" not in str(shown)


async def test_asking_too_early_is_a_failed_precondition(photos: SimulatedGoogle) -> None:
    async with calling(photos) as caller:
        session = await created(caller)
        answer = await got(caller, "mediaItems", sessionId=session["id"])

    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "FAILED_PRECONDITION"


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("end", ["expired", "deleted", "another client's"])
async def test_a_session_that_has_ended_is_unknown(
    photos: SimulatedGoogle, end: str, status: Any
) -> None:
    photos.options.unknown_session_status = status
    async with calling(photos) as caller:
        session = await created(caller)
        path = f"sessions/{session['id']}"
        if end == "expired":
            photos.picker.expire()
        elif end == "deleted":
            gone = await caller.http.delete(f"{PICKER}/{path}", headers=caller.headers)
            assert (gone.status_code, gone.json()) == (200, {})
        client = photos.new_client() if end == "another client's" else None
        asking = Caller(photos, caller.http, client)
        answers = [
            await got(asking, path),
            await got(asking, "mediaItems", sessionId=session["id"]),
            await asking.http.delete(f"{PICKER}/{path}", headers=asking.headers),
        ]

    assert [answer.status_code for answer in answers] == [status] * 3


@pytest.mark.parametrize(
    "method, path, body",
    [
        ("POST", "sessions", {"pickingConfig": {"maxItemCount": 2001}}),
        ("POST", "sessions", {"maxItemCount": 5}),
        ("GET", "mediaItems", None),
        ("GET", "mediaItems?sessionId=x&pageSize=-1", None),
    ],
)
async def test_wrong_requests_are_refused(
    photos: SimulatedGoogle, method: str, path: str, body: object
) -> None:
    photos.options.unknown_session_status = 400
    async with calling(photos) as caller:
        answer = await caller.http.request(
            method, f"{PICKER}/{path}", json=body, headers=caller.headers
        )

    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


async def test_an_account_without_photos_is_a_failed_precondition(photos: SimulatedGoogle) -> None:
    photos.options.account_without_photos = True
    async with calling(photos) as caller:
        answer = await caller.http.post(f"{PICKER}/sessions", json={}, headers=caller.headers)

    assert answer.json()["error"]["status"] == "FAILED_PRECONDITION"


async def test_a_session_has_no_items_of_its_own_path(photos: SimulatedGoogle) -> None:
    async with calling(photos) as caller:
        session = await created(caller)
        answer = await got(caller, f"sessions/{session['id']}/mediaItems")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_the_scope_for_picking_is_its_own(photos: SimulatedGoogle) -> None:
    async with calling(photos, photos.new_client((READ,))) as caller:
        answer = await caller.http.post(f"{PICKER}/sessions", json={}, headers=caller.headers)

    assert answer.status_code == 403


async def test_the_bytes_of_a_picked_item_need_a_token(photos: SimulatedGoogle) -> None:
    item = next(one for one in photos.world.items() if not one.is_video)
    async with calling(photos) as caller:
        session = await created(caller)
        photos.picker.pick(photos.picker.youngest(), [item.id])
        listed = (await got(caller, "mediaItems", sessionId=session["id"])).json()
        url = listed["mediaItems"][0]["mediaFile"]["baseUrl"] + "=d"
        refused = await caller.http.get(url)
        good = await caller.http.get(url, headers=caller.headers)
        other = Caller(photos, caller.http, photos.new_client((READ,)))
        wrong_scope = await caller.http.get(url, headers=other.headers)

    assert (refused.status_code, refused.headers["Content-Type"]) == (403, "image/png")
    assert wrong_scope.status_code == 403
    assert good.content == photos.world.bytes_of(item.id, "d")


async def test_picking_costs_nothing_of_the_days_quota(photos: SimulatedGoogle) -> None:
    photos.options.calls_per_day = 0
    photos.options.byte_requests_per_day = 0
    item = next(one for one in photos.world.items() if not one.is_video)
    async with calling(photos) as caller:
        session = await created(caller)
        photos.picker.pick(photos.picker.youngest(), [item.id])
        listed = (await got(caller, "mediaItems", sessionId=session["id"])).json()
        url = listed["mediaItems"][0]["mediaFile"]["baseUrl"] + "=d"
        answer = await caller.http.get(url, headers=caller.headers)

    assert answer.status_code == 200


async def test_a_person_picks_on_the_page_once(photos: SimulatedGoogle) -> None:
    ids = first_ids(photos, 3)
    async with calling(photos) as caller:
        session = await created(caller)
        page = await caller.http.get(session["pickerUri"])
        done = await caller.http.post(session["pickerUri"], data={"item": ids})
        again = await caller.http.get(session["pickerUri"])
        listed = (await got(caller, "mediaItems", sessionId=session["id"])).json()

    assert all(f'value="{item_id}"' in page.text for item_id in ids)
    assert "Done" in done.text
    assert again.status_code == 404
    assert [item["id"] for item in listed["mediaItems"]] == ids
