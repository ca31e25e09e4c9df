"""Files without a row: what a crash left behind, looked for behind the mount's back."""

from typing import Final

import trio

from gphotosfs.blobs import files
from gphotosfs.blobs.shelf import Shelf
from gphotosfs.errors import StoreError

# A slice of the search is one of 256 folders. Between two the disk has time for others.
_PAUSE_S: Final = 0.05


async def remove_orphans(shelf: Shelf) -> None:
    """Delete all files that no row knows, a folder at a time.

    Names are drawn at random, so one that is unknown now is never used again.
    """
    for number in range(256):
        if shelf.index is None:
            return
        try:
            names = await shelf.blocking(files.names_in, shelf.folder, f"{number:02x}")
            used = {blob.name for blob in shelf.every} | set(shelf.doomed.values())
            for name in names:
                if name not in used and not shelf.index.has_file(name):
                    await shelf.blocking(files.remove, files.blob_path(shelf.folder, name))
        except (OSError, StoreError) as exc:
            shelf.degrade(f"cannot look through the cache folder: {exc}")
            return
        await trio.sleep(_PAUSE_S)
