"""Picking photos as a person does: the command, the page, and what a running mount shows of it."""

import errno
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.mounting import HANG_GUARD_S, PROGRAM, Home, Mount, content, sh
from tests.webdriver import browser

pytestmark = pytest.mark.mount

FOREIGN = 99


@pytest.fixture
def theirs(simulator: Running) -> list[dict[str, Any]]:
    """Photos that the Library API does not show to us."""
    items = [item for item in simulator.items() if not item["mime_type"].startswith("video/")][:5]
    for item in items:
        simulator.change("edit_item", item_id=item["id"], owner=FOREIGN)
    simulator.set(poll_interval_s=0.1)
    return items


@dataclass(frozen=True)
class Picking:
    """`gphotosfs pick` while it waits for a person, and the page that it waits at."""

    process: "subprocess.Popen[str]"
    address: str

    def ended(self) -> tuple[int, str]:
        """How it ended, and what it said meanwhile."""
        said, complaints = self.process.communicate(timeout=HANG_GUARD_S)
        return self.process.returncode, said + complaints


@contextmanager
def picking(home: Home, *arguments: str) -> Iterator[Picking]:
    """The command, once its page is there; leaving the context ends it if it has not."""
    process = subprocess.Popen(
        [*PROGRAM, "pick", "--no-browser", *arguments],
        env=home.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        address = next((line.strip() for line in process.stdout if "/picker/" in line), "")
        assert address, process.communicate()
        yield Picking(process, address)
    finally:
        process.kill()
        process.communicate()


def until(condition: Callable[[], object]) -> None:
    give_up_at_s = time.monotonic() + HANG_GUARD_S
    while not condition():
        assert time.monotonic() < give_up_at_s
        time.sleep(0.05)


def state_of(mount: Mount, name: str) -> dict[str, Any]:
    state: dict[str, Any] = mount.ask("pick_state", name=name)
    return state


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def expected(simulator: Running, items: list[dict[str, Any]]) -> dict[str, bytes]:
    return {item["filename"]: content(simulator, item) for item in items}


def test_what_is_picked_appears_in_a_running_mount_and_outlives_the_session(
    home: Home, simulator: Running, theirs: list[dict[str, Any]]
) -> None:
    with home.mounted() as mount:
        assert [path.name for path in (mount / "picked").iterdir()] == ["README.txt"]
        assert b"gphotosfs pick" in (mount / "picked/README.txt").read_bytes()
        with picking(home, "--name", "Trip") as waiting:
            simulator.pick(*(item["id"] for item in theirs))
            code, said = waiting.ended()
        assert code == 0, said
        assert "5 photos and videos are in picked/Trip" in said
        assert simulator.call("GET", "sessions") == []
        simulator.call("POST", "expire-sessions")
        simulator.set(url_life_s=0)
        simulator.clear_log()

        assert [path.name for path in (mount / "picked").iterdir()] == ["Trip"]
        assert bytes_in(mount / "picked/Trip") == expected(simulator, theirs)
        for path in (mount / "picked/Trip").iterdir():
            assert path.stat().st_size == len(path.read_bytes())
            assert path.stat().st_ino == (mount / "media/all" / path.name).stat().st_ino
        (attributes,) = {
            sh("getfattr", "--only-values", "-n", f"user.gphotos.{name}", path)
            for name, path in [("source", mount / "picked/Trip" / theirs[0]["filename"])]
        }
        assert attributes == "picker"
        assert simulator.log("media") == []
    with home.mounted(source="default:picked") as mount:
        assert bytes_in(mount / "Trip") == expected(simulator, theirs)


def test_a_person_picks_in_a_browser(
    home: Home, simulator: Running, theirs: list[dict[str, Any]], tmp_path: Path
) -> None:
    with (
        home.mounted() as mount,
        browser(tmp_path) as window,
        picking(home, "--name", "Trip") as waiting,
    ):
        window.open(waiting.address)
        assert window.says("Choose photos")
        for item in theirs[:2]:
            window.click(f"input[value='{item['id']}']")
        window.click("button[type=submit]")

        assert window.says("Close this page")
        code, said = waiting.ended()
        assert code == 0, said
        assert bytes_in(mount / "picked/Trip") == expected(simulator, theirs[:2])


def test_without_a_mount_the_command_fetches_by_itself(
    home: Home, simulator: Running, theirs: list[dict[str, Any]]
) -> None:
    with picking(home) as waiting:
        simulator.pick(*(item["id"] for item in theirs))
        code, said = waiting.ended()
    assert code == 0, said

    (pick,) = json.loads(home.run("pick", "list", "--json").stdout)
    assert (pick["items"], pick["here"], pick["state"]) == (5, 5, "over")
    with home.mounted() as mount:
        assert bytes_in(mount / "picked" / pick["name"]) == expected(simulator, theirs)


def test_a_download_interrupted_by_kill_9_is_resumed(home: Home, simulator: Running) -> None:
    (film,) = [item for item in simulator.items() if item["mime_type"].startswith("video/")][:1]
    simulator.change("edit_item", item_id=film["id"], owner=FOREIGN, size_bytes=30_000_000)
    simulator.set(poll_interval_s=0.1)
    film = next(item for item in simulator.items() if item["id"] == film["id"])
    simulator.fault("stall", kind="redirected", bytes=20_000_000)
    with home.mounted() as mount:
        mount.ask("pick_begin", name="Film")
        simulator.pick(film["id"])
        until(lambda: state_of(mount, "Film")["size_bytes"] >= 19_000_000)
        until(lambda: simulator.log("redirected"))
        mount.kill()
    simulator.clear_log()
    with home.mounted() as mount:
        until(lambda: state_of(mount, "Film")["state"] == "over")
        assert bytes_in(mount / "picked/Film") == expected(simulator, [film])

    assert sum(row["bytes_sent"] for row in simulator.log("redirected")) < 15_000_000


def test_what_the_sessions_end_cut_off_is_no_empty_file(
    home: Home, simulator: Running, theirs: list[dict[str, Any]]
) -> None:
    simulator.fault("status", kind="media", status=403, times=None)
    with home.mounted(alarms=True) as mount:
        mount.ask("pick_begin", name="Trip")
        simulator.pick(*(item["id"] for item in theirs))
        until(lambda: state_of(mount, "Trip")["problem"])
        simulator.call("POST", "expire-sessions")
        mount.refresh()
        until(lambda: state_of(mount, "Trip")["state"] == "over")

        for path in (mount / "picked/Trip").iterdir():
            assert path.stat().st_size > 0
            with pytest.raises(OSError, match="No data") as refused:
                path.read_bytes()
            assert refused.value.errno == errno.ENODATA
            state = sh("getfattr", "--only-values", "-n", "user.gphotos.bytes", path)
            assert state == "lost"
        assert "5 lost when the session ended" in home.run("pick", "list").stdout


def test_removing_asks_and_says_what_is_deleted(
    home: Home, simulator: Running, theirs: list[dict[str, Any]]
) -> None:
    with home.mounted() as mount:
        with picking(home, "--name", "Trip") as waiting:
            simulator.pick(*(item["id"] for item in theirs))
            assert waiting.ended()[0] == 0
        refused = home.run("pick", "remove", "Trip", code=1)
        assert "picked/Trip has 5 photos and videos" in refused.stdout
        assert (mount / "picked/Trip").exists()

        home.run("pick", "remove", "Trip", "--yes")
        assert [path.name for path in (mount / "picked").iterdir()] == ["README.txt"]
        assert not list((home.profile.data_dir / "picked").rglob("*.blob"))
        assert home.run("pick", "remove", "Trip", "--yes", code=1).stderr.count("\n") == 1
        assert "Nothing has been picked yet" in home.run("pick", "list").stdout


def test_an_account_without_photos_is_told_so(home: Home, simulator: Running) -> None:
    simulator.set(account_without_photos=True)
    assert "active Google Photos" in home.run("pick", code=1).stderr


def test_ctrl_c_leaves_the_pick_for_later(
    home: Home, simulator: Running, theirs: list[dict[str, Any]]
) -> None:
    with picking(home, "--name", "Trip") as waiting:
        waiting.process.send_signal(signal.SIGINT)
        code, said = waiting.ended()
    assert code == 130
    assert "goes on with it" in said
    assert "waits for you at" in home.run("pick", "list").stdout

    simulator.pick(*(item["id"] for item in theirs))
    done = home.run("pick", "--no-browser", "--name", "Trip")
    assert "5 photos and videos are in picked/Trip" in done.stdout


def test_a_mount_that_begins_meanwhile_shows_it_and_takes_over(
    home: Home, simulator: Running, theirs: list[dict[str, Any]]
) -> None:
    with picking(home, "--name", "Trip") as waiting, home.mounted() as mount:
        assert [path.name for path in (mount / "picked").iterdir()] == ["README.txt"]
        simulator.pick(*(item["id"] for item in theirs))
        code, said = waiting.ended()
        assert code == 0, said

        assert bytes_in(mount / "picked/Trip") == expected(simulator, theirs)
        assert state_of(mount, "Trip")["here"] == 5
