"""What is said where there is no terminal: `gphotosfs --notify COMMAND`."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gphotosfs.cli.main import main

# A program that writes down how it was called, and succeeds or does not.
RECORDER = """\
#!/usr/bin/env python3
import json, sys
open("{log}", "a").write(json.dumps(sys.argv[1:]) + "\\n")
sys.exit({code})
"""


class Desktop:
    """A PATH with stand-ins for the desktop's programs on it, and nothing else but Python."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, program: str, code: int = 0) -> Path:
        """Put a program there; what comes back is where its calls are written down."""
        log = self.folder / f"{program}.log"
        path = self.folder / program
        path.write_text(RECORDER.format(log=log, code=code))
        path.chmod(stat.S_IRWXU)
        return log

    def run(self, *arguments: str) -> Result:
        environment = {
            "PATH": f"{self.folder}:/usr/bin/env-only",
            "XDG_RUNTIME_DIR": str(self.folder),
        }
        return CliRunner().invoke(main, ["--notify", *arguments], env=environment)


@pytest.fixture
def desktop(tmp_path: Path) -> Desktop:
    for name in ("env", "python3"):
        found = Path("/usr/bin") / name
        (tmp_path / name).symlink_to(found)
    return Desktop(tmp_path)


def calls(log: Path) -> list[list[str]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def test_what_went_wrong_is_notified_of_and_is_still_an_exit_code(desktop: Desktop) -> None:
    log = desktop.has("notify-send")

    result = desktop.run("refresh", "/usr/<b>")

    assert result.exit_code == 4
    [[*options, title, body]] = calls(log)
    assert options == ["--app-name=Google Photos", "--icon=gphotosfs", "--"]
    assert title == "Google Photos"
    assert body == "/usr/&lt;b&gt; is in no gphotosfs mount"


def test_wrong_usage_is_notified_of(desktop: Desktop) -> None:
    log = desktop.has("notify-send")

    assert desktop.run("refresh").exit_code == 2
    assert "Missing argument" in calls(log)[0][-1]


def test_what_a_command_prints_is_notified_of(desktop: Desktop) -> None:
    log = desktop.has("notify-send")

    result = desktop.run("install", "--desktop", "--dry-run", "--destdir", str(desktop.folder))

    assert result.exit_code == 0
    assert result.stdout == ""
    lines = calls(log)[0][-1].splitlines()
    assert len(lines) == 5
    assert all(line.startswith(str(desktop.folder)) for line in lines)


def test_without_notify_send_the_desktop_is_called_over_d_bus(desktop: Desktop) -> None:
    desktop.has("notify-send", code=1)
    log = desktop.has("gdbus")

    desktop.run("refresh", "/usr")

    [call] = calls(log)
    assert call[:3] == ["call", "--session", "--dest"]
    assert call[-5:] == ["Google Photos", "/usr is in no gphotosfs mount", "[]", "{}", "-1"]


def test_without_a_desktop_it_is_said_on_stderr(desktop: Desktop) -> None:
    result = desktop.run("refresh", "/usr")

    assert result.exit_code == 4
    assert result.stderr.splitlines()[0] == "/usr is in no gphotosfs mount"
