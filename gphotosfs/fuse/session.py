"""One mount: made, served, tuned, and taken away again."""

import contextlib
import ctypes
import errno
import logging
import os
import re
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pyfuse3
import trio

from gphotosfs import errors
from gphotosfs.fuse.operations import Operations

log = logging.getLogger(__name__)

# Idle workers that pyfuse3 keeps, and requests in work at most; each used one keeps a buffer of 1 MiB
# of address space. With the defaults, 1 and 99, tasks come and go all the time and the hundredth
# stalled request stops the mount.
MIN_TASKS: Final = 16
MAX_TASKS: Final = 512

# The kernel's slots for read-ahead, a mount; its own default, 12 and 9, lets twelve stalled reads
# stop everybody else's.
MAX_BACKGROUND: Final = 256
CONGESTION: Final = MAX_BACKGROUND * 3 // 4

READ_AHEAD_KB: Final = 1024

# From here on libfuse keeps options that begin with `x-` for the mount table of libmount, as root's
# mount(8) does (lib/mount.c, FUSE_OPT_KEY_OPT); an older one refuses the mount because of them.
KEEPS_X_OPTIONS: Final = (3, 17, 1)

# pyfuse3 reads /dev/fuse blocking, with the interpreter locked. If the kernel withdraws the request in
# between (its caller was killed), everything stands still until the next one; a signal ends that read.
BUSY_TICK_S: Final = 0.1
IDLE_TICK_S: Final = 1.0


class _Withdrawn(logging.Filter):
    """Drops what pyfuse3 says where the kernel has withdrawn a request before its answer came.

    That is how reads end whose reader was killed on a mount that is being taken away, and nothing
    that anybody could act on.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record goes on."""
        failed = isinstance(record.msg, str) and record.msg.endswith("fuse_reply_* failed with %s")
        return not (failed and record.args == (os.strerror(errno.ENOENT),))


logging.getLogger("pyfuse3").addFilter(_Withdrawn())


async def serve(
    operations: Operations, mountpoint: Path, options: set[str], ready: Callable[[], None]
) -> None:
    """Mount, call `ready` once the kernel talks to us, and return when the mount is gone.

    Must run in the main thread, since it sets a timer signal. Cancelling it ends the mount cleanly.

    Raises:
        MountError: the mount could not be made; the message has libfuse's own reason.
    """
    _mount(operations, mountpoint, options)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_keep_awake, operations)
            nursery.start_soon(_tune_when_mounted, operations, mountpoint, ready)
            # pyfuse3's own nursery is never cancelled: a handler that is must still answer.
            nursery.start_soon(_end_when_cancelled, operations)
            with trio.CancelScope(shield=True):
                await pyfuse3.main(min_tasks=MIN_TASKS, max_tasks=MAX_TASKS)
            nursery.cancel_scope.cancel()
    finally:
        pyfuse3.close(unmount=True)


def _mount(operations: Operations, mountpoint: Path, options: set[str]) -> None:
    if libfuse_version() < KEEPS_X_OPTIONS:
        options = {option for option in options if not option.startswith("x-")}
    with _captured_stderr() as said:
        try:
            pyfuse3.init(operations, str(mountpoint), options)
        except RuntimeError as exc:
            reason = said().strip().splitlines()
            text = "; ".join(reason) if reason else str(exc)
            raise errors.MountError(f"{mountpoint} could not be mounted: {text}") from exc


def libfuse_version() -> tuple[int, ...]:
    """The version of the libfuse that serves us, which need not be the one we were built with."""
    library = ctypes.CDLL(pyfuse3.__file__)  # a symbol is also looked for in what it links to
    library.fuse_pkgversion.restype = ctypes.c_char_p
    text: bytes = library.fuse_pkgversion()
    return tuple(int(part) for part in re.findall(rb"\d+", text)[:3])


@contextlib.contextmanager
def _captured_stderr() -> Iterator[Callable[[], str]]:
    """What C code writes to descriptor 2 meanwhile: libfuse says its reasons only there."""
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)

        def said() -> str:
            file.seek(0)
            return file.read().decode("utf-8", "replace")

        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)


async def _end_when_cancelled(operations: Operations) -> None:
    try:
        await trio.sleep_forever()
    finally:
        operations.requests.end_all()
        # Returns at once; main() then ends when the last handler has answered. After a plain unmount
        # main() has ended already, and this does nothing.
        with contextlib.suppress(RuntimeError, OSError):
            pyfuse3.terminate()


async def _keep_awake(operations: Operations) -> None:
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    served = -1
    try:
        while True:
            tick_s = IDLE_TICK_S if served == operations.requests.served else BUSY_TICK_S
            served = operations.requests.served
            signal.setitimer(signal.ITIMER_REAL, tick_s, tick_s)
            await trio.sleep(1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


async def _tune_when_mounted(
    operations: Operations, mountpoint: Path, ready: Callable[[], None]
) -> None:
    await operations.mounted.wait()
    _tune(mountpoint)
    ready()


def _tune(mountpoint: Path) -> None:
    """Raise what the kernel sets too low, as far as this user may."""
    device = device_number(mountpoint)
    if device is None:
        log.debug("the mount is not in the mount table; it stays as the kernel made it")
        return
    connection = Path(f"/sys/fs/fuse/connections/{device.split(':')[1]}")
    _write(connection / "max_background", MAX_BACKGROUND)
    _write(connection / "congestion_threshold", CONGESTION)
    _write(Path(f"/sys/class/bdi/{device}/read_ahead_kb"), READ_AHEAD_KB)


def device_number(mountpoint: Path) -> str | None:
    """MAJOR:MINOR of what is mounted there, from the mount table; None if nothing is.

    A `stat` of our own mount would wait for ourselves.
    """
    found = None
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines():
        fields = line.split(" ")
        # Octal escapes stand for blanks and backslashes (proc(5)).
        where = fields[4].encode("utf-8", "surrogateescape").decode("unicode_escape")
        if os.fsencode(mountpoint) == where.encode("latin-1"):
            found = fields[2]
    return found


def _write(path: Path, value: int) -> None:
    try:
        path.write_text(str(value))
    except OSError as exc:
        log.debug("%s stays as it is: %s", path, exc.strerror)
