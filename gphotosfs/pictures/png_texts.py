"""The texts that a PNG carries: read from its head, or rewritten without decoding a pixel.

https://www.w3.org/TR/png-3/#11textinfo: a keyword of Latin-1, a NUL, the text. tEXt holds Latin-1,
iTXt UTF-8 behind two flags, a language and a translated keyword, all of them empty here.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

from gphotosfs.errors import PictureError

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_TEXT_TYPES: Final = (b"tEXt", b"zTXt", b"iTXt")


def with_text(
    png: bytes, texts: Mapping[str, str], international: Mapping[str, str] | None = None
) -> bytes:
    """The same picture carrying these texts, and none that it had; no pixel is decoded.

    They stand right behind the header, so that the file's head tells them. The international ones
    come first and as iTXt whatever they hold: not everybody reads those.

    Raises:
        PictureError: not a whole PNG.
        ValueError: a text that PNG can't hold, such as one with a NUL in it.
    """
    kept: list[memoryview | bytes] = []
    last = b""
    for kind, begin, end in _chunks(png):
        if kind not in _TEXT_TYPES:
            kept.append(memoryview(png)[begin:end])
        last = kind
    if last != b"IEND":
        raise PictureError("not a whole PNG")
    written = [_text_chunk(*each, plain=False) for each in (international or {}).items()]
    written += [_text_chunk(*each, plain=each[1].isascii()) for each in texts.items()]
    return b"".join([_SIGNATURE, kept[0], *written, *kept[1:]])


def texts_of(png_head: bytes) -> dict[str, str]:
    """The texts among the first bytes of a PNG, of which any number may be given.

    Of two with one keyword the last is told.

    Raises:
        PictureError: not a PNG.
    """
    texts = {}
    for kind, begin, end in _chunks(png_head):
        keyword, _, text = png_head[begin + 8 : end - 4].partition(b"\0")
        if kind == b"tEXt":
            texts[keyword.decode("latin-1")] = text.decode("latin-1")
        elif kind == b"iTXt" and text[:1] == b"\0":
            utf8 = text[2:].split(b"\0", 2)[-1]
            texts[keyword.decode("latin-1")] = utf8.decode(errors="replace")
    return texts


def _chunks(png: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The type of each chunk that is there as a whole, where it begins and where it ends.

    Raises:
        PictureError: not a PNG.
    """
    if not png.startswith(_SIGNATURE):
        raise PictureError("not a PNG")
    begin = len(_SIGNATURE)
    while begin + 12 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, begin)
        end = begin + 12 + length
        if end > len(png):
            return
        yield kind, begin, end
        begin = end


def _text_chunk(keyword: str, text: str, *, plain: bool) -> bytes:
    name = keyword.encode("latin-1")
    if not 1 <= len(name) <= 79 or b"\0" in name or "\0" in text:
        raise ValueError(f"PNG can't hold the text {keyword!r}")
    if plain:
        kind, body = b"tEXt", name + b"\0" + text.encode("ascii")
    else:
        kind, body = b"iTXt", name + b"\0\0\0\0\0" + text.encode()
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
