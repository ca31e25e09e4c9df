"""Keeping things offline as a person does: the command, a cleared cache, no network, and unpinning."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.mounting import (
    HANG_GUARD_S,
    PROGRAM,
    Home,
    Mount,
    content,
    counted,
    eventually,
    sh,
)

pytestmark = pytest.mark.mount

Item = dict[str, Any]


@pytest.fixture
def album(simulator: Running) -> list[Item]:
    """Thirty photos and films in albums/Trip."""
    items = simulator.items()[:30]
    simulator.change("new_album", title="Trip", item_ids=[item["id"] for item in items])
    return items


def expected(simulator: Running, items: list[Item]) -> dict[str, bytes]:
    return {item["filename"]: content(simulator, item) for item in items}


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def kept(home: Home) -> list[Path]:
    return [
        path for path in home.profile.data_dir.rglob("*.*") if path.suffix in (".blob", ".part")
    ]


def bytes_state(path: Path) -> str:
    return sh("getfattr", "--only-values", "-n", "user.gphotos.bytes", path)


def sent_bytes(simulator: Running) -> int:
    """The bytes of photos and films, without those of redirects."""
    rows = [*simulator.log("media"), *simulator.log("redirected")]
    return sum(row["bytes_sent"] for row in rows if row["status"] != 302)


@contextmanager
def pinning(home: Home, *arguments: str | Path) -> Iterator["subprocess.Popen[str]"]:
    """The command while it waits; leaving the context ends it if it has not."""
    process = subprocess.Popen(
        [*PROGRAM, "pin", *arguments],
        env=home.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def pinned(home: Home) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(home.run("pinned", "--json").stdout)
    return found


def test_a_pinned_album_is_there_without_cache_and_network(
    home: Home, simulator: Running, album: list[Item]
) -> None:
    everything = expected(simulator, album)
    with home.mounted() as mount:
        with counted(simulator) as requests:
            said = home.run("pin", mount / "albums/Trip").stdout.splitlines()
            assert requests().media == 30
        assert said[-1].startswith("albums/Trip is kept offline: 30 photos and videos, ")
        assert sent_bytes(simulator) == sum(map(len, everything.values()))
        assert "freed" in home.run("cache", "clear").stdout
        sh("sync", "-f", mount.path)

    simulator.fault("reset", times=None)
    with home.mounted(alarms=True) as mount:
        assert bytes_in(mount / "albums/Trip") == everything
        assert {bytes_state(path) for path in (mount / "albums/Trip").iterdir()} == {"kept"}
        pins = mount.status()["pinned"]
        assert (pins["pins"], pins["items"], pins["here"], pins["problem"]) == (1, 30, 30, "")
        metrics = (mount / ".gphotosfs/metrics").read_text()
        assert "\ngphotosfs_pinned_items_here 30.0\n" in metrics


def test_unpinning_gives_the_space_back_and_changes_nothing_else(
    home: Home, simulator: Running, album: list[Item]
) -> None:
    with home.mounted() as mount:
        home.run("pin", "--quiet", mount / "albums/Trip")
        before = {path.name: path.stat() for path in (mount / "albums/Trip").iterdir()}
        assert len(kept(home)) == 30
        with (mount / "albums/Trip" / album[0]["filename"]).open("rb", buffering=0) as file:
            said = home.run("unpin", mount / "albums/Trip").stdout
            assert file.read() == content(simulator, album[0])
        assert said.startswith(f"{mount / 'albums/Trip'} is kept offline no longer; ")
        assert kept(home) == []
        assert pinned(home) == []
        after = {path.name: path.stat() for path in (mount / "albums/Trip").iterdir()}
        assert {n: (s.st_ino, s.st_size) for n, s in before.items()} == {
            n: (s.st_ino, s.st_size) for n, s in after.items()
        }
        simulator.clear_log()
        sh("cat", mount / "albums/Trip" / album[1]["filename"])


def test_without_a_mount_the_command_fetches_by_itself(
    home: Home, simulator: Running, album: list[Item]
) -> None:
    said = home.run("pin", "-p", "default", "albums/Trip").stdout
    assert said.splitlines()[-1].startswith("albums/Trip is kept offline: 30 ")
    (state,) = pinned(home)
    assert (state["path"], state["items"], state["here"]) == ("albums/Trip", 30, 30)

    simulator.fault("reset", times=None)
    with home.mounted(alarms=True) as mount:
        assert bytes_in(mount / "albums/Trip") == expected(simulator, album)


def test_a_second_mount_and_one_of_an_album_pin_as_well(
    home: Home, simulator: Running, album: list[Item]
) -> None:
    name = album[0]["filename"]
    with (
        home.mounted(at="one") as one,
        home.mounted(at="two") as two,
        home.mounted(at="three", source="default:albums/Trip") as three,
    ):
        home.run("pin", two / "favorites", three / name)
        assert [state["path"] for state in pinned(home)] == ["favorites", f"albums/Trip/{name}"]
        assert bytes_state(two / "albums/Trip" / name) == "kept"
        home.run("unpin", two / "favorites", one / "albums/Trip" / name)
        assert pinned(home) == []
        three.unmount()
        two.unmount()
        one.unmount()


def test_what_comes_into_a_pinned_album_is_fetched(
    home: Home, simulator: Running, album: list[Item]
) -> None:
    with home.mounted() as mount:
        home.run("pin", mount / "albums/Trip")
        (found,) = [one for one in simulator.call("GET", "albums") if one["title"] == "Trip"]
        later = simulator.change("add_item", filename="later.jpg")
        simulator.change("add_to_album", found["id"], later["id"])
        mount.refresh("albums/Trip")
        eventually(lambda: pinned(home)[0]["here"] == 31)
        simulator.clear_log()
        assert (mount / "albums/Trip/later.jpg").read_bytes() == content(simulator, later)
        assert simulator.log("media") == []


def test_kill_9_costs_nothing_that_was_fetched(home: Home, simulator: Running) -> None:
    (film,) = [item for item in simulator.items() if item["mime_type"].startswith("video/")][:1]
    simulator.change("edit_item", item_id=film["id"], size_bytes=30_000_000)
    film = next(item for item in simulator.items() if item["id"] == film["id"])
    simulator.fault("stall", kind="redirected", bytes=20_000_000)

    def so_far(mount: Mount) -> int:
        (state,) = mount.ask("pin_list")
        size_bytes: int = state["size_bytes"]
        return size_bytes

    with home.mounted() as mount:
        path = mount / "media/all" / film["filename"]
        home.run("pin", "--no-wait", path)
        eventually(lambda: so_far(mount) >= 18 << 20)
        eventually(lambda: simulator.log("redirected"))
        mount.kill()
    simulator.clear_log()
    with home.mounted() as mount:
        eventually(lambda: pinned(home)[0]["state"] == "here")
        path = mount / "media/all" / film["filename"]
        assert path.read_bytes() == content(simulator, film)

    assert sum(row["bytes_sent"] for row in simulator.log("redirected")) < 15_000_000


def test_a_disk_that_is_full_is_told_in_one_line_and_the_rest_comes_later(
    home: Home, simulator: Running, album: list[Item]
) -> None:
    data = home.folder / "data"
    with home.mounted() as mount:
        mount.unmount()
    sh("cp", "-a", data, home.folder / "aside")
    sh("mount", "-t", "tmpfs", "-o", "size=80m,mode=700", "none", data)
    try:
        sh("cp", "-a", f"{home.folder / 'aside'}/.", data)
        with home.mounted("-o", "cache_min_free=20M", alarms=True) as mount:
            sh("truncate", "-s", "0", data / "ballast")
            sh("fallocate", "-l", "55M", data / "ballast")
            failed = home.run("pin", mount / "albums/Trip", code=1)
            assert "no room" in failed.stderr
            assert failed.stderr.count("\n") == 1
            assert pinned(home)[0]["here"] < 30

            (data / "ballast").unlink()
            home.run("pin", mount / "albums/Trip")
            assert bytes_in(mount / "albums/Trip") == expected(simulator, album)
    finally:
        sh("umount", "-l", data)


def test_no_network_ends_the_command_and_not_the_pin(
    home: Home, simulator: Running, album: list[Item]
) -> None:
    with home.mounted(alarms=True) as mount:
        assert len(list((mount / "albums/Trip").iterdir())) == 30
        simulator.fault("reset", times=None)
        said = home.run("pin", "--no-wait", mount / "albums/Trip").stdout
        assert "albums/Trip will be kept offline: 0 of 30 are here" in said
        eventually(lambda: pinned(home)[0]["obstacle"] == "network")
        assert "30 still to come" in home.run("pinned").stdout
        simulator.call("DELETE", "faults")
        mount.refresh("albums/Trip")
        eventually(lambda: pinned(home)[0]["state"] == "here")


def test_ctrl_c_leaves_the_pin_to_the_mount(
    home: Home, simulator: Running, album: list[Item]
) -> None:
    simulator.set(bytes_per_s=2_000_000)
    with home.mounted() as mount, pinning(home, mount / "albums/Trip") as waiting:
        assert waiting.stdout is not None
        waiting.stdout.readline()
        waiting.send_signal(2)
        said, _ = waiting.communicate(timeout=HANG_GUARD_S)
        assert waiting.returncode == 130
        assert "stays pinned" in said
        simulator.set(bytes_per_s=None)
        eventually(lambda: pinned(home)[0]["state"] == "here")


def test_errors_are_one_line_and_their_exit_code(home: Home, tmp_path: Path) -> None:
    outside = home.run("pin", tmp_path / "holiday", code=4)
    assert "is in no gphotosfs mount" in outside.stderr
    assert outside.stderr.count("\n") == 1
    with home.mounted() as mount:
        missing = home.run("pin", mount / "albums/Nowhere", code=1)
        assert missing.stderr == "gphotosfs: there is no 'Nowhere'\n"
        readme = home.run("pin", mount / "picked/README.txt", code=2)
        assert "can't be pinned" in readme.stderr
        not_pinned = home.run("unpin", mount / "favorites", code=1)
        assert not_pinned.stderr == "gphotosfs: favorites is not pinned\n"
    assert "Nothing is pinned yet" in home.run("pinned").stdout
    home.profile.credentials_path.unlink()
    assert home.run("pin", "-p", "default", "favorites", code=3).stderr.count("\n") == 1


def test_what_google_loses_stays_here_until_it_is_unpinned(
    home: Home, simulator: Running, album: list[Item]
) -> None:
    lost = album[0]["filename"]
    rescued = content(simulator, album[0])
    with home.mounted() as mount:
        assert (mount / "media/all" / lost).exists()
        home.run("pin", mount / "albums/Trip")
        simulator.change("remove_item", item_id=album[0]["id"])
        mount.refresh("albums/Trip")
        mount.refresh("media/all")
        assert not (mount / "albums/Trip" / lost).exists()
        assert (mount / "media/all" / lost).read_bytes() == rescued
        eventually(lambda: pinned(home)[0]["gone"] == 1)

        home.run("unpin", "--gone", mount / "albums/Trip")
        assert not (mount / "media/all" / lost).exists()
        assert len(kept(home)) == 29
