"""The JSON beside a photo or in an album's folder, as facts. Every field may be missing or wrong.

The reference, sections 6.2 and 6.4; JSON files are told apart by what they hold, never by their names.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SIDECAR_MAX_BYTES: Final = 1 << 20
"""Real ones have about 1 KB, albums with comments some more."""

_PEOPLE_MAX: Final = 200

Members = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something was taken, in degrees and metres."""

    latitude: float
    longitude: float
    altitude_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """What a sidecar says of its photo or video."""

    title: str = ""
    """The name under which it was uploaded."""
    taken_s: int | None = None
    """Capture time since 1970, UTC. None also for "0", which an item without a time has."""
    uploaded_s: int | None = None
    description: str = ""
    place: Place | None = None
    people: tuple[str, ...] = ()
    url: str = ""
    """Of the item in Google Photos; the same for all copies and parts of an item."""
    origin: str = ""
    """How it came to Google: mobileUpload, webUpload, fromPartnerSharing, …"""
    favorite: bool = False
    archived: bool = False
    trashed: bool = False


@dataclass(frozen=True, slots=True)
class AlbumFacts:
    """What the JSON in an album's folder says."""

    title: str
    description: str = ""


def facts(text: bytes) -> ItemFacts | AlbumFacts | None:
    """What a JSON file says; None if it is about neither an item nor an album."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    # The rule that readers converge on: a capture time is an item's, else a title is an album's.
    if "timestamp" in _part(found, "photoTakenTime"):
        return _item(found)
    album = _part(found, "albumData") or found
    if isinstance(album.get("title"), str) and "url" not in album:
        return AlbumFacts(_text(album, "title"), _text(album, "description"))
    # Seen without a capture time: what else would have these?
    return _item(found) if {"url", "creationTime"} & found.keys() else None


def _item(found: Members) -> ItemFacts:
    people = found.get("people")
    names = (
        [_text(one, "name") for one in people if isinstance(one, dict)]
        if isinstance(people, list)
        else []
    )
    origin = _part(found, "googlePhotosOrigin")
    return ItemFacts(
        title=_text(found, "title"),
        taken_s=_time_s(found, "photoTakenTime") or None,
        uploaded_s=_time_s(found, "creationTime") or None,
        description=_text(found, "description"),
        # The first is what Photos shows, which a person may have corrected.
        place=_place(found, "geoData") or _place(found, "geoDataExif"),
        people=tuple(dict.fromkeys(name for name in names if name))[:_PEOPLE_MAX],
        url=_text(found, "url"),
        origin=next((str(name) for name in origin), ""),
        favorite=found.get("favorited") is True,
        archived=found.get("archived") is True,
        trashed=found.get("trashed") is True,
    )


def _part(found: Members, name: str) -> Members:
    part = found.get(name)
    return part if isinstance(part, dict) else {}


def _text(found: Members, name: str) -> str:
    value = found.get(name)
    # JSON can carry half a surrogate pair, which no file name and no database takes.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _time_s(found: Members, name: str) -> int | None:
    value = _part(found, name).get("timestamp")
    try:
        time_s = int(value) if isinstance(value, str | int) else None
    except ValueError:
        return None
    # What a catalogue can hold in nanoseconds: 1677 to 2262.
    return time_s if time_s is not None and abs(time_s) < 2**63 // 10**9 else None


def _place(found: Members, name: str) -> Place | None:
    part = _part(found, name)
    latitude, longitude = _number(part, "latitude"), _number(part, "longitude")
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None  # 0/0 stands for none
    return Place(
        latitude=latitude, longitude=longitude, altitude_m=_number(part, "altitude") or 0.0
    )


def _number(found: Members, name: str) -> float | None:
    value = found.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return (
        float(value) if abs(value) < 1e9 else None
    )  # also no infinity, and nothing that is no number
