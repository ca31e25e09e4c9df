"""What has to be in the package besides modules, and what messages point to."""

import subprocess
import sys
import tomllib
from pathlib import Path

from gphotosfs.config import sign_in_page

PROJECT = Path(__file__).parents[2]


def test_the_page_to_which_messages_point_is_there() -> None:
    assert "Publish app" in Path(sign_in_page()).read_text()


def test_what_the_wheel_takes_from_outside_is_where_the_program_looks_for_it() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    taken = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]

    assert taken == {
        "systemd": "gphotosfs/systemd",
        "docs/SIGN-IN.md": "gphotosfs/docs/SIGN-IN.md",
    }
    assert all((PROJECT / source).exists() for source in taken)
    assert (PROJECT / "gphotosfs/py.typed").exists()


def test_a_demo_that_is_not_installed_says_what_to_install(tmp_path: Path) -> None:
    run = (
        "import sys; sys.modules['av'] = None; from gphotosfs.cli.main import main; "
        f"main(['demo', {str(tmp_path / 'mnt')!r}], prog_name='gphotosfs')"
    )
    done = subprocess.run(
        [sys.executable, "-c", run],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "the demo needs av" in done.stderr
    assert "pip install 'gphotosfs[demo]'" in done.stderr
    assert not list(tmp_path.glob(".local/state/gphotosfs/demo/*"))
