"""Albums of Takeout archives: what they are called, where they stand, what is told of them."""

import json
from pathlib import Path

import pytest

from gphotosfs.model import Inode, ListingKind
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.views.layout import Which
from tests.component.archives_kit import PHOTO, attributes_of, names_in, packed, signed_out, told
from tests.component.core_kit import running_core


def album(folder: str, title: str, taken_s: int, **more: object) -> list[tuple[str, bytes]]:
    """An album's folder with a photo that was taken then."""
    photo = f"{folder}/{taken_s}.jpg"
    return [
        (f"{folder}/metadata.json", json.dumps({"title": title}).encode()),
        (photo, PHOTO + str(taken_s).encode()),
        (f"{photo}.json", told(f"{taken_s}.jpg", taken_s, **more)),
    ]


async def test_an_albums_title_and_description_are_its_directorys_attributes(
    tmp_path: Path,
) -> None:
    path = packed(
        tmp_path / "t.zip",
        ("Rome_ a trip/a.jpg", PHOTO),
        ("Rome_ a trip/a.jpg.json", told("a.jpg")),
        (
            "Rome_ a trip/metadata.json",
            json.dumps({"title": "Rome/ a trip", "description": "Seven hills"}).encode(),
        ),
        ("Plain/a.jpg", PHOTO),
    )
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        told_of_rome = await attributes_of(core, "albums/Rome／ a trip")
        told_of_plain = await attributes_of(core, "albums/Plain")

    assert told_of_rome == {
        b"user.gphotos.title": b"Rome/ a trip",
        b"user.gphotos.description": b"Seven hills",
        b"user.gphotos.source": b"takeout",
        b"user.xdg.comment": b"Seven hills",
    }
    assert told_of_plain == {
        b"user.gphotos.title": b"Plain",
        b"user.gphotos.source": b"takeout",
    }


async def test_albums_of_archives_are_nested_and_flat_as_an_option_says(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "t.zip",
        *album("Trips_Paris", "Trips/Paris", 1_600_000_000),
        *album("Trips_Rome", "Trips/Rome", 1_500_000_000),
        *album("Home", "Home", 1_550_000_000),
    )
    flat = {"Trips／Paris", "Trips／Rome", "Home"}
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        before = await names_in(core, "albums")
    async with signed_out(tmp_path, nest_albums=True) as core:
        nested = await names_in(core, "albums")
        trips = await names_in(core, "albums/Trips")
        node = core.tree.node(Inode(nested["Trips"]))
        assert list(await names_in(core, "albums/Trips/Paris")) == ["1600000000.jpg"]
    async with signed_out(tmp_path) as core:
        after = await names_in(core, "albums")

    assert set(before) == flat
    assert set(nested) == {"Trips", "Home"}
    assert trips == {name: before[f"Trips／{name}"] for name in ("Paris", "Rome")}
    assert node.modified_ns == 1_600_000_000 * 10**9
    assert after == before


async def test_an_emptied_directory_of_nested_albums_goes(tmp_path: Path) -> None:
    first = packed(tmp_path / "1.zip", *album("Trips_Paris", "Trips/Paris", 1_600_000_000))
    other = packed(tmp_path / "2.zip", *album("Home", "Home", 1_500_000_000))
    async with signed_out(tmp_path, nest_albums=True) as core:
        await core.takeout.add([first, other])
        both = await names_in(core, "albums")
        paris = await names_in(core, "albums/Trips")
        await core.takeout.remove([first])
        one = await names_in(core, "albums")
        await core.takeout.add([first])
        assert await names_in(core, "albums") == both
        assert await names_in(core, "albums/Trips") == paris

    assert set(both) - set(one) == {"Trips"}


@pytest.mark.parametrize("nested", [False, True])
async def test_two_albums_of_one_title_are_two_directories(tmp_path: Path, nested: bool) -> None:
    """Also one of the Library's; whoever comes first keeps the name, and the option moves both."""
    first = packed(tmp_path / "1.zip", *album("Trips_Paris", "Trips/Paris", 1_600_000_000))
    second = packed(tmp_path / "2.zip", *album("Trips_Paris(1)", "Trips/Paris", 1_500_000_000))
    world = World(items=3, album_sizes=(), cheap_bytes=True)
    world.new_album("Trips/Paris", [next(iter(world.items())).id])
    place = "albums/Trips" if nested else "albums"
    name = "Paris" if nested else "Trips／Paris"
    photos = SimulatedGoogle(world)
    async with running_core(tmp_path, photos, nest_albums=nested) as core:
        await core.takeout.add([first])
        alone = await names_in(core, "albums")
        await core.takeout.add([second])
        await core.listings.renew(Which(ListingKind.ALBUMS))
        three = await names_in(core, place)
        shown = [list(await names_in(core, f"{place}/{one}")) for one in three]
    async with running_core(tmp_path, photos, nest_albums=not nested) as core:
        other_way = await names_in(core, "albums" if nested else "albums/Trips")

    assert len(alone) == 2 - nested
    assert len(three) == 3
    assert all(one.startswith(name) for one in three)
    assert three[name] == min(three.values())
    assert sorted(map(len, shown)) == [1, 1, 1]
    assert set(other_way.values()) == set(three.values())
