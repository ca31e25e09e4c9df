"""What programs are told when Google does not answer, and that it is over when Google does."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.mounting import Home, counted

pytestmark = pytest.mark.mount

TROUBLE: dict[str, tuple[Callable[[Running], object], int]] = {
    "silence": (lambda g: g.fault("stall", kind="api", times=None), errno.ETIMEDOUT),
    "server trouble": (lambda g: g.fault("status", kind="api", times=None), errno.EIO),
    "not JSON": (lambda g: g.fault("garbage", kind="api", times=None), errno.EIO),
    "a sign-in page": (lambda g: g.fault("html", kind="api", times=None), errno.EIO),
    "pages without end": (lambda g: g.fault("repeat_token", kind="api", times=None), errno.EIO),
    "service disabled": (lambda g: g.set(service_disabled=True), errno.EACCES),
}


def listing_errno(folder: Path) -> int:
    """How a listing of a directory that nobody knows ends; 0 if it is listed."""
    try:
        os.listdir(folder)  # noqa: PTH208 - only the error counts
    except OSError as exc:
        return exc.errno or 0
    return 0


@pytest.mark.parametrize("trouble", TROUBLE)
def test_each_trouble_has_its_errno_and_passes(
    home: Home, simulator: Running, trouble: str
) -> None:
    begin, expected = TROUBLE[trouble]
    begin(simulator)
    with home.mounted("--timeout", "3s", alarms=True) as mount:
        assert listing_errno(mount / "media/all") == expected

        simulator.call("DELETE", "faults")
        simulator.set(service_disabled=False)

        # Failures are remembered for a moment, but not when somebody asks for a refresh.
        mount.refresh("media/all")
        assert len(os.listdir(mount / "media/all")) == 120  # noqa: PTH208 - the names alone


def test_a_quota_that_is_used_up_is_busy(home: Home, simulator: Running) -> None:
    """What is known stays, and Google is not asked again and again."""
    with home.mounted(alarms=True) as mount:
        names = sorted(os.listdir(mount / "media/all"))  # noqa: PTH208 - the names alone
        simulator.fault("status", kind="api", status=429, times=None)
        assert listing_errno(mount / "albums") == errno.EBUSY

        with counted(simulator) as requests:
            assert [listing_errno(mount / "albums") for _ in range(5)] == [errno.EBUSY] * 5
            assert sorted(os.listdir(mount / "media/all")) == names  # noqa: PTH208 - the same
            assert requests().api <= 1


def test_a_revoked_sign_in_is_a_refusal(home: Home, simulator: Running) -> None:
    with home.mounted(alarms=True) as mount:
        names = sorted(os.listdir(mount / "media/all"))  # noqa: PTH208 - the names alone
        simulator.call("POST", "revoke")
        simulator.call("POST", "expire-tokens")

        assert listing_errno(mount / "albums") == errno.EACCES
        assert sorted(os.listdir(mount / "media/all")) == names  # noqa: PTH208 - the same


def test_a_film_that_google_still_works_on_is_busy(home: Home, simulator: Running) -> None:
    pattern = next(item for item in simulator.items() if item["fps"])
    film = {name: pattern[name] for name in ("mime_type", "fps", "width", "height")}
    simulator.change("add_item", filename="new.mp4", status="PROCESSING", **film)
    with home.mounted(alarms=True) as mount:
        assert (mount / "videos/new.mp4").stat().st_size > 0

        with pytest.raises(OSError, match="busy") as failed:
            (mount / "videos/new.mp4").read_bytes()

    assert failed.value.errno == errno.EBUSY


def test_a_name_that_is_too_long_is_refused(home: Home) -> None:
    with home.mounted() as mount, pytest.raises(OSError, match="too long") as failed:
        (mount / ("x" * 256)).stat()
    assert failed.value.errno == errno.ENAMETOOLONG


def test_a_file_is_no_directory(home: Home, simulator: Running) -> None:
    item = simulator.items(1)[0]
    with home.mounted() as mount:
        with pytest.raises(NotADirectoryError):
            os.listdir(mount / "media/all" / item["filename"])  # noqa: PTH208 - only the error
        with pytest.raises(IsADirectoryError):
            (mount / "media/all").read_bytes()
