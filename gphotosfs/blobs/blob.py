"""One version of a media item's bytes while somebody uses it."""

from dataclasses import dataclass, field

import trio

from gphotosfs.blobs.blocks import BLOCK_BYTES, RUN_BYTES, BlockMap, span
from gphotosfs.blobs.cursor import Cursor
from gphotosfs.blobs.files import BlobFile
from gphotosfs.blobs.readahead import RANDOM_AFTER, Shape
from gphotosfs.model import BlobKey


@dataclass(eq=False, slots=True)
class Blob:
    """What is known of it, and who uses it. Blocks of two versions never meet in one."""

    key: BlobKey
    row_id: int
    name: str
    """Of its file: 32 hex digits drawn at random, so that no old file is ever taken for it."""
    file: BlobFile
    total_bytes: int | None
    is_video: bool
    stored_s: float
    used_s: float
    uses: int = 1
    allocated_bytes: int = 0
    blocks: BlockMap = field(default_factory=BlockMap)
    in_memory: dict[int, bytes] = field(default_factory=dict)
    on_disk: bool = True
    """False once the disk refused a block: new ones are held in memory."""
    detached: bool = False
    """No longer in the index: whoever has it open goes on, nobody opens it again."""
    stale: bool = False
    """Google has another version: what is here can be read, nothing more can be fetched."""
    no_ranges: bool = False
    """The server sends everything from 0, whatever is asked for."""
    touched: bool = False
    """The index does not know its last use yet."""
    readers: int = 0
    busy: int = 0
    """Threads that read its file."""
    losses: int = 0
    """How many times blocks were taken away: a read that overlapped with one looks again."""
    last_offset: int = 0
    wasted: int = 0
    """How many streams in a row served a single read only."""
    cursors: list[Cursor] = field(default_factory=list)
    writing: trio.Lock = field(default_factory=trio.Lock)
    """Held while blocks are written, and while holes are made."""

    @property
    def in_use(self) -> bool:
        """Whether it has to stay in memory."""
        return bool(self.readers or self.busy or self.cursors)

    @property
    def is_random(self) -> bool:
        """Whether its readers jump about."""
        return self.wasted >= RANDOM_AFTER

    def shape(self, *, walking: bool) -> Shape:
        """What a plan depends on."""
        return Shape(
            total_bytes=self.total_bytes,
            is_video=self.is_video,
            walking=walking,
            random=self.is_random,
            no_ranges=self.no_ranges,
        )

    def at_hand(self, buffer: memoryview, offset: int, size: int) -> memoryview | None:
        """These bytes, in the buffer, if they are known to be right and in the page cache."""
        if not self.blocks.all_good(*span(offset, offset + size)):
            return None
        part = buffer[:size]
        if len(part) == size and self.file.read_nowait(part, offset) == size:
            return part
        return None

    def gap_end(self, at: int) -> int | None:
        """Where the next byte behind `at` stands that is here or that a cursor will bring."""
        here = self.blocks.next_here(at // BLOCK_BYTES)
        borders = [cursor.position for cursor in self.cursors if cursor.position > at]
        if here is not None:
            borders.append(here * BLOCK_BYTES)
        return min(borders, default=None)

    def runs_in_use(self) -> set[int]:
        """Runs that readers and cursors are in, which eviction leaves alone."""
        near = {self.last_offset // RUN_BYTES, self.last_offset // RUN_BYTES + 1}
        for cursor in self.cursors:
            near.update((cursor.position // RUN_BYTES, cursor.position // RUN_BYTES - 1))
        return near
