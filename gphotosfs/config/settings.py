"""What a user may set: each option is declared once, here.

The `--flag`, the name behind `-o`, the key of `config.toml`, the help text and the table in the
documentation all come from the declarations in `Settings`.
"""

# ruff: noqa: RUF009 - a declaration is a call, made once for each option; its value is immutable

import dataclasses
import difflib
import enum
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar, cast, overload

from gphotosfs.config import values
from gphotosfs.config.bandwidth import Bandwidth
from gphotosfs.config.values import Amount, Kind
from gphotosfs.errors import ConfigError

T = TypeVar("T")


class Sizes(enum.StrEnum):
    """How far `stat` goes for the exact size of a file that is not known yet."""

    AUTO = "auto"
    EXACT = "exact"
    ON_OPEN = "on-open"


class Thumbnails(enum.StrEnum):
    """Which thumbnails are made before a program asks for them."""

    AUTO = "auto"
    ALL = "all"
    OFF = "off"


class LogLevel(enum.StrEnum):
    """The least that is worth a line in the log."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Place(enum.Flag):
    """Where an option may be given."""

    MOUNT = enum.auto()
    """On the command line: as `--flag` and behind `-o`."""
    FILE = enum.auto()
    """In the profile's `config.toml`."""


EVERYWHERE: Final = Place.MOUNT | Place.FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What is said of one option, apart from its value."""

    name: str
    kind: Kind[Any]
    default: str | None
    """As a user would write it; None where the option is unset unless given."""
    unset: str
    """What being unset means, for a reader."""
    text: str
    places: Place

    @property
    def flag(self) -> str:
        """How it is written as an argument of its own."""
        return "--" + self.name.replace("_", "-")

    def value(self, text: str) -> Any:
        """What a text means for this option.

        Raises:
            ConfigError: it means nothing; the message names the option.
        """
        if self.default is None and text.lower() == "none":
            return None
        try:
            return self.kind.parse(text)
        except ConfigError as exc:
            raise ConfigError(f"option {self.name}: {exc}") from exc


@overload
def _option(
    name: str, kind: Kind[T], default: str, text: str, *, places: Place = EVERYWHERE
) -> T: ...


@overload
def _option(
    name: str, kind: Kind[T], default: None, text: str, *, unset: str, places: Place = EVERYWHERE
) -> T | None: ...


def _option(
    name: str,
    kind: Kind[T],
    default: str | None,
    text: str,
    *,
    unset: str = "",
    places: Place = EVERYWHERE,
) -> T | None:
    declared = Option(name=name, kind=kind, default=default, unset=unset, text=text, places=places)
    value = None if default is None else declared.value(default)
    return cast(T | None, dataclasses.field(default=value, metadata={"option": declared}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values that hold for one mount."""

    allow_other: bool = _option(
        "allow_other",
        values.FLAG,
        "no",
        "Let other users see the mount too; needs user_allow_other in /etc/fuse.conf.",
    )
    allow_root: bool = _option(
        "allow_root",
        values.FLAG,
        "no",
        "Let root see the mount too, and nobody else; needs user_allow_other as well.",
    )
    uid: int | None = _option("uid", values.USER, None, "Who owns the files.", unset="who mounts")
    run_as: int | None = _option(
        "run_as",
        values.USER,
        None,
        "Whose profile it is and who serves it, where root mounts.",
        unset="who mounts; from fstab, the owner of the profile",
        places=Place.MOUNT,
    )
    gid: int | None = _option(
        "gid", values.GROUP, None, "The group of the files.", unset="of who mounts"
    )
    file_mode: int = _option(
        "file_mode", values.MODE, "0444", "Permissions of files; write bits count for nothing."
    )
    dir_mode: int = _option(
        "dir_mode",
        values.MODE,
        "0555",
        "Permissions of directories; write bits count for nothing.",
    )
    umask: int = _option("umask", values.MODE, "000", "Permissions to take away from all of them.")
    sizes: Sizes = _option(
        "sizes",
        values.one_of(Sizes),
        "auto",
        "Whether `stat` asks Google for a size that is not known yet: auto waits at most 5s for a "
        "directory and then estimates, exact waits up to `timeout`, on-open never asks.",
    )
    thumbnails: Thumbnails | None = _option(
        "thumbnails",
        values.one_of(Thumbnails),
        None,
        "Thumbnails for file managers, in the cache that all programs share: auto makes those of the "
        "directories that a file manager opens, all those of everything that is known as well.",
        unset="auto; off where others may see the mount",
    )
    nest_albums: bool = _option(
        "nest_albums",
        values.FLAG,
        "no",
        "Show an album called `Trips/Paris` as a directory in a directory.",
    )
    include_archived: bool = _option(
        "include_archived", values.FLAG, "no", "Show archived photos in the views by date as well."
    )
    previews: bool = _option(
        "previews",
        values.FLAG,
        "no",
        "Show `previews/` in the root: the same albums and dates, each photo as a JPEG of at most "
        "2048 pixels, for slideshows, photo frames and slow lines.",
    )
    cache_size_bytes: int = _option(
        "cache_size", values.SIZE, "10G", "The most disk space that cached photos may take."
    )
    cache_min_free: Amount = _option(
        "cache_min_free",
        values.AMOUNT,
        "5%",
        "Disk space that the cache leaves free, as a size or a share of the disk.",
    )
    cache_max_age_s: float | None = _option(
        "cache_max_age",
        values.DEADLINE,
        None,
        "Drop cached bytes this long after they were fetched.",
        unset="no limit",
    )
    dir_cache_time_s: float = _option(
        "dir_cache_time",
        values.DURATION,
        "5m",
        "How long a listing counts as fresh; an older one is shown at once and renewed behind.",
    )
    timeout_s: float = _option(
        "timeout", values.DEADLINE, "30s", "The longest that any file operation may take."
    )
    bwlimit: Bandwidth = _option(
        "bwlimit",
        values.BANDWIDTH,
        "off",
        "How fast photos may come, in bytes a second: `512K`, `2M`, `off`, or by the time of day, "
        "`08:00,512K 19:00,off`. The head of a file, which a person waits for, passes at once.",
    )
    quota_calls: int = _option(
        "quota_calls", values.COUNT, "10000", "API calls your Google project may make a day."
    )
    quota_byte_requests: int = _option(
        "quota_bytes", values.COUNT, "75000", "Fetches of photo bytes it may make a day."
    )
    log_level: LogLevel = _option(
        "log_level", values.one_of(LogLevel), "info", "The least that is worth a line in the log."
    )
    log_file: Path | None = _option(
        "log_file",
        values.PATH,
        None,
        "Where the log is written.",
        unset="gphotosfs/PROFILE.log in the state folder; stderr in the foreground",
    )
    subtype: str = _option(
        "subtype",
        values.WORD,
        "gphotosfs",
        "What mount tables show behind `fuse.` as the type.",
    )
    foreground: bool = _option(
        "foreground",
        values.FLAG,
        "no",
        "Stay in the foreground and log to stderr.",
        places=Place.MOUNT,
    )
    endpoints: str | None = _option(
        "endpoints",
        values.ADDRESS,
        None,
        "Another address for the API, for tests: on this machine only.",
        unset="Google",
        places=Place.FILE,
    )

    def __post_init__(self) -> None:
        if self.allow_other and self.allow_root:
            raise ConfigError("options allow_other and allow_root exclude each other; give one")

    @property
    def file_permissions(self) -> int:
        """The mode bits of every file: nothing here can be written."""
        return self.file_mode & ~self.umask & 0o555

    @property
    def dir_permissions(self) -> int:
        """The mode bits of every directory."""
        return self.dir_mode & ~self.umask & 0o555


_FIELD_OF: Final[Mapping[str, str]] = {
    field.metadata["option"].name: field.name for field in dataclasses.fields(Settings)
}

OPTIONS: Final[Mapping[str, Option]] = {
    field.metadata["option"].name: field.metadata["option"]
    for field in dataclasses.fields(Settings)
}
"""Every option by its name, in the order in which it is shown."""


def settings_from(in_file: Mapping[str, object], given: Mapping[str, str]) -> Settings:
    """The settings of what `config.toml` holds and what the command line gives, which wins.

    Raises:
        ConfigError: a name is unknown, or a value means nothing.
    """
    chosen = {name: _toml_text(name, value) for name, value in in_file.items()}
    chosen.update(given)
    return Settings(**{_FIELD_OF[name]: OPTIONS[name].value(text) for name, text in chosen.items()})


def read_config_file(path: Path) -> dict[str, object]:
    """What a `config.toml` holds; nothing where there is none.

    Raises:
        ConfigError: it can't be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise ConfigError(f"{path} can't be read: {exc.strerror}") from exc
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(f"{path} can't be used: {exc}") from exc


def nearest(name: str, known: Iterable[str]) -> str:
    """A few words that point to what may have been meant; empty where nothing is near."""
    matches = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {matches[0]}?" if matches else ""


def _toml_text(name: str, value: object) -> str:
    option = OPTIONS.get(name)
    if option is None or not option.places & Place.FILE:
        known = [other.name for other in OPTIONS.values() if other.places & Place.FILE]
        raise ConfigError(f"config.toml: there is no key {name!r}{nearest(name, known)}")
    # bool is an int to Python, but `timeout = true` is a mistake.
    if type(value) not in option.kind.toml_types:
        raise ConfigError(f"config.toml: {name} = {value!r} is not how {name} is written")
    return str(value).lower() if isinstance(value, bool) else str(value)
