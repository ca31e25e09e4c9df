import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gphotosfs.notify import ServiceManager


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


def test_what_a_service_tells(heard: socket.socket) -> None:
    manager = ServiceManager.of({"NOTIFY_SOCKET": heard.getsockname()})

    manager.ready()
    manager.status("12 items,\n3 albums")
    manager.alive()
    manager.stopping()

    assert [heard.recv(100) for _ in range(4)] == [
        b"READY=1",
        b"STATUS=12 items, 3 albums",
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]


def test_an_abstract_address(tmp_path: Path) -> None:
    name = f"gphotosfs-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        ServiceManager.of({"NOTIFY_SOCKET": f"@{name}"}).ready()

        assert listening.recv(100) == b"READY=1"


def test_without_systemd_nothing_is_told(tmp_path: Path) -> None:
    ServiceManager.of({}).ready()
    ServiceManager.of({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_the_watchdog_is_for_the_process_it_names() -> None:
    usec = {"WATCHDOG_USEC": "30000000"}

    assert ServiceManager.of({}).watchdog_s is None
    assert ServiceManager.of(usec).watchdog_s == 30
    assert ServiceManager.of({**usec, "WATCHDOG_PID": str(os.getpid())}).watchdog_s == 30
    assert ServiceManager.of({**usec, "WATCHDOG_PID": "1"}).watchdog_s is None
    assert ServiceManager.of({"WATCHDOG_USEC": "0"}).watchdog_s is None
