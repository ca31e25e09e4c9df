"""The thumbnails of a mount: whether there are any, and where they lie."""

import logging

from gphotosfs.config import MountRequest, Thumbnails
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
    files = ThumbnailFiles(profile.folders.thumbnails, profile.name)
    maker = Maker(tree, files, request.mountpoint, root)
    return MountThumbnails(tree, maker, everything=wanted is Thumbnails.ALL)


def _why_not(request: MountRequest) -> str:
    settings, cache = request.settings, request.profile.folders.cache
    if settings.allow_other or settings.allow_root:
        return "others may see the mount, and the cache of thumbnails is one person's"
    return "" if cache.is_dir() else f"there is no home for them, {cache.parent} can't be made"
