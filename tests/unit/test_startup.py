"""What a command loads before it does anything: counted in modules, not in time."""

import json
import subprocess
import sys

import pytest

from gphotosfs.cli.main import COMMANDS

REPORT = """
import json, sys
try:
    {run}
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
PROGRAM = "from gphotosfs.cli.main import main; main({arguments!r}, prog_name='gphotosfs')"

# What Google, pictures, archives, tables and the event loop are made with.
HEAVY = {
    *("httpx", "httpcore", "google.auth", "cryptography", "ssl", "asyncio"),
    *("PIL", "rapidgzip", "sqlite3", "rich", "segno", "pyfuse3", "trio"),
}


def loaded(run: str) -> set[str]:
    """The modules that are there once some code has run in a Python of its own."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(run=run)], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["mount", "--help"],
        ["status", "--json", "/nothing/here"],
        ["unmount", "/nothing/here"],
        ["refresh", "/nothing/here"],
        ["mount", "/nothing/here"],
    ],
    ids=" ".join,
)
def test_a_command_that_asks_nobody_loads_nothing_to_ask_with(arguments: list[str]) -> None:
    assert loaded(PROGRAM.format(arguments=arguments)) & HEAVY == set()


def test_help_lists_all_commands_and_imports_none() -> None:
    modules = loaded(PROGRAM.format(arguments=["--help"]))

    ours = {f"gphotosfs.cli.{place.partition(':')[0]}" for place, _ in COMMANDS.values()}
    assert modules & ours == set()


def test_a_mount_is_ready_without_what_it_needs_later() -> None:
    """google-auth refreshes tokens, Pillow draws thumbnails, rapidgzip reads .tgz, rich draws tables."""
    modules = loaded("import gphotosfs.mount_helper, gphotosfs.cli.mount, gphotosfs.app")

    assert modules & {"google.auth", "cryptography", "PIL", "rapidgzip", "rich", "segno"} == set()
    assert "httpx" in modules
