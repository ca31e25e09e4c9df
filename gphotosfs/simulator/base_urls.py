"""Base URLs: opaque, another one in every answer, and dead after a while (reference 2)."""

import base64
import hashlib
import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_FORM: Final = struct.Struct(">QdQQ")
_DIGEST_BYTES: Final = 63


@dataclass
class BaseUrls:
    """Seals an item's number, the time and a counter into a path, and reads them again."""

    seed: int
    _counter: Iterator[int] = field(default_factory=itertools.count)

    def issue(self, number: int, now_s: float, session: int = 0) -> str:
        """A new opaque text for the item of this number; `session` is the Picker's, 0 for none."""
        plain = _FORM.pack(number, now_s, session, next(self._counter))
        digest = self._digest(plain)
        return base64.urlsafe_b64encode(self._veil(plain, digest) + digest).decode()

    def read(self, text: str) -> tuple[int, float, int] | None:
        """The item's number, when the text was issued and its session; None if it never was."""
        try:
            sealed = base64.b64decode(text, altchars=b"-_", validate=True)
        except ValueError:
            return None
        veiled, digest = sealed[: _FORM.size], sealed[_FORM.size :]
        if len(digest) != _DIGEST_BYTES:
            return None
        plain = self._veil(veiled, digest)
        if self._digest(plain) != digest:
            return None
        number, issued_s, session, _ = _FORM.unpack(plain)
        return number, issued_s, session

    def _digest(self, plain: bytes) -> bytes:
        key = str(self.seed).encode()
        return hashlib.blake2b(plain, key=key, digest_size=_DIGEST_BYTES).digest()

    @staticmethod
    def _veil(text: bytes, digest: bytes) -> bytes:
        return bytes(a ^ b for a, b in zip(text, digest, strict=False))
