"""`gphotosfs demo`."""

import shutil
import sys
from pathlib import Path
from shlex import quote

import click

from gphotosfs.cli.arguments import folders
from gphotosfs.cli.mount import mount_and_serve
from gphotosfs.cli.mounting.checks import Life, check_system, life_of, usable_mountpoint
from gphotosfs.cli.mounting.daemons import resolved
from gphotosfs.cli.pick import pick_photos
from gphotosfs.cli.unmount import unmount_ours
from gphotosfs.config import Folders, MountRequest, read_config_file, settings_from
from gphotosfs.control import mounted_at
from gphotosfs.demo import Demo
from gphotosfs.errors import MountError, NotMountedError


@click.command()
@click.argument("mountpoint", shell_complete=folders)
@click.option(
    "--items",
    default=250,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    metavar="NUMBER",
    help="How many photos and videos.",
)
@click.option("--stop", is_flag=True, help="Unmount it and remove what it left.")
@click.option("--force", is_flag=True, help="With --stop: even if it is in use.")
@click.option("--pick", is_flag=True, help="Choose photos in it, as `gphotosfs pick` does.")
def demo(mountpoint: str, items: int, stop: bool, force: bool, pick: bool) -> None:
    """Look at a simulated Google Photos library; no account is needed."""
    folders = Folders.of_user()
    if pick:
        sys.exit(pick_in_demo(mountpoint, folders))
    if stop:
        stop_demo(mountpoint, folders, force=force)
    else:
        start_demo(mountpoint, folders, items)


def start_demo(mountpoint: str, folders: Folders, items: int) -> None:
    """Start a simulated Google and mount it.

    Raises:
        GPhotosError: that is not possible; nothing is left running.
    """
    trial = Demo(resolved(mountpoint), folders)
    if mounted_at(trial.mountpoint) is None:
        try:
            trial.mountpoint.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            pass  # it is a file, which is told below
        except OSError as exc:
            raise MountError(f"{mountpoint} can't be made: {exc.strerror}") from exc
    elif trial.exists and life_of(trial.mountpoint) is Life.ALIVE:
        tell(f"The demo is running already, at {trial.mountpoint}", trial.mountpoint)
        return
    path = usable_mountpoint(trial.mountpoint)
    trial.stop()  # what a machine that went down has left
    try:
        trial.start(items)
        settings = settings_from(read_config_file(trial.profile.config_path), {})
        check_system(settings)

        from gphotosfs.app import run

        mount_and_serve(
            MountRequest(
                profile=trial.profile, settings=settings, path="", mountpoint=path, source="demo"
            ),
            run,
        )
        trial.begin_export()
    except BaseException:
        trial.stop()
        raise
    tell(
        f"{items} photos and videos of a simulated Google are at {path}\n"
        "In some seconds an export of Takeout joins them: older albums, people/, archive/, trash/",
        path,
    )


def tell(what: str, path: Path) -> None:
    """Say what there is, and what can be done with it."""
    # `make demo` installs into a virtual environment that nobody has on the PATH.
    program = "gphotosfs" if shutil.which("gphotosfs") else sys.argv[0]
    at = quote(str(path))
    click.echo(what)
    click.echo(f"  look around:  ls {at}/albums, or open it in a file manager")
    click.echo(f"  choose some:  {program} demo --pick {at}")
    click.echo(f"  how it is:    {program} status {at}")
    click.echo(f"  stop it:      {program} demo --stop {at}")


def pick_in_demo(mountpoint: str, folders: Folders) -> int:
    """Bring a person to the simulated page for picking; the exit code.

    Raises:
        NotMountedError: there is no demo at the mount point.
        GPhotosError: nothing was picked.
    """
    trial = Demo(resolved(mountpoint), folders)
    if not trial.exists:
        raise NotMountedError(f"there is no demo at {mountpoint}")
    return pick_photos(trial.profile, "", no_browser=False)


def stop_demo(mountpoint: str, folders: Folders, *, force: bool) -> None:
    """Unmount, end the simulated Google and remove what the demo left on disk.

    Raises:
        NotMountedError: there is no demo at the mount point.
        MountError: it is in use.
    """
    trial = Demo(resolved(mountpoint), folders)
    if not trial.exists:
        raise NotMountedError(f"there is no demo at {mountpoint}")
    try:
        unmount_ours(mountpoint, trial.profile.folders, force=force)
    except NotMountedError:
        click.echo("It was not mounted any more.", err=True)
    trial.stop()
    click.echo("The demo has ended, and nothing of it is left.")
