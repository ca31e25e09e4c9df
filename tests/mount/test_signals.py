"""What an administrator tells a running daemon by signals and by `gphotosfs log-level`."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.mount.mounting import HANG_GUARD_S, Home, Mount

pytestmark = pytest.mark.mount


def soon(what: Callable[[], bool]) -> bool:
    """Whether it comes true; a signal is answered by nothing that could be waited for."""
    until = time.monotonic() + HANG_GUARD_S
    while not what() and time.monotonic() < until:
        time.sleep(0.02)
    return what()


def albums(mount: Mount) -> list[str]:
    return [path.name for path in (mount / "albums").iterdir()]


def level(mount: Mount) -> str:
    found: str = mount.status()["log_level"]
    return found


def test_sighup_asks_google_again(home: Home) -> None:
    with home.mounted() as mount:
        assert "New one" not in albums(mount)
        home.simulator.change("new_album", title="New one")

        os.kill(mount.pid, signal.SIGHUP)

        assert soon(lambda: "New one" in albums(mount))
        assert soon(lambda: any("refreshed on SIGHUP" in line for line in home.log))


def test_a_refresh_that_fails_ends_nothing(home: Home) -> None:
    with home.mounted(alarms=True) as mount:
        known = albums(mount)
        home.simulator.fault("status", status=400, kind="api")

        os.kill(mount.pid, signal.SIGHUP)

        assert soon(lambda: any("that SIGHUP asked for failed" in line for line in home.log))
        assert albums(mount) == known


def test_sigusr1_switches_debugging_on_and_off(home: Home) -> None:
    with home.mounted("-o", "log_level=warning") as mount:
        os.kill(mount.pid, signal.SIGUSR1)
        assert soon(lambda: level(mount) == "debug")

        os.kill(mount.pid, signal.SIGUSR1)
        assert soon(lambda: level(mount) == "warning")


def test_the_log_level_can_be_named(home: Home) -> None:
    with home.mounted() as mount:
        home.run("log-level", mount.path, "debug")
        assert level(mount) == "debug"

        home.run("log-level", mount.path, "error")
        assert level(mount) == "error"
        home.run("log-level", mount.path, "loud", code=2)


def test_a_further_mount_has_a_log_of_its_own(home: Home) -> None:
    with home.mounted() as first, home.mounted(at="second") as second:
        told = home.run("log-level", second.path, "debug", code=4).stderr

        assert f"kill -USR1 {second.pid}" in told
        assert level(first) == "info"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_end_unmounts(home: Home, number: signal.Signals) -> None:
    with home.mounted() as mount:
        os.kill(mount.pid, number)

        assert soon(lambda: not mount.is_mounted)
