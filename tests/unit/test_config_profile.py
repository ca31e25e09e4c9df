import os
import stat
from pathlib import Path

import pytest

from gphotosfs.config import Folders, Profile, parse_source
from gphotosfs.errors import ConfigError


def test_folders_follow_the_xdg_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
        monkeypatch.setenv(f"XDG_{name}", str(tmp_path / name))

    profile = Profile("work")

    assert profile.config_path == tmp_path / "CONFIG_HOME/gphotosfs/work/config.toml"
    assert profile.data_dir == tmp_path / "DATA_HOME/gphotosfs/work"
    assert profile.cache_dir == tmp_path / "CACHE_HOME/gphotosfs/work"
    assert profile.log_path == tmp_path / "STATE_HOME/gphotosfs/work.log"
    assert profile.control_path == tmp_path / "RUNTIME_DIR/gphotosfs/work/control.sock"


def test_without_a_runtime_folder_the_socket_is_in_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)

    assert Profile().control_path == tmp_path / "gphotosfs/default/control.sock"


def test_a_runtime_folder_of_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`su` and `sudo -E` leave it in the environment; root would make a folder there that shuts them out."""
    theirs = Path("/run")
    if os.geteuid() == 0:
        theirs = tmp_path / "run"
        theirs.mkdir()
        os.chown(theirs, 4711, 4711)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(theirs))

    assert Profile().control_path == tmp_path / "gphotosfs/default/control.sock"


def test_folders_are_for_their_owner_alone(folders: Folders) -> None:
    folders.config.mkdir(parents=True, mode=0o755)
    profile = Profile("work", folders)

    profile.make_dirs()

    for path in (folders.config, profile.config_dir, profile.data_dir, profile.runtime_dir):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in ("config", "data", "cache", "state", "run")))


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-p", ".hidden", "naïve", "a" * 65, "a b"])
def test_a_profile_needs_a_plain_name(name: str, folders: Folders) -> None:
    with pytest.raises(ConfigError):
        Profile(name, folders)


@pytest.mark.parametrize(
    "source, parsed",
    [
        ("work", ("work", "")),
        ("work:", ("work", "")),
        ("default:albums/Paris: 2024/", ("default", "albums/Paris: 2024")),
        (":/media//all", ("default", "media/all")),
    ],
)
def test_a_source_names_a_profile_and_a_directory(source: str, parsed: tuple[str, str]) -> None:
    assert parse_source(source) == parsed


def test_a_source_does_not_go_up() -> None:
    with pytest.raises(ConfigError):
        parse_source("default:albums/../..")
