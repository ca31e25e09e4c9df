"""Blocks, runs, and the map of which blocks of a blob are here. Pure arithmetic."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# A head read (type sniffers, EXIF readers) may cause 256 KiB to be fetched and no more, so that one
# block says all about it.
BLOCK_BYTES: Final = 256 * 1024

# As many blocks as SQLite's integer has bits: a row of the index is a run, 16 MiB.
RUN_BLOCKS: Final = 64
RUN_BYTES: Final = RUN_BLOCKS * BLOCK_BYTES

ABSENT: Final = 0
UNCHECKED: Final = 1
"""In the file since before this start; its checksum has not been looked at yet."""
GOOD: Final = 2
"""In the file, and right: written or checked since the start."""
IN_MEMORY: Final = 3
"""Held in memory, since the disk would not take it."""


def block_count(total_bytes: int) -> int:
    """How many blocks a blob of this length has."""
    return -(-total_bytes // BLOCK_BYTES)


def block_length(block: int, total_bytes: int) -> int:
    """The bytes of a block; only a blob's last one is shorter than the others."""
    return min(BLOCK_BYTES, total_bytes - block * BLOCK_BYTES)


def span(offset: int, end: int) -> tuple[int, int]:
    """The blocks, first and one behind the last, that hold the bytes from offset up to end."""
    return offset // BLOCK_BYTES, -(-end // BLOCK_BYTES)


def rounded_up(offset: int) -> int:
    """The next border of blocks at or behind an offset."""
    return -(-offset // BLOCK_BYTES) * BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the index: which of 64 neighbouring blocks are in the file, and their CRC32s."""

    number: int
    present: int
    """Bit i stands for block `number * 64 + i`; 0 to 2**64 - 1."""
    crcs: bytes
    """64 times four bytes, little-endian; those of absent blocks mean nothing."""


class BlockMap:
    """What is known of each block of one blob.

    One byte a block rather than one bit: `bytearray.count` answers "are these all good" in one call
    without making anything, and a 4 GiB video costs 16 KiB while it is open.
    """

    __slots__ = ("_crcs", "_states", "unsynced")

    def __init__(self) -> None:
        self._states = bytearray()
        self._crcs = array("I")
        self.unsynced: set[int] = set()
        """Blocks whose row in the index does not say yet what their state here says."""

    def all_good(self, first: int, last: int) -> bool:
        """Whether every block from first up to last (exclusive) can be read from the file as is."""
        return self._states.count(GOOD, first, last) == last - first

    def first_absent(self, first: int, last: int) -> int | None:
        """The first of these blocks that has to be fetched; None if there is none."""
        at = self._states.find(ABSENT, first, last)
        if at >= 0:
            return at
        return None if last <= len(self._states) else max(first, len(self._states))

    def next_here(self, block: int) -> int | None:
        """The first block at or behind this one that is not absent; None if there is none."""
        states = self._states
        return next((at for at in range(block, len(states)) if states[at] != ABSENT), None)

    def here(self) -> int:
        """How many blocks are not absent."""
        return len(self._states) - self._states.count(ABSENT)

    def state(self, block: int) -> int:
        """One of ABSENT, UNCHECKED, GOOD, IN_MEMORY."""
        return self._states[block] if block < len(self._states) else ABSENT

    def crc(self, block: int) -> int:
        """The checksum noted for a block in the file."""
        return self._crcs[block]

    def written(self, block: int, crc: int) -> None:
        """A block was written to the file in this process."""
        self._grow(block + 1)
        self._states[block] = GOOD
        self._crcs[block] = crc
        self.unsynced.add(block)

    def held(self, block: int) -> None:
        """A block is held in memory."""
        self._grow(block + 1)
        self._states[block] = IN_MEMORY

    def checked(self, blocks: Iterable[int]) -> None:
        """The checksums of these blocks were compared and are right."""
        for block in blocks:
            if self._states[block] == UNCHECKED:
                self._states[block] = GOOD

    def lost(self, block: int) -> None:
        """A block is no longer here: damaged, evicted, or dropped from memory."""
        if self._states[block] != IN_MEMORY:
            self.unsynced.add(block)
        self._states[block] = ABSENT

    def runs_here(self) -> list[int]:
        """The numbers of the runs of which at least one block is in the file."""
        return [
            number for number in range(-(-len(self._states) // RUN_BLOCKS)) if self._bits(number)
        ]

    def run(self, number: int) -> Run:
        """A row for the index as things stand now."""
        first = number * RUN_BLOCKS
        crcs = self._crcs[first : first + RUN_BLOCKS]
        crcs.extend([0] * (RUN_BLOCKS - len(crcs)))
        return Run(number, self._bits(number), crcs.tobytes())

    def load(self, run: Run) -> None:
        """Take over a row of the index; nothing in it has been checked yet."""
        first = run.number * RUN_BLOCKS
        self._grow(first + run.present.bit_length())
        crcs = array("I", run.crcs)
        for bit in range(run.present.bit_length()):
            if run.present >> bit & 1:
                self._states[first + bit] = UNCHECKED
                self._crcs[first + bit] = crcs[bit]

    def _bits(self, number: int) -> int:
        first = number * RUN_BLOCKS
        states = self._states[first : first + RUN_BLOCKS]
        return sum(1 << bit for bit, state in enumerate(states) if state in (UNCHECKED, GOOD))

    def _grow(self, blocks: int) -> None:
        missing = blocks - len(self._states)
        if missing > 0:
            self._states.extend(bytes(missing))
            self._crcs.extend([0] * missing)
