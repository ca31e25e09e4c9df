"""Ids that carry their own number, so that a library of a million needs no table of them."""

import base64
import hashlib
import struct

# Real media ids are 95 to 99 characters and album ids about 76, of A-Za-z0-9_- (reference 1.4);
# the number takes 8 of these bytes, a digest the rest.
ITEM_ID_BYTES = 72
ALBUM_ID_BYTES = 57

# Real ids of one account begin alike; this makes ours do so.
_PREFIX = struct.unpack(">Q", base64.urlsafe_b64decode("AGj1epUsim0="))[0]


def encode(seed: int, kind: str, number: int, length_bytes: int) -> str:
    """The id of the item or album of this number; `kind` keeps the two apart."""
    head = struct.pack(">Q", number ^ _PREFIX)
    return base64.urlsafe_b64encode(head + _digest(seed, kind, number, length_bytes - 8)).decode()


def decode(seed: int, kind: str, text: str, length_bytes: int) -> int | None:
    """The number that an id stands for; None for an id that this library never gave out."""
    try:
        raw = base64.urlsafe_b64decode(text)
    except ValueError:
        return None
    if len(raw) != length_bytes:
        return None
    number: int = struct.unpack(">Q", raw[:8])[0] ^ _PREFIX
    return number if raw[8:] == _digest(seed, kind, number, length_bytes - 8) else None


def _digest(seed: int, kind: str, number: int, size_bytes: int) -> bytes:
    key = f"{seed}:{kind}".encode()
    return hashlib.blake2b(struct.pack(">Q", number), key=key[:64], digest_size=size_bytes).digest()
