"""Thumbnails are there before anybody reads a photo to draw one, and cost as little as they can."""

from pathlib import Path

import trio
import trio.testing

from gphotosfs.desktop.sweeps import (
    COUNTING_S,
    FIRST_PAGE_PATIENCE_S,
    ON_A_FOLDER,
    PATIENCE_S,
    SEEN_FIRST,
    STALLED_S,
    SWEEP_ENDS_S,
)
from gphotosfs.desktop.thumbnails import SIDE_BY_SIDE
from gphotosfs.pictures import texts_of
from tests.component.thumbnails_kit import (
    LS,
    NAUTILUS,
    THUNAR,
    TUMBLER,
    browsing,
    painted,
    small_requests,
    until,
)

Clock = trio.testing.MockClock


async def test_a_first_visit_costs_one_small_request_a_photo(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(30)
    async with browsing(tmp_path, photos) as desktop:
        found = await desktop.look("media/all")

        assert [desktop.thumbnail(f"media/all/{e.name.decode()}") for e in found].count(None) == 0
    assert small_requests(photos) == {"GET w256-h256": 30}


async def test_a_thumbnail_says_what_it_is_of(tmp_path: Path, autojump_clock: Clock) -> None:
    photos = painted(1)
    async with browsing(tmp_path, photos) as desktop:
        (entry,) = await desktop.look("media/all")
        png = desktop.thumbnail("media/all/000.jpg", 256)

    assert png is not None
    assert texts_of(png) == {
        "Thumb::URI": "file:///home/ada/My%20photos/media/all/000.jpg",
        "Thumb::MTime": str(entry.node.modified_ns // 10**9),
        "Thumb::Mimetype": "image/jpeg",
        "Thumb::Image::Width": "320",
        "Thumb::Image::Height": "240",
        "Software": "gphotosfs",
        "X-GPhotosFS::Profile": "default",
    }


async def test_a_second_visit_and_a_remount_ask_for_nothing(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(10)
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all")
        await trio.sleep(60)
        asked = len(photos.log)
        await desktop.look("media/all")
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all")

    assert len(photos.log) == asked


async def test_every_path_of_a_photo_gets_the_same_picture(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """Those that nobody opened come last, as copies: without a request and without decoding."""
    photos = painted(5)
    photos.world.new_album("Rome", [item.id for item in photos.world.items()])
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("albums/Rome")
        assert desktop.count() == 5
        await desktop.look("media/all", LS, stats=False)  # now these are known
        await desktop.look("media/by-year/2021")
        await until(lambda: desktop.count() == 5 * 5)

        places = ("albums/Rome", "media/all", "media/by-year/2021")
        pixels = [desktop.thumbnail(f"{place}/000.jpg", 256) for place in places]
        assert len({png.partition(b"IDAT")[2] for png in pixels if png is not None}) == 1
        assert None not in pixels
    assert small_requests(photos) == {"GET w256-h256": 5}


async def test_previews_get_the_thumbnails_of_their_originals(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(5)
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all")
        await desktop.look("previews/media/all")
        assert desktop.thumbnail("previews/media/all/000.jpg") is not None
    assert small_requests(photos) == {"GET w256-h256": 5}


async def test_a_mount_of_an_album_has_its_own_paths_alone(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(3)
    photos.world.new_album("Rome", [item.id for item in photos.world.items()])
    async with browsing(tmp_path, photos, root="albums/Rome") as desktop:
        await desktop.look("media/all", LS)
        await desktop.look("albums/Rome")
        await trio.sleep(60)

        assert desktop.thumbnails() == [
            f"file:///home/ada/My%20photos/{n:03}.jpg" for n in range(3)
        ]


async def test_other_programs_cause_no_thumbnails(tmp_path: Path, autojump_clock: Clock) -> None:
    photos = painted(5)
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all", LS)
        await trio.sleep(60)

        assert desktop.count() == 0
    assert small_requests(photos) == {"HEAD d": 5}


async def test_nautilus_waits_while_thumbnails_come(tmp_path: Path, autojump_clock: Clock) -> None:
    """It looks for each once, and reads whole what is not there by then."""
    photos = painted(150, latency_s=1.0)
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all", LS, stats=False)
        began_s = trio.current_time()
        await desktop.look("media/all", NAUTILUS)
        assert PATIENCE_S > trio.current_time() - began_s > 150 // SIDE_BY_SIDE
        assert None not in [desktop.thumbnail(f"media/all/{n:03}.jpg") for n in range(150)]


async def test_a_file_manager_that_opens_files_one_by_one_is_still_at_them(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """Dolphin opens each file of a folder, and has come to the last one after a quarter of a minute."""
    photos = painted(4)
    async with browsing(tmp_path, photos) as desktop:
        found = await desktop.look("media/all", stats=False)
        for entry in found:
            await trio.sleep(SWEEP_ENDS_S * 0.8)
            assert desktop.service.is_browsed(entry.node.inode, THUNAR)
        assert not desktop.service.is_browsed(found[0].node.inode, LS)
        await trio.sleep(SWEEP_ENDS_S * 1.2)
        assert not desktop.service.is_browsed(found[0].node.inode, THUNAR)


async def test_what_is_not_seen_yet_lets_a_file_manager_ask_first(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """Before it shows any, it asks for the attributes of all files, one after another."""
    photos = painted(220, latency_s=0.1)
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all", LS, stats=False)
        found = await desktop.look("media/all", stats=False)
        for entry in found[:45]:
            await desktop.stat(entry.node.inode)
            await trio.sleep(0.02)
        assert SEEN_FIRST <= desktop.count() <= SEEN_FIRST + 2 * SIDE_BY_SIDE
        await until(lambda: desktop.count() >= 220)


async def test_nobody_waits_for_ever_for_a_large_directory(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """What is not there by then comes later."""
    photos = painted(300, latency_s=1.0)
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all", LS, stats=False)
        began_s = trio.current_time()
        await desktop.look("media/all", NAUTILUS)
        assert trio.current_time() - began_s == PATIENCE_S
        assert desktop.count() < 300
        await until(lambda: desktop.count() >= 300)


async def test_others_wait_for_the_first_page_that_they_will_show(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """That is the first by name, whatever the order of the listing: here the other way round."""
    photos = painted(400, latency_s=0.2)
    async with browsing(tmp_path, photos) as desktop:
        listed = await desktop.look("media/all", LS, stats=False)
        assert listed[0].name == b"399.jpg"
        await desktop.look("media/all")
        first = [desktop.thumbnail(f"media/all/{number:03}.jpg") for number in range(SEEN_FIRST)]
        assert None not in first
        assert desktop.count() < 300
        await until(lambda: desktop.count() >= 400)
    assert small_requests(photos) == {"GET w256-h256": 400}


async def test_what_is_seen_first_may_be_listed_last(tmp_path: Path, autojump_clock: Clock) -> None:
    """Nobody knows that before the listing has ended, and then it goes before all else."""
    photos = painted(600, latency_s=0.1)
    photos.options.api_latency_s = 1.0
    async with browsing(tmp_path, photos) as desktop:
        listed = await desktop.look("media/all", stats=False)
        assert listed[-1].name == b"000.jpg"
        first = [desktop.thumbnail(f"media/all/{number:03}.jpg") for number in range(SEEN_FIRST)]
        assert None not in first


async def test_the_first_page_is_waited_for_a_moment_only(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(SEEN_FIRST, latency_s=0.9)
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all", LS, stats=False)
        began_s = trio.current_time()
        await desktop.look("media/all")
        assert trio.current_time() - began_s == FIRST_PAGE_PATIENCE_S
        await until(lambda: desktop.count() >= SEEN_FIRST)


async def test_a_slow_line_holds_a_file_manager_for_a_moment(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """As long as nothing comes, and once."""
    photos = painted(100, latency_s=3.0)
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all", LS, stats=False)
        began_s = trio.current_time()
        await desktop.look("media/all", NAUTILUS)
        assert trio.current_time() - began_s == STALLED_S
        assert desktop.count() == 0
        await until(lambda: desktop.count() >= 100)


async def test_what_is_seen_first_is_in_the_lane_of_what_a_person_waits_for(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(SEEN_FIRST + SIDE_BY_SIDE, latency_s=1.0)
    lanes: list[dict[str, int]] = []
    async with browsing(tmp_path, photos) as desktop, trio.open_nursery() as nursery:
        await desktop.look("media/all", LS, stats=False)
        nursery.start_soon(desktop.look, "media/all")
        for _ in range(6):
            await trio.sleep(0.95)
            under_way = desktop.core.google.status().under_way
            lanes.append({lane: count for lane, count in under_way.items() if count})
    assert lanes[0] == {"foreground": SIDE_BY_SIDE}
    assert lanes[-1].keys() == {"download"}


async def test_nobody_waits_when_all_is_there(tmp_path: Path, autojump_clock: Clock) -> None:
    photos = painted(100, latency_s=0.1)
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("media/all")
        began_s = trio.current_time()
        await desktop.look("media/all")
        assert trio.current_time() == began_s


async def test_a_stat_behind_the_sweep_asks_for_the_exact_size(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """As when somebody opens the properties of a file."""
    photos = painted(5)
    async with browsing(tmp_path, photos) as desktop:
        found = await desktop.look("media/all")
        assert not (await desktop.stat(found[0].node.inode)).size_is_exact
        await trio.sleep(SWEEP_ENDS_S + 1)
        assert (await desktop.stat(found[0].node.inode)).size_is_exact
    assert small_requests(photos)["HEAD d"] >= 1


async def test_ls_beside_a_file_manager_sees_exact_sizes(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    photos = painted(5)
    async with browsing(tmp_path, photos) as desktop:
        found = await desktop.look("media/all")
        assert (await desktop.stat(found[0].node.inode, LS)).size_is_exact


async def test_directories_that_are_only_counted_cost_nothing(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """Nautilus opens each album of the folder it shows, one right behind the other."""
    photos = painted(20, latency_s=0.1)
    items = [item.id for item in photos.world.items()]
    for number in range(10):
        photos.world.new_album(f"Album {number}", items[2 * number : 2 * number + 2])
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("albums")
        for number in range(10):
            await desktop.look(f"albums/Album {number}")
        counted = small_requests(photos)
        await trio.sleep(5)
        await desktop.look("albums/Album 7")
        assert sum("Album%207" in uri for uri in desktop.thumbnails()) == 2

    assert counted["GET w256-h256"] <= 2  # of the first one, which somebody could have opened
    assert counted["HEAD d"] == 0


async def test_a_folder_that_is_drawn_with_photos_on_it_gets_a_few(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """Dolphin shows albums so: its thumbnailer opens each, and then some files in it."""
    photos = painted(60, latency_s=0.1)
    items = [item.id for item in photos.world.items()]
    for number in range(3):
        photos.world.new_album(f"Album {number}", items[20 * number : 20 * number + 20])
    async with browsing(tmp_path, photos) as desktop:
        for _ in range(2):
            for number in range(3):
                found = await desktop.look(f"albums/Album {number}", TUMBLER)
                first = f"albums/Album {number}/{found[0].name.decode()}"
                assert desktop.thumbnail(first) is not None
                await desktop.service.opening(found[9].node.inode, TUMBLER)
            await trio.sleep(20)

    assert small_requests(photos) == {"GET w256-h256": 3 * (ON_A_FOLDER + 1)}


async def test_what_is_opened_later_goes_first(tmp_path: Path, autojump_clock: Clock) -> None:
    photos = painted(300, latency_s=3.0)
    items = [item.id for item in photos.world.items()]
    photos.world.new_album("Long", items[:290])
    photos.world.new_album("Short", items[290:])
    async with browsing(tmp_path, photos) as desktop:
        await desktop.look("albums/Long")
        await trio.sleep(COUNTING_S)  # a person's pace
        await desktop.look("albums/Short")
        await until(lambda: sum("Short" in uri for uri in desktop.thumbnails()) == 10)
        assert desktop.count() < 150
