import itertools

import pytest

from gphotosfs.simulator.content import Noise, read_all
from gphotosfs.simulator.library.world import UnknownIdError, World


@pytest.mark.parametrize("count", [1, 10, 250, 20_000])
def test_the_timeline_falls(count: int) -> None:
    world = World(items=count, cheap_bytes=True)

    places = list(world.timeline())

    assert len(places) == count
    assert all(earlier < later for earlier, later in itertools.pairwise(places))
    assert list(world.timeline(oldest_first=True)) == places[::-1]


def test_the_same_seed_gives_the_same_library() -> None:
    assert list(World(3, items=50).items()) == list(World(3, items=50).items())
    assert list(World(3, items=50).items()) != list(World(4, items=50).items())


def test_ids_look_like_google_s() -> None:
    world = World(items=5, album_sizes=[3])

    assert all(len(item.id) == 96 for item in world.items())
    assert len(world.albums()[0].id) == 76


@pytest.mark.parametrize("item_id", ["", "x", "AF1QipM", "A" * 96, "é"])
def test_an_id_that_was_never_given_is_unknown(item_id: str) -> None:
    with pytest.raises(UnknownIdError):
        World(items=5).item(item_id)


def test_a_redated_item_moves() -> None:
    world = World(items=30, cheap_bytes=True)
    oldest = list(world.items())[-1]

    moved = world.edit_item(oldest.id, created_ns=4_000_000_000 * 10**9)

    assert next(iter(world.items())) == moved
    assert len(list(world.items())) == 30


def test_an_undated_item_comes_last() -> None:
    world = World(items=30, cheap_bytes=True)

    undated = world.add_item(created_ns=None)

    assert list(world.items())[-1] == undated


def test_a_removed_item_is_in_no_album() -> None:
    world = World(items=30, album_sizes=[10], cheap_bytes=True)
    first = world.at(world.albums()[0].members[0])

    world.remove_item(first.id)

    assert len(world.albums()[0].members) == 9
    with pytest.raises(UnknownIdError):
        world.item(first.id)


def test_cheap_bytes_are_the_same_from_any_offset() -> None:
    noise = Noise("video/mp4", 1_000_003, seed=9)

    whole = read_all(noise)

    assert len(whole) == 1_000_003
    assert whole[4:8] == b"ftyp"
    for start in (0, 1, 50, 65_535, 65_536, 700_001):
        part = bytes(noise.read(start, 1_000_003))
        assert part
        assert part == whole[start : start + len(part)]


def test_two_items_have_other_cheap_bytes() -> None:
    assert read_all(Noise("image/jpeg", 200_000, 1)) != read_all(Noise("image/jpeg", 200_000, 2))
