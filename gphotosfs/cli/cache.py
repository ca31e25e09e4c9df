"""`gphotosfs cache`."""

import json
import os
import shutil
from pathlib import Path

import click

from gphotosfs.cli.arguments import json_option, profile_option
from gphotosfs.cli.telling.sizes import readable
from gphotosfs.config import Profile, read_config_file, settings_from
from gphotosfs.control import ProfileLock, call, socket_of
from gphotosfs.desktop import thumbnail_files
from gphotosfs.errors import StoreError
from gphotosfs.limits import STAT_BLOCK_BYTES


@click.group()
def cache() -> None:
    """Look at the photos and thumbnails that are kept on disk, or drop them."""


@cache.command()
@profile_option
@json_option
def info(profile: Profile, as_json: bool) -> None:
    """Show how much disk space the cache and the thumbnails take."""
    settings = settings_from(read_config_file(profile.config_path), {})
    used_bytes = disk_use_bytes(profile.cache_dir)
    thumbnails = list(thumbnail_files.ours(profile.folders.thumbnails, profile.name))
    thumbnails_bytes = sum(map(disk_bytes, thumbnails))
    if as_json:
        answer = {
            "folder": str(profile.cache_dir),
            "used_bytes": used_bytes,
            "limit_bytes": settings.cache_size_bytes,
            "thumbnails": len(thumbnails),
            "thumbnails_bytes": thumbnails_bytes,
        }
        click.echo(json.dumps(answer))
    else:
        click.echo(f"folder: {profile.cache_dir}")
        click.echo(f"used: {readable(used_bytes)} of {readable(settings.cache_size_bytes)}")
        click.echo(f"thumbnails: {len(thumbnails)}, {readable(thumbnails_bytes)}")


@cache.command()
@profile_option
def clear(profile: Profile) -> None:
    """Drop what is cached, and our thumbnails; both are had again when they are wanted."""
    lock = ProfileLock.try_acquire(profile.lock_path)
    if lock is None:
        freed_bytes = call(socket_of(profile), "cache_clear")
    else:
        with lock:
            freed_bytes = cleared_bytes(profile.cache_dir)
    freed_bytes += cleared_thumbnails_bytes(profile)
    click.echo(f"{readable(freed_bytes)} freed")


def cleared_bytes(folder: Path) -> int:
    """Empty the folder of a cache that nobody uses; returns the disk space that it took.

    Raises:
        StoreError: something in it can't be removed.
    """
    used_bytes = disk_use_bytes(folder)
    try:
        for entry in os.scandir(folder) if folder.is_dir() else ():
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry)
            else:
                Path(entry).unlink()
    except OSError as exc:
        raise StoreError(f"the cache in {folder} can't be removed: {exc}") from exc
    return used_bytes


def cleared_thumbnails_bytes(profile: Profile) -> int:
    """Remove the thumbnails that mounts of the profile made; returns the disk space they took.

    Raises:
        StoreError: one can't be removed.
    """
    freed_bytes = 0
    try:
        for path in thumbnail_files.ours(profile.folders.thumbnails, profile.name):
            freed_bytes += disk_bytes(path)
            path.unlink(missing_ok=True)
    except OSError as exc:
        raise StoreError(f"a thumbnail can't be removed: {exc}") from exc
    return freed_bytes


def disk_use_bytes(folder: Path) -> int:
    """What the files in the folder take on disk; holes in them take nothing."""
    return sum(
        disk_bytes(Path(root) / name) for root, _, names in os.walk(folder) for name in names
    )


def disk_bytes(path: Path) -> int:
    """What a file takes on disk; nothing if a daemon removed it meanwhile."""
    try:
        return path.lstat().st_blocks * STAT_BLOCK_BYTES
    except FileNotFoundError:
        return 0
