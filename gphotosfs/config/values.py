"""How the values of options are written: sizes, durations, modes, users, choices."""

import enum
import grp
import pwd
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

from gphotosfs.config.bandwidth import parse_bandwidth
from gphotosfs.errors import ConfigError

T = TypeVar("T")
Choice = TypeVar("Choice", bound=enum.StrEnum)

_NUMBER: Final = re.compile(r"\d{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One way of writing a value."""

    metavar: str
    parse: Callable[[str], T]
    """The value of a text. Raises ConfigError, whose message completes "timeout: "."""
    toml_types: tuple[type, ...] = (str,)
    """What TOML may hold for it; all but a string is read as if it had been written as one."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of bytes, fixed or as a share of a whole that is known only later."""

    size_bytes: int = 0
    share: float = 0.0

    def of(self, whole_bytes: int) -> int:
        """The amount in bytes, where the whole has that many."""
        return self.size_bytes + int(self.share * whole_bytes)


# Binary units, as rclone and du write them: 10G is 10 GiB.
_UNITS_BYTES: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40, "P": 1 << 50}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)([KMGTP]?)(?:i?B)?", re.IGNORECASE | re.ASCII)

_UNITS_S: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DURATION_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])", re.ASCII)

# A length of time that no clock here can overflow on; a century of caching is "none".
_DURATION_MAX_S: Final = 100 * 365 * 86400

_YES: Final = frozenset({"", "1", "on", "true", "yes"})
_NO: Final = frozenset({"0", "false", "no", "off"})


def parse_flag(text: str) -> bool:
    """True for yes, on, true, 1 and for no value at all; False for their opposites."""
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ConfigError(f"{text!r} is neither yes nor no")


def parse_size_bytes(text: str) -> int:
    """Bytes of `512K`, `10G`, `1.5TiB` or a plain number; at least 1."""
    match = _SIZE.fullmatch(text.strip())
    size_bytes = int(float(match[1]) * _UNITS_BYTES[match[2].upper()]) if match else 0
    if size_bytes < 1:
        raise ConfigError(f"{text!r} is not a size; write it like 512M or 10G")
    return size_bytes


def parse_amount(text: str) -> Amount:
    """A size, or a share like `5%`; 0 is allowed."""
    number, percent, rest = text.strip().partition("%")
    if percent and not rest and re.fullmatch(r"\d+(\.\d+)?", number, re.ASCII):
        if float(number) < 100:
            return Amount(share=float(number) / 100)
        raise ConfigError(f"{text!r} is not less than 100%")
    if number == "0":
        return Amount()
    try:
        return Amount(size_bytes=parse_size_bytes(text))
    except ConfigError as exc:
        raise ConfigError(f"{text!r} is neither a share like 5% nor a size like 20G") from exc


def parse_duration_s(text: str) -> float:
    """Seconds of `30s`, `5m`, `1h30m`, `500ms`, `7d`; a plain number is seconds."""
    written = text.strip()
    parts = _DURATION_PART.findall(written)
    if re.fullmatch(r"\d+(\.\d+)?", written, re.ASCII):
        seconds = float(written)
    elif parts and "".join(number + unit for number, unit in parts) == written:
        seconds = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    else:
        raise ConfigError(f"{text!r} is not a duration; write it like 30s, 5m or 1h30m")
    if seconds > _DURATION_MAX_S:
        raise ConfigError(f"{text!r} is more than a century")
    return seconds


def parse_deadline_s(text: str) -> float:
    """A duration that is more than 0."""
    if (seconds := parse_duration_s(text)) > 0:
        return seconds
    raise ConfigError("must be more than 0")


def parse_count(text: str) -> int:
    """A whole number, 1 or more."""
    written = text.strip().replace("_", "")
    if re.fullmatch(r"\d{1,15}", written, re.ASCII) and int(written) > 0:
        return int(written)
    raise ConfigError(f"{text!r} is not a whole number above 0")


def parse_mode(text: str) -> int:
    """Permission bits in octal, as chmod takes them."""
    if re.fullmatch(r"[0-7]{1,4}", text) and int(text, 8) <= 0o777:
        return int(text, 8)
    raise ConfigError(f"{text!r} are not permissions in octal, like 0440")


def parse_user(text: str) -> int:
    """The uid of a user's name, or of a number."""
    if _NUMBER.fullmatch(text):
        return _owner(text)
    try:
        return pwd.getpwnam(text).pw_uid
    except (KeyError, ValueError) as exc:
        raise ConfigError(f"there is no user {text!r}") from exc


def parse_group(text: str) -> int:
    """The gid of a group's name, or of a number."""
    if _NUMBER.fullmatch(text):
        return _owner(text)
    try:
        return grp.getgrnam(text).gr_gid
    except (KeyError, ValueError) as exc:
        raise ConfigError(f"there is no group {text!r}") from exc


def _owner(text: str) -> int:
    # The last number of 32 bits says "no such" to the kernel (credentials(7)).
    if (number := int(text)) < 2**32 - 1:
        return number
    raise ConfigError(
        f"{text!r} is more than {2**32 - 2}, the largest number that a file's owner has"
    )


def parse_path(text: str) -> Path:
    """An absolute path; `~` is the home folder.

    A relative one would mean another file in the background, where the folder is `/`.
    """
    path = Path(text).expanduser()
    if not path.is_absolute() or "\0" in text:
        raise ConfigError(f"{text!r} is not an absolute path")
    return path


def parse_word(text: str) -> str:
    """A short name of plain characters."""
    if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text):
        return text
    raise ConfigError(f"{text!r} is not a plain name")


def parse_address(text: str) -> str:
    """Where a server is: `http://` or `https://`, a host, maybe a port."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        raise ConfigError(f"{text!r} is not an address like https://host")
    return text


def one_of(choices: type[Choice]) -> Kind[Choice]:
    """The kind whose values are the members of an enumeration."""

    def parse(text: str) -> Choice:
        try:
            return choices(text.lower())
        except ValueError as exc:
            raise ConfigError(f"{text!r} is none of {', '.join(choices)}") from exc

    return Kind("|".join(choices), parse)


FLAG: Final = Kind("", parse_flag, (bool,))
SIZE: Final = Kind("SIZE", parse_size_bytes, (str, int))
AMOUNT: Final = Kind("SIZE|PERCENT", parse_amount, (str, int))
DURATION: Final = Kind("DURATION", parse_duration_s, (str, int, float))
DEADLINE: Final = Kind("DURATION", parse_deadline_s, (str, int, float))
COUNT: Final = Kind("NUMBER", parse_count, (int,))
# A number in TOML would be taken as decimal, so that 440 would mean something else than meant.
MODE: Final = Kind("MODE", parse_mode)
USER: Final = Kind("USER", parse_user, (str, int))
GROUP: Final = Kind("GROUP", parse_group, (str, int))
PATH: Final = Kind("FILE", parse_path)
WORD: Final = Kind("NAME", parse_word)
ADDRESS: Final = Kind("URL", parse_address)
BANDWIDTH: Final = Kind("SPEED", parse_bandwidth)
