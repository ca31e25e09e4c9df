"""Renewals behind their readers: what another option wants, what broke off, what the quota stopped."""

from pathlib import Path

import pytest
import trio

from gphotosfs import errors
from gphotosfs.model import ListingKind
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.views.layout import Which
from tests.component.core_kit import calls, everything_seen, listing, running_core
from tests.component.google_kit import small_library


async def test_a_mount_with_another_option_shows_and_hides_what_is_archived(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Not a day later: the next visit begins to list the views by date anew."""
    photos = SimulatedGoogle(small_library())
    archived = {item.filename for item in photos.world.items() if item.archived}
    assert archived
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        await everything_seen(core)
        before = await listing(core, "media/all")
        assert not archived & set(before)
    async with running_core(tmp_path, photos, include_archived=True) as core:
        await listing(core, "media/all")
        await trio.sleep(2)
        with_archived = await listing(core, "media/all")
        assert set(with_archived) - set(before) == archived
    async with running_core(tmp_path, photos) as core:
        await listing(core, "media/all")
        await trio.sleep(2)
        assert await listing(core, "media/all") == before


async def test_a_refresh_of_the_timeline_that_broke_off_goes_on_behind_the_next_visit(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Else the slow look would wait for its end, and deletions stay unseen, until somebody refreshes."""
    photos = SimulatedGoogle(small_library())
    async with running_core(tmp_path, photos) as core:
        before = await listing(core, "media/all")
        gone = photos.world.at(120)
        photos.world.remove_item(gone.id)
        photos.faults.add("status", kind="api", path="*:search", skip=2, times=None, status=400)
        with pytest.raises(errors.RemoteError):
            await core.refresh("media/all")
        photos.faults.clear()
        await trio.sleep(400)
        await listing(core, "media/all")
        await trio.sleep(2)
        assert set(before) - set(await listing(core, "media/all")) == {gone.filename}


async def test_a_renewal_that_the_quota_stops_goes_on_the_next_day_from_its_page(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Background work ends at 80 %; a person may still list what was never listed."""
    photos = SimulatedGoogle(small_library(items=600, album_sizes=[550, 3]))
    photos.options.access_token_life_s = 1e9
    large, small = sorted(photos.world.albums(), key=lambda album: -len(album.members))
    path = f"albums/{large.title}"
    async with running_core(tmp_path, photos, dir_cache_time_s=60.0, quota_calls=12) as core:
        before = await listing(core, path)
        assert len(photos.log) == 7
        new = photos.world.add_item(filename="new.jpg")
        photos.world.add_to_album(large.id, new.id)
        await trio.sleep(100)
        await listing(core, path)
        await trio.sleep(100)
        assert len(photos.log) == 9  # of 12, at 80 %: the list of albums and one page
        assert await listing(core, path) == before
        row = core.listings.row(Which(ListingKind.ALBUM, large.id))
        assert row is not None
        assert row.running
        token = row.page_token
        assert len(await listing(core, f"albums/{small.title}")) == 3

        await trio.sleep(24 * 3600)
        photos.log.clear()
        await listing(core, path)
        await trio.sleep(100)
        assert set(await listing(core, path)) - set(before) == {"new.jpg"}
        asked = [row.body for row in photos.log if row.path == "/v1/mediaItems:search"]
        assert len(asked) == 5
        assert asked[0] is not None
        assert asked[0]["pageToken"] == token


async def test_a_long_list_of_videos_is_not_listed_again_while_its_first_page_is_known(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """A media server looks into `videos/` all day: one call a look, not one a hundred films."""
    photos = SimulatedGoogle(small_library(items=450, album_sizes=[], kinds={"video/mp4": 1}))
    async with running_core(tmp_path, photos, include_archived=True) as core:
        before = await listing(core, "videos")
        asked = calls(photos)
        assert asked == 5
        await trio.sleep(400)
        await listing(core, "videos")
        await trio.sleep(1)
        assert calls(photos) == asked + 1
        photos.world.add_item(
            filename="new.mp4",
            mime_type="video/mp4",
            created_ns=1_795_348_800_000_000_000,
            fps=30.0,
        )
        await trio.sleep(400)
        await listing(core, "videos")
        await trio.sleep(1)
        assert set(await listing(core, "videos")) - set(before) == {"new.mp4"}
