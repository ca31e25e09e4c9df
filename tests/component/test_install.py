import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gphotosfs.cli.installing.desktop_pieces import ThunarActions, desktop_pieces
from gphotosfs.cli.installing.pieces import MARK, Installed, others_who_may_change, program
from gphotosfs.cli.main import main
from gphotosfs.desktop import thunar
from gphotosfs.desktop.actions import ACTIONS

Run = Callable[..., Result]

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="what root installs")

THEIRS = "<actions>\n<action><name>Theirs</name><unique-id>1-1</unique-id></action>\n</actions>\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, "--destdir", str(tmp_path)])

    return run


def found(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


EVERYTHING = {
    "sbin/mount.gphotosfs",
    "sbin/mount.fuse.gphotosfs",
    "etc/systemd/system/gphotosfs@.service",
    "usr/local/share/bash-completion/completions/gphotosfs",
    "etc/fish/completions/gphotosfs.fish",
    "usr/local/share/zsh/site-functions/_gphotosfs",
}


def test_it_links_the_helper_and_writes_the_unit(run: Run, tmp_path: Path) -> None:
    result = run("install")

    assert result.exit_code == 0, result.output
    assert found(tmp_path) == EVERYTHING
    assert (tmp_path / "sbin/mount.gphotosfs").readlink() == program("mount.gphotosfs")
    unit = (tmp_path / "etc/systemd/system/gphotosfs@.service").read_text()
    assert unit.startswith(MARK)
    assert f'ExecStart="{program("gphotosfs")}" mount' in unit
    assert "systemctl enable" in result.stdout


def test_zsh_finds_its_function_by_the_first_line(run: Run, tmp_path: Path) -> None:
    run("install")

    lines = (tmp_path / "usr/local/share/zsh/site-functions/_gphotosfs").read_text().splitlines()
    assert lines[0] == "#compdef gphotosfs"
    assert f"{lines[1]}\n" == MARK


def test_a_dry_run_lists_and_touches_nothing(run: Run, tmp_path: Path) -> None:
    result = run("install", "--dry-run")

    assert len(result.stdout.splitlines()) == len(EVERYTHING)
    assert found(tmp_path) == set()

    run("install")
    assert len(run("uninstall", "--dry-run").stdout.splitlines()) == len(EVERYTHING)
    assert found(tmp_path) == EVERYTHING


def test_what_it_wrote_goes_again(run: Run, tmp_path: Path) -> None:
    run("install")
    run("install")

    assert run("uninstall").exit_code == 0
    assert found(tmp_path) == set()
    assert run("uninstall").exit_code == 0


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_a_file_of_somebody_else_is_neither_replaced_nor_removed(
    run: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("mine")

    refused = run("install")
    kept = run("uninstall")

    assert refused.exit_code == 2
    assert "not ours" in refused.stderr
    assert "stays" in kept.stderr
    assert found(tmp_path) == {name}
    assert (tmp_path / name).read_text() == "mine"


def test_who_else_may_change_a_program_that_root_runs(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o755)  # noqa: PTH101 - what a shell does
    mine = tmp_path / "bin"
    mine.mkdir()
    helper = mine / "mount.gphotosfs"
    helper.touch()
    os.chown(mine, 4711, 4711)

    assert others_who_may_change(helper) == [mine]


# --- the desktop's pieces -------------------------------------------------------------------------


def of_user(folder: Path) -> list[Installed]:
    return desktop_pieces(folder, for_everybody=False)


def thunars(folder: Path, **fields: tuple[Path, ...]) -> ThunarActions:
    return ThunarActions(folder / "Thunar/uca.xml", "gphotosfs", **fields)


def test_root_gives_everybody_the_menus_that_can_be_given_to_everybody(
    run: Run, tmp_path: Path
) -> None:
    result = run("install", "--desktop")
    share = tmp_path / "usr/local/share"

    assert result.exit_code == 0, result.output
    assert found(share) == {
        "applications/gphotosfs.desktop",
        "icons/hicolor/scalable/apps/gphotosfs.svg",
        "kio/servicemenus/gphotosfs.desktop",
        "file-manager/actions/gphotosfs.desktop",
        *(f"file-manager/actions/gphotosfs-{action.command}.desktop" for action in ACTIONS),
        *(f"nemo/actions/gphotosfs-{action.command}.nemo_action" for action in ACTIONS),
    }
    assert len(found(tmp_path)) == len(found(share))
    entry = (share / "applications/gphotosfs.desktop").read_text()
    assert f"Exec={program('gphotosfs')} --notify browse" in entry


def test_uninstalling_takes_the_desktops_pieces_as_well(run: Run, tmp_path: Path) -> None:
    run("install")
    run("install", "--desktop")
    run("install", "--desktop")

    assert run("uninstall").exit_code == 0
    assert found(tmp_path) == set()


def test_a_menu_of_somebody_else_is_neither_replaced_nor_removed(run: Run, tmp_path: Path) -> None:
    theirs = tmp_path / "usr/local/share/applications/gphotosfs.desktop"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("[Desktop Entry]\nName=theirs\n")

    refused = run("install", "--desktop")
    kept = run("uninstall")

    assert refused.exit_code == 2
    assert "stays" in kept.stderr
    assert found(tmp_path) == {str(theirs.relative_to(tmp_path))}


def test_a_user_has_scripts_in_a_menu_that_goes_with_them(tmp_path: Path) -> None:
    for piece in of_user(tmp_path):
        piece.write()
    scripts = [path for path in tmp_path.rglob("scripts/Google Photos/*") if path.is_file()]

    assert {path.name for path in scripts} == {action.label for action in ACTIONS}
    assert len(scripts) == 2 * len(ACTIONS)
    assert all(os.access(path, os.X_OK) for path in scripts)
    assert all(path.read_text().startswith("#!/bin/sh\n" + MARK) for path in scripts)

    for piece in of_user(tmp_path):
        assert piece.is_ours
        piece.remove()
    assert not list(tmp_path.rglob("Google Photos"))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_users_own_actions_of_thunar_stay(tmp_path: Path, line_end: str) -> None:
    piece = thunars(tmp_path)
    piece.path.parent.mkdir()
    theirs = THEIRS.replace("\n", line_end).encode()
    piece.path.write_bytes(theirs)
    piece.path.chmod(0o600)
    assert not piece.is_there

    piece.write()
    piece.write()

    assert piece.is_there
    assert piece.is_ours
    assert thunar.without_ours(piece.path.read_bytes().decode()).encode() == theirs
    assert piece.path.stat().st_mode & 0o777 == 0o600
    assert (piece.path.parent / "uca.xml.before-gphotosfs").read_bytes() == theirs
    piece.remove()
    assert piece.path.read_bytes() == theirs
    assert found(tmp_path) == {"Thunar/uca.xml"}


def test_without_a_file_of_the_users_thunar_keeps_the_systems_actions(tmp_path: Path) -> None:
    """It reads the system's file no more once there is one of the user's."""
    system = tmp_path / "xdg"
    (system / "Thunar").mkdir(parents=True)
    (system / "Thunar/uca.xml").write_text(THEIRS)
    piece = thunars(tmp_path / "config", system_config=(tmp_path / "absent", system))

    piece.write()

    assert thunar.without_ours(piece.path.read_text()) == THEIRS
    piece.remove()
    assert found(tmp_path) == {"xdg/Thunar/uca.xml"}


def test_a_link_to_the_file_stays_one(tmp_path: Path) -> None:
    piece = thunars(tmp_path)
    piece.path.parent.mkdir()
    (tmp_path / "dotfiles.xml").write_text(THEIRS)
    piece.path.symlink_to(tmp_path / "dotfiles.xml")

    piece.write()

    assert piece.path.is_symlink()
    assert thunar.has_ours((tmp_path / "dotfiles.xml").read_text())


def test_a_file_that_is_none_of_thunars_is_left_alone(tmp_path: Path) -> None:
    piece = thunars(tmp_path)
    piece.path.parent.mkdir()
    piece.path.write_text("no XML")

    assert piece.is_there
    assert not piece.is_ours
