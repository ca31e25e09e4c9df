"""Mounted in one session and asked from another: at boot and under cron there is no XDG_RUNTIME_DIR."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.mounting import HANG_GUARD_S, PROGRAM, Home, eventually

pytestmark = pytest.mark.mount

Command = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path, simulator: Running) -> Home:
    return Home(tmp_path, simulator)


@pytest.fixture
def at_boot(home: Home) -> Command:
    """Runs a command that must end well where XDG_RUNTIME_DIR is not set."""
    variables = {k: v for k, v in home.environment.items() if k != "XDG_RUNTIME_DIR"}

    def run(*arguments: str | Path) -> str:
        done = subprocess.run(
            [*PROGRAM, *arguments],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_GUARD_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_mount_made_at_boot_is_found_by_who_logs_in_later(home: Home, at_boot: Command) -> None:
    mountpoint = home.folder / "boot"
    mountpoint.mkdir()
    at_boot("mount", mountpoint)
    try:
        assert f"mountpoint: {mountpoint}" in home.run("status").stdout
        home.run("refresh", mountpoint)
        home.run("pin", mountpoint / "favorites")
        home.run("pinned")
        home.run("cache", "clear")
        with home.mounted() as second:
            assert os.listdir(second.path) == os.listdir(mountpoint)  # noqa: PTH208 - as `ls` does
            home.run("refresh", second.path)
    finally:
        home.run("unmount", mountpoint)


def test_a_mount_made_in_a_session_is_found_without_one(home: Home, at_boot: Command) -> None:
    with home.mounted() as mount:
        assert at_boot("pinned") == "Nothing is pinned yet: gphotosfs pin PATH\n"
        at_boot("refresh", mount.path)
        at_boot("cache", "clear")
        at_boot("unmount", mount.path)
        eventually(lambda: not mount.is_mounted)
