"""The central directory of a zip, read without touching the members.

Written from APPNOTE 6.3.10 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT). Python's
`zipfile` keeps an object of 25 fields a member, cuts names at NUL, and knows nothing of overlaps.
"""

import stat
import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from gphotosfs.errors import ArchiveError
from gphotosfs.takeout.members import Member, Notices, Packing

_END: Final = struct.Struct("<4s4H2LH")  # 4.3.16
_END64_LOCATOR: Final = struct.Struct("<4sLQL")  # 4.3.15
_END64: Final = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")  # 4.3.12
LOCAL: Final = struct.Struct("<4s5H3L2H")  # 4.3.7
_COMMENT_MAX: Final = 0xFFFF
_CHUNK_BYTES: Final = 1 << 20
_ENCRYPTED, _UTF8 = 1 << 0, 1 << 11
_METHODS: Final = {0: Packing.STORED, 8: Packing.DEFLATED}
_HAS_UNIX_MODE: Final = 3

# https://zlib.net/zlib_tech.html: deflate can't shrink anything by more than 1032:1.
DEFLATE_RATIO_MAX: Final = 1032


class Directory(NamedTuple):
    """A central directory: where it begins, how long it is, and how many members it promises."""

    start: int
    size_bytes: int
    entries: int


def members(file: BinaryIO, name: str, number: int, notices: Notices) -> Iterator[Member]:
    """The members whose bytes can be had, in the order in which they lie in the archive.

    What is left out is noted, by cause.

    Raises:
        ArchiveError: it is no whole zip.
    """
    directory = find(file, name)
    before = -1, 0
    for member in sorted(_entries(file, directory, name, number, notices), key=_offset):
        # Two members that share bytes are how a small zip unpacks to petabytes
        # (https://www.bamsoftware.com/hacks/zipbomb/).
        if member.offset < before[1] or _least_end(member) > directory.start:
            notices.note(name, "a member overlaps with another and is left out", member.path)
            continue
        before = member.offset, _least_end(member)
        yield member


def _offset(member: Member) -> int:
    return member.offset


def _least_end(member: Member) -> int:
    """Where a member's bytes end at the least: its local header may have more extra fields."""
    return member.offset + LOCAL.size + member.packed_bytes


def find(file: BinaryIO, name: str) -> Directory:
    """Where the central directory is.

    Raises:
        ArchiveError: there is none.
    """
    size_bytes = file.seek(0, 2)
    tail_start = max(0, size_bytes - _END.size - _COMMENT_MAX)
    file.seek(tail_start)
    tail = file.read()
    at = len(tail)
    while (at := tail.rfind(b"PK\x05\x06", 0, at)) >= 0:
        # The comment behind it may hold the same four bytes.
        if (
            len(tail) >= at + _END.size
            and _END.unpack_from(tail, at)[-1] == len(tail) - at - _END.size
        ):
            break
    else:
        raise ArchiveError(f"{name} has no directory at its end: it is cut off, or no zip")
    _, _, _, _, entries, length, start, _ = _END.unpack_from(tail, at)
    end_at = tail_start + at
    if entries == 0xFFFF or 0xFFFFFFFF in {length, start}:
        file.seek(max(0, end_at - _END64_LOCATOR.size))
        located = file.read(_END64_LOCATOR.size)
        if located[:4] == b"PK\x06\x07" and len(located) == _END64_LOCATOR.size:
            file.seek(min(_END64_LOCATOR.unpack(located)[2], size_bytes))
            found = file.read(_END64.size)
            if found[:4] != b"PK\x06\x06" or len(found) < _END64.size:
                raise ArchiveError(f"{name} has a damaged directory")
            _, _, _, _, _, _, _, entries, length, start = _END64.unpack(found)
            end_at = file.tell() - _END64.size
    if start + length > end_at:
        raise ArchiveError(f"{name} has a damaged directory: it does not fit into the file")
    return Directory(start, length, entries)


def _entries(
    file: BinaryIO, directory: Directory, name: str, number: int, notices: Notices
) -> Iterator[Member]:
    file.seek(directory.start)
    left, buffer, at, found = directory.size_bytes, b"", 0, 0
    while True:
        if len(buffer) - at < _ENTRY.size + 3 * 0xFFFF and left:
            more = file.read(min(_CHUNK_BYTES, left))
            if not more:
                raise ArchiveError(f"{name} ends within its directory")
            buffer, at, left = buffer[at:] + more, 0, left - len(more)
            continue
        if len(buffer) - at < _ENTRY.size:
            break
        fields = _ENTRY.unpack_from(buffer, at)
        if fields[0] != b"PK\x01\x02":
            raise ArchiveError(f"{name} has a damaged directory")
        name_end = at + _ENTRY.size + fields[10]
        extra_end = name_end + fields[11]
        raw = buffer[at + _ENTRY.size : name_end]
        member = _member(fields, raw, buffer[name_end:extra_end], name, number, notices)
        found += 1
        if member is not None:
            yield member
        at = extra_end + fields[12]
    if found != directory.entries and directory.entries != 0xFFFF:
        notices.note(name, f"its directory promises {directory.entries} members, it has {found}")


def _member(
    fields: tuple[int, ...], raw: bytes, extra: bytes, name: str, number: int, notices: Notices
) -> Member | None:
    _, made_by, _, flags, method, _, _, crc, packed, size, *rest = fields
    offset, mode = rest[-1], rest[-2] >> 16
    size, packed, offset = _zip64(extra, size, packed, offset)
    path = decoded(raw, flags)
    if path.endswith("/"):
        return None
    problem = path_problem(path)
    if flags & _ENCRYPTED:
        # Google encrypts none, so somebody has packed it again, and can do so without a password.
        problem = (
            "a member is encrypted and is left out; unpack the archive and add the folder, or pack it"
            " again without a password"
        )
    elif made_by >> 8 == _HAS_UNIX_MODE and stat.S_ISLNK(mode):
        problem = "a member is a link and is left out"
    elif method not in _METHODS:
        problem = f"a member is packed in a way that is not known here ({method})"
    elif (method == 0 and size != packed) or size > packed * DEFLATE_RATIO_MAX + 64:
        problem = "a member's size can't be true and it is left out"
    if problem:
        notices.note(name, problem, path)
        return None
    return Member(number, path, size, crc, _METHODS[method], offset, packed)


def path_problem(path: str) -> str:
    """Why no file may have this path below an archive's top; "" if it may."""
    if "\0" in path:
        return "a member's name has a NUL in it and is left out"
    if path.startswith(("/", "\\")) or path[1:3] in {":\\", ":/"}:
        return "a member's path is absolute and is left out"
    if ".." in path.split("/"):
        return "a member's path leads out of the archive and is left out"
    if not path or "" in path.split("/"):
        return "a member has no name and is left out"
    return ""


def _zip64(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The three numbers, those that are too large for 32 bits from the extra field (4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            words = iter(
                struct.unpack_from(f"<{min(length, len(extra) - at - 4) // 8}Q", extra, at + 4)
            )
            size = next(words, size) if size == 0xFFFFFFFF else size
            packed = next(words, packed) if packed == 0xFFFFFFFF else packed
            offset = next(words, offset) if offset == 0xFFFFFFFF else offset
        at += 4 + length
    return size, packed, offset


def decoded(raw: bytes, flags: int) -> str:
    """A name as text; without the flag it may still be UTF-8, as many tools write it."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp437") if not flags & _UTF8 else raw.decode("utf-8", "replace")
    # Windows tools that pack an export again separate folders with backslashes.
    return text.replace("\\", "/") if "/" not in text else text
