"""Bytes that come wrong, late, in part or not at all: what readers see, and what is never kept."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gphotosfs.simulator.process import Running, running
from tests.mount.failing import (
    MARGIN_S,
    SMALL,
    SOON_S,
    TIMEOUT_S,
    film_of,
    impatient,
    left_clean,
    names_in,
    nothing_wrong_in_the_cache,
    path_of,
    photos_of,
    timed,
)
from tests.mount.mounting import Home, content

pytestmark = pytest.mark.mount


@pytest.fixture
def simulator() -> Iterator[Running]:
    with running("--items", "24", *SMALL) as simulator:
        yield simulator


@pytest.fixture
def home(tmp_path: Path, simulator: Running) -> Home:
    return impatient(tmp_path, simulator)


FAULTS: dict[str, dict[str, Any]] = {
    "503": {"effect": "status", "status": 503},
    "reset before the headers": {"effect": "reset"},
    "reset in the body": {"effect": "reset", "bytes": 100_000},
    "ends early": {"effect": "truncate", "bytes": 100_000},
    "stalls before the headers": {"effect": "stall"},
    "stalls in the body": {"effect": "stall", "bytes": 100_000},
}
"""What is over after a while: no reader may notice more than a pause."""


@pytest.mark.parametrize("fault", FAULTS)
def test_trouble_that_passes_costs_a_pause(
    tmp_path: Path, simulator: Running, home: Home, fault: str
) -> None:
    item = photos_of(simulator)[0]
    expected = content(simulator, item)
    with home.mounted(alarms=True) as mount:
        assert path_of(mount, item).stat().st_size == len(expected)
        with left_clean(mount):
            simulator.fault(**FAULTS[fault], kind="media", path="GET *")

            reading = timed(path_of(mount, item).read_bytes)

        assert reading.errno == 0
        assert reading.value == expected
        assert reading.seconds < 2 * TIMEOUT_S + MARGIN_S


LIES: dict[str, dict[str, Any]] = {
    "a page of HTML": {"effect": "html"},
    "JSON that breaks off": {"effect": "garbage"},
    "another range": {"effect": "wrong_range", "bytes": 4096},
    "another total": {"effect": "wrong_total", "bytes": 4096},
    "a length too long": {"effect": "wrong_length", "bytes": 4096},
    "a length too short": {"effect": "wrong_length", "bytes": -4096},
    "compressed": {"effect": "gzip"},
    "ends early, again and again": {"effect": "truncate", "bytes": 1000},
    "503 again and again": {"effect": "status", "status": 503},
    "resets again and again": {"effect": "reset"},
    "drips": {"effect": "drip", "bytes": 20_000},
}
"""What does not pass: an error in time, and never a wrong byte, then or later."""


FAILURES = (errno.EIO, errno.ETIMEDOUT, errno.ENETUNREACH, errno.ESTALE)


@pytest.mark.parametrize("lie", LIES)
def test_wrong_bytes_are_an_error_and_are_never_kept(
    tmp_path: Path, simulator: Running, home: Home, lie: str
) -> None:
    photo, film = photos_of(simulator)[0], film_of(simulator)
    items = (photo, film)
    expected = {item["filename"]: content(simulator, item) for item in items}
    with home.mounted(alarms=True) as mount:
        for item in items:  # the sizes are known before
            assert path_of(mount, item).stat().st_size == len(expected[item["filename"]])
        with left_clean(mount):
            for kind in ("media", "redirected"):
                if lie != "another range" or kind == "media":
                    simulator.fault(**LIES[lie], kind=kind, path="GET *", times=None)
            for item, offsets in ((photo, (0, 300_000)), (film, (300_000,))):
                with path_of(mount, item).open("rb", buffering=0) as file:
                    for offset in offsets:
                        reading = timed(lambda: os.pread(file.fileno(), 4096, offset))  # noqa: B023

                        if reading.errno == 0:
                            right = expected[item["filename"]][offset : offset + 4096]
                            assert reading.value == right
                        assert reading.errno in (0, *FAILURES)
                        assert reading.seconds < TIMEOUT_S + MARGIN_S
            simulator.call("DELETE", "faults")
    simulator.stop()
    nothing_wrong_in_the_cache(home, expected)


def test_a_quota_of_bytes_that_is_used_up_fails_at_once_and_is_not_insisted_on(
    simulator: Running, home: Home
) -> None:
    photos = photos_of(simulator)
    with home.mounted(alarms=True) as mount:
        names_in(mount / "media/all")
        known = path_of(mount, photos[0])
        cached = known.read_bytes()
        with left_clean(mount):
            simulator.fault("status", kind="media", status=429, times=None)
            simulator.clear_log()

            readings = [timed(path_of(mount, item).read_bytes) for item in photos[1:]]

            assert {reading.errno for reading in readings} == {errno.EBUSY}
            assert max(reading.seconds for reading in readings) < SOON_S
            assert len(simulator.log("media")) <= 3
            assert known.read_bytes() == cached
            assert any("(429); next try at" in line for line in home.log)


# --- content that changes at Google -----------------------------------------------------------------


def test_a_film_changed_while_it_is_read_is_the_old_one_or_stale_but_no_mixture(
    simulator: Running, home: Home
) -> None:
    item = film_of(simulator)
    old = content(simulator, item)
    with home.mounted(alarms=True) as mount, left_clean(mount):
        with path_of(mount, item).open("rb", buffering=0) as file:
            assert os.pread(file.fileno(), 4096, 0) == old[:4096]
            new_item = simulator.change("change_bytes", item["id"])
            new = content(simulator, new_item)
            assert new != old
            stale = []
            for offset in range(0, len(old), 1 << 18):
                reading = timed(lambda: os.pread(file.fileno(), 4096, offset))  # noqa: B023
                assert reading.errno in (0, errno.ESTALE)
                if reading.errno:
                    stale.append(offset)
                else:
                    assert reading.value == old[offset : offset + 4096]
            assert stale

        assert path_of(mount, item).read_bytes() == new
        assert path_of(mount, item).stat().st_size == len(new)


def test_a_changed_photo_that_is_cached_is_the_old_one_to_who_has_it_open(
    simulator: Running, home: Home
) -> None:
    item = photos_of(simulator)[0]
    old = content(simulator, item)
    with home.mounted(alarms=True) as mount, path_of(mount, item).open("rb", buffering=0) as file:
        assert file.read() == old
        simulator.change("change_bytes", item["id"])

        file.seek(0)
        assert file.read() == old


def test_an_item_removed_at_google_is_an_error_not_an_empty_file(
    simulator: Running, home: Home
) -> None:
    item = photos_of(simulator)[0]
    with home.mounted(alarms=True) as mount, left_clean(mount):
        names_in(mount / "media/all")
        simulator.change("remove_item", item["id"])

        reading = timed(path_of(mount, item).read_bytes)

        assert reading.errno == errno.EIO
        assert reading.seconds < SOON_S
