"""An export in parts for `bench.takeout`: many small photos, and a few films."""

import json
import random
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PHOTO_BYTES: Final = 1500
"""Small, so that what is measured is the handling of members and not the disk."""

FILMS: Final = ("stored", "stored-2", "deflated", "deflated-2")
"""The first of a kind is read whole, at the other places are looked for: neither helps the other."""

FILM_BYTES: Final = 200 * 2**21
YEARS_FROM: Final = 2003
IN_AN_ALBUM_EACH: Final = 10


@dataclass(frozen=True)
class Archives:
    """The export that both are given."""

    paths: list[Path]
    members: int
    photos: list[tuple[int, str]]
    """Year and name of the photos of the first part."""


def make_archives(folder: Path, parts: int, photos_a_part: int) -> Archives:
    """An export in parts: a year a part, some photos in an album as well, and two films."""
    dice = random.Random(7)
    content = dice.randbytes(64 * PHOTO_BYTES)
    paths, members, first = [], 0, []
    for part in range(parts):
        path = folder / f"takeout-20261101T120000Z-{part + 1:03}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            year = YEARS_FROM + part
            for number in range(photos_a_part):
                name = f"IMG_{part:02}{number:05}.jpg"
                start = dice.randrange(63 * PHOTO_BYTES)
                places = [f"Photos from {year}"]
                if number % IN_AN_ALBUM_EACH == 0:
                    places.append(f"Trip {part}-{number % 100}")
                for place in places:
                    base = f"Takeout/Google Photos/{place}/{name}"
                    archive.writestr(base, content[start : start + PHOTO_BYTES])
                    sidecar = _sidecar(name, year, number)
                    archive.writestr(
                        f"{base}.supplemental-metadata.json", sidecar, zipfile.ZIP_DEFLATED
                    )
                    members += 2
                if part == 0:
                    first.append((year, name))
        paths.append(path)
    paths.append(_films(folder, parts, dice))
    return Archives(paths, members + 2 * len(FILMS), first)


def _films(folder: Path, part: int, dice: random.Random) -> Path:
    path = folder / f"takeout-20261101T120000Z-{part + 1:03}.zip"
    half = dice.randbytes(2**20)
    with zipfile.ZipFile(path, "w") as archive:
        for kind in FILMS:
            name = f"{kind}.mp4"
            base = f"Takeout/Google Photos/Photos from 2024/{name}"
            entry = zipfile.ZipInfo(base)
            entry.compress_type = (
                zipfile.ZIP_STORED if kind.startswith("stored") else zipfile.ZIP_DEFLATED
            )
            with archive.open(entry, "w") as member:
                for number in range(FILM_BYTES // 2**21):
                    # Half noise, half nothing: deflated it is half as long.
                    member.write(number.to_bytes(8, "big") + half[8:] + bytes(2**20))
            archive.writestr(f"{base}.supplemental-metadata.json", _sidecar(name, 2024, 1))
    return path


def _sidecar(title: str, year: int, number: int) -> str:
    taken_s = int(time.mktime((year, 1, 1, 12, 0, number * 60, 0, 0, 0)))
    return json.dumps(
        {
            "title": title,
            "description": "",
            "imageViews": "3",
            "creationTime": {"timestamp": str(taken_s + 86_400)},
            "photoTakenTime": {"timestamp": str(taken_s)},
            "geoData": {"latitude": 48.1, "longitude": 11.5, "altitude": 520.0},
            "url": f"https://photos.google.com/photo/AF1Qip{year}{number:07}{title[:4]}",
        },
        indent=2,
    )
