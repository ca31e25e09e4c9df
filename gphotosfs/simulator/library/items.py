"""One photo or video of the library, and how it follows from its number alone."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gphotosfs.simulator.dice import pick, roll
from gphotosfs.simulator.library import ids

SECOND_NS: Final = 1_000_000_000
_DAY_NS: Final = 86_400 * SECOND_NS

# What an event is about: each shows other motifs, and gives its album a title.
THEMES: Final = ("sea", "mountains", "city", "forest", "home", "night")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Everything that the simulated Google knows of one item, more than it tells."""

    number: int
    id: str
    filename: str
    mime_type: str
    width: int
    height: int
    created_ns: int | None = None
    """Capture time since 1970, UTC. None: the file has none."""
    description: str = ""
    camera_make: str = ""
    camera_model: str = ""
    focal_length: float = 0.0
    aperture: float = 0.0
    iso: int = 0
    exposure: str = ""
    fps: float = 0.0
    status: str = "READY"
    """Of a video: PROCESSING, READY or FAILED."""
    favorite: bool = False
    archived: bool = False
    owner: int = 0
    """The number of the OAuth client that uploaded it; no other client sees it."""
    theme: str = "sea"
    motif: int = 0
    """Which picture it is; another number is another picture."""
    cheap: bool = False
    """Its bytes are noise of `size_bytes` instead of a picture that must be drawn."""
    size_bytes: int = 0

    @property
    def is_video(self) -> bool:
        """Whether `=dv` is the way to its bytes."""
        return self.mime_type.startswith("video/")


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of the family: what its files are called, and how large its pictures are."""

    make: str
    model: str
    pattern: str
    """`{n}` is its own counter, the rest is strftime."""
    extension: str
    width: int
    height: int
    focal_length: float
    aperture: float


CAMERAS: Final = (
    Camera("Google", "Pixel 8", "PXL_%Y%m%d_%H%M%S", ".jpg", 4032, 3024, 6.9, 1.68),
    Camera("Canon", "Canon EOS 80D", "IMG_{n:04}", ".JPG", 3000, 2000, 50.0, 2.8),
    Camera("SONY", "ILCE-6400", "DSC{n:05}", ".JPG", 3008, 2000, 35.0, 4.0),
    Camera("samsung", "SM-G991B", "%Y%m%d_%H%M%S", ".jpg", 2304, 1728, 5.4, 1.8),
    Camera("NIKON CORPORATION", "NIKON D3500", "DSC_{n:04}", ".JPG", 2400, 1600, 18.0, 3.5),
    Camera("Panasonic", "DMC-FZ200", "P10{n:05}", ".JPG", 1600, 1200, 4.5, 2.8),
)
PHONE_HEIC: Final = Camera("Apple", "iPhone 13", "IMG_{n:04}", ".HEIC", 1440, 1080, 5.1, 1.6)

# How many of a hundred are of which type. Most libraries are JPEGs with some films.
KINDS: Final = {
    "image/jpeg": 84,
    "video/mp4": 6,
    "image/heic": 6,
    "image/png": 3,
    "image/gif": 1,
}

NEWEST_NS: Final = calendar.timegm((2026, 9, 13, 18, 20, 45)) * SECOND_NS

# Photos come in events: a walk, a birthday, a trip.
EVENT_ITEMS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """Makes item `number` of `count`; 0 is the newest, and later numbers are older.

    Since the time falls with the number, a library of a million is in order without being stored.
    """

    seed: int
    count: int
    newest_ns: int = NEWEST_NS
    days: int = 3650
    kinds: tuple[str, ...]
    """A hundred types, among which one is picked."""
    photo_bytes: int
    video_bytes: int
    pixels_max: int | None = None
    cheap: bool = False

    def id(self, number: int) -> str:
        """The item's id."""
        return ids.encode(self.seed, "item", number, ids.ITEM_ID_BYTES)

    def created_ns(self, number: int) -> int:
        """Capture time; strictly falling with the number, to whole seconds.

        Events stand evenly over the days, give or take; their photos some minutes apart.
        """
        event, place = divmod(number, EVENT_ITEMS)
        events = max(1, -(-self.count // EVENT_ITEMS))
        step_ns = self.days * 86_400 * SECOND_NS // events
        # An event lasts at most seven hours and never as long as its share of the time.
        lasts_ns = min(7 * 3600 * SECOND_NS, step_ns // 2)
        share_ns = lasts_ns // EVENT_ITEMS
        within_ns = place * share_ns + roll(self.seed, number, 12) % max(1, share_ns // 2)
        # People photograph by day: where there is room, an event ends in the early evening of
        # the day before or of the one before that.
        by_day = step_ns > 4 * _DAY_NS
        room_ns = step_ns - lasts_ns - (2 * _DAY_NS if by_day else 0)
        last_ns = self.newest_ns - event * step_ns - roll(self.seed, event, 11) % max(1, room_ns)
        if by_day:
            last_ns = last_ns // _DAY_NS * _DAY_NS - 5 * 3600 * SECOND_NS
        created_ns = last_ns - within_ns
        return created_ns // SECOND_NS * SECOND_NS if share_ns > 4 * SECOND_NS else created_ns

    def theme(self, number: int) -> str:
        """What the item's event is about."""
        return pick(THEMES, self.seed, number // EVENT_ITEMS, 13)

    def mime_type(self, number: int) -> str:
        """The item's type; cheap, because searches look at it."""
        return pick(self.kinds, self.seed, number, 14)

    def favorite(self, number: int) -> bool:
        """One in sixteen."""
        return roll(self.seed, number, 15) % 16 == 0

    def archived(self, number: int) -> bool:
        """One in forty."""
        return roll(self.seed, number, 16) % 40 == 7

    def item(self, number: int) -> Item:
        """All of it."""
        mime_type = self.mime_type(number)
        camera = PHONE_HEIC
        if mime_type != "image/heic":
            camera = pick(CAMERAS, self.seed, number // EVENT_ITEMS * 2 + number % 2, 17)
        created_ns = self.created_ns(number)
        video = mime_type == "video/mp4"
        photo = mime_type in ("image/jpeg", "image/heic")
        drawn = mime_type in ("image/png", "image/gif")
        upright = photo and roll(self.seed, number, 18) % 5 == 0
        width, height = (camera.height, camera.width) if upright else (camera.width, camera.height)
        if video:
            width, height = 640, 360
        elif drawn:
            width, height = (1280, 800) if mime_type == "image/png" else (480, 360)
        if self.pixels_max is not None and width * height > self.pixels_max:
            shrink = (self.pixels_max / (width * height)) ** 0.5
            width, height = int(width * shrink), int(height * shrink)
        scale = 50 + roll(self.seed, number, 19) % 100
        size_bytes = (self.video_bytes if video else self.photo_bytes) * scale // 100
        return Item(
            number=number,
            id=self.id(number),
            filename=self._filename(number, mime_type, camera, created_ns),
            mime_type=mime_type,
            width=width,
            height=height,
            created_ns=created_ns,
            camera_make="" if drawn else camera.make,
            camera_model="" if drawn else camera.model,
            focal_length=camera.focal_length if photo else 0.0,
            aperture=camera.aperture if photo else 0.0,
            iso=pick((50, 100, 200, 400, 800), self.seed, number, 20) if photo else 0,
            exposure=pick(_EXPOSURES, self.seed, number, 21) if photo else "",
            fps=24.0 if video else 0.0,
            favorite=self.favorite(number),
            archived=self.archived(number),
            theme=self.theme(number),
            motif=roll(self.seed, number, 22),
            cheap=self.cheap,
            size_bytes=size_bytes,
        )

    def _filename(self, number: int, mime_type: str, camera: Camera, created_ns: int) -> str:
        taken = moment(created_ns)
        if mime_type == "image/png":
            return f"Screenshot_{taken:%Y%m%d-%H%M%S}.png"
        if mime_type == "image/gif":
            return f"animation-{number}.gif"
        # Cameras count on and begin again, so that one name stands for several photos.
        counter = (self.count - number) * 3 % 300
        if mime_type == "video/mp4":
            return f"VID_{taken:%Y%m%d_%H%M%S}.mp4"
        return taken.strftime(camera.pattern.format(n=counter)) + camera.extension


_EXPOSURES: Final = ("0.001s", "0.004s", "0.008333333s", "0.016666667s", "0.5s")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(created_ns: int) -> datetime:
    """The time as a date and time in UTC, fractions below a microsecond cut."""
    return _EPOCH + timedelta(microseconds=created_ns // 1000)


def day(created_ns: int) -> date:
    """The day on which a date filter finds the item."""
    return moment(created_ns).date()


def nanoseconds(when: datetime) -> int:
    """The reverse of `moment`."""
    return (when - _EPOCH) // timedelta(microseconds=1) * 1000
