import configparser
import re

import pytest

from gphotosfs.cli.main import main
from gphotosfs.desktop import actions
from gphotosfs.desktop.actions import ACTIONS

PROGRAMS = ("/usr/bin/gphotosfs", "/home/o'neil/my tools/50%/g$photos\\fs", '/opt/"x"/`g`')


def keys(text: str, group: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # case counts
    parser.read_string(text)
    return parser[group]


def words(exec_line: str) -> list[str]:
    """The arguments of an `Exec=` line, read as the specification says, with %F left in."""
    value = exec_line.replace(r"\\", "\\").replace("%%", "%")
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', value)
    return [re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in found]


def test_every_action_runs_a_command_that_there_is() -> None:
    assert {action.command for action in ACTIONS} <= set(main.commands)
    assert "browse" in main.commands


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_menu_runs_our_program_wherever_it_is(program: str) -> None:
    for action in ACTIONS:
        expected = [program, "--notify", action.command, *action.flags, "--", "%F"]
        menu = keys(actions.service_menu(program), f"Desktop Action {action.command}")
        libfm = keys(actions.libfm_action(program, action), "X-Action-Profile selected")
        nemo = keys(actions.nemo_action(program, action), "Nemo Action")

        assert words(menu["Exec"]) == words(libfm["Exec"]) == words(nemo["Exec"]) == expected
    entry = keys(actions.application(program), "Desktop Entry")
    assert words(entry["Exec"]) == [program, "--notify", "browse"]


def test_the_menus_of_dolphin_and_pcmanfm_hold_all_actions() -> None:
    listed = keys(actions.service_menu("gphotosfs"), "Desktop Entry")["Actions"].split(";")
    shown = keys(actions.libfm_menu(), "Desktop Entry")["ItemsList"].split(";")

    assert listed == [*(action.command for action in ACTIONS), ""]
    assert shown == [*(actions.libfm_name(action) for action in ACTIONS), ""]
