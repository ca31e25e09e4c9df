"""`recent/`, which Google's listing and archives fill together."""

from collections.abc import Iterable
from pathlib import Path

import pytest
import trio.testing

from gphotosfs.app.core import Core
from gphotosfs.catalog.recent import RECENT_MAX
from gphotosfs.model import ListingKind, Node
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.takeout.exports import Quirks, export
from gphotosfs.views.layout import Which
from tests.component.archives_kit import packed, signed_out, told
from tests.component.core_kit import Seen, calls, listing, running_core

RECENT = Which(ListingKind.RECENT)


def photos_at(times_s: Iterable[int], called: str, **fields: object) -> World:
    """A library of photos that were taken then, each called by its time."""
    world = World(items=0, album_sizes=(), cheap_bytes=True)
    for number, taken_s in enumerate(times_s):
        world.add_item(
            filename=f"{called}-{taken_s}.jpg",
            created_ns=taken_s * 10**9,
            size_bytes=4000 + number,
            **fields,
        )
    return world


def archives_of(folder: Path, world: World, **quirks: object) -> list[str]:
    """The paths of an export."""
    return [str(path) for path in export(world, folder, Quirks(**quirks)).paths]  # type: ignore[arg-type]  # names and values are Quirks' own


async def recent(core: Core) -> dict[str, Node]:
    """What stands in `recent/`, after what is renewed behind a visit."""
    await listing(core, "recent")
    while core.listings.gauges()["renewals"]:
        await trio.testing.wait_all_tasks_blocked()
    return await listing(core, "recent")


def names(called: str, times_s: Iterable[int]) -> set[str]:
    return {f"{called}-{taken_s}.jpg" for taken_s in times_s}


async def test_without_a_sign_in_the_newest_of_the_archives_are_recent(tmp_path: Path) -> None:
    first = archives_of(tmp_path, photos_at(range(10_000, 10_250), "a"), made="20260101T000000Z")
    later = archives_of(tmp_path, photos_at(range(20_000, 20_010), "b"), made="20260201T000000Z")
    async with signed_out(tmp_path) as core:
        empty = await listing(core, "recent")
        await core.takeout.add(first)
        before = await listing(core, "recent")
        await core.takeout.add(later)
        after = await listing(core, "recent")
        await core.takeout.remove([*first, *later])
        again = await listing(core, "recent")

    assert list(empty) == list(again) == ["README.txt"]
    assert list(before) == [f"a-{taken_s}.jpg" for taken_s in range(10_249, 10_049, -1)]
    assert set(after) == names("b", range(20_000, 20_010)) | names("a", range(10_060, 10_250))
    assert {n: node.inode for n, node in after.items() if n in before} == {
        n: node.inode for n, node in before.items() if n in after
    }


async def test_what_is_archived_or_in_the_trash_is_not_recent(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/a.jpg", b"1"),
        ("Photos from 2020/a.jpg.json", told("a.jpg")),
        ("Photos from 2020/b.jpg", b"22"),
        ("Photos from 2020/b.jpg.json", told("b.jpg", archived=True)),
        ("Photos from 2020/c.jpg", b"333"),
        ("Photos from 2020/c.jpg.json", told("c.jpg", trashed=True)),
    )
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        shown = await listing(core, "recent")

    assert list(shown) == ["a.jpg"]


@pytest.mark.parametrize("archives_first", [True, False])
async def test_google_and_the_archives_share_it_by_time(
    tmp_path: Path, archives_first: bool
) -> None:
    """Each has more than there is room for, and neither takes away what is the other's."""
    photos = SimulatedGoogle(photos_at(range(10_000, 10_500, 2), "g"))
    archives = archives_of(tmp_path, photos_at(range(10_001, 10_501, 2), "t"))
    seen = Seen()
    async with running_core(tmp_path, photos, seen=seen) as core:
        if archives_first:
            await core.takeout.add(archives)
        else:
            await listing(core, "recent")
            await core.takeout.add(archives)
        shown = await recent(core)
        seen.appeared.clear()
        seen.vanished.clear()
        before = calls(photos)
        await core.listings.renew(RECENT)
        again = await listing(core, "recent")

    newest = range(10_500 - RECENT_MAX, 10_500)
    assert set(shown) == names("g", newest[::2]) | names("t", newest[1::2])
    assert {name: node.inode for name, node in shown.items()} == {
        name: node.inode for name, node in again.items()
    }
    assert (seen.appeared, seen.vanished) == ([], [])
    assert calls(photos) - before == 1


async def test_what_archives_had_pushed_out_is_back_once_they_are_gone(tmp_path: Path) -> None:
    photos = SimulatedGoogle(photos_at(range(10_000, 10_250), "g"))
    archives = archives_of(tmp_path, photos_at(range(20_000, 20_150), "t"))
    async with running_core(tmp_path, photos) as core:
        before = await recent(core)
        await core.takeout.add(archives)
        between = await recent(core)
        await core.takeout.remove(archives)
        after = await recent(core)

    assert set(between) == names("t", range(20_000, 20_150)) | names("g", range(10_200, 10_250))
    assert {n: node.inode for n, node in after.items()} == {
        n: node.inode for n, node in before.items()
    }


async def test_what_google_had_pushed_out_is_back_once_google_shows_less(tmp_path: Path) -> None:
    photos = SimulatedGoogle(photos_at(range(20_000, 20_100), "g"))
    archives = archives_of(tmp_path, photos_at(range(10_000, 10_150), "t"))
    async with running_core(tmp_path, photos) as core:
        await core.takeout.add(archives)
        before = await recent(core)
        for item in list(photos.world.items())[:30]:
            photos.world.remove_item(item.id)
        await core.listings.renew(RECENT)
        after = await listing(core, "recent")

    assert len(before) == RECENT_MAX
    assert {name[0] for name in set(before) - set(after)} == {"g"}
    assert set(after) - set(before) == names("t", range(10_020, 10_050))
