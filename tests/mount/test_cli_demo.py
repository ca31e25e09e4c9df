"""The commands as a person types them, on the demo and through the kernel."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from gphotosfs.cli.mounting.checks import ends_within, take_away
from gphotosfs.control import mounted_at
from gphotosfs.desktop.thumbnail_files import Pictured, ThumbnailFiles
from gphotosfs.pictures import thumbnail_pngs
from tests.mount.mounting import eventually

pytestmark = pytest.mark.mount

Run = Callable[..., subprocess.CompletedProcess[str]]
PROGRAM = [sys.executable, "-m", "gphotosfs.cli.main"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    names = ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR")
    project = str(Path(__file__).parents[2])
    return (
        os.environ
        | {f"XDG_{name}": str(tmp_path / name) for name in names}
        | {"PYTHONPATH": project}
    )


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done

    return run


@pytest.fixture
def demo(run: Run, tmp_path: Path) -> Iterator[Path]:
    mountpoint = tmp_path / "Google Photos"
    run("demo", "--items", "12", mountpoint)
    yield mountpoint
    if processes(tmp_path):
        run("demo", "--stop", "--force", mountpoint)


def processes(tmp_path: Path) -> dict[str, int]:
    """The modules that demos of this test have started, with the pids that they have written down."""
    written = (tmp_path / "STATE_HOME").glob("gphotosfs/demo/*/*.pid")
    return {path.stem: int(path.read_text()) for path in written}


def of_google(demo: Path) -> list[Path]:
    """The photos in the demo that the simulated Google shows."""
    source = "user.gphotos.source"
    photos = sorted((demo / "media" / "all").iterdir())
    return [path for path in photos if os.getxattr(path, source) == b"library"]


def test_a_demo_shows_photos_and_leaves_nothing_behind(
    run: Run, demo: Path, tmp_path: Path
) -> None:
    """Also if it is stopped while the export of Takeout is still being made."""
    photos = of_google(demo)
    assert len(photos) == 12
    assert len(photos[0].read_bytes()) == photos[0].stat().st_size > 0
    started = processes(tmp_path)
    profile = next((tmp_path / "CACHE_HOME" / "gphotosfs").iterdir()).name
    thumbnails = ThumbnailFiles(tmp_path / "CACHE_HOME" / "thumbnails", profile)
    pngs = thumbnail_pngs(photos[0].read_bytes(), [128])
    assert thumbnails.write(Pictured(photos[0].as_uri(), 5), pngs)

    run("demo", "--stop", demo)

    assert [path for path in (tmp_path / "CACHE_HOME").rglob("*") if path.is_file()] == []
    assert started.keys() == {"gphotosfs.simulator", "gphotosfs.demo.export"}
    assert list(demo.iterdir()) == []
    assert processes(tmp_path) == {}
    assert all(ends_within(pid, 60) for pid in started.values())
    assert list((tmp_path / "STATE_HOME" / "gphotosfs" / "demo").iterdir()) == []


def test_an_export_of_takeout_joins_the_demo(run: Run, demo: Path, tmp_path: Path) -> None:
    eventually((demo / "people").is_dir)
    exporting = processes(tmp_path)["gphotosfs.demo.export"]
    assert ends_within(exporting, 60)  # all is shown then

    albums = {path.name for path in (demo / "albums").iterdir()}
    found = sorted(demo.glob("people/*/*")) + sorted(demo.glob("archive/*"))
    edited = [path for path in found if "-edited" in path.name]
    assert {"A week in the Pyrenees 2014", "Grandma's 70th, Brittany 2010"} < albums
    assert list(demo.glob("trash/*"))
    assert edited
    assert edited[0].with_name(edited[0].name.replace("-edited", "")) in found
    assert {os.getxattr(path, "user.gphotos.source") for path in found} == {b"takeout"}
    assert all(path.read_bytes()[:2] == b"\xff\xd8" for path in found)
    assert len(of_google(demo)) == 12

    run("demo", "--stop", demo)
    assert list((tmp_path / "STATE_HOME" / "gphotosfs" / "demo").iterdir()) == []


def test_commands_find_the_daemon_by_its_mountpoint(run: Run, demo: Path) -> None:
    assert json.loads(run("status", "--json", demo).stdout)["mountpoint"] == str(demo)
    assert [each["mountpoint"] for each in json.loads(run("status", "--json").stdout)] == [
        str(demo)
    ]
    assert f"mountpoint: {demo}" in run("status", demo).stdout

    run("refresh", demo, "media/all")
    run("refresh", demo, demo / "albums")
    run("refresh", demo, "no/such/directory", code=1)

    run("unmount", demo)
    run("status", demo, code=4)


def test_a_mount_in_use_is_not_taken_from_its_user(run: Run, demo: Path) -> None:
    inside = os.open(demo / "media", os.O_RDONLY)
    try:
        assert "unmount --force" in run("unmount", demo, code=1).stderr
        run("unmount", "--force", demo)
    finally:
        os.close(inside)

    assert mounted_at(demo) is None


def test_starting_a_demo_twice_says_so(run: Run, demo: Path, tmp_path: Path) -> None:
    before = processes(tmp_path)

    assert "running already" in run("demo", demo).stdout

    assert processes(tmp_path) == before


def test_a_demo_whose_daemon_was_killed_starts_again(run: Run, demo: Path, tmp_path: Path) -> None:
    (record,) = (tmp_path / "RUNTIME_DIR" / "gphotosfs" / ".mounts").glob("*.json")
    daemon = json.loads(record.read_text())["pid"]
    os.kill(daemon, signal.SIGKILL)
    assert ends_within(daemon, 60)

    run("demo", "--items", "12", demo)

    assert len(of_google(demo)) == 12
    assert len(processes(tmp_path)) == 2


def test_in_the_foreground_it_serves_until_it_is_told_to_end(
    run: Run, demo: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """The demo's profile, mounted again by hand as a profile of one's own."""
    (profile,) = (tmp_path / "STATE_HOME" / "gphotosfs" / "demo").iterdir()
    own = tmp_path / "CONFIG_HOME" / "gphotosfs" / "default"
    credentials = profile / "config" / profile.name / "credentials.json"
    run("login", "--credentials", credentials)
    (own / "config.toml").write_text(credentials.with_name("config.toml").read_text())
    mountpoint = tmp_path / "mnt"
    mountpoint.mkdir()

    daemon = subprocess.Popen(
        [*PROGRAM, "mount", "-f", mountpoint], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert daemon.stderr is not None
    try:
        assert any("mounted at" in line for line in daemon.stderr)
        assert len(list((mountpoint / "media" / "all").iterdir())) == 12
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate()
    finally:
        daemon.kill()
        if mounted_at(mountpoint):
            take_away(mountpoint, lazily=True)

    assert daemon.returncode == 0
    assert mounted_at(mountpoint) is None


def test_photos_can_be_chosen_in_the_demo(demo: Path, environment: dict[str, str]) -> None:
    nowhere = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"), "")
    with subprocess.Popen(
        [*PROGRAM, "demo", "--pick", demo],
        env=environment | nowhere,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = next(line.strip() for line in process.stdout if "/picker/" in line)
        with urlopen(address) as page:
            found = re.findall('name=item value="([^"]+)"', page.read().decode())
        urlopen(address, urlencode([("item", item) for item in found[:2]]).encode()).close()
        last = process.stdout.readlines()[-1]

    assert process.returncode == 0
    assert "2 photos and videos are in picked/" in last
    assert len(list((demo / "picked").glob("*/*"))) == 2


def test_commands_take_the_name_that_the_demos_status_shows(run: Run, demo: Path) -> None:
    """They once made a second profile of that name, which took the demo's control socket away."""
    profile = json.loads(run("status", "--json", demo).stdout)["profile"]
    # In media/ the demo's export of Takeout joins the others, sooner or later.
    album = next(
        folder
        for folder in sorted((demo / "albums").iterdir())
        if os.getxattr(folder, "user.gphotos.source") == b"library" and list(folder.iterdir())
    )
    count = len(list(album.iterdir()))

    run("pin", "-p", profile, f"albums/{album.name}")

    pinned = run("pinned", "-p", profile).stdout
    assert f"albums/{album.name}: {count} photo" in pinned
    assert json.loads(run("status", "--json", demo).stdout)["pinned"]["here"] == count
