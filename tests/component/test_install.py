import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gphotosfs.cli.main import main
from gphotosfs.cli.pieces import MARK, others_who_may_change, program

Run = Callable[..., Result]

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="what root installs")


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
