"""Connections that break in every way that sockets can, between the mount and a simulated Google."""

import errno
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.mount.failing import (
    MARGIN_S,
    SMALL,
    SOON_S,
    TIMEOUT_S,
    Line,
    Outcome,
    film_of,
    impatient,
    left_clean,
    line,
    names_in,
    nothing_wrong_in_the_cache,
    path_of,
    photos_of,
    timed,
)
from tests.mount.mounting import Home, Mount, content, eventually, process

pytestmark = pytest.mark.mount


@pytest.fixture(scope="module")
def shared() -> Iterator[Line]:
    with line("--items", "40", "--album-sizes", "20,20", *SMALL) as made:
        yield made


@pytest.fixture
def wire(shared: Line) -> Iterator[Line]:
    """The line in order; whatever a test does to it is mended."""
    yield shared
    shared.proxy.clear()
    shared.simulator.call("DELETE", "faults")


@pytest.fixture
def home(tmp_path: Path, wire: Line) -> Home:
    return impatient(tmp_path, wire.simulator)


def read_inside(mount: Mount, item: dict[str, Any]) -> Outcome:
    """A read behind the head."""
    with path_of(mount, item).open("rb", buffering=0) as file:
        return timed(lambda: os.pread(file.fileno(), 4096, 300_000))


WEATHER: dict[str, dict[str, Any]] = {
    "connection refused": {"effect": "refuse"},
    "accepted, never answered": {"effect": "silence"},
    "garbage instead of HTTP": {"effect": "garbage"},
    "stalls before the answer": {"effect": "stall"},
    "stalls in the body": {"effect": "stall", "after_bytes": 50_000},
    "reset before the answer": {"effect": "reset"},
    "reset in the body": {"effect": "reset", "after_bytes": 50_000},
    "closed in the headers": {"effect": "cut", "after_bytes": 40},
    "closed in the body": {"effect": "cut", "after_bytes": 50_000},
    "half closed": {"effect": "half_close", "after_bytes": 50_000},
    "one byte a second": {"effect": "drip", "after_bytes": 50_000, "bytes_per_s": 1},
}
OUT_OF_REACH = (errno.ENETUNREACH, errno.EIO, errno.ETIMEDOUT)


@pytest.mark.parametrize("weather", WEATHER)
def test_a_line_that_is_broken_costs_no_more_than_the_deadline_and_spoils_nothing(
    wire: Line, home: Home, weather: str
) -> None:
    photo, film = photos_of(wire.simulator)[0], film_of(wire.simulator)
    expected = {item["filename"]: content(wire.simulator, item) for item in (photo, film)}
    with home.mounted(alarms=True) as mount:
        names = names_in(mount / "media/all")
        sizes = {item["filename"]: path_of(mount, item).stat().st_size for item in (photo, film)}
        assert sizes == {name: len(data) for name, data in expected.items()}
        with left_clean(mount):
            wire.proxy.set(**WEATHER[weather])

            with ThreadPoolExecutor(2) as readers:
                # The kernel asks a second time where its read-ahead has failed.
                readings = readers.map(lambda item: read_inside(mount, item), (photo, film))
                for reading, right in zip(readings, expected.values(), strict=True):
                    assert reading.errno in (0, *OUT_OF_REACH), reading
                    assert reading.seconds < TIMEOUT_S + MARGIN_S
                    if reading.errno == 0:
                        assert reading.value == right[300_000 : 300_000 + 4096]
            known = timed(lambda: names_in(mount / "media/all"))
            assert known.value == names
            assert known.seconds < TIMEOUT_S
            wire.proxy.clear()

            mount.refresh("albums")  # a person's word that all is well again
            assert path_of(mount, photo).read_bytes() == expected[photo["filename"]]
    wire.proxy.set("refuse")
    nothing_wrong_in_the_cache(home, expected)


@pytest.mark.parametrize("effect", ["reset", "cut", "stall", "half_close", "garbage"])
def test_one_broken_connection_is_replaced_within_the_deadline(
    wire: Line, home: Home, effect: Any
) -> None:
    photo = photos_of(wire.simulator)[1]
    expected = content(wire.simulator, photo)
    with home.mounted(alarms=True) as mount, left_clean(mount):
        assert path_of(mount, photo).stat().st_size == len(expected)
        wire.proxy.set(effect, after_bytes=50_000, connections=1)

        reading = timed(path_of(mount, photo).read_bytes)

        assert reading.errno == 0
        assert reading.value == expected
        assert reading.seconds < 2 * TIMEOUT_S + MARGIN_S


@pytest.mark.parametrize("weather", ["connection refused", "reset before the answer"])
def test_a_directory_never_listed_fails_soon_and_then_at_once(
    wire: Line, home: Home, weather: str
) -> None:
    with home.mounted(alarms=True) as mount, left_clean(mount):
        first, second = (mount / "albums" / name for name in names_in(mount / "albums"))
        names = names_in(first)
        wire.proxy.set(**WEATHER[weather])

        failed = timed(lambda: names_in(second))
        again = [timed(lambda: names_in(second)) for _ in range(5)]

        assert failed.errno in OUT_OF_REACH
        assert failed.seconds < SOON_S
        assert all(one.errno in OUT_OF_REACH and one.seconds < SOON_S for one in again)
        assert names_in(first) == names
        wire.proxy.clear()
        eventually(lambda: timed(lambda: names_in(second)).errno == 0)


def test_garbage_instead_of_tls_is_being_offline(tmp_path: Path, wire: Line) -> None:
    """A captive portal or a wrong port: what answers does not speak TLS."""
    secure = wire.proxy.origins[0].replace("http://", "https://")
    home = Home(tmp_path, wire.simulator, timeout="3s", endpoints=secure)
    with home.mounted(alarms=True) as mount, left_clean(mount):
        mount.status()
        for effect in ("garbage", "none"):  # and a server that speaks plain HTTP
            wire.proxy.set(effect)
            failed = timed(lambda: names_in(mount / "albums"))

            assert failed.errno in OUT_OF_REACH
            assert failed.seconds < TIMEOUT_S + MARGIN_S


# --- without a network from the start -----------------------------------------------------------------


def test_offline_at_start_everything_known_is_there_and_the_rest_fails_in_3_seconds(
    wire: Line, home: Home
) -> None:
    photo, *others = photos_of(wire.simulator)
    cached = content(wire.simulator, photo)
    with home.mounted() as mount:
        names = names_in(mount / "media/all")
        sizes = [(mount / "media/all" / name).stat().st_size for name in names]
        days = sorted(path.name for path in (mount / "media/by-day").rglob("*"))
        album = names_in(mount / "albums")[0]
        assert path_of(mount, photo).read_bytes() == cached
    wire.proxy.set("refuse")

    with home.mounted(alarms=True) as mount, left_clean(mount):
        assert names_in(mount / "media/all") == names
        assert [(mount / "media/all" / name).stat().st_size for name in names] == sizes
        assert sorted(path.name for path in (mount / "media/by-day").rglob("*")) == days
        assert path_of(mount, photo).read_bytes() == cached
        failed = timed(path_of(mount, others[0]).read_bytes)
        assert failed.errno in (errno.ENETUNREACH, errno.EIO)
        assert failed.seconds < SOON_S
        for item in others[1:6]:
            failed = timed(path_of(mount, item).read_bytes)
            assert failed.errno in (errno.ENETUNREACH, errno.EIO)
            assert failed.seconds < SOON_S
        failed = timed(lambda: names_in(mount / "albums" / album))
        assert failed.errno in (errno.ENETUNREACH, errno.EIO)
        assert failed.seconds < SOON_S
        assert json.loads((mount / ".gphotosfs/status.json").read_text())["google"]["is_offline"]
        assert wire.proxy.accepted == 0
        wire.proxy.clear()

        # Failures are remembered for seconds, not for good.
        eventually(lambda: timed(path_of(mount, others[0]).read_bytes).errno == 0)
        assert path_of(mount, others[0]).read_bytes() == content(wire.simulator, others[0])


# --- ends ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", ["silence", "stall"])
def test_an_unmount_with_a_read_in_flight_ends_the_daemon(
    wire: Line, tmp_path: Path, effect: Any
) -> None:
    """With the usual timeout of 30 s, so that it is not the deadline that ends the read."""
    home = Home(tmp_path, wire.simulator)
    film = film_of(wire.simulator)
    with home.mounted(alarms=True) as mount:
        path_of(mount, film).stat()
        wire.proxy.set(effect, after_bytes=50_000)
        with process("cat", path_of(mount, film)) as reader:
            eventually(lambda: mount.status()["under_way"].get("waiters"))

            ended = timed(lambda: mount.ask("stop"))
            reader.wait(timeout=60)
            eventually(lambda: not mount.is_mounted and not Path(f"/proc/{mount.pid}").exists())

            assert ended.seconds < 10
            assert reader.returncode != 0
