"""What `mediaItems:search` may be asked for, and which items that means (reference 1.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from gphotosfs.simulator.exchange import ApiError
from gphotosfs.simulator.library.items import SECOND_NS, Item, day

_DAY_NS: Final = 86_400 * SECOND_NS
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()

# Year, month, day; 0 stands for any.
Date = tuple[int, int, int]

CATEGORIES: Final = frozenset(
    [
        "NONE",
        "LANDSCAPES",
        "RECEIPTS",
        "CITYSCAPES",
        "LANDMARKS",
        "SELFIES",
        "PEOPLE",
        "PETS",
        "WEDDINGS",
        "BIRTHDAYS",
        "DOCUMENTS",
        "TRAVEL",
        "ANIMALS",
        "FOOD",
        "SPORT",
        "NIGHT",
        "PERFORMANCES",
        "WHITEBOARDS",
        "SCREENSHOTS",
        "UTILITY",
        "ARTS",
        "CRAFTS",
        "FASHION",
        "HOUSES",
        "GARDENS",
        "FLOWERS",
        "HOLIDAYS",
    ]
)

# What Google would recognise in the pictures of an event.
_SHOWN: Final = {
    "sea": {"LANDSCAPES", "TRAVEL", "HOLIDAYS"},
    "mountains": {"LANDSCAPES", "TRAVEL", "SPORT"},
    "city": {"CITYSCAPES", "LANDMARKS", "TRAVEL"},
    "forest": {"LANDSCAPES", "GARDENS"},
    "home": {"HOUSES", "GARDENS", "FLOWERS"},
    "night": {"NIGHT", "LANDSCAPES"},
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """A decoded search."""

    dates: tuple[Date, ...] = ()
    ranges: tuple[tuple[Date, Date], ...] = ()
    included: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    media_type: str = "ALL_MEDIA"
    favorites: bool = False
    archived: bool = False

    @property
    def by_date(self) -> bool:
        """Whether there is a date filter; then only it may be combined with an order."""
        return bool(self.dates or self.ranges)

    @property
    def by_content(self) -> bool:
        """Whether items must be looked at whole."""
        return bool(self.included or self.excluded)

    def traits_match(self, mime_type: str, favorite: bool, archived: bool) -> bool:
        """Whether an item of these may be meant, apart from its date and what it shows."""
        if (archived and not self.archived) or (self.favorites and not favorite):
            return False
        video = mime_type.startswith("video/")
        return self.media_type == "ALL_MEDIA" or video == (self.media_type == "VIDEO")

    def date_matches(self, created_ns: int | None) -> bool:
        """Whether a capture time is meant; an item without one never is (FILT)."""
        if not self.by_date:
            return True
        if created_ns is None:
            return False
        taken = day(created_ns)
        ymd = (taken.year, taken.month, taken.day)
        for wanted in self.dates:
            if all(w in (0, t) for w, t in zip(wanted, ymd, strict=True)):
                return True
        return any(
            _precise(ymd, first) >= first
            for first, last in self.ranges
            if _precise(ymd, last) <= last
        )

    def content_matches(self, item: Item) -> bool:
        """Whether what the item shows is meant."""
        shown = _SHOWN[item.theme] | ({"SCREENSHOTS"} if item.mime_type == "image/png" else set())
        return not shown & self.excluded and (not self.included or bool(shown & self.included))

    def span_ns(self) -> tuple[int, int] | None:
        """Capture times outside of this span [from, to) can't match; None: no such span."""
        if not self.by_date or any(year == 0 for year, _, _ in self.dates):
            return None
        firsts = [*self.dates, *(first for first, _ in self.ranges)]
        lasts = [*self.dates, *(last for _, last in self.ranges)]
        return min(map(_first_ns, firsts)), max(map(_end_ns, lasts))


def decode(body: Mapping[str, Any]) -> Filters:
    """The filters of a search's body, whose shape was checked.

    Raises:
        ApiError: Google would refuse them.
    """
    dates = body.get("dateFilter", {})
    content = body.get("contentFilter", {})
    media_types = body.get("mediaTypeFilter", {}).get("mediaTypes", [])
    features = body.get("featureFilter", {}).get("includedFeatures", [])
    _within(media_types, {"ALL_MEDIA", "VIDEO", "PHOTO"}, "media_type_filter.media_types")
    _within(features, {"NONE", "FAVORITES"}, "feature_filter.included_features")
    if len(media_types) > 1:
        raise ApiError(400, "Request contains an invalid argument: only one media type is allowed.")
    included = content.get("includedContentCategories", [])
    excluded = content.get("excludedContentCategories", [])
    for categories in (included, excluded):
        _within(categories, CATEGORIES, "content_filter")
        _at_most(categories, 10, "content categories")
    _at_most(dates.get("dates", []), 5, "dates")
    _at_most(dates.get("ranges", []), 5, "ranges")
    return Filters(
        dates=tuple(_date(value) for value in dates.get("dates", [])),
        ranges=tuple(_range(value) for value in dates.get("ranges", [])),
        included=frozenset(included) - {"NONE"},
        excluded=frozenset(excluded) - {"NONE"},
        media_type=media_types[0] if media_types else "ALL_MEDIA",
        favorites="FAVORITES" in features,
        archived=body.get("includeArchivedMedia", False),
    )


def _within(values: list[str], known: set[str] | frozenset[str], where: str) -> None:
    for value in values:
        if value not in known:
            raise ApiError(400, f"Invalid value at 'filters.{where}', \"{value}\"")


def _at_most(values: list[Any], limit: int, what: str) -> None:
    if len(values) > limit:
        raise ApiError(400, f"Request contains an invalid argument: more than {limit} {what}.")


def _date(value: Mapping[str, int]) -> Date:
    year, month, of_month = (value.get(part, 0) for part in ("year", "month", "day"))
    fits = 0 <= year <= 9999 and 0 <= month <= 12 and 0 <= of_month <= 31
    # A day needs its month; a wildcard year needs both (FILT).
    if not fits or (of_month and not month) or not (year or (month and of_month)):
        raise ApiError(400, "Request contains an invalid argument: invalid date.")
    return year, month, of_month


def _range(value: Mapping[str, Any]) -> tuple[Date, Date]:
    first, last = _date(value.get("startDate", {})), _date(value.get("endDate", {}))
    if [part > 0 for part in first] != [part > 0 for part in last]:
        raise ApiError(400, "Request contains an invalid argument: dates of unlike precision.")
    if first > last:
        raise ApiError(
            400, "Request contains an invalid argument: the range ends before it starts."
        )
    return first, last


def _precise(ymd: Date, like: Date) -> Date:
    """A day, with a 0 wherever the other has one."""
    year, month, of_month = (part if wanted else 0 for part, wanted in zip(ymd, like, strict=True))
    return year, month, of_month


def _day_ns(year: int, month: int, of_month: int) -> int:
    # 31 February is the 1st of March, roughly: the span may be a little wide.
    days = date(year, month, 1).toordinal() + of_month - 1
    return (days - _EPOCH_DAY) * _DAY_NS


def _first_ns(wanted: Date) -> int:
    year, month, of_month = wanted
    return _day_ns(year, month or 1, of_month or 1)


def _end_ns(wanted: Date) -> int:
    year, month, of_month = wanted
    return _day_ns(year, month or 12, of_month or 31) + _DAY_NS
