"""The values that the layers hand to each other."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Generic, NamedTuple, NewType, TypeVar

ItemId = NewType("ItemId", str)
"""A media item's id as its source gives it; for the Library API about 95 characters."""

AlbumId = NewType("AlbumId", str)

SessionId = NewType("SessionId", str)
"""The id of one visit to Google's page for picking photos."""

Inode = NewType("Inode", int)
"""A file's number in the mount: a row of the catalogue, never used again for another file."""

ROOT: Inode = Inode(1)

_PREVIEW: Final = 1 << 31
"""Set in the number of a preview, and of a directory of previews; the rest is the original's number.

Two thousand million files fit below, and with this bit a number still fits into the 32 bits that old
programs have for it: `stat` fails with EOVERFLOW where it does not.
"""

T = TypeVar("T")


def preview_of(inode: Inode) -> Inode:
    """The number in `previews/` of what has this number, or of its directory of previews."""
    return Inode(inode | _PREVIEW)


def original_of(inode: Inode) -> Inode:
    """The number of what a preview, or a directory of previews, mirrors; any other is its own."""
    return Inode(inode & ~_PREVIEW)


def is_preview(inode: Inode) -> bool:
    """Whether this is the number of a preview or of a directory of previews."""
    return bool(inode & _PREVIEW)


class MediaKind(enum.StrEnum):
    """What an item is, which decides how its bytes are asked for."""

    PHOTO = "photo"
    VIDEO = "video"


class DirectoryKind(enum.StrEnum):
    """What a directory of the tree shows; with a key it names one directory."""

    ROOT = "root"
    ALBUMS = "albums"
    FOLDER = "folder"  # of nested albums; key: its path
    ALBUM = "album"  # key: the album's id
    MEDIA = "media"
    ALL = "all"
    BY_YEAR = "by-year"
    YEAR = "year"  # key: 2024
    BY_MONTH = "by-month"
    MONTHS = "months"  # of one year in by-month; key: 2024
    MONTH = "month"  # key: 2024-05
    BY_DAY = "by-day"
    DAYS = "days"  # of one year in by-day; key: 2024
    DAY = "day"  # key: 2024-05-03
    FAVORITES = "favorites"
    VIDEOS = "videos"
    RECENT = "recent"
    PICKED = "picked"
    PICK = "pick"  # key: the pick's number in the catalogue
    TAKEOUT_ALBUM = "takeout-album"  # in albums; key: its folder's name in the archives
    PEOPLE = "people"
    PERSON = "person"  # key: the name
    ARCHIVE = "archive"
    TRASH = "trash"


class ListingKind(enum.StrEnum):
    """A sequence of pages that Google hands out."""

    ALBUMS = "albums"
    ALBUM = "album"  # key: the album's id
    TIMELINE = "timeline"
    FAVORITES = "favorites"
    VIDEOS = "videos"
    RECENT = "recent"
    RECHECK = "recheck"  # every item, for what the timeline's ranges of days can't show


class ItemSource(enum.StrEnum):
    """Where an item is known from: one of Google's services, or archives of Google Takeout."""

    LIBRARY = "library"
    PICKER = "picker"  # as long as the Library does not show it as well
    TAKEOUT = "takeout"


class PickState(enum.StrEnum):
    """How far a pick has come."""

    WAITING = "waiting"  # for the person at Google's page
    FETCHING = "fetching"  # while the session lives, and not everything is here
    OVER = "over"  # everything is here, or the session ended before
    REMOVING = "removing"  # shown no longer; its bytes are being deleted


class PinState(enum.StrEnum):
    """Whether what was pinned is still wanted."""

    KEEPING = "keeping"
    REMOVING = "removing"  # its bytes are being deleted


class Processing(enum.StrEnum):
    """Whether Google can hand out a video's bytes yet; photos are always READY."""

    READY = "ready"
    PROCESSING = "processing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaItem:
    """What a source says of one photo or video.

    Nothing but the id is sure to be there: an absent text is "", an absent number None. There is no
    base URL here on purpose, since those are secrets that live in memory only.
    """

    id: ItemId
    filename: str = ""
    mime_type: str = ""
    kind: MediaKind = MediaKind.PHOTO
    created_ns: int | None = None
    """Capture time in nanoseconds since 1970, UTC; negative before."""
    width: int | None = None
    height: int | None = None
    description: str = ""
    product_url: str = ""
    camera_make: str = ""
    camera_model: str = ""
    focal_length_mm: float | None = None
    aperture_f: float | None = None
    iso: int | None = None
    exposure_s: float | None = None
    fps: float | None = None
    latitude: float | None = None
    """Only Takeout tells a place, people and an origin."""
    longitude: float | None = None
    altitude_m: float | None = None
    people: tuple[str, ...] = ()
    origin: str = ""
    """How it came to Google: mobileUpload, webUpload, fromPartnerSharing, …"""
    processing: Processing = Processing.READY


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """One row of the list of albums."""

    id: AlbumId
    title: str = ""
    item_count: int = 0
    cover_item_id: str = ""
    product_url: str = ""
    is_writeable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PickingSession:
    """A visit to Google's page for picking photos, as Google describes it."""

    id: SessionId
    page_url: str
    """Where a person picks; good once, and of use to nobody else."""
    is_done: bool
    """Whether the person has picked, so that the items can be listed."""
    expires_ns: int | None
    """When it ends, and with it the way to the bytes."""
    poll_interval_s: float | None
    timeout_in_s: float | None
    """How much longer it makes sense to ask whether the person is done; 0: no longer."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a listing. It may be empty and yet not the last: only a missing token ends it."""

    items: tuple[T, ...]
    next_page_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What `mediaItems:search` is asked for, apart from a single album.

    Days are inclusive at both ends; both or neither are given.
    """

    favorites: bool = False
    videos: bool = False
    first_day: date | None = None
    last_day: date | None = None
    oldest_first: bool = False
    """Only together with days, as Google wants it."""
    include_archived: bool = False


PREVIEW_MAX_PX: Final = 2048
"""Of a preview's longer side: fills most screens, and 500 KB are enough for it."""


class Variant(enum.StrEnum):
    """Which bytes of an item: the suffix that is put behind its base URL."""

    PHOTO = "d"
    VIDEO = "dv"
    PREVIEW = f"w{PREVIEW_MAX_PX}-h{PREVIEW_MAX_PX}"
    # Scaled to fit into a square, as Google does for its own pages. A film's picture is a still of it,
    # without (-no) the sign that it can be played.
    # https://developers.google.com/photos/library/guides/access-media-items (read 2026-11)
    PICTURE_256 = "w256-h256"
    PICTURE_512 = "w512-h512"
    PICTURE_1024 = "w1024-h1024"
    STILL_256 = "w256-h256-no"
    STILL_512 = "w512-h512-no"
    STILL_1024 = "w1024-h1024-no"

    @property
    def is_small(self) -> bool:
        """Whether a person waits for it: some 15 to 150 KB, out of which a thumbnail is made."""
        return self in _SMALL


_SMALL: Final = frozenset(
    (Variant.PICTURE_256, Variant.PICTURE_512, Variant.PICTURE_1024,
     Variant.STILL_256, Variant.STILL_512, Variant.STILL_1024)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BlobKey:
    """Names the bytes of one item in one variant, whatever their version."""

    item: ItemId
    variant: Variant


@dataclass(frozen=True, slots=True)
class BlobSize:
    """A blob's length as some answer showed it."""

    total_bytes: int
    changed: bool
    """True when an older version with another length was known: readers of that one are stale."""


@dataclass(frozen=True, slots=True)
class Node:
    """A file or directory as `stat` shows it."""

    inode: Inode
    is_directory: bool
    modified_ns: int
    """Of a directory: its newest item's, as far as items are known."""
    changed_ns: int
    """The same for a file; of a directory when it was first seen, since `tar` takes a directory whose
    ctime moves for one that changes under its hands."""
    size_bytes: int = 0
    size_is_exact: bool = True
    links: int = 1


class Place(NamedTuple):
    """Where a file or directory is shown."""

    directory: Inode
    cookie: int
    """Of its entry there."""
    path: bytes
    """From the tree's root on, without a slash at either end; b"" is the root's own."""


class Usage(NamedTuple):
    """What the tree takes on this machine."""

    files: int
    """The photos and videos that are known."""
    cached_bytes: int
    """What the cache takes on the disk."""
    spare_bytes: int
    """What it may still take, within its own limit and what the disk has left."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An item made small, and what is known of its original."""

    content: bytes
    """A file that image libraries can read, most often a JPEG."""
    mime_type: str
    """The original's; "" where unknown, as its width and height are None."""
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a directory, and what it stands for."""

    cookie: int
    """Where `readdir` goes on after this entry; larger in later entries, the same in every handle."""
    name: bytes
    node: Node


def unique(items: Iterable[T]) -> list[T]:
    """The items in their order, each once; Google repeats one now and then at a page's border."""
    return list(dict.fromkeys(items))
