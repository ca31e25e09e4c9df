"""What it costs to find out which photos may be the same, in libraries and archives of any kind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gphotosfs.catalog import entries, items, joining, listings, takeout
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Store
from gphotosfs.catalog.takeout import FoundItem, Location
from gphotosfs.model import DirectoryKind, Inode, ItemId, ListingKind, MediaItem
from gphotosfs.views.layout import plant_tree

SECOND_NS = 10**9
MANY = 2000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "catalog.db", "1-a")
    store.prepare(plant_tree, 0)
    yield store
    store.close()


def photo(identity: str, filename: str) -> MediaItem:
    return MediaItem(
        id=ItemId(identity), filename=filename, mime_type="image/jpeg", created_ns=SECOND_NS,
        width=4, height=3,
    )  # fmt: skip


def read(store: Store, names: list[str]) -> None:
    """Archives hold photos of these names, all of the same second."""
    run, albums, _ = store.prepare(takeout.begin_run, [], 0)
    found = [
        FoundItem(
            item=photo("", name),
            keys=(f"url:{number}",),
            location=Location(1, name, "stored", 0, 9, 9, number),
            uploaded_ns=None,
            albums=(),
            in_media=True,
            favorite=False,
            archived=False,
            trashed=False,
            is_original=True,
        )
        for number, name in enumerate(names)
    ]
    store.prepare(takeout.apply_items, run, albums, found, 0)


def steps(store: Store, work: Callable[[], object]) -> int:
    """How much SQLite does for a piece of work, in hundreds of its instructions."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    store._writer.set_progress_handler(step, 100)
    work()
    store._writer.set_progress_handler(None, 0)
    return count


def test_a_second_of_which_there_are_thousands_of_photos_costs_no_more(store: Store) -> None:
    """A box of slides was scanned, and each has the same time."""
    read(store, [f"slide-{number}.jpg" for number in range(MANY)])

    cost = steps(
        store, lambda: store.prepare(items.note_item, photo("g", "slide-7.jpg"), 0, Changes())
    )

    assert cost < 10
    assert joining.next_candidate(store.read, Inode(0)) is not None


def test_thousands_of_one_name_and_second_are_not_all_looked_at(store: Store) -> None:
    read(store, ["a.jpg"] * MANY)
    store.prepare(items.note_item, photo("g", "a.jpg"), 0, Changes())
    found = joining.next_candidate(store.read, Inode(0))
    assert found is not None

    cost = steps(store, lambda: store.prepare(joining.judge, found[0], None))
    noting = steps(
        store, lambda: store.prepare(joining.note_candidate_in_archives, Inode(found[0]))
    )

    assert cost < 50
    assert noting < 10
    assert joining.only_pair(joining.twins_of(store.read, found[0])) is None


def test_where_there_are_no_archives_nothing_is_noted(store: Store) -> None:
    changes = Changes()
    for identity in ("x", "y"):
        store.prepare(items.note_item, photo(identity, "a.jpg"), 0, changes)

    assert not changes.has_candidates
    assert joining.next_candidate(store.read, Inode(0)) is None


def test_a_directory_shows_what_was_joined_by_either_id(store: Store) -> None:
    read(store, ["a.jpg"])
    everything = entries.directory_of(store.read, DirectoryKind.ALL)
    assert everything is not None
    listing = store.prepare(listings.begin, ListingKind.TIMELINE, "", everything.inode)
    store.prepare(listings.add_to_timeline, [photo("g", "a.jpg")], listing.revision, 0)
    found = joining.next_candidate(store.read, Inode(0))
    assert found is not None
    store.prepare(joining.judge, found[0], (4, 3))

    assert entries.shows(store.read, everything.inode, ItemId("g"))
    assert entries.shows(store.read, everything.inode, found[1])
    assert len(entries.entries_after(store.read, everything.inode, 0, 9)) == 1
