"""`kill -9` of the daemon at bad moments: the next mount is consistent and says nothing alarming."""

import os
import signal
from pathlib import Path

import pytest

from gphotosfs.cli.mounting.checks import ends_within
from gphotosfs.simulator.process import Running, running
from tests.mount.mounting import (
    HANG_GUARD_S,
    Home,
    content,
    end,
    eventually,
    process,
)

pytestmark = pytest.mark.mount

MIB = 1 << 20
SEARCH = "/v1/mediaItems:search"


def test_killed_while_listing_an_album(tmp_path: Path) -> None:
    """Again and again, each time some pages further."""
    with running("--items", "1000", "--album-sizes", "1000", "--cheap-bytes") as simulator:
        home = Home(tmp_path, simulator)
        names = {item["filename"] for item in simulator.items()}

        def kill_behind(pages: int) -> None:
            simulator.clear_log()
            simulator.fault("stall", path=SEARCH, skip=pages)
            with home.mounted() as mount, process("ls", mount / "albums/Album 0 of 1000"):
                eventually(lambda: [r["path"] for r in simulator.log()].count(SEARCH) > pages)
                mount.kill()
            simulator.call("DELETE", "faults")

        for pages in (1, 3, 2):
            kill_behind(pages)

        with home.mounted() as mount:
            found = [p.name for p in (mount / "albums/Album 0 of 1000").iterdir()]

    assert len(found) == len(set(found)) == 1000
    # Cameras count round, so some names occur twice and carry a tag.
    assert sum(name in names for name in found) == len(names)


def test_killed_while_a_film_is_fetched(tmp_path: Path) -> None:
    with running("--items", "40", "--cheap-bytes", "--video-bytes", str(12 * MIB)) as simulator:
        home = Home(tmp_path, simulator)
        item = next(i for i in simulator.items() if i["fps"])
        expected = content(simulator, item)

        def kill_behind(sent: int) -> None:
            simulator.clear_log()
            simulator.fault("stall", kind="redirected", bytes=sent, times=None)
            with home.mounted() as mount, process("cat", mount / "videos" / item["filename"]):
                eventually(lambda: sent in [row["bytes_sent"] for row in simulator.log()])
                mount.kill()
            simulator.call("DELETE", "faults")

        for mebibytes in (1, 3, 2):
            kill_behind(mebibytes * MIB)

        with home.mounted() as mount:
            assert (mount / "videos" / item["filename"]).read_bytes() == expected


def test_a_dead_mount_point_is_cleaned_by_the_next_mount(home: Home) -> None:
    """Even where the kernel still answers a `stat`: it keeps what it was told of the root for an hour."""
    with home.mounted() as mount:
        mount.path.stat()
        for child in children(mount.pid):  # fusermount3, which would clean it for `auto_unmount`
            os.kill(child, signal.SIGKILL)
        mount.kill()
        with pytest.raises(OSError, match="not connected"):
            os.statvfs(mount.path)

        with home.mounted() as again:
            assert len(list((again / "media/all").iterdir())) == 120


def test_a_killed_daemon_leaves_no_mount(home: Home, simulator: Running) -> None:
    with home.mounted() as mount:
        mount.kill()

        eventually(lambda: not mount.is_mounted)


def children(pid: int) -> list[int]:
    """The processes that this one has started and that have not ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The second field is a name in parentheses, which may hold anything.
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(status.parent.name))
    return found


def test_nothing_is_left_behind(home: Home) -> None:
    with home.mounted() as mount:
        helpers = children(mount.pid)
        mount.unmount()
        end(mount)

        assert all(ends_within(helper, HANG_GUARD_S) for helper in helpers)
        assert not mount.is_mounted
        assert list(home.profile.folders.runtime.rglob("*.json")) == []
