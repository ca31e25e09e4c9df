"""Thumbnails when things fail or change: the mount goes on, and little is asked for in vain."""

import logging
from pathlib import Path

import pytest
import trio
import trio.testing

from gphotosfs.desktop.making import FAILURE_REMEMBERED_S, NO_PLACE_S, PATIENCE_S, PAUSE_S, Tree
from gphotosfs.desktop.thumbnails import SIDE_BY_SIDE
from gphotosfs.lanes import Lane, in_lane
from gphotosfs.model import ROOT, Inode, Picture
from gphotosfs.pictures import texts_of
from tests.component.core_kit import running_core
from tests.component.picks_kit import FOREIGN, a_library_and_more, picked
from tests.component.thumbnails_kit import (
    LS,
    Desktop,
    browsing,
    colour_of,
    jpeg,
    painted,
    small_requests,
    until,
)

Clock = trio.testing.MockClock

SMALL = "*=w256*"


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the makers of thumbnails have said."""
    return [r.getMessage() for r in caplog.records if r.name.startswith("gphotosfs.desktop")]


async def listed(desktop: Desktop) -> None:
    """Let the listing be known, so that only pictures are asked for."""
    await desktop.look("media/all", LS, stats=False)


async def test_offline_nothing_is_waited_for_and_later_all_is_made(
    tmp_path: Path, autojump_clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    photos = painted(60)
    async with browsing(tmp_path, photos) as desktop:
        await listed(desktop)
        photos.faults.add("reset", kind="media", times=None)
        await desktop.look("media/all")
        await trio.sleep(5)
        asked = len(photos.log)
        began_s = trio.current_time()
        await desktop.look("media/all")
        assert trio.current_time() == began_s
        assert len(photos.log) == asked
        photos.faults.clear()
        await trio.sleep(PAUSE_S + 60)  # the host itself is left alone for a while as well
        await desktop.look("media/all")
        await until(lambda: desktop.count() >= 60)

    assert asked <= 1 + 4 * SIDE_BY_SIDE  # each is tried four times
    assert len(told(caplog)) == 1


async def test_a_refused_quota_is_not_asked_again(
    tmp_path: Path, autojump_clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    photos = painted(100)
    async with browsing(tmp_path, photos) as desktop:
        await listed(desktop)
        photos.faults.add("status", status=429, kind="media", times=None)
        for _ in range(5):
            await desktop.look("media/all")
            await trio.sleep(1)

    assert small_requests(photos).total() <= SIDE_BY_SIDE


async def test_a_photo_without_a_picture_is_left_alone_for_a_while(
    tmp_path: Path, autojump_clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    photos = painted(10)
    async with browsing(tmp_path, photos) as desktop:
        await listed(desktop)
        photos.faults.add("html", path=SMALL, times=2)
        await desktop.look("media/all")
        await until(lambda: desktop.count() >= 8)
        for _ in range(3):
            await desktop.look("media/all")
        assert small_requests(photos).total() == 10
        await trio.sleep(FAILURE_REMEMBERED_S)
        await desktop.look("media/all")
        assert desktop.count() >= 10

    assert small_requests(photos).total() == 12
    assert len(told(caplog)) == 1


async def test_a_full_disk_costs_no_request(tmp_path: Path, autojump_clock: Clock) -> None:
    photos = painted(10)
    async with browsing(tmp_path, photos) as desktop:
        await listed(desktop)
        desktop.has_room = False
        await desktop.look("media/all")
        assert small_requests(photos).total() == 0
        desktop.has_room = True
        await trio.sleep(NO_PLACE_S)
        await desktop.look("media/all")
        await until(lambda: desktop.count() >= 10)


async def test_a_cache_that_can_not_be_written_costs_a_line_and_few_requests(
    tmp_path: Path, autojump_clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    photos = painted(100)
    async with browsing(tmp_path, photos) as desktop:
        await listed(desktop)
        desktop.folder.write_bytes(b"no folder")
        for _ in range(3):
            await desktop.look("media/all")
            await trio.sleep(1)

    assert small_requests(photos).total() <= SIDE_BY_SIDE
    assert len(told(caplog)) == 1


async def test_what_nobody_looks_at_leaves_a_fifth_of_the_quota(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(50)
    async with browsing(tmp_path, photos, everything=True, quota_byte_requests=40) as desktop:
        await listed(desktop)
        await trio.sleep(600)
        assert small_requests(photos).total() == 32
        await desktop.look("media/all")
        await trio.sleep(10)

    assert small_requests(photos).total() == 40


class SilentAbout:
    """A tree that never has the picture of one file."""

    def __init__(self, tree: Tree, inode: Inode) -> None:
        self._inode = inode
        self._picture = tree.picture
        self.entries, self.stat = tree.entries, tree.stat
        self.places, self.known_files = tree.places, tree.known_files

    async def picture(self, inode: Inode, longest_px: int) -> Picture:
        """The picture of another one."""
        if inode == self._inode:
            await trio.sleep_forever()
        return await self._picture(inode, longest_px)


async def test_a_picture_that_does_not_come_holds_up_no_other(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(300, latency_s=0.1)
    async with running_core(tmp_path, photos) as core, trio.open_nursery() as nursery:
        directory = await core.tree.resolve("media/all")
        first = (await core.tree.entries(directory, None))[-1].node.inode
        tree = SilentAbout(core.tree, first)
        desktop = Desktop(core, tmp_path, ROOT, tree=tree)
        await nursery.start(desktop.service.run)
        began_s = trio.current_time()
        await desktop.look("media/all")
        await until(lambda: desktop.maker.made == 299)
        assert trio.current_time() - began_s < PATIENCE_S
        await until(lambda: desktop.maker.failed)
        with in_lane(Lane.BACKGROUND):
            assert not desktop.maker.is_paused()
        nursery.cancel_scope.cancel()


async def test_few_pictures_are_in_hand_at_a_time(tmp_path: Path, autojump_clock: Clock) -> None:
    photos = painted(200, latency_s=0.2)
    most = 0
    async with browsing(tmp_path, photos) as desktop, trio.open_nursery() as nursery:

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, desktop.core.gauges()["pictures"])
                await trio.sleep(0.01)

        nursery.start_soon(watch)
        await desktop.look("media/all")
        await until(lambda: desktop.count() >= 200)
        nursery.cancel_scope.cancel()

    assert most == SIDE_BY_SIDE


async def test_other_bytes_get_another_thumbnail(tmp_path: Path, autojump_clock: Clock) -> None:
    """Their time is the capture time still, so a desktop would keep the old one for ever."""
    photos = painted(3, motif=250)
    async with browsing(tmp_path, photos) as desktop:
        (entry, *_) = await desktop.look("media/all")
        await until(lambda: desktop.count() >= 3 * 4)
        name = entry.name.decode()
        before = colour_of(desktop.thumbnail(f"media/all/{name}"))
        item = next(item for item in photos.world.items() if item.filename == name)
        photos.world.edit_item(item.id, motif=10)

        desktop.service.renewed(entry.node.inode)
        await trio.sleep(10)

        places = await desktop.core.tree.places(entry.node.inode)
        after = [colour_of(desktop.thumbnail(place.path.decode())) for place in places]
    assert abs(before[0] - 250) < 10
    assert all(abs(colour[0] - 10) < 10 for colour in after)
    assert len(after) == 4
    assert small_requests(photos) == {"GET w256-h256": 4}


async def test_other_bytes_of_what_has_no_thumbnail_cost_nothing(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(1)
    async with browsing(tmp_path, photos) as desktop:
        (entry,) = await desktop.look("media/all", LS, stats=False)
        desktop.service.renewed(entry.node.inode)
        await trio.sleep(10)

    assert small_requests(photos).total() == 0


async def test_a_name_that_vanished_takes_its_thumbnails_along(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """Each photo passes through `recent/` some day, and would leave 100 KB there."""
    photos = painted(2)
    async with browsing(tmp_path, photos) as desktop:
        (entry, _) = await desktop.look("media/all")
        await until(lambda: desktop.count() >= 2 * 4)
        *others, place = await desktop.core.tree.places(entry.node.inode)

        desktop.service.vanished([(place.directory, entry.name, entry.node.inode)])
        await trio.sleep(10)

        left = [desktop.thumbnail(place.path.decode(), size_px) for size_px in (128, 256)]
        assert left == [None, None]
        assert all(desktop.thumbnail(other.path.decode()) for other in others)
        assert desktop.count() == 2 * 4 - 1
    assert small_requests(photos).total() == 2


async def test_news_of_an_album_that_is_gone_are_passed_over(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """It is still mounted."""
    photos = painted(1)
    album = photos.world.new_album("Rome", [item.id for item in photos.world.items()])
    async with browsing(tmp_path, photos, root="albums/Rome") as desktop:
        (entry,) = await desktop.look("albums/Rome")
        directory = await desktop.core.tree.resolve("albums/Rome")
        photos.world.remove_album(album.id)
        await desktop.core.refresh("albums")

        desktop.service.renewed(entry.node.inode)
        desktop.service.vanished([(directory, entry.name, entry.node.inode)])
        await trio.sleep(10)

    assert small_requests(photos).total() == 1


async def test_news_for_a_mount_that_has_ended_are_passed_over(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(1)
    async with browsing(tmp_path, photos) as desktop:
        (entry,) = await desktop.look("media/all")
        asked = len(photos.log)
    desktop.service.renewed(entry.node.inode)

    assert len(photos.log) == asked


async def test_another_capture_time_gets_another_thumbnail(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(1)
    (item,) = photos.world.items()
    assert item.created_ns is not None
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all")
        photos.world.edit_item(item.id, created_ns=item.created_ns + 5 * 10**9)
        await desktop.core.refresh("media/all")
        (entry,) = await desktop.look("media/all")
        png = desktop.thumbnail("media/all/000.jpg")

    assert png is not None
    assert texts_of(png)["Thumb::MTime"] == str(item.created_ns // 10**9 + 5)
    assert entry.node.modified_ns == item.created_ns + 5 * 10**9


async def test_picked_photos_get_theirs_when_the_session_is_over(tmp_path: Path) -> None:
    """Of the bytes that are kept here."""
    file = tmp_path / "red.jpg"
    file.write_bytes(jpeg(800, 600, "red"))
    photos = a_library_and_more()
    theirs = photos.world.add_file(str(file), width=800, height=600, cheap=True, owner=FOREIGN)
    async with browsing(tmp_path, photos) as desktop:
        with trio.fail_after(60):
            name = await picked(desktop.core, photos, [theirs])
            asked = len(photos.log)
            await desktop.look(f"picked/{name}")
            png = desktop.thumbnail(f"picked/{name}/red.jpg")

    assert colour_of(png)[0] > 240
    assert len(photos.log) == asked
