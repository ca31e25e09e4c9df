"""What tests of previews share."""

import io

from PIL import Image

from gphotosfs.app.core import Core
from gphotosfs.app.previews import TreeWithPreviews
from gphotosfs.model import Inode
from gphotosfs.simulator.library.items import Item
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import listing
from tests.component.google_kit import small_library

SCALED = "w2048-h2048"


def an_album(photos: int, **options: object) -> SimulatedGoogle:
    """A library that is one album of JPEGs."""
    options = {"kinds": {"image/jpeg": 1}, "album_sizes": [photos], **options}
    return SimulatedGoogle(small_library(items=photos, **options))


async def album(core: Core, photos: SimulatedGoogle) -> list[str]:
    """The paths of the previews of the first album."""
    folder = f"previews/albums/{photos.world.albums()[0].title}"
    return [f"{folder}/{name}" for name in await listing(core, folder)]


def googles(photos: SimulatedGoogle, item: Item) -> bytes:
    """Google's preview of an item."""
    return photos.world.bytes_of(item.id, SCALED)


def item_named(photos: SimulatedGoogle, path: str) -> Item:
    """The item whose preview is shown at a path."""
    name = path.rpartition("/")[2]
    named = {item.filename: item for item in photos.world.items()}
    return named.get(name) or named[name.removesuffix(".jpg")]


def shown_in(core: Core) -> TreeWithPreviews:
    """A mount's tree with previews in its root, served by a core."""
    tree = TreeWithPreviews()
    tree.serve_from(core.tree)
    return tree


async def names_in(tree: TreeWithPreviews, directory: Inode) -> list[bytes]:
    """The names that readdir hands on."""
    found: list[bytes] = []
    after = None
    while batch := await tree.entries(directory, after):
        found += [entry.name for entry in batch]
        after = batch[-1].cookie
    return found


def a_jpeg(width: int, height: int, colour: str = "teal") -> bytes:
    """A picture."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "JPEG")
    return file.getvalue()


def measured(jpeg: bytes) -> tuple[str | None, tuple[int, int]]:
    """The format and the pixels of a picture that is whole."""
    with Image.open(io.BytesIO(jpeg)) as image:
        image.load()
        return image.format, image.size
