"""What goes wrong around a command: streams that are closed, disks that are full, folders that are shut."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gphotosfs.cli.main import main

Run = Callable[..., Result]

PROGRAM = f"{sys.executable} -m gphotosfs.cli.main"


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    names = ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR")
    return {f"XDG_{name}": str(tmp_path / name) for name in names}


@pytest.fixture
def run(variables: dict[str, str]) -> Run:
    def run(*arguments: str | Path) -> Result:
        return CliRunner(env=variables).invoke(main, list(map(str, arguments)))

    return run


def in_shell(script: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", script],
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_are_done_without(closed: str, variables: dict[str, str]) -> None:
    """Nothing that is opened may get their numbers, and what is printed is lost without a word."""
    done = in_shell(f"{PROGRAM} cache info {closed}", variables)

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["--help", "cache info", "cache info --json"])
def test_a_disk_that_is_full_is_told_in_one_line(command: str, variables: dict[str, str]) -> None:
    done = in_shell(f"{PROGRAM} {command} >/dev/full", variables)

    assert done.returncode == 1
    assert done.stderr == "gphotosfs: No space left on device\n"


def test_who_stops_reading_ends_the_command_quietly(variables: dict[str, str]) -> None:
    done = in_shell(f"{PROGRAM} mount --help | head -n 1", variables)

    assert done.stderr == ""


def test_a_profile_that_is_not_signed_in_is_named_with_the_one_that_may_be_meant(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "CONFIG_HOME/gphotosfs/family").mkdir(parents=True)
    mountpoint = tmp_path / "mnt"
    mountpoint.mkdir()

    for arguments in (["mount", "famly", mountpoint], ["pick", "-p", "famly"]):
        result = run(*arguments)

        assert result.exit_code == 3
        assert "famly is not signed in; did you mean family?" in result.stderr
        assert "gphotosfs login -p famly" in result.stderr
    assert not (tmp_path / "CONFIG_HOME/gphotosfs/famly").exists()


def test_a_profile_that_was_signed_out_is_not_proposed_instead_of_itself(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "CONFIG_HOME/gphotosfs/default").mkdir(parents=True)

    result = run("pick")

    assert result.stderr == (
        "gphotosfs: the profile default is not signed in; sign in with: gphotosfs login\n"
    )


def test_commands_in_messages_can_be_typed(run: Run, tmp_path: Path) -> None:
    result = run("mount", tmp_path / "my photos")

    assert f"mkdir -p '{tmp_path}/my photos'" in result.stderr


def test_a_missing_configuration_of_rclone_is_named(run: Run, tmp_path: Path) -> None:
    result = run("login", "--from-rclone", f"{tmp_path}/rclone.conf:photos")

    assert result.exit_code == 2
    assert f"{tmp_path}/rclone.conf does not exist" in result.stderr


def test_a_file_in_the_home_is_found_where_no_shell_has_looked(run: Run, tmp_path: Path) -> None:
    """Bash leaves the ~ of `--client-secret=~/client.json` as it is."""
    (tmp_path / "client.json").write_text("no JSON")

    runner = CliRunner(env={"HOME": str(tmp_path)})
    result = runner.invoke(main, ["login", "--client-secret=~/client.json"])

    assert "is not JSON" in result.stderr


def test_a_config_file_that_may_not_be_read_is_named_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "CONFIG_HOME/gphotosfs/default/config.toml"
    path.mkdir(parents=True)

    result = run("cache", "info")

    assert result.exit_code == 2
    assert result.stderr == f"gphotosfs: {path} can't be read: Is a directory\n"


def test_mount_takes_the_profile_as_other_commands_do(run: Run, tmp_path: Path) -> None:
    mountpoint = tmp_path / "mnt"
    mountpoint.mkdir()

    assert "the profile work is not signed in" in run("mount", "-p", "work", mountpoint).stderr
    assert run("mount", "-p", "work", "home", mountpoint).exit_code == 2
    assert run("mount", "-p", "work", "--all", mountpoint).exit_code == 2


def test_an_empty_mount_point_is_not_taken_for_the_folder_one_is_in(run: Run) -> None:
    result = run("mount", "")

    assert result.exit_code == 1
    assert "no mount point is given" in result.stderr


def test_archives_that_were_never_added_are_not_called_verified(run: Run) -> None:
    result = run("takeout", "verify")

    assert result.stdout == "No archive was added yet: gphotosfs takeout add ARCHIVE…\n"


def test_a_folder_that_is_not_watched_can_not_be_let_go_of(run: Run, tmp_path: Path) -> None:
    result = run("takeout", "watch", "--stop", tmp_path)

    assert result.exit_code == 1
    assert f"{tmp_path} is not watched" in result.stderr
