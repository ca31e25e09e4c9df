"""Takeout archives in the tree: what is shown where, and what stays when archives come and go."""

import os
import shutil
from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.catalog.store import fact
from gphotosfs.model import Inode
from gphotosfs.simulator.content import read_all
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.simulator.takeout.exports import Quirks, export
from tests.component.archives_kit import (
    PHOTO,
    attributes_of,
    content_of,
    names_in,
    packed,
    signed_out,
    told,
)
from tests.component.core_kit import Seen, running_core


async def test_years_albums_and_all_others_show_one_inode(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg", favorited=True, people=[{"name": "Ada"}])),
        ("Rome/a.jpg", PHOTO),
        ("Rome/metadata.json", b'{"title": "Rome & more"}'),
    )
    async with signed_out(tmp_path) as core:
        done = await core.takeout.add([path])
        places = (
            *("media/all", "media/by-year/2020", "media/by-month/2020/2020-09"),
            *("media/by-day/2020/2020-09-13", "albums/Rome & more", "favorites", "people/Ada"),
            "recent",
        )
        found = [await names_in(core, place) for place in places]
        node = await core.tree.stat(Inode(found[0]["a.jpg"]))

    assert done == {"added": 1, "new_items": 1, "items": 1, "albums": 1, "problems": []}
    assert found == [found[0]] * len(places)
    assert (node.size_bytes, node.size_is_exact, node.links) == (len(PHOTO), True, len(places))
    assert node.modified_ns == 1_600_000_000 * 10**9


async def test_roots_that_hold_nothing_are_not_there(tmp_path: Path) -> None:
    whole = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg", people=[{"name": "Ada"}])),
        ("Photos from 2020/b.jpg", PHOTO + b"2"),
        ("Photos from 2020/b.jpg.json", told("b.jpg", archived=True)),
        ("Trash/c.jpg", PHOTO + b"3"),
        ("Trash/c.jpg.json", told("c.jpg", trashed=True)),
    )
    async with signed_out(tmp_path) as core:
        await core.takeout.add([whole])
        full = set(await names_in(core, ""))
        shown = [set(await names_in(core, one)) for one in ("archive", "trash", "media/all")]
        await core.takeout.remove(["t.zip"])
        empty = set(await names_in(core, ""))

    assert full - empty == {"people", "archive", "trash"}
    assert shown == [{"b.jpg"}, {"c.jpg"}, {"a.jpg"}]


async def test_archived_photos_stand_in_media_if_that_is_wanted(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/b.jpg", PHOTO),
        ("Photos from 2020/b.jpg.json", told("b.jpg", archived=True)),
    )
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        without = await names_in(core, "media/all")
    async with signed_out(tmp_path, include_archived=True) as core:
        with trio.fail_after(30):
            while "b.jpg" not in await names_in(core, "media/all"):
                await trio.sleep(0.05)

    assert "b.jpg" not in without


@pytest.mark.parametrize(
    "quirks", [Quirks(parts=2), Quirks(parts=2, deflated=True), Quirks(parts=2, packed="tgz")]
)
async def test_bytes_are_those_of_the_archive(tmp_path: Path, quirks: Quirks) -> None:
    world = World(5, items=12, cheap_bytes=True, photo_bytes=300_000, video_bytes=900_000)
    made = export(world, tmp_path, quirks)
    async with signed_out(tmp_path) as core:
        await core.takeout.add([str(path) for path in made.paths])
        by_size = {item.size_bytes: item for item in world.items()}
        read = [
            await content_of(core, f"media/all/{name}")
            for name in await names_in(core, "media/all")
        ]

    for data in read:
        item = by_size[len(data)]
        assert data == read_all(world.content(item, "dv" if item.is_video else "d"))
    assert len(read) == sum(not item.archived for item in world.items())


async def test_what_the_page_cache_has_is_read_without_a_thread(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg")),
    )
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        await content_of(core, "media/all/a.jpg")
        handle = await core.tree.open(await core.tree.resolve("media/all/a.jpg"))
        with trio.testing.assert_no_checkpoints():
            data = await core.tree.read(handle, 2, 100)
        core.tree.close(handle)

    assert data == PHOTO[2:]


async def test_inodes_and_names_stay_over_restarts_removals_and_later_exports(
    tmp_path: Path,
) -> None:
    world = World(5, items=20, cheap_bytes=True, photo_bytes=9000, video_bytes=9000)
    first = export(world, tmp_path, Quirks(made="20260101T000000Z"))
    later = export(world, tmp_path, Quirks(made="20260301T000000Z", parts=3, layout=2024))
    async with signed_out(tmp_path) as core:
        await core.takeout.add([str(first.paths[0])])
        before = await names_in(core, "media/all")
        albums = await names_in(core, "albums")
    async with signed_out(tmp_path) as core:
        await core.takeout.add([str(path) for path in later.paths])
        both = await names_in(core, "media/all")
        await core.takeout.remove([str(first.paths[0])])
        second = await names_in(core, "media/all")
        await core.takeout.remove([str(path) for path in later.paths])
        nothing = await core.takeout.add([str(first.paths[0])])
        again = await names_in(core, "media/all")
        assert await names_in(core, "albums") == albums

    assert before == both == second == again
    assert nothing["new_items"] == nothing["items"]


@pytest.mark.parametrize("was_killed", [False, True])
async def test_who_signs_in_later_finds_the_archives_numbers_as_they_were(
    tmp_path: Path, was_killed: bool
) -> None:
    """Without a sign-in the catalogue is nobody's; the first client id takes it over, log and all."""
    path = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg")),
    )
    home = tmp_path
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        before = await names_in(core, "media/by-year/2020")
        if was_killed:
            home = tmp_path / "as it was then"
            shutil.copytree(tmp_path / "data", home / "data")
    async with running_core(home, SimulatedGoogle(World(5, items=5, cheap_bytes=True))) as core:
        after = await names_in(core, "media/by-year/2020")
        client_id = fact(core.store.read, "client_id")

    assert before.items() <= after.items()
    assert client_id == core.google.tokens.client_id != ""


async def test_a_photo_that_was_edited_is_renewed_under_its_inode(tmp_path: Path) -> None:
    seen = Seen()
    url = "https://photos.google.com/photo/AF1QipX"
    paths = [
        packed(
            tmp_path / f"takeout-20260{number}01T000000Z-001.zip",
            ("Photos from 2020/a.jpg", data),
            ("Photos from 2020/a.jpg.json", told("a.jpg", url=url)),
            deflated=True,
        )
        for number, data in enumerate((b"old bytes", b"new bytes"), 1)
    ]
    async with signed_out(tmp_path, seen=seen) as core:
        await core.takeout.add(paths[:1])
        before = await names_in(core, "media/all")
        old = await content_of(core, "media/all/a.jpg")
        await core.takeout.add(paths[1:])
        after = await names_in(core, "media/all")
        new = await content_of(core, "media/all/a.jpg")

    assert before == after
    assert (old, new) == (b"old bytes", b"new bytes")
    assert seen.renewed == [before["a.jpg"]]


async def test_a_missing_archive_is_named_and_the_rest_is_served(tmp_path: Path) -> None:
    world = World(5, items=20, cheap_bytes=True, photo_bytes=9000, video_bytes=9000)
    made = export(world, tmp_path, Quirks(parts=2))
    async with signed_out(tmp_path) as core:
        await core.takeout.add([str(path) for path in made.paths])
        before = await names_in(core, "media/all")
    made.paths[1].rename(tmp_path / "elsewhere")
    async with signed_out(tmp_path) as core:
        listed = await core.takeout.listed()
        outcomes = []
        for name in await names_in(core, "media/all"):
            try:
                outcomes.append(len(await content_of(core, f"media/all/{name}")) > 0)
            except errors.ArchiveError as exc:
                assert made.paths[1].name in str(exc)  # noqa: PT017 - some fail and some do not
                outcomes.append(False)
        assert await names_in(core, "media/all") == before

    assert [archive["is_there"] for archive in listed["archives"]] == [True, False]
    assert any("is not there; the rest is served" in problem for problem in listed["problems"])
    assert set(outcomes) == {True, False}


async def test_an_archive_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg")),
    )
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
    packed(
        tmp_path / "t.zip",
        ("Photos from 2020/b.jpg", PHOTO * 2),
        ("Photos from 2020/b.jpg.json", told("b.jpg")),
    )
    os.utime(path, ns=(1, 1))

    async with signed_out(tmp_path) as core:
        with trio.fail_after(30):
            while list(await names_in(core, "media/all")) != ["b.jpg"]:
                await trio.sleep(0.05)
        assert await content_of(core, "media/all/b.jpg") == PHOTO * 2


async def test_archives_that_appear_in_a_watched_folder_are_added_when_complete(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    (tmp_path / "downloads").mkdir()
    world = World(5, items=8, cheap_bytes=True, photo_bytes=9000, video_bytes=9000)
    (made,) = export(world, tmp_path, Quirks()).paths
    async with signed_out(tmp_path) as core:
        await core.takeout.watch(str(tmp_path / "downloads"), is_watched=True)
        growing = tmp_path / "downloads" / made.name
        (tmp_path / "downloads" / f"{made.name}.part").write_bytes(made.read_bytes())
        growing.write_bytes(made.read_bytes()[:5000])
        await trio.sleep(300)
        half = await core.takeout.listed()
        growing.write_bytes(made.read_bytes())
        while not core.takeout.status()["items"]:
            await trio.sleep(60)
        await core.takeout.remove([made.name])
        await trio.sleep(300)
        removed = await core.takeout.listed()

    assert (half["archives"], removed["archives"]) == ([], [])


async def test_how_far_a_reading_is_can_be_asked(tmp_path: Path) -> None:
    world = World(5, items=4, cheap_bytes=True, photo_bytes=9000, video_bytes=9000)
    (path,) = export(world, tmp_path, Quirks(packed="tgz")).paths
    size_bytes = path.stat().st_size
    async with signed_out(tmp_path) as core:
        before = core.takeout.progress()
        await core.takeout.add([str(path)])
        gone_through = core.takeout.progress()

    assert before == {}
    assert gone_through == {"come_to": [path.name, size_bytes, size_bytes]}


async def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"<html>please sign in</html>")
    async with signed_out(tmp_path) as core:
        with pytest.raises(errors.ConfigError, match=r"a\.zip has no directory"):
            await core.takeout.add([str(tmp_path / "a.zip")])
        with pytest.raises(errors.NoEntryError, match="never added"):
            await core.takeout.remove(["a.zip"])

        assert (await core.takeout.listed())["archives"] == []


async def test_what_takeout_knows_beyond_google_is_told_by_attributes(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "t.zip",
        ("Photos from 2020/a.jpg", PHOTO),
        (
            "Photos from 2020/a.jpg.json",
            told(
                "a.jpg",
                description="By the sea",
                geoData={"latitude": 48.858, "longitude": 2.294, "altitude": 35.5},
                people=[{"name": "Ada"}, {"name": "Grace"}],
                googlePhotosOrigin={"webUpload": {}},
            ),
        ),
    )
    async with signed_out(tmp_path) as core:
        await core.takeout.add([path])
        found = await attributes_of(core, "media/all/a.jpg")

    assert {name: value for name, value in found.items() if name != b"user.gphotos.id"} == {
        b"user.gphotos.source": b"takeout",
        b"user.gphotos.description": b"By the sea",
        b"user.gphotos.latitude": b"48.858",
        b"user.gphotos.longitude": b"2.294",
        b"user.gphotos.altitude_m": b"35.5",
        b"user.gphotos.people": b"Ada, Grace",
        b"user.gphotos.origin": b"webUpload",
        b"user.mime_type": b"image/jpeg",
        b"user.xdg.comment": b"By the sea",
        b"user.xdg.tags": b"Ada,Grace",
    }
