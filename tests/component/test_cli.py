import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from click.testing import CliRunner, Result
from PIL import Image

from gphotosfs import errors
from gphotosfs.cli.main import main
from gphotosfs.cli.mounting.checks import (
    Life,
    check_signed_in,
    life_of,
    links_to,
    usable_mountpoint,
)
from gphotosfs.cli.refresh import path_inside
from gphotosfs.cli.telling.failures import EXIT_CODES
from gphotosfs.cli.telling.sizes import readable
from gphotosfs.cli.telling.status_lines import flat
from gphotosfs.config import OPTIONS, Place, Profile
from gphotosfs.control import ProfileLock
from gphotosfs.control.server import serve
from gphotosfs.desktop.thumbnail_files import Pictured, ThumbnailFiles
from gphotosfs.pictures import with_text

Run = Callable[..., Result]

TOKENS = {
    "type": "authorized_user",
    "client_id": "123-abc.apps.googleusercontent.com",
    "client_secret": "GOCSPX-secret",
    "refresh_token": "1//refresh",
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the program with all its folders in the test's own."""
    variables = {
        f"XDG_{name}": str(tmp_path / name)
        for name in ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR")
    }

    def run(*arguments: str | Path, standard_input: str = "") -> Result:
        return CliRunner(env=variables).invoke(main, list(map(str, arguments)), standard_input)

    return run


def saved(tmp_path: Path, profile: str = "default") -> Path:
    return tmp_path / "CONFIG_HOME" / "gphotosfs" / profile / "credentials.json"


def test_login_keeps_the_tokens_to_oneself(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps(TOKENS))

    result = run("login", "-p", "work", "--credentials", file)

    assert result.exit_code == 0
    assert "secret" not in result.output
    path = saved(tmp_path, "work")
    assert json.loads(path.read_text())["refresh_token"] == "1//refresh"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_login_reads_standard_input(run: Run, tmp_path: Path) -> None:
    assert run("login", "--credentials", "-", standard_input=json.dumps(TOKENS)).exit_code == 0
    assert saved(tmp_path).exists()


@pytest.mark.parametrize(
    "text, message",
    [
        (json.dumps({"web": TOKENS}), "Web application"),
        (json.dumps({"installed": TOKENS}), "client secret without"),
        (json.dumps({"type": "service_account", "private_key": "secret"}), "service account"),
        (json.dumps(TOKENS | {"refresh_token": ""}), "refresh_token"),
        (json.dumps({"client_id": "x", "refresh_token": "secret"}), "client_secret"),
        ("[]", "JSON object"),
        ("secret", "JSON"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_login_says_what_is_wrong_with_a_file(
    run: Run, tmp_path: Path, text: str, message: str
) -> None:
    result = run("login", "--credentials", "-", standard_input=text)

    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "GOCSPX" not in result.output
    assert not saved(tmp_path).exists()


def test_errors_are_one_line_with_a_code(run: Run, tmp_path: Path) -> None:
    for arguments, code in (
        (["mount", tmp_path / "absent"], 1),
        (["mount", "-o", "cache_sise=1G", tmp_path], 2),
        (["mount", "../x", tmp_path], 2),
        (["cache", "info", "-p", "no good"], 2),
        (["unmount", tmp_path], 4),
        (["status"], 4),
        (["status", tmp_path], 4),
        (["refresh", tmp_path], 4),
        (["demo", "--stop", tmp_path], 4),
    ):
        result = run(*arguments)
        assert result.exit_code == code, result.output
        assert result.stderr.startswith("gphotosfs: ")
        assert len(result.stderr.splitlines()) == 1


def test_wrong_usage_is_2(run: Run) -> None:
    assert run("mount").exit_code == 2
    assert run("mount", "a", "b", "c").exit_code == 2
    assert run("fly").exit_code == 2
    assert run("login").exit_code == 2


def test_debug_shows_where_it_comes_from(run: Run) -> None:
    assert isinstance(run("--debug", "status").exception, errors.NotMountedError)


def test_every_option_has_a_flag_and_its_help(run: Run) -> None:
    text = run("mount", "--help").output

    for option in OPTIONS.values():
        assert (option.flag in text) == bool(option.places & Place.MOUNT)


def test_a_config_file_that_is_wrong_is_named(run: Run, tmp_path: Path) -> None:
    path = saved(tmp_path).with_name("config.toml")
    path.parent.mkdir(parents=True)
    path.write_text("timeout = 0\n")

    result = run("mount", tmp_path)

    assert result.exit_code == 2
    assert "option timeout" in result.stderr


def test_a_profile_without_tokens_is_asked_to_sign_in(tmp_path: Path) -> None:
    with pytest.raises(errors.SignInError, match="gphotosfs login -p work"):
        check_signed_in(Profile("work"))
    assert EXIT_CODES[errors.SignInError] == 3


def test_a_mountpoint_has_to_be_an_empty_directory_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")

    for unusable, why in (("absent", "mkdir"), ("file", "not a directory"), (".", "not empty")):
        with pytest.raises(errors.MountError, match=why):
            usable_mountpoint(tmp_path / unusable)
    assert usable_mountpoint(tmp_path / "link") == tmp_path / "empty"


def test_a_mountpoint_is_known_by_the_paths_that_programs_take_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = tmp_path / "disk" / "Photos"
    photos.mkdir(parents=True)
    (tmp_path / "home").symlink_to("disk")
    (tmp_path / "link").symlink_to(photos)

    assert links_to(photos, photos) == ()
    assert links_to(photos, tmp_path / "link") == (tmp_path / "link",)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert links_to(photos, photos) == (tmp_path / "home" / "Photos",)


def test_a_mountpoint_in_use_is_left_alone() -> None:
    assert life_of(Path("/proc")) is Life.ALIVE
    with pytest.raises(errors.MountError, match="already a mount point"):
        usable_mountpoint("/proc")


def test_cache_info_and_clear_need_no_daemon(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "CACHE_HOME" / "gphotosfs" / "default"
    (folder / "blobs").mkdir(parents=True)
    (folder / "blobs" / "one").write_bytes(os.urandom(1 << 20))
    (folder / "blocks.db").write_bytes(b"x")

    used_bytes = json.loads(run("cache", "info", "--json").output)["used_bytes"]
    cleared = run("cache", "clear")

    assert used_bytes >= 1 << 20
    assert "1.0 MiB freed" in cleared.output
    assert list(folder.iterdir()) == []
    assert "used: 0 bytes of 10.0 GiB" in run("cache", "info").output


def test_clearing_the_cache_removes_our_thumbnails_and_no_others(run: Run, tmp_path: Path) -> None:
    """Those of another profile, of other programs, and what is no thumbnail at all stay."""
    folder = tmp_path / "CACHE_HOME" / "thumbnails"
    png = io.BytesIO()
    Image.new("RGB", (128, 96)).save(png, "PNG")
    pngs = {128: png.getvalue(), 256: png.getvalue()}
    for profile in ("default", "work"):
        for name in ("a", "b", "c"):
            pictured = Pictured(f"file:///home/ada/{profile}/{name}.jpg", 5)
            assert ThumbnailFiles(folder, profile).write(pictured, pngs)
    foreign = {"Software": "GNOME::ThumbnailFactory", "Thumb::URI": "file:///home/ada/d.jpg"}
    (folder / "large" / "foreign.png").write_bytes(with_text(png.getvalue(), foreign))
    (folder / "large" / "notes.txt").write_text("gphotosfs")

    before = json.loads(run("cache", "info", "--json").output)
    cleared = run("cache", "clear")

    assert before["thumbnails"] == 6
    assert cleared.output == f"{readable(before['thumbnails_bytes'])} freed\n"
    assert "thumbnails: 0, 0 bytes" in run("cache", "info").output
    assert "thumbnails: 6," in run("cache", "info", "-p", "work").output
    left = sorted(path.name for path in (folder / "large").iterdir())
    assert len(left) == 5
    assert {"foreign.png", "notes.txt"} < set(left)


async def test_clearing_removes_thumbnails_beside_a_running_daemon(
    run: Run, tmp_path: Path
) -> None:
    """The daemon drops its blocks; the thumbnails are nobody's but the person's."""
    png = io.BytesIO()
    Image.new("RGB", (128, 96)).save(png, "PNG")
    files = ThumbnailFiles(tmp_path / "CACHE_HOME" / "thumbnails", "default")
    assert files.write(Pictured("file:///home/ada/a.jpg", 5), {128: png.getvalue()})
    lock = ProfileLock.try_acquire(tmp_path / "DATA_HOME" / "gphotosfs" / "default" / "lock")
    assert lock is not None

    async def cache_clear() -> int:
        return 1 << 30

    socket = tmp_path / "RUNTIME_DIR" / "gphotosfs" / "default" / "control.sock"
    async with trio.open_nursery() as nursery:
        await nursery.start(serve, socket, {"cache_clear": cache_clear})
        with lock:
            cleared = await trio.to_thread.run_sync(run, "cache", "clear")
        nursery.cancel_scope.cancel()

    assert cleared.output == "1.0 GiB freed\n"
    assert files.missing([128], "file:///home/ada/a.jpg", 5) == [128]


def test_a_cache_that_a_daemon_uses_is_not_touched(run: Run, tmp_path: Path) -> None:
    block = tmp_path / "CACHE_HOME" / "gphotosfs" / "default" / "block"
    block.parent.mkdir(parents=True)
    block.touch()
    lock = ProfileLock.try_acquire(tmp_path / "DATA_HOME" / "gphotosfs" / "default" / "lock")
    assert lock is not None

    with lock:
        result = run("cache", "clear")

    assert result.exit_code == 4
    assert block.exists()


def test_the_path_to_refresh_is_seen_from_the_mountpoint(tmp_path: Path) -> None:
    assert path_inside(tmp_path, "") == ""
    assert path_inside(tmp_path, "albums//Paris/") == "albums/Paris"
    assert path_inside(tmp_path, str(tmp_path / "albums" / "Paris")) == "albums/Paris"
    for outside in ("../x", "/elsewhere"):
        with pytest.raises(errors.ConfigError):
            path_inside(tmp_path, outside)


def test_status_is_in_words_with_units() -> None:
    state = {
        "quota": {"calls_left": 12, "last_error": ""},
        "is_offline": True,
        "errors": [],
        "used_bytes": 3 << 19,
        "behind_s": 1.5,
        "started_s": 0,
    }

    shown = dict(flat(state))

    assert shown.pop("started").startswith("19")  # whatever the time zone
    assert shown == {
        "quota.calls_left": "12",
        "quota.last_error": "none",
        "is_offline": "yes",
        "errors": "none",
        "used": "1.5 MiB",
        "behind": "1.5 s",
    }
