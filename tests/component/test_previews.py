"""The mirror `previews/`: the same tree, each photo as Google's small JPEG."""

from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.app.previews import with_previews
from gphotosfs.catalog.places import Changes
from gphotosfs.model import ROOT, Inode, original_of, preview_of
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import (
    Seen,
    byte_requests,
    calls,
    content,
    listing,
    running_core,
    walk,
)
from tests.component.google_kit import small_library
from tests.component.previews_kit import (
    SCALED,
    album,
    an_album,
    googles,
    item_named,
    names_in,
    shown_in,
)


def a_library() -> SimulatedGoogle:
    return SimulatedGoogle(
        small_library(items=40, kinds={"image/jpeg": 3, "image/heic": 1, "video/mp4": 1})
    )


async def test_previews_are_the_same_directories_without_films(tmp_path: Path) -> None:
    photos = a_library()
    async with running_core(tmp_path, photos) as core:
        await walk(core)  # links are those that are known
        originals = await walk(core)
        previews = await walk(core, "previews")

    named = {item.filename: item for item in photos.world.items()}
    wanted = {
        f"previews/{path}" + ("" if path.upper().endswith((".JPG", ".TXT")) else ".jpg"): node
        for path, node in originals.items()
        if path.endswith("README.txt") or not named[path.rpartition("/")[2]].is_video
    }
    assert any(item.is_video for item in named.values())
    assert set(previews) == set(wanted)
    for path, node in previews.items():
        original = wanted[path]
        assert (node.modified_ns, node.links) == (original.modified_ns, original.links)
        if not path.endswith("README.txt"):
            assert node.inode == preview_of(original.inode)
            assert node.inode < 1 << 32, "old programs have 32 bits for it"


async def test_a_listing_is_fetched_once_for_both(tmp_path: Path) -> None:
    photos = an_album(250)
    title = photos.world.albums()[0].title
    async with running_core(tmp_path, photos) as core:
        assert len(await listing(core, f"previews/albums/{title}")) == 250
        asked = calls(photos)
        assert len(await listing(core, f"albums/{title}")) == 250

    assert asked == 1 + 3
    assert calls(photos) == asked


async def test_a_preview_has_its_own_size_and_googles_bytes(tmp_path: Path) -> None:
    photos = a_library()
    async with running_core(tmp_path, photos) as core:
        paths = list(await listing(core, "previews/media/all"))
        for name in paths[:8]:
            node = await core.tree.stat(await core.tree.resolve(f"previews/media/all/{name}"))
            wanted = googles(photos, item_named(photos, name))
            assert (node.size_bytes, node.size_is_exact) == (len(wanted), True)
            assert await content(core, f"previews/media/all/{name}") == wanted

    asked = {row.path.rpartition("=")[2] for row in photos.requests("media")}
    assert asked == {SCALED}, "nothing of the originals"


async def test_sizes_cost_one_request_each_and_are_kept(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = an_album(20)
    async with running_core(tmp_path, photos) as core:
        paths = await album(core, photos)
        sizes = [(await core.tree.stat(await core.tree.resolve(path))).size_bytes for path in paths]
    asked = photos.requests("media")
    async with running_core(tmp_path, photos) as core:
        again = [await core.tree.stat(await core.tree.resolve(path)) for path in paths]

    assert sizes == [len(googles(photos, item_named(photos, path))) for path in paths]
    assert [node.size_bytes for node in again] == sizes
    assert {(row.method, row.status) for row in asked} == {("HEAD", 200)}
    assert len(asked) == len(photos.requests("media")) == 20


async def test_on_open_asks_for_no_size(tmp_path: Path) -> None:
    photos = an_album(5)
    async with running_core(tmp_path, photos, sizes="on-open") as core:
        for path in await album(core, photos):
            guessed = await core.tree.stat(await core.tree.resolve(path))
            assert not guessed.size_is_exact
            assert byte_requests(photos) == 0
            assert guessed.size_bytes >= len(googles(photos, item_named(photos, path)))
            break
        await content(core, path)
        opened = await core.tree.stat(await core.tree.resolve(path))

    assert (opened.size_bytes, opened.size_is_exact) == (
        len(googles(photos, item_named(photos, path))),
        True,
    )


async def test_a_preview_is_read_once(tmp_path: Path) -> None:
    """One request for its head, one for the rest; none again, neither after a restart nor offline."""
    photos = an_album(3)
    async with running_core(tmp_path, photos) as core:
        (path, *_) = await album(core, photos)
        first = await content(core, path)
        asked = byte_requests(photos)
        assert await content(core, path) == first
        inode = await core.tree.resolve(path)
    photos.faults.add("reset", times=None)
    async with running_core(tmp_path, photos) as core:
        assert await core.tree.resolve(path) == inode
        assert await content(core, path) == first

    assert asked == (1 if len(first) <= 256 << 10 else 2)
    assert byte_requests(photos) == asked


async def test_a_slideshow_finds_the_next_previews_under_way(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = an_album(15)
    async with running_core(tmp_path, photos) as core:
        paths = await album(core, photos)
        photos.options.media_latency_s = 1.0
        began_s = trio.current_time()
        for path in paths:
            await content(core, path)
        assert trio.current_time() - began_s < 10

    asked = [row.path for row in photos.requests("media")]
    assert len(asked) <= 15 + 2
    assert {path.rpartition("=")[2] for path in asked} == {SCALED}


async def test_a_slideshow_after_a_restart_asks_for_addresses_fifty_at_a_time(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    photos = an_album(55)
    async with running_core(tmp_path, photos) as core:
        paths = await album(core, photos)
    asked = calls(photos)
    async with running_core(tmp_path, photos) as core:
        for path in paths:
            await content(core, path)

    assert calls(photos) - asked <= 3


async def test_a_film_has_no_preview(tmp_path: Path) -> None:
    photos = SimulatedGoogle(small_library(items=3, album_sizes=[], kinds={"video/mp4": 1}))
    async with running_core(tmp_path, photos) as core:
        films = await listing(core, "media/all")
        assert await listing(core, "previews/media/all") == {}
        with pytest.raises(errors.NoEntryError):
            core.tree.node(preview_of(next(iter(films.values())).inode))
        for name in films:
            with pytest.raises(errors.NoEntryError):
                await core.tree.resolve(f"previews/media/all/{name}")
        assert "videos" not in await listing(core, "previews")


async def test_extended_attributes_lead_to_the_original(tmp_path: Path) -> None:
    photos = SimulatedGoogle(small_library(items=3, album_sizes=[], kinds={"image/heic": 1}))
    async with running_core(tmp_path, photos) as core:
        name = photos.world.at(0).filename
        original = await core.tree.resolve(f"media/all/{name}")
        preview = await core.tree.resolve(f"previews/media/all/{name}.jpg")
        names = await core.tree.attribute_names(preview)
        values = {one: await core.tree.attribute(preview, one) for one in names}
        theirs = await core.tree.attribute_names(original)

    assert set(theirs) | {b"user.gphotos.preview_of"} >= set(names)
    assert values[b"user.gphotos.preview_of"] == str(original).encode()
    assert values[b"user.gphotos.id"] == photos.world.at(0).id.encode()
    assert values[b"user.mime_type"] == b"image/jpeg"


async def test_a_mounts_root_shows_previews_first_and_only_if_told_to(tmp_path: Path) -> None:
    photos = an_album(3)
    async with running_core(tmp_path, photos) as core:
        tree = shown_in(core)
        with_them = await names_in(tree, ROOT)
        without = [name.encode() for name in await listing(core)]
        found = await tree.lookup(ROOT, b"previews")

        assert with_them == [b"previews", *without]
        assert found is not None
        assert (found.inode, found.is_directory) == (preview_of(ROOT), True)
        assert await core.tree.lookup(ROOT, b"previews") is None
        assert await tree.lookup(found.inode, b"previews") is None
        assert await tree.lookup(found.inode, b".gphotosfs") is None
        above = await tree.lookup(found.inode, b"..")
        assert above is not None
        assert above.inode == ROOT


async def test_a_path_of_previews_can_be_a_mounts_root(tmp_path: Path) -> None:
    photos = an_album(3)
    known = photos.world.albums()[0]
    photos.world.rename_album(known.id, "Zürich")
    async with running_core(tmp_path, photos) as core:
        inode = await core.tree.resolve("albums/Zürich")

        by_id = f"previews/album-id={known.id}"
        assert await core.tree.root("previews/albums/Zürich") == (preview_of(inode), by_id)
        assert await core.tree.root(by_id) == (preview_of(inode), by_id)
        assert await core.tree.root("previews") == (preview_of(ROOT), "previews")
        with pytest.raises(errors.NoEntryError, match="Zürich"):
            await core.tree.root("previews/albums/Zurich")


async def test_a_refresh_of_previews_is_one_of_their_originals(tmp_path: Path) -> None:
    photos = an_album(3)
    seen = Seen()
    async with running_core(tmp_path, photos, seen=seen) as core:
        before = len(await album(core, photos))
        known = photos.world.albums()[0]
        photos.world.add_to_album(
            known.id, photos.world.add_item(mime_type="image/heic", filename="new.heic").id
        )
        await core.refresh(f"previews/albums/{known.title}")
        assert len(await album(core, photos)) == before + 1

    told = with_previews(Changes(appeared=seen.appeared)).appeared
    directory = next(directory for directory, name in seen.appeared if name == b"new.heic")
    assert (preview_of(directory), b"new.heic.jpg") in told
    assert set(seen.appeared) <= set(told)


async def test_what_vanishes_is_told_of_the_preview_too(tmp_path: Path) -> None:
    gone = [(Inode(2), b"Paris", Inode(70)), (Inode(70), b"a.HEIC", Inode(71))]

    told = with_previews(Changes(vanished=gone)).vanished

    assert told[:2] == gone
    assert set(told[2:]) >= {
        (preview_of(Inode(2)), b"Paris", preview_of(Inode(70))),
        (preview_of(Inode(70)), b"a.HEIC.jpg", preview_of(Inode(71))),
    }


async def test_another_version_at_google_has_another_preview(tmp_path: Path) -> None:
    photos = an_album(2)
    seen = Seen()
    async with running_core(tmp_path, photos, seen=seen) as core:
        (path, *_) = await album(core, photos)
        original = path.removeprefix("previews/")
        await content(core, original)
        before = await content(core, path)
        await core.cache.clear()
        item = photos.world.change_bytes(item_named(photos, path).id)
        photos.world.edit_item(item.id, size_bytes=item.size_bytes + 1000)
        with pytest.raises(errors.ContentChangedError):
            await content(core, original)
        after = await content(core, path)
        node = await core.tree.stat(await core.tree.resolve(path))

    now = googles(photos, photos.world.item(item.id))
    assert before != after == now
    assert (node.size_bytes, node.size_is_exact) == (len(now), True)
    assert seen.renewed[:2] == [original_of(node.inode), node.inode]
