"""The program `gphotosfs`."""

import click

from gphotosfs.cli.commands import Commands

# In the order in which a person comes to need them. Only the command that runs is imported: together
# they load httpx, google-auth and cryptography, which `status` and a shell's completion need not wait for.
COMMANDS = {
    "demo": ("demo:demo", "Look at a simulated library; no account is needed."),
    "login": ("login:login", "Sign in to Google Photos, or take a sign-in over."),
    "mount": ("mount:mount", "Show a library as a directory."),
    "unmount": ("unmount:unmount", "End a mount."),
    "status": ("status:status", "Show how a mount is doing, or every mount."),
    "refresh": ("refresh:refresh", "Ask Google again what a directory holds."),
    "browse": ("browse:browse", "Open the library in the file manager."),
    "open": ("open:open_in_google_photos", "Show photos and albums in Google Photos."),
    "pick": ("pick:pick", "Choose photos of the whole library, on a page of Google's."),
    "pin": ("pin:pin", "Keep albums, folders and files here, to have them offline."),
    "unpin": ("pin:unpin", "Keep them here no longer."),
    "pinned": ("pin:pinned", "Show what is kept offline."),
    "takeout": ("takeout:takeout", "Show archives of Google Takeout, where they lie."),
    "cache": ("cache:cache", "Look at what is cached on disk, or drop it."),
    "doctor": ("doctor:doctor", "Find out what is wrong, and what to do about it."),
    "log-level": ("log_level:log_level", "Log more or less, until the mount ends."),
    "logout": ("logout:logout", "End a sign-in, at Google and here."),
    "install": ("install:install", "Let mount(8), systemd, shells, file managers find it."),
    "uninstall": ("uninstall:uninstall", "Remove what `install` has written."),
    "completion": ("completion:completion", "Print what a shell needs to complete commands."),
}


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


for name, (place, text) in COMMANDS.items():
    main.add_lazily(name, f"gphotosfs.cli.{place}", text)

if __name__ == "__main__":
    main(prog_name="gphotosfs")
