"""What a program does on a mount, timed. Runs in a process of its own: `python -m bench.trips`.

It reads one job from stdin, `{"trip": NAME, "limit_s": …, …}`, and writes one result. A trip looks at
its limit between two steps; whoever started it ends it where a single step hangs.
"""

import ctypes
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

HEAD_BYTES: Final = 64 * 1024
PIECE_BYTES: Final = 1024 * 1024
PAGE_BYTES: Final = 4096


@dataclass
class Outcome:
    """What a trip took, and how far it came."""

    seconds: float
    done: int = 0
    """Entries seen, files read, or pieces read."""
    expected: int | None = None
    first_s: float | None = None
    """Until the first entry of a directory was there."""
    bytes_read: int = 0
    wrong: str = ""
    """What a program got that was not as it should be."""

    @property
    def gave_up(self) -> bool:
        """Whether the limit came before the end."""
        return self.expected is not None and self.done < self.expected and not self.wrong


class _Clock:
    def __init__(self, limit_s: float) -> None:
        self._started_s = time.perf_counter()
        self._limit_s = limit_s

    def __call__(self) -> float:
        return time.perf_counter() - self._started_s

    def is_over(self) -> bool:
        return self() > self._limit_s

    def left_s(self) -> float:
        return max(0.1, self._limit_s - self())


def list_names(clock: _Clock, path: str, expected: int) -> Outcome:
    """Read a directory as `ls -U` does: the first name, and all of them."""
    first_s, count = None, 0
    with os.scandir(path) as entries:
        for _ in entries:
            if first_s is None:
                first_s = clock()
            count += 1
    wrong = "" if count == expected else f"{count} names instead of {expected}"
    return Outcome(clock(), count, expected, first_s, wrong=wrong)


def list_by_pages(clock: _Clock, path: str, expected: int) -> Outcome:
    """The same with a buffer of 4 KiB, so that the kernel asks as older ones do for every program.

    Linux 6.1 asks a FUSE file system for one page of a directory at a time (fs/fuse/readdir.c).
    """
    libc, buffer, count = ctypes.CDLL(None), ctypes.create_string_buffer(PAGE_BYTES), 0
    descriptor = os.open(path, os.O_RDONLY)
    try:
        while (size := libc.getdents64(descriptor, buffer, PAGE_BYTES)) > 0 and not clock.is_over():
            content, at = buffer.raw[:size], 0
            while at < size:  # struct dirent64: inode, offset, length, type, name
                (length,) = struct.unpack_from("H", content, at + 16)
                at, count = at + length, count + 1
    finally:
        os.close(descriptor)
    return Outcome(clock(), max(0, count - 2), expected)  # without "." and ".."


def list_long(clock: _Clock, path: str, expected: int) -> Outcome:
    """`ls -l`."""
    lines = _lines(clock, "ls", "-l", path)
    count = None if lines is None else lines - 1  # the first line is the total
    return Outcome(clock(), count or 0, expected)


def find(clock: _Clock, path: str) -> Outcome:
    """`find`, through everything below."""
    lines = _lines(clock, "find", path)
    return Outcome(clock(), lines or 0, None if lines is not None else 1 << 60)


def look_up(clock: _Clock, path: str) -> Outcome:
    """The `stat` of one name."""
    Path(path).stat()
    return Outcome(clock(), 1, 1)


def read_heads(clock: _Clock, files: list[tuple[str, int]]) -> Outcome:
    """Open each file and read its first 64 KiB, as what draws thumbnails does."""
    found = Outcome(0.0, expected=len(files))
    for path, size in files:
        if clock.is_over():
            break
        with Path(path).open("rb", buffering=0) as file:
            count = len(file.read(HEAD_BYTES))
        _count(found, count, min(size, HEAD_BYTES))
    found.seconds = clock()
    return found


def read_whole(clock: _Clock, files: list[tuple[str, int]], readers: int = 1) -> Outcome:
    """Read files from beginning to end, by one or several readers."""
    found = Outcome(0.0, expected=len(files))

    def read(path_and_size: tuple[str, int]) -> int | None:
        return None if clock.is_over() else _read_all(path_and_size[0], clock)

    with ThreadPoolExecutor(readers) as pool:
        for (_, size), count in zip(files, pool.map(read, files), strict=True):
            if count is not None:
                _count(found, count, size)
    found.seconds = clock()
    return found


def read_pieces(clock: _Clock, path: str, offsets: list[int], size: int) -> Outcome:
    """Open a file and read 64 KiB at each of these offsets."""
    found = Outcome(0.0, expected=len(offsets))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        for offset in offsets:
            if clock.is_over():
                break
            count = len(os.pread(descriptor, HEAD_BYTES, offset))
            _count(found, count, min(HEAD_BYTES, size - offset))
    finally:
        os.close(descriptor)
    found.seconds = clock()
    return found


TRIPS: Final[dict[str, Callable[..., Outcome]]] = {
    trip.__name__: trip
    for trip in (
        list_names,
        list_by_pages,
        list_long,
        find,
        look_up,
        read_heads,
        read_whole,
        read_pieces,
    )
}


def _lines(clock: _Clock, *command: str) -> int | None:
    """How many lines a program wrote; None if the limit came first."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={"LC_ALL": "C"}) as process:
        try:
            output, _ = process.communicate(timeout=clock.left_s())
        except subprocess.TimeoutExpired:
            process.kill()
            return None
    if process.returncode != 0:
        raise OSError(f"{command[0]} ended with {process.returncode}")
    return output.count(b"\n")


def _read_all(path: str, clock: _Clock) -> int:
    count = 0
    with Path(path).open("rb", buffering=0) as file:
        while piece := file.read(PIECE_BYTES):
            count += len(piece)
            if clock.is_over():
                break
    return count


def _count(found: Outcome, count: int, expected: int) -> None:
    found.bytes_read += count
    if count == expected:
        found.done += 1
    else:
        found.wrong = f"{count} bytes instead of {expected}"


def run(job: dict[str, Any]) -> Outcome:
    """Do what a job says."""
    trip = TRIPS[job.pop("trip")]
    clock = _Clock(job.pop("limit_s"))
    try:
        return trip(clock, **job)
    except OSError as exc:
        return Outcome(clock(), wrong=exc.strerror or str(exc))


def drop_from_page_cache(paths: Iterable[str]) -> None:
    """Let the kernel forget the pages of these files, as far as nobody uses them."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


if __name__ == "__main__":
    json.dump(asdict(run(json.load(sys.stdin))), sys.stdout)
