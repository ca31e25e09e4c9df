"""A stolen look: no token and no base URL anywhere but in the one file that is for them."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.mounting import Home, sh

pytestmark = pytest.mark.mount


def secrets(simulator: Running) -> list[bytes]:
    """What may be nowhere: tokens, the client's secret, and the path that all base URLs share."""
    credentials = simulator.credentials
    own = [credentials["refresh_token"], credentials["client_secret"]]
    return [*(text.encode() for text in own), b"ya29.", f"{simulator.api}/lr/".encode()]


def files(home: Home) -> Iterator[Path]:
    """Every file below the user's folders, but for the one that is for tokens."""
    for path in home.folder.rglob("*"):
        if path.is_file() and path != home.profile.credentials_path:
            yield path


def test_nobody_finds_a_token(home: Home, simulator: Running) -> None:
    """A mount that has seen good days and bad ones, as talkative as it can be."""
    said = []
    with home.mounted("--log-level", "debug", alarms=True) as mount:
        photos = sorted((mount / "media" / "all").iterdir())
        photos[0].read_bytes()
        sh("getfattr", "-d", photos[0])
        said += [home.run("status", mount.path), home.run("status", "--json", mount.path)]
        said += [home.run("doctor", code=None), home.run("doctor", "--json", code=None)]
        home.diagnosed()
        simulator.fault("status", kind="media", status=403, times=None)
        sh("cat", photos[1], code=1)
        simulator.call("DELETE", "faults")
        simulator.fault("html", kind="api", times=None)
        home.run("refresh", mount.path, "albums", code=1)
        simulator.call("DELETE", "faults")
        simulator.call("POST", "revoke")
        simulator.call("POST", "expire-tokens")
        home.run("--debug", "refresh", mount.path, "albums", code=1)
        said.append(home.run("doctor", code=None))
        assert home.diagnosed(code=3)["sign-in"]["needs_sign_in"]
        said.append(home.run("status", mount.path))
        proc = Path("/proc") / str(mount.pid)
        shown = {name: (proc / name).read_bytes() for name in ("cmdline", "environ")}
        shown["status.json"] = (mount / ".gphotosfs" / "status.json").read_bytes()
        links = [str(path.readlink()) for path in (proc / "fd").iterdir() if path.is_symlink()]

        for secret in secrets(simulator):
            for name, content in shown.items():
                assert secret not in content, name
            assert not any(secret.decode() in link for link in links)
            for done in said:
                assert secret.decode() not in done.stdout + done.stderr
    found = {path: path.read_bytes() for path in files(home)}
    assert home.profile.log_path in found
    for secret in secrets(simulator):
        for path, content in found.items():
            assert secret not in content, path


def test_nobody_else_can_look_in(home: Home) -> None:
    """`ls -lR`: folders are 0700, and files lie in none that others can enter."""
    with home.mounted() as mount:
        next((mount / "media" / "all").iterdir()).read_bytes()

        profile = home.profile
        for folder in (
            *(profile.config_dir, profile.data_dir, profile.cache_dir, profile.state_dir),
            *(profile.runtime_dir, profile.folders.runtime),
        ):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
        assert stat.S_IMODE(profile.control_path.stat().st_mode) == 0o600
        assert stat.S_IMODE(profile.credentials_path.stat().st_mode) == 0o600


def test_a_token_file_that_others_can_read_is_not_used(home: Home, tmp_path: Path) -> None:
    home.profile.credentials_path.chmod(0o644)
    (tmp_path / "mnt").mkdir()

    done = home.run("mount", tmp_path / "mnt", code=2)

    assert f"chmod 600 {home.profile.credentials_path}" in done.stderr
    assert (
        home.diagnosed(code=1)["tokens"]["action"] == f"chmod 600 {home.profile.credentials_path}"
    )
