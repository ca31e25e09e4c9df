"""Whatever a directory holds, each photo in it has one preview, which is found by the name that is read."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gphotosfs.catalog import entries, shown
from gphotosfs.catalog.items import fixed, note_item
from gphotosfs.catalog.places import Changes, hide, show
from gphotosfs.catalog.store import Store
from gphotosfs.model import (
    DirectoryKind,
    Inode,
    ItemId,
    MediaItem,
    MediaKind,
    is_preview,
    original_of,
    preview_of,
)
from gphotosfs.views.layout import plant_tree

MANY = 1000

TITLES = st.builds(
    lambda stem, endings: stem + "".join(endings),
    st.one_of(
        st.sampled_from(["a", "a.", "é" * 124, "x" * 246, "x" * 251, "😀" * 63]),
        st.text(st.sampled_from("aé😀. "), min_size=1, max_size=4),
    ),
    st.lists(st.sampled_from([".jpg", ".JPG", ".heic", ".png", "..jpg", ".x"]), max_size=3),
)
TYPES = st.sampled_from(["image/jpeg", "image/heic", "image/unheard-of", "video/mp4"])


def previews(store: Store, directory: Inode) -> dict[bytes, Inode]:
    """What `readdir` shows, by name."""
    rows = shown.entries_after(store.read, preview_of(directory), 0, MANY)
    found = {row.name: row.target.inode for row in rows}
    assert len(found) == len(rows), "a name is there twice"
    return found


@settings(deadline=None, max_examples=100)
@given(
    titles=st.lists(st.tuples(TITLES, TYPES), max_size=12),
    gone=st.sets(st.integers(0, 11)),
    asked=st.lists(TITLES, max_size=6),
)
def test_names_are_unique_lead_to_what_is_read_and_never_change(
    titles: list[tuple[str, str]], gone: set[int], asked: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "catalog.db", "1-a")
        try:
            store.prepare(plant_tree, 0)
            directory = store.prepare(fixed, DirectoryKind.FAVORITES)
            first_name: dict[Inode, bytes] = {}
            photos = set()
            for number, (title, mime_type) in enumerate(titles):
                is_film = mime_type.startswith("video/")
                item = MediaItem(
                    id=ItemId(str(number)),
                    filename=title,
                    mime_type=mime_type,
                    kind=MediaKind.VIDEO if is_film else MediaKind.PHOTO,
                )
                noted = store.prepare(note_item, item, 0, Changes())
                store.prepare(show, [directory], noted.inode, noted.name, item.id, 1, Changes())
                if not is_film:
                    photos.add(noted.inode)
                for name, inode in previews(store, directory).items():
                    assert first_name.setdefault(inode, name) == name
                if number in gone:
                    store.prepare(hide, directory, noted.inode, Changes())
                    photos.discard(noted.inode)

            now = previews(store, directory)
            assert {original_of(inode) for inode in now.values()} == photos
            assert all(is_preview(inode) for inode in now.values())
            for name, inode in now.items():
                assert first_name[inode] == name
            originals = [row.name for row in entries.entries_after(store.read, directory, 0, MANY)]
            for name in {*now, *originals, *(title.encode()[:255] for title in asked)}:
                row = shown.lookup(store.read, preview_of(directory), name)
                assert (None if row is None else row.target.inode) == now.get(name)
        finally:
            store.close()
