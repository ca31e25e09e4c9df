"""Serving a mount, in the foreground or with the shell's prompt back once it is usable."""

import fcntl
import json
import logging
import os
import selectors
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, NoReturn

from gphotosfs.cli.mounting.logs import log_to
from gphotosfs.config import MountRequest
from gphotosfs.control import MountRecord, frames, mounted_at, socket_of
from gphotosfs.errors import GPhotosError, InternalError, MountError

log = logging.getLogger(__name__)

Serve = Callable[[MountRequest, Callable[[], None]], None]
"""Mounts, calls back once the mount is usable, and returns when it is unmounted.

Raises a GPhotosError if it can't be mounted.
"""

_READY: Final = b"{}"


def serve_in_foreground(request: MountRequest, serve: Serve) -> None:
    """Serve until it is unmounted, and log to stderr.

    Raises:
        GPhotosError: it can't be mounted.
    """
    log_to(request.settings.log_file, request.settings.log_level)
    _serve_recorded(request, serve, lambda: log.info("mounted at %s", request.mountpoint))


def serve_in_background(request: MountRequest, serve: Serve) -> None:
    """Serve from a process of its own; returns once the mount is usable.

    Call it before there are threads or an event loop: it forks.

    Raises:
        GPhotosError: it can't be mounted; what libfuse wrote to stderr is in the message.
    """
    status_from, status_to = os.pipe()
    stderr_from, stderr_to = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(status_from)
        os.close(stderr_from)
        _be_the_daemon(request, serve, status_to, stderr_to)
    os.close(status_to)
    os.close(stderr_to)
    try:
        status, stderr = _wait(status_from, stderr_from)
    except KeyboardInterrupt:
        os.kill(child, signal.SIGTERM)  # it is a session of its own, so Ctrl-C did not reach it
        raise
    finally:
        os.close(status_from)
        os.close(stderr_from)
    if status != _READY:
        raise _failure(status, stderr)


def _wait(status_from: int, stderr_from: int) -> tuple[bytes, str]:
    """What the daemon reported before it closed its end, and all that was written to stderr."""
    received = {status_from: b"", stderr_from: b""}
    with selectors.DefaultSelector() as selector:
        for descriptor in received:
            selector.register(descriptor, selectors.EVENT_READ)
        while status_from in selector.get_map():
            # stderr first: what is there when the status ends belongs to the message.
            for key, _ in sorted(selector.select(), key=lambda ready: ready[0].fd == status_from):
                part = os.read(key.fd, 1 << 16)
                received[key.fd] += part
                if not part:
                    selector.unregister(key.fd)
    return received[status_from], received[stderr_from].decode(errors="replace")


def _failure(status: bytes, stderr: str) -> GPhotosError:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    if not status:
        return InternalError(
            f"the daemon ended before it was ready: {lines[-1:] or 'no reason given'}"
        )
    error = frames.unpack_error(json.loads(status))
    if isinstance(error, MountError) and lines:
        return MountError(f"{error} ({'; '.join(lines)})")
    return error


def _be_the_daemon(request: MountRequest, serve: Serve, status_to: int, stderr_to: int) -> NoReturn:
    """What the forked process does. It leaves without the clean-up that is its parent's."""
    code = 1
    reported = False

    def report(status: bytes) -> None:
        nonlocal reported
        reported = True
        with suppress(BrokenPipeError):  # who started it has been interrupted
            os.write(status_to, status)
        os.close(status_to)

    def ready() -> None:
        # Only now: libfuse tells its reasons to stderr alone.
        _redirect(2, os.devnull)
        log.info("mounted at %s", request.mountpoint)
        report(_READY)

    try:
        os.setsid()
        os.chdir("/")
        # At once: fusermount3 stays for `auto_unmount` and would hold a caller's pipe open.
        _redirect(0, os.devnull)
        _redirect(1, os.devnull)
        os.dup2(stderr_to, 2)
        os.close(stderr_to)
        settings = request.settings
        log_to(settings.log_file or request.profile.log_path, settings.log_level)
        _serve_recorded(request, serve, ready)
        code = 0
    except GPhotosError as exc:
        if not reported:
            report(_status_of(exc))
        log.error("%s", exc)
    except Exception as exc:
        # A bug of ours; there is no other place to which it could be told.
        if not reported:
            report(_status_of(InternalError(f"{exc!r}; see {request.profile.log_path}")))
        log.exception("bug in the daemon")
    finally:
        logging.shutdown()
        os._exit(code)


def _status_of(error: GPhotosError) -> bytes:
    return json.dumps(frames.error_header(error)).encode()


def _redirect(descriptor: int, path: str) -> None:
    opened = os.open(path, os.O_RDWR)
    os.dup2(opened, descriptor)
    os.close(opened)


def _serve_recorded(request: MountRequest, serve: Serve, ready: Callable[[], None]) -> None:
    """Serve, and leave a record for other commands while it is mounted."""
    written: list[Path] = []

    def usable() -> None:
        record = MountRecord(
            mountpoint=str(request.mountpoint),
            root=request.path,
            profile=request.profile.name,
            control_path=str(socket_of(request.profile)),  # by now somebody listens
            pid=os.getpid(),
        )
        try:
            written.append(record.write(request.profile.folders))
        except OSError as exc:
            log.warning("commands may not find this mount: its record can't be written: %s", exc)
        claim.close()
        ready()

    with ExitStack() as claim:
        _claim(request.mountpoint, claim)
        try:
            serve(request, usable)
        finally:
            for path in written:
                path.unlink(missing_ok=True)


def _claim(mountpoint: Path, until: ExitStack) -> None:
    """Wait until nobody else is mounting there: two mounts would lie one on top of the other.

    Raises:
        MountError: somebody else has mounted there since it was looked at, or it is gone.
    """
    try:
        folder = os.open(mountpoint, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as exc:
        raise MountError(f"{mountpoint} can't be opened: {exc.strerror}") from exc
    until.callback(os.close, folder)
    with suppress(OSError):  # a file system that knows no locks
        fcntl.flock(folder, fcntl.LOCK_EX)
    if (mounted := mounted_at(mountpoint)) is not None:
        raise MountError(f"{mountpoint} is already a mount point, of {mounted.source}")
