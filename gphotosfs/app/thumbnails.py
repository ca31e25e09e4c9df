"""The thumbnails of a mount: whether there are any, and where they lie."""

import logging
import os
from functools import partial
from pathlib import Path

from gphotosfs.config import Amount, MountRequest, Sizes, Thumbnails
from gphotosfs.desktop.making import Maker, Tree
from gphotosfs.desktop.thumbnail_files import ThumbnailFiles
from gphotosfs.desktop.thumbnails import Thumbnails as MountThumbnails
from gphotosfs.model import Inode

log = logging.getLogger(__name__)


def thumbnails_of(request: MountRequest, tree: Tree, root: Inode) -> MountThumbnails | None:
    """Who makes them for a mount, of which `root` is the root; None if nobody does."""
    wanted = request.settings.thumbnails
    if wanted is Thumbnails.OFF:
        return None
    why_not = _why_not(request)
    if why_not:
        if wanted is not None:
            log.warning("thumbnails=%s is of no effect: %s", wanted, why_not)
        return None
    profile = request.profile
    links = {request.mountpoint: request.links}
    files = ThumbnailFiles(profile.folders.thumbnails, profile.name, links)
    has_room = partial(_has_room, profile.folders.cache, request.settings.cache_min_free)
    maker = Maker(tree, files, request.mountpoint, root, has_room=has_room)
    return MountThumbnails(
        tree,
        maker,
        everything=wanted is Thumbnails.ALL,
        exact_sizes=request.settings.sizes is Sizes.EXACT,
    )


def _has_room(folder: Path, min_free: Amount) -> bool:
    """Whether the disk has more free than cached bytes have to leave."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    free_bytes = disk.f_bavail * disk.f_frsize
    return free_bytes > min_free.of(disk.f_blocks * disk.f_frsize)


def _why_not(request: MountRequest) -> str:
    settings, cache = request.settings, request.profile.folders.cache
    if settings.allow_other or settings.allow_root:
        return "others may see the mount, and the cache of thumbnails is one person's"
    return "" if cache.is_dir() else f"there is no home for them, {cache.parent} can't be made"
