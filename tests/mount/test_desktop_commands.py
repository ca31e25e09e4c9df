"""What the menus of file managers run: commands that are given paths in a mount."""

import os
import stat
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gphotosfs.control import mounts, record_of
from gphotosfs.simulator.process import Running
from tests.mount.mounting import HANG_GUARD_S, PROGRAM, Home, Mount, counted, end

pytestmark = pytest.mark.mount

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    """Where a stand-in for a browser, and for xdg-open, writes down what it is to open."""
    log = tmp_path / "opened"
    log.touch()
    (tmp_path / "bin").mkdir()
    for name in ("browser", "xdg-open"):
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{log}"\n')
        program.chmod(stat.S_IRWXU)
    return log


@pytest.fixture
def run(home: Home, opened: Path) -> Run:
    """Run a command of gphotosfs on a desktop, in a folder."""
    programs = opened.parent / "bin"
    environment = home.environment | {
        "HOME": str(home.folder),
        "BROWSER": f"{programs}/browser %s",
        "PATH": f"{programs}:{os.environ['PATH']}",
    }

    def run(
        *arguments: str | Path, code: int = 0, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*PROGRAM, *arguments],
            env=environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_GUARD_S,
        )
        assert done.returncode == code, done.stderr
        return done

    return run


def pages(opened: Path) -> list[str]:
    return opened.read_text().splitlines()


def test_photos_and_albums_are_opened_on_their_pages(
    home: Home, simulator: Running, run: Run, opened: Path
) -> None:
    album = simulator.change("new_album", title="Paris")["id"]
    with home.mounted() as mount:
        names = sorted(os.listdir(mount / "media/all"))[:2]  # noqa: PTH208 - names only
        by_name = {item["filename"]: item["id"] for item in simulator.items()}

        run("open", *names, cwd=mount / "media/all")
        run("open", mount / "albums/Paris", mount / "albums")

    assert pages(opened) == [
        *(f"https://photos.google.com/lr/photo/{by_name[name]}" for name in names),
        f"https://photos.google.com/lr/album/{album}",
    ]


def test_what_has_no_page_is_said_in_one_line(
    home: Home, run: Run, opened: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.jpg"
    elsewhere.touch()
    os.setxattr(elsewhere, "user.gphotos.url", b"file:///etc/passwd")
    with home.mounted() as mount:
        for path in (mount / "media", elsewhere):
            said = run("open", path, code=2).stderr.splitlines()
            assert said == [f"gphotosfs: there is no page in Google Photos for {path}"]
        many = [mount / "media/all" / name for name in os.listdir(mount / "media/all")]  # noqa: PTH208
        assert "10 at most" in run("open", *many[:11], code=2).stderr
        assert "No such file" in run("open", mount / "media/nothing", code=1).stderr

    assert pages(opened) == []


def listed(simulator: Running) -> list[str]:
    return [row["path"] for row in simulator.log("api")]


@pytest.mark.parametrize("where", ["albums/Paris", "albums/Paris/ONE.JPG"])
def test_a_path_in_a_mount_is_refreshed(
    home: Home, simulator: Running, run: Run, where: str, tmp_path: Path
) -> None:
    """As file managers give it: absolute, relative, over a link; of a file, its directory."""
    item = simulator.change("add_item", filename="ONE.JPG")["id"]
    simulator.change("new_album", title="Paris", item_ids=[item])
    link = tmp_path / "link"
    with home.mounted() as mount:
        assert (mount / where).exists()
        link.symlink_to(mount / "albums")
        given = (
            ([mount / where], None),
            ([where], mount.path),
            ([link / Path(where).relative_to("albums")], None),
            ([mount.path, where], None),
            ([mount / where, mount / "albums/Paris"], None),
        )
        for arguments, cwd in given:
            with counted(simulator) as requests:
                said = run("refresh", *arguments, cwd=cwd).stdout.splitlines()

                assert requests().api == 1, arguments
            assert said == [f"{mount / 'albums/Paris'} is up to date."]
        assert "lists nothing" in run("refresh", mount / ".gphotosfs/metrics", code=1).stderr


def test_a_click_mounts_the_library_and_opens_it(home: Home, run: Run, opened: Path) -> None:
    run("browse")
    place = home.folder / "Google Photos"
    record = record_of(place, home.profile.folders)
    assert record is not None
    mount = Mount(place, record.pid, home.profile)
    try:
        assert (place / "albums").is_dir()
        run("browse")
        assert pages(opened) == [str(place), str(place)]
        (opened.parent / "bin/xdg-open").write_text("#!/bin/sh\nexit 3\n")
        assert "knows no file manager" in run("browse", code=1).stderr
    finally:
        end(mount)


def test_of_those_that_mount_at_once_one_does(home: Home) -> None:
    place = home.folder / "mnt"
    place.mkdir()
    with ThreadPoolExecutor() as people:
        tries = [people.submit(home.run, "mount", "default", place, code=None) for _ in range(3)]
    try:
        done = sorted((one.result() for one in tries), key=lambda one: one.returncode)
        assert [one.returncode for one in done] == [0, 1, 1]
        assert all("already a mount point" in one.stderr for one in done[1:])
        assert [mount.mountpoint for mount in mounts()].count(place) == 1
    finally:
        while (record := record_of(place, home.profile.folders)) is not None:
            end(Mount(place, record.pid, home.profile))


def test_two_clicks_at_once_mount_it_once(home: Home, run: Run, opened: Path) -> None:
    """Nothing shows that the first one was heard until it is mounted."""
    place = home.folder / "Google Photos"
    with ThreadPoolExecutor() as people:
        clicks = [people.submit(run, "browse") for _ in range(3)]
    try:
        assert [click.result().returncode for click in clicks] == [0, 0, 0]
        assert [mount.mountpoint for mount in mounts()].count(place) == 1
        assert pages(opened) == [str(place)] * 3
    finally:
        while (record := record_of(place, home.profile.folders)) is not None:
            end(Mount(place, record.pid, home.profile))


def test_without_a_sign_in_a_click_says_so_and_leaves_no_folder(
    home: Home, run: Run, opened: Path
) -> None:
    home.profile.credentials_path.unlink()

    said = run("browse", code=3).stderr

    assert "sign in with: gphotosfs login" in said
    assert not (home.folder / "Google Photos").exists()
    assert pages(opened) == []
