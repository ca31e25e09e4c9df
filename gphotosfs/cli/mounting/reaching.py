"""Asking a profile's writer; where there is none, a command is it meanwhile."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from gphotosfs.cli.mounting.checks import check_signed_in
from gphotosfs.cli.mounting.logs import log_to
from gphotosfs.config import Profile, read_config_file, settings_from
from gphotosfs.control import ProfileLock
from gphotosfs.control.client import Client, connect

T = TypeVar("T")


def reached(
    profile: Profile, ask: Callable[[Client], Awaitable[T]], *, may_be_signed_out: bool = False
) -> T:
    """What an async function makes of a connection to the profile's writer.

    `may_be_signed_out` says that what is asked for needs no Google.

    Raises:
        GPhotosError: the profile can't be served, or what was asked for failed.
    """
    from gphotosfs.app import reach, run_loop

    settings = settings_from(read_config_file(profile.config_path), {})
    # A daemon may have a sign-in that is not to be seen here, handed over by systemd.
    if not may_be_signed_out and not _has_writer(profile):
        check_signed_in(profile)
    profile.make_dirs()
    log_to(settings.log_file or profile.log_path, settings.log_level)

    async def asked() -> T:
        async with reach(profile, settings, may_be_signed_out=may_be_signed_out) as client:
            return await ask(client)

    return run_loop(asked)


def _has_writer(profile: Profile) -> bool:
    if not profile.lock_path.exists():
        return False
    lock = ProfileLock.try_acquire(profile.lock_path)
    if lock is not None:
        lock.release()
    return lock is None


def reached_at(control_path: Path, ask: Callable[[Client], Awaitable[T]]) -> T:
    """The same for the writer that answers at a socket.

    Raises:
        NotMountedError: nobody does.
        GPhotosError: what was asked for failed.
    """
    from gphotosfs.app import run_loop

    async def asked() -> T:
        async with connect(control_path) as client:
            return await ask(client)

    return run_loop(asked)
