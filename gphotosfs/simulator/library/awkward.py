"""Names, titles and times that real libraries contain and file systems stumble over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gphotosfs.simulator.library.items import nanoseconds

FILENAMES: Final = (
    "",
    ".",
    "..",
    "...",
    "/",
    "../../etc/passwd",
    "a/b/c.jpg",
    "back\\slash.jpg",
    "new\nline.jpg",
    "tab\there.jpg",
    "bell\x07 and escape\x1b[31m.jpg",
    "nul\x00byte.jpg",
    "delete\x7f.jpg",
    "no extension",
    ".hidden",
    ".hidden.jpg",
    "trailing dot.",
    "trailing space.jpg ",
    " leading space.jpg",
    "two.dots..jpg",
    "README.txt",
    "CON.jpg",
    "quo\"te's.jpg",
    "a:b*c?d<e>f|g.jpg",
    "-rf.jpg",
    "--help",
    "$(reboot).jpg",
    "%41%2F.jpg",
    "same.jpg",
    "same.jpg",
    "same.jpg",
    "SAME.jpg",
    "Same.JPG",
    "caf\u00e9.jpg",  # the one e with an accent
    "cafe\u0301.jpg",  # the same to a reader, in two code points
    "\u202egpj.exe.jpg",  # turns the reading direction round
    "zero\u200bwidth.jpg",
    "a\uff0fb.jpg",  # already looks like what a slash is turned into
    "photo \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3d6\ufe0f.jpg",
    "\u65e5\u672c\u8a9e\u306e\u5199\u771f.jpg",
    "\u0645\u0631\u062d\u0628\u0627.jpg",
    "x" * 255,
    "x" * 296 + ".jpg",
    "\u00fc" * 150 + ".jpg",
    "\U0001f600" * 75,
    "y." + "z" * 298,
    "wrong extension.mp4",
)

ALBUM_TITLES: Final = (
    "",
    "",
    " ",
    ".",
    "..",
    "Trips/2024/Rome",
    "/absolute",
    "ends with slash/",
    "line\nbreak",
    "Holiday",
    "Holiday",
    "HOLIDAY",
    ".hidden album",
    "\u00c9t\u00e9",
    "E\u0301te\u0301",
    "\U0001f389 Party \U0001f389",
    "t" * 500,
    "\u6f22" * 500,
)

# A note of a time, and the time.
TIMES: Final = (
    ("none", None),
    ("the oldest photograph", datetime(1826, 7, 1, 12, tzinfo=UTC)),
    ("before 1970", datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)),
    ("the first second", datetime(1970, 1, 1, tzinfo=UTC)),
    ("the last second of 31 bits", datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)),
    ("one later", datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC)),
    ("far future", datetime(2107, 2, 7, 6, 28, 16, tzinfo=UTC)),
    ("a camera without a clock", datetime(1980, 1, 1, tzinfo=UTC)),
    ("a leap day", datetime(2024, 2, 29, 23, 59, 59, 999_000, tzinfo=UTC)),
    ("milliseconds", datetime(2024, 3, 1, 0, 0, 0, 123_000, tzinfo=UTC)),
    ("microseconds", datetime(2024, 3, 1, 0, 0, 0, 123_456, tzinfo=UTC)),
    ("none either", None),
)


def items(around_ns: int) -> Iterator[dict[str, Any]]:
    """The fields of items that are awkward in one way each, taken before the given time."""
    minute_ns = nanoseconds(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=1))
    usual = {"mime_type": "image/jpeg", "width": 800, "height": 600, "theme": "forest"}
    for place, name in enumerate(FILENAMES):
        yield usual | {"filename": name, "created_ns": around_ns - (place + 1) * minute_ns}
    for note, when in TIMES:
        created_ns = None if when is None else nanoseconds(when)
        yield usual | {"filename": f"taken {note}.jpg", "created_ns": created_ns}
    # Nine digits are allowed (reference 1.4); datetime has six.
    yield usual | {"filename": "taken nanoseconds.jpg", "created_ns": 1_709_251_200_123_456_789}
    film = usual | {"mime_type": "video/mp4", "fps": 24.0, "width": 640, "height": 360}
    for status in ("PROCESSING", "FAILED"):
        yield film | {"filename": f"{status.lower()}.mp4", "status": status}
    yield usual | {"filename": "no size.jpg", "width": 0, "height": 0}
    yield usual | {
        "filename": "no type.jpg",
        "mime_type": "",
        "camera_make": "",
        "camera_model": "",
    }
    yield usual | {
        "filename": "described.jpg",
        "description": "Line one\nline two, \u00fc, \U0001f600",
    }
