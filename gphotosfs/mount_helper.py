"""The program `mount.gphotosfs`, which mount(8) runs for `mount -t gphotosfs SOURCE DIRECTORY`.

How it is called, and what its exit codes mean, is in mount(8), EXTERNAL HELPERS and EXIT STATUS.
"""

import ctypes
import getopt
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gphotosfs.app import run
from gphotosfs.cli.mount import check_mountable, mount_and_serve, mount_request
from gphotosfs.cli.mounting.identity import owner_of
from gphotosfs.cli.telling.streams import open_standard_streams
from gphotosfs.config import MountOptions, MountRequest, parse_mount_options, parse_source
from gphotosfs.errors import ConfigError, GPhotosError, InternalError, MountError

USAGE: Final = (
    "usage: mount.gphotosfs SOURCE DIRECTORY [-sfnvrw] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]"
)

# mount(8), EXIT STATUS.
WRONG_USAGE: Final = 1
SYSTEM_ERROR: Final = 2
INTERNAL_BUG: Final = 4
INTERRUPTED: Final = 8
MOUNT_FAILURE: Final = 32

_CLONE_NEWNS: Final = 0x00020000  # sched.h


@dataclass(frozen=True, slots=True)
class Call:
    """What mount(8) asks for."""

    source: str
    mountpoint: str
    options: MountOptions
    fake: bool
    """-f: all but the mount itself."""
    verbose: bool
    namespace: str | None
    """-N: the mount namespace to mount in. mount(8) has not gone there (seen with 2.38)."""


def main() -> None:
    """Mount, and return when the mount is usable."""
    open_standard_streams()
    if {"-h", "--help"} & set(sys.argv[1:]):
        sys.stdout.write(f"{USAGE}\nWhat can stand behind -o: gphotosfs mount --help\n")
        sys.exit(0)
    try:
        code = mounted(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def mounted(arguments: Sequence[str]) -> int:
    """Mount as the arguments say; returns the exit code, after a line that says what is wrong."""
    try:
        call = parse(arguments)
        if call.namespace is not None:
            enter(call.namespace)
        request = mount_request(call.source, call.mountpoint, as_whom(call))
        if call.fake:
            check_mountable(request)
        else:
            mount_and_serve(request, run)
    except ConfigError as exc:
        return told(exc, WRONG_USAGE)
    except InternalError as exc:
        return told(exc, INTERNAL_BUG)
    except GPhotosError as exc:
        return told(exc, MOUNT_FAILURE)
    except OSError as exc:  # no memory, no process, no descriptor left
        return told(exc, SYSTEM_ERROR)
    if call.verbose:
        say(success(call, request))
    return 0


def parse(arguments: Sequence[str]) -> Call:
    """The arguments, in whatever order they come.

    Raises:
        ConfigError: they are not what mount(8) gives to a helper.
    """
    try:
        given, rest = getopt.gnu_getopt(list(arguments), "sfnvrwN:o:t:")
    except getopt.GetoptError as exc:
        raise ConfigError(f"{exc}; {USAGE}") from exc
    if len(rest) != 2:
        raise ConfigError(USAGE)
    values = dict(given)
    kind = values.get("-t", "gphotosfs").removeprefix("fuse.")
    if kind != "gphotosfs":
        raise ConfigError(f"the type {kind!r} is not ours; {USAGE}")
    return Call(
        # mount(8) makes an absolute path of a source that is called like a file in the current folder.
        source=Path(rest[0]).name if rest[0].startswith("/") else rest[0],
        mountpoint=rest[1],
        options=parse_mount_options(
            ",".join(value for name, value in given if name == "-o"), tolerant="-s" in values
        ),
        fake="-f" in values,
        verbose="-v" in values,
        namespace=values.get("-N"),
    )


def as_whom(call: Call) -> MountOptions:
    """The options, with `run_as` named where root has started this."""
    if os.geteuid() != 0 or "run_as" in call.options.given:
        return call.options
    name, _ = parse_source(call.source)
    owner = owner_of(name, Path(call.mountpoint))
    return replace(call.options, given=call.options.given | {"run_as": str(owner)})


def enter(namespace: str) -> None:
    """Go on in another mount namespace.

    Raises:
        MountError: that is not possible.
    """
    try:
        descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as exc:
        raise MountError(f"the namespace {namespace} can't be opened: {exc.strerror}") from exc
    # os.setns() came with Python 3.12.
    libc = ctypes.CDLL(None, use_errno=True)
    failed = libc.setns(descriptor, _CLONE_NEWNS)
    os.close(descriptor)
    if failed:
        why = os.strerror(ctypes.get_errno())
        raise MountError(f"the namespace {namespace} can't be entered: {why}")


def success(call: Call, request: MountRequest) -> str:
    """What -v says when all went well."""
    done = "could be mounted" if call.fake else "mounted"
    return f"{call.source} {done} at {request.mountpoint} as uid {os.geteuid()}"


def told(exc: Exception, code: int) -> int:
    """Say the reason in one line; mount(8) prints none of its own."""
    say(str(exc))
    return code


def say(text: str) -> None:
    """Print one line for whoever called mount(8)."""
    sys.stderr.write(f"mount.gphotosfs: {' '.join(text.split())}\n")


if __name__ == "__main__":
    main()
