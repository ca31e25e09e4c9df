"""The text behind `-o`, as people and mount(8) write it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gphotosfs.config.settings import OPTIONS, Place, nearest
from gphotosfs.config.values import FLAG
from gphotosfs.errors import ConfigError

# libfuse 3.14 refuses what it does not know, so only these go on to it. `ro` and `auto_unmount`
# always do (see `MountRequest.fuse_options`).
HANDED_ON: Final = frozenset({"default_permissions", "noatime", "nodev", "noexec", "nosuid"})
HANDED_ON_WITH_VALUE: Final = frozenset({"context", "defcontext", "fscontext", "rootcontext"})

# For mount(8), systemd or the desktop, or true of every mount of ours. mount(8) hands all of them
# on to its helpers but `auto`, `noauto`, `comment=` and `x-*`, which it keeps; people paste those.
PASSED_OVER: Final = frozenset(
    {
        *("_netdev", "nofail", "auto", "noauto", "defaults", "comment"),
        *("user", "nouser", "users", "nousers", "owner", "noowner", "group", "nogroup"),
        *("ro", "rw", "auto_unmount"),
        *("dev", "suid", "exec", "atime", "diratime", "nodiratime"),
        *("relatime", "norelatime", "strictatime", "nostrictatime", "lazytime", "nolazytime"),
        *("async", "sync", "dirsync", "mand", "nomand", "iversion", "noiversion", "silent", "loud"),
    }
)
PASSED_OVER_PREFIXES: Final = ("x-", "X-")

# What GVfs and KDE look for among a mount's options: whether, and as what, a file manager shows it.
FOR_DESKTOP: Final = "x-gvfs-"


@dataclass(frozen=True, slots=True)
class MountOptions:
    """What a text behind `-o` asks for."""

    given: dict[str, str]
    """Our options by name, as written; the last one counts."""
    handed_on: tuple[str, ...]
    """What goes on to libfuse as it is."""
    for_desktop: Mapping[str, str] = field(default_factory=dict)
    """Options that begin with x-gvfs-, by name, percent-encoded as they were given."""


def parse_mount_options(text: str, *, tolerant: bool = False) -> MountOptions:
    """What the text asks for; a tolerant reader passes over what it does not know (`mount -s`).

    Raises:
        ConfigError: an option is unknown, lacks its value, or a quote is not closed.
    """
    given: dict[str, str] = {}
    handed_on: list[str] = []
    for_desktop: dict[str, str] = {}
    for part in _split(text):
        name, equals, value = part.partition("=")
        if name == "remount":
            raise ConfigError("a mount can't be changed in place: unmount it, and mount it anew")
        option = OPTIONS.get(name)
        if option is not None and option.places & Place.MOUNT:
            if not equals and option.kind is not FLAG:
                raise ConfigError(f"option {name} needs a value: {name}={option.kind.metavar}")
            given[name] = value
        elif part in HANDED_ON or (name in HANDED_ON_WITH_VALUE and value):
            handed_on.append(part)
        elif name.startswith(FOR_DESKTOP):
            for_desktop[name] = value
        elif not (tolerant or name in PASSED_OVER or name.startswith(PASSED_OVER_PREFIXES)):
            known = [other.name for other in OPTIONS.values() if other.places & Place.MOUNT]
            hint = nearest(name, [*known, *HANDED_ON, *HANDED_ON_WITH_VALUE, *PASSED_OVER])
            raise ConfigError(f"there is no mount option {name!r}{hint}")
    return MountOptions(given, tuple(dict.fromkeys(handed_on)), for_desktop)


def _split(text: str) -> list[str]:
    """The parts between commas; neither quoted commas nor escaped ones separate.

    libmount quotes a value with commas, `context="a,b"`; a backslash is what fuse(8) knows.
    """
    parts: list[str] = []
    part = ""
    quoted = False
    characters = iter(text)
    for character in characters:
        if character == "\\":
            part += next(characters, "\\")
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            parts.append(part)
            part = ""
        else:
            part += character
    if quoted:
        raise ConfigError(f'the mount options {text!r} hold a " that is not closed')
    return [part for part in [*parts, part] if part]
