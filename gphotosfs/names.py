"""The rules of file names: what a title or file name of Google's becomes on Linux.

A name is UTF-8, NFC, at most 255 bytes, without a slash and without control characters. Two items of
one name in a directory are told apart by a tag made from the item's id, so a name depends on the item
and on who was there first, never on what arrives later. A preview's name depends on that of its original
alone.
"""

import hashlib
import mimetypes
import re
import unicodedata
from base64 import b32encode
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gphotosfs.limits import NAME_MAX_BYTES

NS: Final = 1_000_000_000

# `/` as rclone writes it, so that scripts move over; a control character as its picture, U+2400 + c,
# with DEL's at U+2421 (https://www.unicode.org/charts/PDF/U2400.pdf); JSON can carry half a surrogate
# pair, which UTF-8 can't.
_REPLACED: Final = {
    ord("/"): "／",
    **{c: chr(0x2400 + c) for c in range(0x20)},
    0x7F: "\u2421",
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}

# What Google stores, with the ending that people know. Others come from Python's own table, which is
# the same on every machine because no mime.types file is read.
_EXTENSIONS: Final = {
    "image/jpeg": ".jpg",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/avif": ".avif",
    "image/webp": ".webp",
    "image/tiff": ".tif",
    "image/x-icon": ".ico",
    "image/x-adobe-dng": ".dng",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/3gpp": ".3gp",
    "video/x-m4v": ".m4v",
    "video/x-matroska": ".mkv",
    "video/mp2t": ".mts",
    "video/x-ms-wmv": ".wmv",
}
_PYTHON_TYPES: Final = mimetypes.MimeTypes(filenames=())

_JPEG: Final = re.compile(rb"\.(?:jpe?g|jpe)\Z", re.IGNORECASE)
_PICTURE: Final = re.compile(
    rb"\.(?:jpe?g|jpe|hei[cf]|avif|webp|png|gif|bmp|tiff?|ico|svg|psd|jp2|jxl"
    rb"|dng|cr[23w]|crw|nef|nrw|arw|srf|sr2|orf|raf|rw2|pef|srw|raw)\Z",
    re.IGNORECASE,
)

# A preview's name that would be longer is cut to so much of the original's and gets a digest of it
# instead, which makes it as long as a name may be; so no other preview has it.
_PREVIEW_MAX_BYTES: Final = 250
_PREVIEW_HEAD_BYTES: Final = 220

# "Trip 2024.05.03" has no extension, "a.3gp" has one: letters and digits, at least one letter.
_EXTENSION: Final = re.compile(r"(?<=.)\.(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,10}\Z", re.DOTALL)


def file_name(filename: str, mime_type: str, created_ns: int | None) -> bytes:
    """The name under which a media item is shown where nobody else has that name."""
    name = _legal(filename)
    if not name:
        name = "unnamed" if created_ns is None else _utc(created_ns).strftime("%4Y%m%d_%H%M%S")
    if not _EXTENSION.search(name):
        name += extension_of(mime_type)
    return _cut(name, "")


def directory_name(title: str) -> bytes:
    """The name of an album's directory; an album without a title is `Untitled`."""
    return _cut(_legal(title) or "Untitled", "")


def tagged(name: bytes, identity: str, length: int = 6) -> bytes:
    """The name with a tag of the given length before its extension: `IMG_0001 (k3f9qa).jpg`."""
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()
    # The first 15 bytes make 24 characters; b32encode is Python and slow.
    return _cut(name.decode(), f" ({b32encode(digest[:15]).decode().lower()[:length]})")


def preview_name(name: bytes) -> bytes:
    """The name of the preview of a photo with this name: `IMG_1.jpg` as it is, else `IMG_2.HEIC.jpg`.

    Two names never make the same, whatever a directory holds, and so none depends on what else does: a
    name is kept only if it ends as a JPEG's does and is none of those that are made here. Thus a JPEG
    called `IMG_2.HEIC.jpg`, which may stand beside the other, becomes `IMG_2.HEIC.jpg.jpg`.
    """
    stem = _JPEG.sub(b"", name)
    if stem != name and not _PICTURE.search(stem) and not stem.endswith(b"."):
        return name
    made = name + (b".jpg" if _PICTURE.search(name) else b"..jpg")
    if len(made) <= _PREVIEW_MAX_BYTES:
        return made
    head = name[:_PREVIEW_HEAD_BYTES].decode("utf-8", "ignore").encode()
    digest = b32encode(hashlib.sha256(name).digest()).lower()
    return head + b"~" + digest[: NAME_MAX_BYTES - len(head) - len(b"~..jpg")] + b"..jpg"


def previewed_name(name: bytes) -> bytes | None:
    """The only name whose preview has this one; None if there is none, or it can't be told."""
    for original in (name, name.removesuffix(b"..jpg"), name.removesuffix(b".jpg")):
        if preview_name(original) == name:
            return original
    return None


def cut_previews_head(name: bytes) -> bytes | None:
    """How every name begins whose preview may have this one, where it was cut; None for others."""
    is_cut = len(name) == NAME_MAX_BYTES and name.endswith(b"..jpg")
    # A character has at most four bytes, so the cut went at most three before its place.
    return name[: _PREVIEW_HEAD_BYTES - 3] if is_cut else None


def extension_of(mime_type: str) -> str:
    """The ending that goes with a MIME type, with its dot; "" if the type is unknown."""
    known = _EXTENSIONS.get(mime_type)
    return known if known is not None else _PYTHON_TYPES.guess_extension(mime_type) or ""


def utc_day(created_ns: int) -> date:
    """The day of a capture time, in UTC, as Google gives it.

    Raises:
        OverflowError: the year is not within 1 to 9999.
    """
    return date(1970, 1, 1) + timedelta(days=created_ns // (86_400 * NS))


def _legal(text: str) -> str:
    name = unicodedata.normalize("NFC", text.translate(_REPLACED))
    # Only these two mean something to the kernel; a dot elsewhere is a dot.
    return {".": "．", "..": "．．"}.get(name, name)


def _cut(name: str, tag: str) -> bytes:
    """The name with a tag put before its extension, cut to what Linux allows."""
    match = _EXTENSION.search(name)
    stem, extension = (name[: match.start()], match[0]) if match else (name, "")
    room = NAME_MAX_BYTES - len((tag + extension).encode())
    # "ignore" drops the character that the cut went through, so a name ends on a character.
    return stem.encode()[:room].decode("utf-8", "ignore").encode() + (tag + extension).encode()


def _utc(created_ns: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=created_ns // NS)
