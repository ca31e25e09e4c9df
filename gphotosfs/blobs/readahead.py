"""How far to read ahead, and which stream to join: decisions without waiting.

The knobs and where they come from: mountpoint-s3 (one open-ended request, a window that doubles
when a reader has to wait), rclone (streams joined from a little ahead, closed after 5 s idle),
JuiceFS (two streams a file: head and tail), gcsfuse (step aside for random readers).
"""

from dataclasses import dataclass
from typing import Final

from gphotosfs.blobs.blocks import BLOCK_BYTES, rounded_up

MIB: Final = 1024 * 1024

# Once a reader goes on: 1 MiB, and room for the kernel's first read-ahead (mountpoint-s3).
FIRST_WINDOW_BYTES: Final = MIB + 128 * 1024
# Smaller than mountpoint-s3's 2 GiB, for we write to disk at Python's speed.
WINDOW_MAX_BYTES: Final = 64 * MIB
CROWDED_WINDOW_MAX_BYTES: Final = 32 * MIB
CROWD_CURSORS: Final = 4
# The window of a blob that can't be written to disk: its blocks share 64 MiB with others like it.
MEMORY_WINDOW_MAX_BYTES: Final = 4 * MIB

# A photo of which more than the head is wanted comes whole: its request is paid for already.
WHOLE_MAX_BYTES: Final = 64 * MIB

# Reading on over 8 MiB, or over what comes in 200 ms if that is more, beats a new round trip.
FORWARD_BYTES: Final = 8 * MIB
FORWARD_S: Final = 0.2

# Head and tail; a third drops the one that has been idle longest.
CURSORS_PER_BLOB: Final = 2
# So many streams in a row that served a single read each make a reader random.
RANDOM_AFTER: Final = 3
# The last MiB comes in one go: players and archive readers look for their index there.
TAIL_BYTES: Final = MIB
# What is left is fetched to its end, even if all readers have gone, if it is no more than this.
FINISH_BYTES: Final = 2 * MIB


@dataclass(frozen=True, slots=True)
class Plan:
    """A request to be made: bytes from `start`, wanted for now up to `window_end`."""

    start: int
    end: int | None
    """Where the requested range ends (exclusive); None asks for everything to the blob's end."""
    window_end: int
    whole: bool
    """Read on to the end without waiting for readers, if the blob is small enough."""

    @property
    def explores(self) -> bool:
        """Whether it asks for more than is wanted yet, behind a seek."""
        return self.start > 0 and (self.end is None or self.window_end < self.end)


@dataclass(frozen=True, slots=True)
class Wish:
    """A read that can't be served from what is here: the bytes from `at` up to `end`."""

    offset: int
    """Where the read began; the bytes from there up to `at` are here."""
    at: int
    """A border of blocks: the first block that is missing."""
    end: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What a plan depends on beside the wish."""

    total_bytes: int | None
    is_video: bool
    walking: bool = False
    """The reader is going through a folder, file by file."""
    random: bool = False
    """The readers of this blob jump about."""
    no_ranges: bool = False
    """The server is known to send everything from 0, whatever is asked for."""


def plan(wish: Wish, shape: Shape, gap_end: int | None) -> Plan:
    """The request for a wish that no open stream will fulfil.

    `gap_end` is where the next byte stands that is here or on its way (None: nothing behind the
    wish is), so that nothing is requested twice.
    """
    total = shape.total_bytes
    if shape.no_ranges:
        return Plan(0, None, rounded_up(wish.end), whole=False)
    if shape.walking or (total is not None and total <= BLOCK_BYTES):
        return Plan(wish.at, gap_end, rounded_up(wish.end), whole=True)
    if wish.at == 0 and wish.end <= BLOCK_BYTES:
        # Bounded, so that a sniffer costs one block and its connection can be used again.
        return Plan(0, BLOCK_BYTES, BLOCK_BYTES, whole=False)
    if shape.random:
        return Plan(wish.at, _nearest(gap_end, rounded_up(wish.end)), rounded_up(wish.end), False)
    # A read that only just crosses the head's border may be the kernel's read-ahead and no wish of
    # the program: it gets what it needs, and the next one shows.
    crosses_head = wish.offset < BLOCK_BYTES and wish.end <= 2 * BLOCK_BYTES
    whole = (not shape.is_video and not crosses_head) or (
        total is not None and wish.at >= total - TAIL_BYTES
    )
    goes_on = wish.at == BLOCK_BYTES and not crosses_head
    window_end = wish.at + FIRST_WINDOW_BYTES if goes_on else wish.end
    return Plan(wish.at, gap_end, rounded_up(max(window_end, wish.end)), whole)


def _nearest(gap_end: int | None, end: int) -> int:
    return end if gap_end is None else min(gap_end, end)


def window_max(cursors: int, limit_bytes: int) -> int:
    """The largest window while so many cursors are open, in a cache of this size.

    What is ahead of a reader must not push out what is ahead of it.
    """
    most = WINDOW_MAX_BYTES if cursors <= CROWD_CURSORS else CROWDED_WINDOW_MAX_BYTES
    return max(min(most, limit_bytes // 4), FIRST_WINDOW_BYTES)


def grown(window_bytes: int, most: int) -> int:
    """The window after a reader had to wait."""
    return min(max(window_bytes * 2, FIRST_WINDOW_BYTES), most)


def reaches(position: int, window_end: int, at: int, bytes_per_s: float) -> bool:
    """Whether waiting for a stream at `position` is better than a new request for `at`."""
    forward = max(FORWARD_BYTES, int(bytes_per_s * FORWARD_S))
    return position <= at <= max(window_end - 1, position + forward)


def worth_finishing(left_bytes: int, is_video: bool, here_bytes: int, total_bytes: int) -> bool:
    """Whether a stream that nobody waits for any more should go on to its end."""
    over_half = not is_video and here_bytes * 2 >= total_bytes
    return left_bytes > 0 and (left_bytes <= FINISH_BYTES or over_half)
