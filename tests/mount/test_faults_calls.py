"""API calls and tokens that fail: what is known stays served, and nothing is insisted on."""

import errno
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gphotosfs.simulator.process import Running, running
from tests.mount.failing import (
    MARGIN_S,
    SMALL,
    SOON_S,
    TIMEOUT_S,
    impatient,
    left_clean,
    names_in,
    path_of,
    photos_of,
    timed,
)
from tests.mount.mounting import Home, Mount, content, eventually

pytestmark = pytest.mark.mount


@pytest.fixture
def simulator() -> Iterator[Running]:
    with running("--items", "300", "--album-sizes", "250,40,30", *SMALL) as simulator:
        yield simulator


@pytest.fixture
def home(tmp_path: Path, simulator: Running) -> Home:
    return impatient(tmp_path, simulator)


def albums_in(mount: Mount) -> list[Path]:
    """The albums, the largest first; they are listed, what is in them is not."""
    return [mount / "albums" / name for name in names_in(mount / "albums")]


def api_calls(simulator: Running) -> int:
    """The calls, but for the slow look at every item, which nobody waits for."""
    return sum(row["path"] != "/v1/mediaItems" for row in simulator.log("api"))


# --- quota ------------------------------------------------------------------------------------------


def test_known_directories_are_served_under_429_and_unknown_ones_fail_soon(
    simulator: Running, home: Home
) -> None:
    with home.mounted(alarms=True) as mount, left_clean(mount):
        known, *unknown = albums_in(mount)
        names = names_in(known)
        assert len(names) == 250
        simulator.fault("status", kind="api", status=429, times=None)
        simulator.clear_log()

        for album in unknown:
            for _ in range(10):
                failed = timed(lambda: names_in(album))  # noqa: B023
                assert failed.errno == errno.EBUSY
                assert failed.seconds < SOON_S
        shown = timed(lambda: names_in(known))

        assert shown.value == names
        assert shown.seconds < MARGIN_S
        # No storm: twenty visits, and Google is asked as often as it takes to be told so.
        assert api_calls(simulator) <= 3
        assert any("the day's quota returns at" in line for line in home.log)


def test_an_unknown_directory_is_listed_once_the_quota_returns(
    simulator: Running, home: Home
) -> None:
    with home.mounted(alarms=True) as mount:
        album = albums_in(mount)[1]
        simulator.fault("status", kind="api", status=429)
        simulator.set(retry_after_s=1)
        assert timed(lambda: names_in(album)).errno == errno.EBUSY

        eventually(lambda: timed(lambda: names_in(album)).errno == 0)

        assert len(names_in(album)) == 40


# --- 5xx, broken and wrong answers ------------------------------------------------------------------

PASSING: dict[str, dict[str, Any]] = {
    "500": {"effect": "status", "status": 500},
    "503": {"effect": "status", "status": 503},
    "reset": {"effect": "reset"},
    "reset in the body": {"effect": "reset", "bytes": 1000},
    "ends early": {"effect": "truncate", "bytes": 1000},
    "stalls": {"effect": "stall"},
}


@pytest.mark.parametrize("fault", PASSING)
def test_a_listing_survives_what_passes(simulator: Running, home: Home, fault: str) -> None:
    with home.mounted(alarms=True) as mount, left_clean(mount):
        album = albums_in(mount)[0]
        simulator.fault(**PASSING[fault], kind="api", skip=1)

        listed = timed(lambda: names_in(album))

        assert listed.errno == 0
        assert len(listed.value) == 250
        assert listed.seconds < 2 * TIMEOUT_S + MARGIN_S


BROKEN: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "HTML": ({"effect": "html"}, (errno.EIO,)),
    "JSON that breaks off": ({"effect": "garbage"}, (errno.EIO,)),
    "the same token again": ({"effect": "repeat_token"}, (errno.EIO,)),
    # 500 of them are an error, if a busy machine gets so far before the deadline.
    "empty pages without end": ({"effect": "empty_pages"}, (errno.EIO, errno.ETIMEDOUT)),
    "500 again and again": ({"effect": "status", "status": 500}, (errno.EIO,)),
    "silence": ({"effect": "stall"}, (errno.ETIMEDOUT,)),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_listing_that_breaks_is_an_error_and_never_half_a_list_shown_as_whole(
    simulator: Running, home: Home, fault: str
) -> None:
    """From its third page on the album can't be had; then it can."""
    effect, expected = BROKEN[fault]
    with home.mounted(alarms=True) as mount:
        album = albums_in(mount)[0]
        with left_clean(mount):
            simulator.fault(**effect, kind="api", skip=2, times=None)

            listed = timed(lambda: names_in(album))

            assert listed.errno in expected
            # Two pages have come before.
            assert listed.seconds < 2 * TIMEOUT_S + MARGIN_S
            # Not there is something else than not known.
            missing = timed((album / "not there.jpg").stat)
            assert missing.errno not in (0, errno.ENOENT)
            assert missing.seconds < TIMEOUT_S + MARGIN_S
        simulator.call("DELETE", "faults")

        mount.refresh(f"albums/{album.name}")  # which forgets that it has just failed
        assert len(names_in(album)) == 250
        assert not (album / "not there.jpg").exists()


def test_a_renewal_that_breaks_in_the_middle_keeps_the_old_list(
    simulator: Running, home: Home
) -> None:
    with home.mounted(alarms=True) as mount, left_clean(mount):
        album = albums_in(mount)[0]
        names = names_in(album)
        for item in photos_of(simulator)[:60]:
            simulator.change("remove_item", item["id"])
        simulator.fault("status", kind="api", status=500, skip=1, times=None, path="*:search")

        with pytest.raises(Exception, match="trouble"):
            mount.refresh(f"albums/{album.name}")

        assert names_in(album) == names
        simulator.call("DELETE", "faults")
        mount.refresh(f"albums/{album.name}")
        left = simulator.call("GET", "albums")[0]["item_ids"]
        assert len(names_in(album)) == len(left) < len(names)


def test_a_directory_removed_at_google_while_it_is_read(simulator: Running, home: Home) -> None:
    with home.mounted(alarms=True) as mount, left_clean(mount):
        album = albums_in(mount)[0]
        names = names_in(album)
        (row,) = [a for a in simulator.call("GET", "albums") if a["title"] == album.name]
        entries = iter(album.iterdir())
        seen = [next(entries).name]
        simulator.change("remove_album", row["id"])
        mount.refresh("albums")

        rest = timed(lambda: [path.name for path in entries])

        # Whoever is reading it comes to an end, with entries that were there.
        assert rest.errno in (0, errno.ENOENT)
        seen += rest.value or []
        assert len(set(seen)) == len(seen)
        assert set(seen) <= set(names)
        eventually(lambda: not album.exists())
        assert timed(lambda: names_in(album)).errno == errno.ENOENT
        assert len(names_in(mount / "albums")) == 2


# --- tokens -----------------------------------------------------------------------------------------


def test_a_token_that_is_refused_is_renewed_once_for_all_who_wait(
    simulator: Running, home: Home
) -> None:
    with home.mounted() as mount, left_clean(mount):
        albums = albums_in(mount)
        simulator.call("POST", "expire-tokens")
        simulator.clear_log()

        places = [*albums, mount / "favorites", mount / "videos", mount / "recent"]
        with ThreadPoolExecutor(len(places)) as readers:
            outcomes = list(readers.map(lambda place: timed(lambda: names_in(place)), places))

        assert [outcome.errno for outcome in outcomes] == [0] * len(places)
        assert len(simulator.log("token")) == 1


def test_a_revoked_sign_in_leaves_the_cache_served_and_is_named_in_status(
    simulator: Running, home: Home
) -> None:
    items = photos_of(simulator)
    with home.mounted(alarms=True) as mount, left_clean(mount):
        known, unknown, _ = albums_in(mount)
        names = names_in(known)
        names_in(mount / "media/all")
        cached = path_of(mount, items[0]).read_bytes()
        simulator.call("POST", "revoke")
        simulator.call("POST", "expire-tokens")
        simulator.clear_log()

        for _ in range(20):
            failed = timed(lambda: names_in(unknown))
            assert failed.errno == errno.EACCES
            assert failed.seconds < SOON_S

        assert len(simulator.log("token")) == 1
        assert names_in(known) == names
        assert path_of(mount, items[0]).read_bytes() == cached == content(simulator, items[0])
        assert "gphotosfs login" in mount.status()["google"]["sign_in_problem"]
        status = json.loads((mount / ".gphotosfs/status.json").read_text())
        assert "gphotosfs login" in status["google"]["sign_in_problem"]


@pytest.mark.parametrize("effect", ["stall", "status", "html"])
def test_a_sign_in_server_in_trouble_holds_nobody_for_longer_than_the_deadline(
    simulator: Running, home: Home, effect: str
) -> None:
    with home.mounted(alarms=True) as mount, left_clean(mount):
        known, unknown, _ = albums_in(mount)
        names = names_in(known)
        simulator.call("POST", "expire-tokens")
        simulator.fault(effect, kind="token", times=None)
        simulator.clear_log()

        failed = timed(lambda: names_in(unknown))

        assert failed.errno in (errno.EIO, errno.ETIMEDOUT)
        assert failed.seconds < TIMEOUT_S + MARGIN_S
        assert len(simulator.log("token")) <= 4
        shown = timed(lambda: names_in(known))
        assert shown.value == names
        assert shown.seconds < TIMEOUT_S
        simulator.call("DELETE", "faults")
        mount.refresh("albums")
        assert names_in(unknown)
