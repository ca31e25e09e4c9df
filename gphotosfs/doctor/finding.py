"""What one check found."""

import enum
from dataclasses import dataclass


class Level(enum.StrEnum):
    """How bad it is."""

    FINE = "fine"
    WARNING = "warning"
    """It works, but not as a person may expect, or not for long."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found. Nothing in it is secret."""

    check: str
    """Which check, in a word or two."""
    level: Level
    what: str
    action: str = ""
    """The one thing to do; "" where nothing is to be done."""
    link: str = ""
    """Where to do it, if that is a page."""
    needs_sign_in: bool = False
    """Whether the one thing is to sign in."""


def fine(check: str, what: str) -> Finding:
    """All is well."""
    return Finding(check=check, level=Level.FINE, what=what)


def warning(check: str, what: str, action: str = "", link: str = "") -> Finding:
    """Worth knowing."""
    return Finding(check=check, level=Level.WARNING, what=what, action=action, link=link)


def failed(
    check: str, what: str, action: str, link: str = "", *, needs_sign_in: bool = False
) -> Finding:
    """What has to be mended."""
    return Finding(
        check=check,
        level=Level.FAILED,
        what=what,
        action=action,
        link=link,
        needs_sign_in=needs_sign_in,
    )
