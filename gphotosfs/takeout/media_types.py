"""Which files of an export are photos and videos, and of what type."""

from typing import Final

from gphotosfs.takeout.filenames import split

# By extension, since Takeout says nothing else; what Google Photos takes:
# https://support.google.com/photos/answer/6193313 (read 2026-11)
_TYPES: Final = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jpe": "image/jpeg", ".jfif": "image/jpeg",
    ".heic": "image/heic", ".heif": "image/heif", ".avif": "image/avif", ".png": "image/png",
    ".gif": "image/gif", ".webp": "image/webp", ".bmp": "image/bmp", ".tif": "image/tiff",
    ".tiff": "image/tiff", ".ico": "image/x-icon", ".dng": "image/x-adobe-dng",
    ".cr2": "image/x-canon-cr2", ".cr3": "image/x-canon-cr3", ".crw": "image/x-canon-crw",
    ".nef": "image/x-nikon-nef", ".nrw": "image/x-nikon-nrw", ".arw": "image/x-sony-arw",
    ".srf": "image/x-sony-srf", ".sr2": "image/x-sony-sr2", ".orf": "image/x-olympus-orf",
    ".raf": "image/x-fuji-raf", ".rw2": "image/x-panasonic-rw2", ".pef": "image/x-pentax-pef",
    ".srw": "image/x-samsung-srw", ".raw": "image/x-panasonic-raw",
    ".mp4": "video/mp4", ".m4v": "video/x-m4v", ".mov": "video/quicktime", ".qt": "video/quicktime",
    ".3gp": "video/3gpp", ".3g2": "video/3gpp2", ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska", ".webm": "video/webm", ".wmv": "video/x-ms-wmv",
    ".asf": "video/x-ms-asf", ".mpg": "video/mpeg", ".mpeg": "video/mpeg", ".mpe": "video/mpeg",
    ".mts": "video/mp2t", ".m2ts": "video/mp2t", ".m2t": "video/mp2t", ".mod": "video/mpeg",
    ".tod": "video/mpeg", ".divx": "video/divx", ".mmv": "video/mp4", ".mp": "video/mp4",
}  # fmt: skip


def mime_type(name: str) -> str:
    """The type that a file's name tells; "" if it tells none."""
    extension = split(name)[1].lower()
    # `.MP~2` is a Pixel's second film.
    return _TYPES.get(extension) or _TYPES.get(extension.partition("~")[0], "")


def is_video(mime_type: str) -> bool:
    """Whether it moves."""
    return mime_type.startswith("video/")
