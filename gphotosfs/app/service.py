"""What a running mount hears from its administrator, and what it tells the service manager."""

import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import trio

from gphotosfs.config import LogLevel
from gphotosfs.errors import GPhotosError
from gphotosfs.notify import ServiceManager

log = logging.getLogger(__name__)

# How often the line in `systemctl status` is renewed where no watchdog asks for more.
STATUS_S: Final = 30.0

_OURS: Final = logging.getLogger("gphotosfs")


def log_level() -> LogLevel:
    """The least that is logged at the moment."""
    return LogLevel(logging.getLevelName(_OURS.getEffectiveLevel()).lower())


def set_log_level(level: LogLevel) -> None:
    """Log from this level on, from now on."""
    _OURS.setLevel(level.upper())
    log.info("log level is now %s", level)


def toggle_log_level(usual: LogLevel) -> None:
    """Log everything, or as little as usual if everything is logged already."""
    if log_level() is not LogLevel.DEBUG:
        set_log_level(LogLevel.DEBUG)
    else:
        set_log_level(LogLevel.INFO if usual is LogLevel.DEBUG else usual)


async def obey_signals(
    *, end: Callable[[], None], refresh: Callable[[], Awaitable[None]], usual_level: LogLevel
) -> None:
    """SIGTERM and SIGINT end the mount, SIGHUP refreshes it, SIGUSR1 switches debugging on and off."""
    had_terminal = os.isatty(2)
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
    with trio.open_signal_receiver(*numbers) as signals:
        async with trio.open_nursery() as nursery:
            async for number in signals:
                if number == signal.SIGUSR1:
                    toggle_log_level(usual_level)
                # A terminal that is closed sends it too, and then nobody is left to serve.
                elif number == signal.SIGHUP and os.isatty(2) == had_terminal:
                    nursery.start_soon(_refresh_quietly, refresh)
                else:
                    log.info("ending on %s", signal.Signals(number).name)
                    end()


async def report(
    manager: ServiceManager,
    self_test: Callable[[], Awaitable[object]],
    status: Callable[[], Awaitable[Mapping[str, Any]]],
) -> None:
    """Tell the manager how the mount is, and that it works for as long as the self-test succeeds."""
    # Test and rest take at most two thirds of what the watchdog allows.
    third_s = (manager.watchdog_s or 3 * STATUS_S) / 3
    while True:
        with trio.move_on_after(third_s):
            try:
                await self_test()
                manager.alive()
                manager.status(summary(await status()))
            except GPhotosError as exc:
                log.error("the self-test failed: %s", exc)
        await trio.sleep(third_s)


def summary(status: Mapping[str, Any]) -> str:
    """How the mount is, in one line."""
    google, items = status["google"], status["library"]["items"]
    trouble = google["sign_in_problem"] or ("offline" if google["is_offline"] else "")
    said = [f"{items:,} items"]
    if google["client_id"]:  # else there is no sign-in that a quota could be of
        said.append(f"{google['calls_left']:,} calls left today")
    return "; ".join([*said, trouble] if trouble else said)


async def _refresh_quietly(refresh: Callable[[], Awaitable[None]]) -> None:
    try:
        await refresh()
        log.info("refreshed on SIGHUP")
    except GPhotosError as exc:
        log.warning("the refresh that SIGHUP asked for failed: %s", exc)
