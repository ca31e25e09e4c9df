"""Libraries and listings as awkward as the simulator can make them."""

import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio

from gphotosfs.app.core import Core
from gphotosfs.model import Inode
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import content, listing, running_core, walk
from tests.component.google_kit import Altered, small_library

SWITCHES: dict[str, dict[str, Any]] = {
    "as usual": {},
    "short pages": {"short_pages": True},
    "empty pages": {"empty_page_every": 2},
    "repeats at borders": {"repeat_at_border": True},
    "a token that leads to nothing": {"last_token_leads_to_nothing": True},
    "all at once": {
        "short_pages": True,
        "empty_page_every": 3,
        "repeat_at_border": True,
        "last_token_leads_to_nothing": True,
    },
    "refuses large pages": {"page_size_over_max": "refuse"},
}

NOON_NS = 1_795_348_800_000_000_000


async def ids_in(core: Core, path: str) -> list[str]:
    """The ids of what a directory shows."""
    return [
        (await core.tree.attribute(node.inode, b"user.gphotos.id")).decode()
        for node in (await listing(core, path)).values()
        if node.inode >= 64
    ]


def assert_legal(name: str) -> None:
    assert 0 < len(name.encode()) <= 255
    assert not {"/", "\0"} & set(name)
    assert name not in {".", ".."}
    assert unicodedata.normalize("NFC", name) == name


@pytest.mark.parametrize("switches", SWITCHES.values(), ids=list(SWITCHES))
async def test_every_item_is_there_once_however_pages_are_cut(
    tmp_path: Path, switches: dict[str, Any], autojump_clock: trio.testing.MockClock
) -> None:
    photos = SimulatedGoogle(small_library(items=250, album_sizes=[120, 3], awkward=True))
    for name, value in switches.items():
        setattr(photos.options, name, value)
    photos.options.access_token_life_s = 1e9
    shown = [item for item in photos.world.items() if not item.archived]
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        await trio.sleep(600)  # items without a capture time are found by a slow look behind
        assert sorted(await ids_in(core, "media/all")) == sorted(item.id for item in shown)
        favorites = sorted(item.id for item in shown if item.favorite)
        assert sorted(await ids_in(core, "favorites")) == favorites
        albums = await listing(core, "albums")
        assert len(albums) == len(photos.world.albums())
        for name in albums:
            inode = albums[name].inode
            album = photos.world.album(
                (await core.tree.attribute(inode, b"user.gphotos.id")).decode()
            )
            members = sorted(photos.world.at(number).id for number in album.members)
            assert sorted(await ids_in(core, f"albums/{name}")) == members


async def test_awkward_names_are_legal_and_stay(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = SimulatedGoogle(small_library(items=20, awkward=True))
    photos.options.access_token_life_s = 1e9
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        await trio.sleep(600)
        before = await walk(core)
        for path in before:
            for part in path.split("/"):
                assert_legal(part)
    async with running_core(tmp_path, photos) as core:
        await core.refresh("")
        assert {p: n.inode for p, n in (await walk(core)).items()} == {
            p: n.inode for p, n in before.items()
        }


async def names_of(folder: Path, *filenames: str, **fields: Any) -> list[str]:
    """The names that items of these file names get, the first being the newest."""
    world = World(items=1, cheap_bytes=True)
    world.remove_item(world.at(0).id)
    for place, filename in enumerate(filenames):
        world.add_item(**({"filename": filename, "created_ns": NOON_NS - place * 10**9} | fields))
    async with running_core(folder, SimulatedGoogle(world)) as core:
        return list(await listing(core, "media/all"))


async def test_names_that_differ_in_case_are_two_names(tmp_path: Path) -> None:
    assert await names_of(tmp_path, "a.jpg", "A.JPG") == ["a.jpg", "A.JPG"]


async def test_names_that_only_look_the_same_are_told_apart_by_a_tag(tmp_path: Path) -> None:
    """An accent in one code point or in two is one name to a reader, and in NFC."""
    first, second = await names_of(tmp_path, "caf\u00e9.jpg", "cafe\u0301.jpg")
    assert first == "caf\u00e9.jpg"
    assert second.startswith("caf\u00e9 (")
    assert second.endswith(").jpg")


async def test_long_names_that_are_cut_alike_are_told_apart(tmp_path: Path) -> None:
    first, second = await names_of(tmp_path, "x" * 300 + "1.jpg", "x" * 300 + "2.jpg")
    assert len(first) == len(second) == 255
    assert first != second
    assert first.endswith(".jpg")
    assert second.endswith(".jpg")


async def test_a_name_that_looks_like_anothers_tag_gets_one_itself(tmp_path: Path) -> None:
    plain, tagged = await names_of(tmp_path / "1", "a.jpg", "a.jpg")
    names = await names_of(tmp_path / "2", tagged, "a.jpg", "a.jpg")
    assert len(set(names)) == 3
    assert plain in names
    assert tagged in names


async def test_an_item_without_a_name_is_called_by_its_time(tmp_path: Path) -> None:
    assert await names_of(tmp_path, "", mime_type="image/jpeg") == ["20261122_120000.jpg"]


async def test_an_item_called_readme_hides_no_photo(tmp_path: Path) -> None:
    """The README.txt of an empty view gives way to whatever is there."""
    names = await names_of(tmp_path, "README.txt", "a.jpg")
    assert names == ["README.txt", "a.jpg"]


@pytest.mark.parametrize(
    "taken",
    [
        datetime(1826, 7, 1, 12, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC),
        datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
        datetime(2107, 2, 7, 6, 28, 16, tzinfo=UTC),
    ],
    ids=str,
)
async def test_years_far_from_now_are_kept_to_the_nanosecond(
    tmp_path: Path, taken: datetime
) -> None:
    seconds = int((taken - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1)
    created_ns = seconds * 10**9 + 123_456_789
    world = World(items=1, cheap_bytes=True)
    world.remove_item(world.at(0).id)
    world.add_item(filename="old.jpg", created_ns=created_ns)
    async with running_core(tmp_path, SimulatedGoogle(world)) as core:
        day = f"media/by-day/{taken:%Y}/{taken:%Y-%m-%d}"
        assert (await listing(core, day))["old.jpg"].modified_ns == created_ns


async def test_an_item_without_a_time_is_shown_as_of_when_it_was_first_seen(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    world = small_library(items=3)
    world.add_item(filename="undated.jpg", created_ns=None)
    photos = SimulatedGoogle(world)
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        await trio.sleep(60)
        found = (await listing(core, "media/all"))["undated.jpg"]
        assert NOON_NS <= found.modified_ns <= NOON_NS + 60 * 10**9
        everything = core.tree.node(await core.tree.resolve("media/all"))
        assert everything.modified_ns == found.modified_ns
        assert "media/all/undated.jpg" in await walk(core)
        assert not [p for p in await walk(core, "media/by-day") if "undated" in p]


async def test_the_last_item_of_a_day_takes_the_day_with_it(tmp_path: Path) -> None:
    """Years, months and days are there while they hold an item, and come back as what they were."""
    world = small_library(items=3)
    old = world.add_item(filename="old.jpg", created_ns=0)
    photos = SimulatedGoogle(world)
    days = "media/by-day/1970/1970-01-01"
    async with running_core(tmp_path, photos) as core:
        inode: Inode = await core.tree.resolve(days)
        world.edit_item(old.id, created_ns=86_400 * 10**9)
        await core.refresh("media/all")
        assert list(await listing(core, "media/by-day/1970")) == ["1970-01-02"]
        world.edit_item(old.id, created_ns=0)
        await core.refresh("media/all")
        assert await core.tree.resolve(days) == inode
        world.remove_item(old.id)
        await core.refresh("media/all")
        assert "1970" not in await listing(core, "media/by-day")
        assert "1970" not in await listing(core, "media/by-year")


async def test_pixels_that_no_picture_has_are_unknown_ones(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Multiplied they would not fit into the catalogue, nor an estimate made of them into `stat`."""
    world = small_library(items=3)
    world.add_item(filename="vast.jpg", width=2**40, height=2**40)
    photos = SimulatedGoogle(world)
    async with running_core(tmp_path, photos) as core:
        preview = (await listing(core, "previews/media/all"))["vast.jpg"]
        assert 0 < preview.size_bytes < 2**32
        await content(core, "media/all/vast.jpg")
        await trio.sleep(60)  # what was learned is written
    async with running_core(tmp_path, photos) as core:
        assert (await listing(core, "media/all"))["vast.jpg"].size_is_exact


@pytest.mark.parametrize("days_later", [1, 2, 5000])
async def test_a_first_page_that_does_not_begin_with_the_newest_is_listed_all_the_same(
    tmp_path: Path, days_later: int, autojump_clock: trio.testing.MockClock
) -> None:
    """Google sorts by the local time of capture and tells it in UTC, so an order may look odd."""
    world = small_library(items=130)
    photos = SimulatedGoogle(world)
    photos.options.access_token_life_s = 1e9

    def alter(_path: str, answer: Any) -> object:
        rows = answer.get("mediaItems", [])
        if len(rows) == 100:
            first = datetime.fromisoformat(rows[0]["mediaMetadata"]["creationTime"][:19])
            later = first + timedelta(days=days_later)
            rows[-1]["mediaMetadata"]["creationTime"] = f"{later:%Y-%m-%dT%H:%M:%S}Z"
        return answer

    async with running_core(tmp_path, photos, transport=Altered(photos, alter)) as core:
        shown = [item for item in world.items() if not item.archived]
        assert len(await listing(core, "media/all")) == len(shown)
