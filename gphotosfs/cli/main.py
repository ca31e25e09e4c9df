"""The program `gphotosfs`."""

import click

from gphotosfs.cli.browse import browse
from gphotosfs.cli.cache import cache
from gphotosfs.cli.demo import demo
from gphotosfs.cli.doctor import doctor
from gphotosfs.cli.failures import Commands
from gphotosfs.cli.install import install
from gphotosfs.cli.log_level import log_level
from gphotosfs.cli.login import login
from gphotosfs.cli.logout import logout
from gphotosfs.cli.mount import mount
from gphotosfs.cli.open import open_in_google_photos
from gphotosfs.cli.pick import pick
from gphotosfs.cli.pin import pin, pinned, unpin
from gphotosfs.cli.refresh import refresh
from gphotosfs.cli.status import status
from gphotosfs.cli.takeout import takeout
from gphotosfs.cli.uninstall import uninstall
from gphotosfs.cli.unmount import unmount


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gphotosfs")
@click.option("--debug", is_flag=True, help="Show where an error comes from.")
@click.option(
    "--notify",
    is_flag=True,
    help="Say what there is to say in a notification of the desktop: there is no terminal.",
)
def main(debug: bool, notify: bool) -> None:
    """Google Photos as files.

    Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 sign-in needed, 4 not mounted.
    """


for command in (
    demo,
    login,
    logout,
    doctor,
    mount,
    unmount,
    status,
    refresh,
    open_in_google_photos,
    browse,
    pick,
    pin,
    unpin,
    pinned,
    takeout,
    cache,
    log_level,
    install,
    uninstall,
):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="gphotosfs")
