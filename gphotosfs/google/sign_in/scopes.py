"""What a sign-in allows: Google's scopes, as far as we ask for them or have to recognise them."""

import enum
from collections.abc import Collection
from typing import Final

_PREFIX: Final = "https://www.googleapis.com/auth/"

# https://developers.google.com/photos/overview/authorization (read 2026-11)
READ_LIBRARY: Final = _PREFIX + "photoslibrary.readonly.appcreateddata"
READ_PICKED: Final = _PREFIX + "photospicker.mediaitems.readonly"

# Tokens with these are still refreshed, but every call is refused.
# https://developers.google.com/photos/support/updates (read 2026-11)
REMOVED_ON: Final = "2025-03-31"
REMOVED: Final = frozenset(
    _PREFIX + name for name in ("photoslibrary", "photoslibrary.readonly", "photoslibrary.sharing")
)


class Source(enum.StrEnum):
    """Which ways into the library a sign-in is for."""

    LIBRARY = "library"
    PICKER = "picker"
    BOTH = "both"

    @property
    def scopes(self) -> tuple[str, ...]:
        """Exactly what reading them takes."""
        match self:
            case Source.LIBRARY:
                return (READ_LIBRARY,)
            case Source.PICKER:
                return (READ_PICKED,)
        return (READ_LIBRARY, READ_PICKED)


def removed(scopes: Collection[str]) -> list[str]:
    """Those among the scopes that Google has taken out of service."""
    return sorted(REMOVED.intersection(scopes))


def are_for_picking_alone(scopes: Collection[str]) -> bool:
    """Whether a sign-in with these is not for the Library at all; not known where it names none."""
    return READ_PICKED in scopes and not {READ_LIBRARY, *REMOVED}.intersection(scopes)


def short(scope: str) -> str:
    """A scope as Google's own pages call it."""
    return scope.removeprefix(_PREFIX)


def in_words(scope: str) -> str:
    """What is allowed by a scope that we ask for."""
    return {
        READ_LIBRARY: "the photos that were uploaded with your OAuth client",
        READ_PICKED: "the photos that you pick",
    }.get(scope, short(scope))
