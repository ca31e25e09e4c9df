"""What docs/RECIPES.md tells people to type is typed here, in its order."""

import os
import re

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.machine import HOMES, machine
from tests.mount.mounting import PROJECT

pytestmark = [
    pytest.mark.mount,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can make a mount namespace here"),
]

PAGE = PROJECT / "docs" / "RECIPES.md"
BLOCK = re.compile(r"<!-- (run|file|tried|not tried): (.+?) -->\n```\w*\n(.*?)```", re.DOTALL)


def test_every_command_line_says_how_it_was_tried() -> None:
    """A block of shell without a mark would be one that nobody has tried."""
    text = PAGE.read_text()

    assert text.count("```sh\n") == len(re.findall(r"-->\n```sh\n", text))
    for how, where, _ in BLOCK.findall(text):
        assert how != "tried" or (PROJECT / where).exists()


def test_the_recipes_work(simulator: Running) -> None:
    with machine() as host:
        host.sign_in("anna", simulator)
        for name in ("Photos", "Album"):
            host.mountpoint("anna", name)
        host.sh(f"chmod 711 {HOMES['anna']}")
        for how, what, block in BLOCK.findall(PAGE.read_text()):
            if how == "file":
                host.path(what).write_text(block)
            elif how == "run":
                for line in block.splitlines():
                    host.sh(line, user=what)
        assert host.mounts() == []
