"""Two mounts of one profile: one daemon writes, the other asks it, and takes over when it ends."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gphotosfs.control import ProfileLock
from gphotosfs.simulator.process import Running, running
from tests.mount.mounting import Home, Mount, content, counted, eventually, sh

pytestmark = pytest.mark.mount

MIB = 1 << 20


def tree(mount: Mount) -> list[str]:
    """Every path with type, size, inode and time."""
    lines = sh("find", mount.path, "-mindepth", "1", "-printf", "%P %y %s %i %T@\n").splitlines()
    return sorted(lines)


def test_both_show_the_same_and_fetch_it_once(home: Home, simulator: Running) -> None:
    items = simulator.items()[::30]  # so far apart that nobody reads ahead for a walk
    expected = [content(simulator, item) for item in items]
    with home.mounted(at="one") as one, home.mounted(at="two") as two:
        sh("du", "-s", two.path)  # every directory listed, every size asked for
        assert tree(two) == tree(one)
        read = [(two / "media/all" / item["filename"]).read_bytes() for item in items]
        assert read == expected
        with counted(simulator) as requests:
            read = [(one / "media/all" / item["filename"]).read_bytes() for item in items]
            assert read == expected
            assert requests().media == 0
        attributes = sh("getfattr", "-d", "--absolute-names", one / "media/all")
        assert sh("getfattr", "-d", "--absolute-names", two / "media/all") == attributes
        assert os.statvfs(two.path).f_ffree == os.statvfs(one.path).f_ffree
        two.unmount()
        one.unmount()


def test_what_changes_is_told_to_both(home: Home, simulator: Running) -> None:
    with home.mounted(at="one") as one, home.mounted(at="two") as two:
        for mount in (one, two):
            assert not (mount / "media/all/new.jpg").exists()
        simulator.change("add_item", filename="new.jpg")

        two.refresh("media/all")

        eventually((one / "media/all/new.jpg").exists)
        eventually((two / "media/all/new.jpg").exists)


def test_a_profile_that_is_held_by_somebody_who_does_not_answer_is_an_error(
    tmp_path: Path, simulator: Running
) -> None:
    home = Home(tmp_path, simulator, timeout="1s")
    (tmp_path / "mnt").mkdir()
    lock = ProfileLock.try_acquire(home.profile.lock_path)
    assert lock is not None
    with lock:
        refused = home.run("mount", "default", tmp_path / "mnt", code=1)
    assert "in use by a process that does not answer" in refused.stderr


def test_a_daemon_whose_runtime_folder_was_taken_away_is_found_again(home: Home) -> None:
    """As systemd does with the last session of a user, which the daemon outlives."""
    with home.mounted(at="one") as one:
        shutil.rmtree(home.profile.folders.runtime)
        eventually(home.profile.control_path.exists)
        home.run("status", one.path)
        with home.mounted(at="two") as two:
            assert (two / "media").stat().st_ino == (one / "media").stat().st_ino
        home.run("unmount", one.path)


def unmounted(mount: Mount) -> None:
    mount.unmount()


def killed(mount: Mount) -> None:
    mount.kill()


@pytest.mark.parametrize("ended", [unmounted, killed])
def test_the_second_takes_over_when_the_first_ends(
    tmp_path: Path, ended: Callable[[Mount], None]
) -> None:
    with running("--items", "60", "--cheap-bytes", "--video-bytes", str(8 * MIB)) as simulator:
        film = next(item for item in simulator.items() if item["fps"])
        expected = content(simulator, film)
        half = len(expected) // 2
        home = Home(tmp_path, simulator)
        with home.mounted(at="one") as one, home.mounted(at="two") as two:
            names = sorted(os.listdir(two / "media/all"))  # noqa: PTH208 - the names alone
            descriptor = os.open(two / "videos" / film["filename"], os.O_RDONLY)
            try:
                assert os.pread(descriptor, half, 0) == expected[:half]

                ended(one)

                with ThreadPoolExecutor(8) as readers:
                    rest = readers.map(
                        lambda start: os.pread(descriptor, MIB, start),
                        range(half, len(expected), MIB),
                    )
                assert b"".join(rest) == expected[half:]
            finally:
                os.close(descriptor)
            assert sorted(os.listdir(two / "media/all")) == names  # noqa: PTH208 - the same
            assert (two / "videos" / film["filename"]).read_bytes() == expected
            eventually(lambda: two.status()["under_way"]["open_files"] == 0)

            with home.mounted(at="one") as again:
                assert sorted(os.listdir(again / "media/all")) == names  # noqa: PTH208 - the same
            two.unmount()


def test_an_album_can_be_mounted_beside_the_rest(home: Home, simulator: Running) -> None:
    album = simulator.call("GET", "albums")[0]
    with (
        home.mounted(at="one") as whole,
        home.mounted(at="two", source=f"default:albums/{album['title']}") as part,
    ):
        names = os.listdir(part.path)  # noqa: PTH208 - the names alone
        assert sorted(names) == sorted(os.listdir(whole / "albums" / album["title"]))  # noqa: PTH208
        assert len(names) == len(album["item_ids"])
        inode = (whole / "albums" / album["title"] / names[0]).stat().st_ino
        assert (part / names[0]).stat().st_ino == inode


def test_a_path_that_is_not_there_is_named(home: Home) -> None:
    mountpoint = home.folder / "mnt"
    mountpoint.mkdir()

    failed = home.run("mount", "default:albums/No such album", mountpoint, code=1)

    assert "No such album" in failed.stderr
