"""A photo that archives and Google both have: one item where that is certain, two where it is not."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from gphotosfs.app.joining import Joining
from gphotosfs.catalog import joining
from gphotosfs.catalog.store import Connection
from gphotosfs.model import Inode
from gphotosfs.simulator.takeout.exports import Quirks
from tests.component.archives_kit import attributes_of, looked_at, names_in
from tests.component.core_kit import (
    Seen,
    byte_requests,
    content,
    everything_seen,
    listing,
    running_core,
    walk,
)
from tests.component.joining_kit import (
    Clock,
    a_google,
    a_photo,
    exported,
    listed,
    served,
)


@pytest.mark.parametrize("is_takeout_first", [True, False])
async def test_a_photo_from_both_is_one_item_under_the_older_number(
    tmp_path: Path, is_takeout_first: bool, autojump_clock: Clock
) -> None:
    google = a_google(*(a_photo(number) for number in range(5)))
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        if is_takeout_first:
            await core.takeout.add(archives)
            before = await core.tree.entries(await core.tree.resolve("media/all"), None)
        else:
            await listing(core, "media/all")
            before = await core.tree.entries(await core.tree.resolve("media/all"), None)
            await core.takeout.add(archives)
        after = await listed(core)
        albums = [await listing(core, f"albums/{name}") for name in await names_in(core, "albums")]
        paths = Counter(node.inode for node in (await walk(core)).values() if node.inode >= 64)
        links = {inode: core.tree.node(Inode(inode)).links for inode in after.values()}
        read = [await content(core, f"media/all/{name}") for name in after]

    assert after == {entry.name.decode(): entry.node.inode for entry in before}
    assert [{name: node.inode for name, node in album.items()} for album in albums] == [after] * 2
    assert links == paths
    assert all(b"taken at 48.8584 N" in data for data in read)
    assert byte_requests(google) == 0


async def test_listing_and_reading_again_doubles_nothing(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(*(a_photo(number) for number in range(4)))
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        first = await listed(core)
        await everything_seen(core)
        later = exported(google, tmp_path, Quirks(originals=True, made="20261201T000000Z", parts=2))
        await core.takeout.add(later)
        second = await listed(core)
        await core.takeout.remove(archives)
        third = await listed(core)
    async with running_core(tmp_path, google) as core:
        fourth = await listed(core)

    assert first == second == third == fourth
    assert len(first) == 4


@pytest.mark.parametrize(
    "photos",
    [
        pytest.param([a_photo(), a_photo()], id="two of one name and second"),
        pytest.param([a_photo(created_ns=None)], id="no time"),
        pytest.param([a_photo(filename="")], id="no title"),
    ],
)
async def test_where_it_is_not_certain_both_are_shown(
    tmp_path: Path, photos: list[dict[str, Any]], autojump_clock: Clock
) -> None:
    google = a_google(*photos)
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        await listed(core)
        await everything_seen(core)
        found = await listed(core)

    assert len(set(found.values())) == len(found) == 2 * len(photos)


async def test_a_photo_of_other_dimensions_is_another_one(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(0), a_photo(1), a_photo(2))
    archives = exported(google, tmp_path)
    cropped, turned, _ = list(google.world.items())
    google.world.edit_item(cropped.id, width=50)
    google.world.edit_item(turned.id, width=turned.height, height=turned.width)
    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        found = await listed(core)

    assert len(found) == 4
    assert sum(name.startswith(cropped.filename.removesuffix(".jpg")) for name in found) == 2


async def test_edited_copies_and_moving_parts_are_not_mixed_up(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    # Google shows an edited photo under the original's name.
    google = a_google(a_photo(0), a_photo(1), a_photo(2), a_photo(3))
    archives = exported(google, tmp_path, Quirks(originals=True, edited_every=2, motion_every=3))
    edited = [item.filename for item in google.world.items() if item.number % 2 == 0]
    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        found = await listed(core)
        stems = {name: name.partition(".")[0].partition(" ")[0] for name in found}

    for item in google.world.items():
        stem = item.filename.partition(".")[0]
        stills = [n for n, own in stems.items() if own == stem and not n.endswith(".MP4")]
        assert len(stills) == (2 if item.filename in edited else 1)


async def test_what_is_certain_no_longer_is_shown_twice_again(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo())
    archives = exported(google, tmp_path)
    seen = Seen()
    async with running_core(tmp_path, google, seen=seen) as core:
        await listing(core, "media/all")
        await core.takeout.add(archives)
        one = await listed(core)
        assert b"taken at" in await content(core, "media/all/IMG_0.jpg")
        google.world.add_item(**a_photo(width=80, height=60))
        three = await listed(core)
        own = await content(core, "media/all/IMG_0.jpg")

    assert len(one) == 1
    assert len(set(three.values())) == 3
    assert three["IMG_0.jpg"] == one["IMG_0.jpg"]
    assert own == served(google, next(i for i in google.world.items() if i.number == 0))
    assert seen.renewed.count(Inode(one["IMG_0.jpg"])) == 2


async def test_a_number_that_was_given_up_is_answered_and_read_on(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(), album=False)
    (item,) = google.world.items()
    archives = exported(google, tmp_path)
    seen = Seen()
    async with running_core(tmp_path, google, seen=seen) as core:
        await core.takeout.add(archives)
        # Both are there for a moment.
        both = {one: name for name, one in (await names_in(core, "media/all")).items()}
        older, younger = sorted(both)
        handle = await core.tree.open(Inode(younger))
        await looked_at(core)
        await core.cache.clear()
        on = bytes(await core.tree.read(handle, 0, 1 << 17))
        core.tree.close(handle)
        node = await core.tree.stat(Inode(younger))
        everything = await core.tree.resolve("media/all")
        after = await listed(core)

    assert on == served(google, item)
    assert (node.inode, node.size_bytes) == (younger, len(on))
    assert list(after.values()) == [older]
    assert (everything, both[younger].encode(), younger) in seen.vanished


async def test_where_only_the_younger_had_a_name_it_becomes_the_olders(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo())
    archives = exported(google, tmp_path)
    seen = Seen()
    async with running_core(tmp_path, google, seen=seen) as core:
        await core.takeout.add(archives)
        await core.refresh("albums")
        (album,) = [
            name for name in await names_in(core, "albums") if "(" in name or name == "Rome"
        ][-1:]
        place = await core.tree.resolve(f"albums/{album}")
        before = await listing(core, f"albums/{album}")
        entry = (await core.tree.entries(place, None))[0]
        await looked_at(core)
        after = (await core.tree.entries(place, None))[0]

    assert list(before) == ["IMG_0.jpg"]
    assert (after.name, after.cookie) == (entry.name, entry.cookie)
    assert after.node.inode < before["IMG_0.jpg"].inode
    assert (place, b"IMG_0.jpg") in seen.appeared


async def test_attributes_are_the_archives_and_googles_where_those_have_none(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(), a_photo(1), album=False)
    archives = exported(google, tmp_path)
    (about,) = [item for item in google.world.items() if item.number == 0]
    google.world.edit_item(about.id, description="By the sea")
    async with running_core(tmp_path, google) as core:
        await listing(core, "media/all")
        await core.takeout.add(archives)
        await listed(core)
        told = await attributes_of(core, "media/all/IMG_0.jpg")

    assert told[b"user.gphotos.source"] == b"takeout"
    assert told[b"user.gphotos.people"]
    assert told[b"user.gphotos.camera"] == b"Google Pixel 8"
    assert told[b"user.gphotos.description"] == b"By the sea"


async def test_nothing_is_looked_at_while_more_of_a_name_may_be_on_its_way(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    google = a_google(a_photo(), album=False)
    archives = exported(google, tmp_path)
    is_busy = True

    def note(db: Connection) -> None:
        db.execute("INSERT INTO candidate SELECT inode FROM takeout_file")

    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        await core.store.write(note)
        media = core.takeout.media
        task = Joining(core.store, media, is_busy=lambda: is_busy, changed=Seen().changed)
        async with trio.open_nursery() as nursery:
            await nursery.start(task.run)
            await trio.sleep(100)
            waited = joining.next_candidate(core.store.read, Inode(0)) is not None
            is_busy = False
            await looked_at(core)
            nursery.cancel_scope.cancel()

    assert waited


async def test_figures_count_a_photo_from_both_once(tmp_path: Path, autojump_clock: Clock) -> None:
    google = a_google(*(a_photo(number) for number in range(3)), album=False)
    archives = exported(google, tmp_path)
    async with running_core(tmp_path, google) as core:
        await core.takeout.add(archives)
        await listed(core)

        assert core.status()["library"]["items"] == 3
