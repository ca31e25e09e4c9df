"""Writes zips as Takeout does, and as an attacker would: every field can be wrong.

Written from APPNOTE 6.3.10; Python's `zipfile` refuses much of what must be tried.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

UTF8, ENCRYPTED, DESCRIPTOR = 1 << 11, 1 << 0, 1 << 3
REGULAR, LINK = 0o100644, 0o120777


@dataclass(kw_only=True)
class Entry:
    """What the central directory says of a member."""

    name: bytes
    crc: int
    packed_bytes: int
    size_bytes: int
    offset: int
    deflated: bool = False
    flags: int = UTF8
    mode: int = REGULAR
    extra: bytes = b""


class ZipWriter:
    """A zip that is being written. `zip64` writes the large form of everything, whatever the size."""

    def __init__(self, file: BinaryIO, *, zip64: bool = False, descriptors: bool = False) -> None:
        self._file = file
        self._zip64 = zip64
        self._descriptors = descriptors
        self.entries: list[Entry] = []

    def add(
        self, name: str | bytes, data: bytes, *, deflated: bool = False, flags: int = UTF8
    ) -> Entry:
        """Write a member; its entry may be changed until `close`."""
        raw = name if isinstance(name, bytes) else name.encode()
        packed = data
        if deflated:
            packing = zlib.compressobj(wbits=-15)
            packed = packing.compress(data) + packing.flush()
        flags |= DESCRIPTOR if self._descriptors else 0
        entry = Entry(
            name=raw,
            crc=zlib.crc32(data),
            packed_bytes=len(packed),
            size_bytes=len(data),
            offset=self._file.tell(),
            deflated=deflated,
            flags=flags,
        )
        known = (0, 0, 0) if self._descriptors else (entry.crc, len(packed), len(data))
        # A local header's extra field is another one than the directory's, and of another length.
        extra = b"UT\x05\x00\x01\x00\x00\x00\x00"
        self._file.write(
            struct.pack(
                "<4s5H3L2H", b"PK\x03\x04", 20, flags, 8 * deflated, 0, 0x21, *known, len(raw), len(extra)
            )
            + raw + extra + packed
        )  # fmt: skip
        if self._descriptors:
            self._file.write(struct.pack("<4s3L", b"PK\x07\x08", entry.crc, len(packed), len(data)))
        self.entries.append(entry)
        return entry

    def close(self) -> None:
        """Write the central directory."""
        start = self._file.tell()
        for entry in self.entries:
            self._file.write(self._central(entry))
        length, count = self._file.tell() - start, len(self.entries)
        if self._zip64 or count >= 0xFFFF:
            at = self._file.tell()
            self._file.write(
                struct.pack(
                    "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, start
                )
                + struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
            )
            count, length, start = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
        self._file.write(
            struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, length, start, 0)
        )

    def _central(self, entry: Entry) -> bytes:
        sizes = (entry.packed_bytes, entry.size_bytes, entry.offset)
        extra = entry.extra
        if self._zip64:
            extra += struct.pack("<2H3Q", 1, 24, entry.size_bytes, entry.packed_bytes, entry.offset)
            sizes = (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        packed, size, offset = sizes
        return (
            struct.pack(
                "<4s6H3L5H2L", b"PK\x01\x02", 0x031E, 20, entry.flags, 8 * entry.deflated, 0, 0x21,
                entry.crc, packed, size, len(entry.name), len(extra), 0, 0, 0, entry.mode << 16, offset,
            ) + entry.name + extra
        )  # fmt: skip
