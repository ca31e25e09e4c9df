"""A mount that shows `previews/` in the root of its tree.

What is in there is known to every tree (catalog/shown.py), and can be a mount's root; this is what
makes it visible.
"""

from dataclasses import replace

from gphotosfs import names
from gphotosfs.app.labelled import LabelledTree
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.shown import PREVIEWS, PREVIEWS_ENTRY
from gphotosfs.model import ROOT, Entry, Inode, Node, preview_of
from gphotosfs.views.tree import BATCH


class TreeWithPreviews(LabelledTree):
    """The tree of one mount, with `previews/` as the first entry of its root."""

    async def lookup(self, parent: Inode, name: bytes) -> Node | None:
        """What a name stands for; None if the directory does not have it."""
        if parent == ROOT and name == PREVIEWS:
            return await self.stat(preview_of(ROOT))
        return await super().lookup(parent, name)

    async def entries(self, directory: Inode, after: int | None, most: int = BATCH) -> list[Entry]:
        """The next entries behind a cookie, at least one unless at the end."""
        found = await super().entries(directory, after, most)
        if directory == ROOT and after is None:
            previews = await self.stat(preview_of(ROOT))
            return [Entry(PREVIEWS_ENTRY, PREVIEWS, previews), *found]
        return found


def with_previews(changes: Changes) -> Changes:
    """The same changes, and what they mean for previews.

    A name may be a directory's, which is the same there, or a photo's; the kernel takes no offence at
    one that it does not know.
    """
    return replace(
        changes,
        appeared=[
            *changes.appeared,
            *((preview_of(d), name) for d, n in changes.appeared for name in _mirrored(n)),
        ],
        vanished=[
            *changes.vanished,
            *(
                (preview_of(d), name, preview_of(inode))
                for d, n, inode in changes.vanished
                for name in _mirrored(n)
            ),
        ],
    )


def _mirrored(name: bytes) -> set[bytes]:
    return {name, names.preview_name(name)}
