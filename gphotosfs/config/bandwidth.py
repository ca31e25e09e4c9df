"""The option `bwlimit`: a speed, or a timetable of speeds."""

import re
import time
from dataclasses import dataclass
from typing import Final

from gphotosfs.errors import ConfigError

_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_SPEED: Final = re.compile(r"(\d+(?:\.\d+)?)([BKMG]?)", re.ASCII | re.IGNORECASE)

# As rclone's --bwlimit has it, so that a habit carries over: bytes a second in binary units, and a
# number without a unit counts KiB. https://rclone.org/docs/#bwlimit-bandwidth-spec (read 2026-11)
_UNITS_BYTES: Final = {"B": 1, "": 1 << 10, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """Speeds by the time of day."""

    steps: tuple[tuple[int, float | None], ...]
    """(minute of the day, bytes a second from then on; None: no limit), in the order of the day."""

    def at(self, minute: int) -> float | None:
        """Bytes a second that are allowed in a minute of the day; None: no limit."""
        # Before the first step of a day the last one of the day before holds.
        speed = self.steps[-1][1]
        for begins, its_speed in self.steps:
            if begins <= minute:
                speed = its_speed
        return speed

    def now(self) -> float | None:
        """The same by this machine's clock and time zone."""
        here = time.localtime()
        return self.at(here.tm_hour * 60 + here.tm_min)


def parse_bandwidth(text: str) -> Bandwidth:
    """`512K`, `off`, or times with speeds: `08:00,512K 19:00,off`.

    Raises:
        ConfigError: it is none of these.
    """
    written = text.split()
    if len(written) == 1 and "," not in written[0]:
        return Bandwidth(((0, _speed(written[0], text)),))
    steps: dict[int, float | None] = {}
    for part in written:
        clock, _, speed = part.partition(",")
        match = _TIME.fullmatch(clock)
        if match is None:
            raise _wrong(text)
        steps[int(match[1]) * 60 + int(match[2])] = _speed(speed, text)
    if not steps:
        raise _wrong(text)
    return Bandwidth(tuple(sorted(steps.items())))


def _speed(written: str, text: str) -> float | None:
    if written.lower() == "off":
        return None
    match = _SPEED.fullmatch(written)
    bytes_per_s = float(match[1]) * _UNITS_BYTES[match[2].upper()] if match else 0.0
    if bytes_per_s <= 0:
        raise _wrong(text)
    return bytes_per_s


def _wrong(text: str) -> ConfigError:
    return ConfigError(
        f"{text!r} is no speed; write 512K, 2M, off, or a timetable like '08:00,512K 19:00,off'"
    )
