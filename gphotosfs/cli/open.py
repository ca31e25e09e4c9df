"""`gphotosfs open`."""

import errno
import os
from typing import Final

import click

from gphotosfs.cli.arguments import files
from gphotosfs.cli.sign_in.browser import open_page, show_address
from gphotosfs.errors import ConfigError, NoEntryError

_ADDRESS: Final = "user.gphotos.url"

# Each becomes a tab of the browser; whoever has selected a whole folder did not mean that.
_AT_ONCE_MAX: Final = 10


@click.command("open")
@click.argument("paths", nargs=-1, required=True, shell_complete=files, metavar="PATH…")
def open_in_google_photos(paths: tuple[str, ...]) -> None:
    """Show photos and albums on their page in Google Photos.

    Without a browser the addresses are printed.
    """
    found = [address for address in map(address_of, paths) if address]
    if not found:
        which = paths[0] if len(paths) == 1 else "all of them"
        raise ConfigError(f"there is no page in Google Photos for {which}")
    if len(found) > _AT_ONCE_MAX:
        raise ConfigError(f"{len(found)} pages are too many; select {_AT_ONCE_MAX} at most")
    for address in found:
        if not open_page(address):
            show_address(address)


def address_of(path: str) -> str:
    """The address of a photo's or an album's page; "" where Google gives none.

    Raises:
        NoEntryError: there is nothing at the path, or it can't be asked.
    """
    try:
        address = os.getxattr(path, _ADDRESS).decode()
    except OSError as exc:
        if exc.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return ""
        raise NoEntryError(f"{path}: {exc.strerror}") from exc
    # Any file may carry such an attribute, also one that somebody sent.
    return address if address.startswith("https://") else ""
