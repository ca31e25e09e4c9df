import logging
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from gphotosfs.app import service
from gphotosfs.config import LogLevel
from gphotosfs.errors import StoreError
from gphotosfs.notify import ServiceManager


class Systemd:
    """Hears what a service tells."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self.manager = ServiceManager(address=listening.getsockname(), watchdog_s=60.0)

    def heard(self) -> list[str]:
        """The lines since the last call."""
        lines = []
        with suppress(BlockingIOError):
            while True:
                lines.append(self._listening.recv(1000).decode())
        return lines


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield Systemd(listening)


@pytest.fixture
def usual_level() -> Iterator[None]:
    ours = logging.getLogger("gphotosfs")
    before = ours.level
    yield
    ours.setLevel(before)


STATUS: Mapping[str, Any] = {
    "google": {"client_id": "1", "sign_in_problem": "", "is_offline": False, "calls_left": 9000},
    "library": {"items": 1234},
}


async def status() -> Mapping[str, Any]:
    return STATUS


async def test_a_mount_that_works_says_so_in_time(
    systemd: Systemd, autojump_clock: trio.testing.MockClock
) -> None:
    """Twice within the time after which the watchdog would act."""
    with trio.move_on_after(59):
        await service.report(systemd.manager, trio.lowlevel.checkpoint, status)

    heard = systemd.heard()
    assert heard.count("WATCHDOG=1") >= 2
    assert "STATUS=1,234 items; 9,000 calls left today" in heard


async def test_a_mount_that_hangs_is_left_to_the_watchdog(
    systemd: Systemd, autojump_clock: trio.testing.MockClock
) -> None:
    with trio.move_on_after(600):
        await service.report(systemd.manager, trio.sleep_forever, status)

    assert "WATCHDOG=1" not in systemd.heard()


async def test_a_self_test_that_fails_is_left_to_the_watchdog_too(
    systemd: Systemd, autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise StoreError("the catalogue can't be read")

    with trio.move_on_after(59):
        await service.report(systemd.manager, broken, status)

    assert systemd.heard() == []
    assert "the catalogue can't be read" in caplog.text


def test_trouble_is_in_the_line() -> None:
    offline = {**STATUS, "google": {**STATUS["google"], "is_offline": True}}
    revoked = {**STATUS, "google": {**STATUS["google"], "sign_in_problem": "sign in again"}}

    assert service.summary(offline).endswith("; offline")
    assert service.summary(revoked).endswith("; sign in again")


def test_without_a_sign_in_there_is_no_quota_to_tell_of() -> None:
    signed_out = {**STATUS, "google": {**STATUS["google"], "client_id": ""}}

    assert "calls left" in service.summary(STATUS)
    assert service.summary(signed_out) == "1,234 items"


def test_debugging_is_switched_on_and_off(usual_level: None) -> None:
    service.set_log_level(LogLevel.WARNING)

    service.toggle_log_level(LogLevel.WARNING)
    assert service.log_level() is LogLevel.DEBUG
    service.toggle_log_level(LogLevel.WARNING)
    assert service.log_level() is LogLevel.WARNING
