from xml.etree import ElementTree

import pytest

from gphotosfs.desktop import thunar
from gphotosfs.desktop.actions import ACTIONS
from gphotosfs.errors import ConfigError

THEIRS = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE actions [ <!ELEMENT actions (action)+> ]>
<actions>
  <!-- mine, from 2019 -->
  <action>
    <name>Ouvrir un terminal ici</name><unique-id>1546300800000000-1</unique-id>
    <command>exo-open --working-directory %f</command>
  </action>
  </actions>
<!-- the end -->
"""

# As Thunar 4.18 writes the file when somebody has changed an action in its window.
REWRITTEN = """\
<?xml version="1.0" encoding="UTF-8"?>
<actions>
<action>
\t<icon>web-browser</icon>
\t<name>Open in Google Photos</name>
\t<submenu>Google Photos</submenu>
\t<unique-id>gphotosfs-open</unique-id>
\t<command>gphotosfs --notify open -- %F</command>
\t<description>changed by hand</description>
\t<range>*</range>
\t<patterns>*</patterns>
\t<image-files/>
</action>
<action>
\t<icon></icon>
\t<name>Theirs</name>
\t<submenu></submenu>
\t<unique-id>1700000000000000-2</unique-id>
\t<command>true</command>
</action>
</actions>"""


ACTION = "<action><name>Size</name><unique-id>1-1</unique-id><command>du %F</command></action>"


@pytest.mark.parametrize(
    "xml",
    [
        THEIRS,
        REWRITTEN,
        thunar.EMPTY,
        "<actions></actions>",
        pytest.param(f"<actions>{ACTION}</actions >", id="a blank in the end tag"),
        pytest.param(f"<actions>{ACTION}</actions><!-- </actions> -->", id="an end in a comment"),
        pytest.param(
            f"<actions><!-- {ACTION}</actions> -->{ACTION}</actions>", id="an old version"
        ),
        pytest.param(
            f"<actions>{ACTION.replace('du %F', '<![CDATA[echo </action></actions>]]>')}</actions>",
            id="end tags in a command",
        ),
    ],
)
def test_what_somebody_else_has_in_the_file_stays_as_it_is(xml: str) -> None:
    theirs = thunar.without_ours(xml)

    merged = thunar.merged(xml, "gphotosfs")

    assert thunar.has_ours(merged)
    assert len(ElementTree.fromstring(merged)) == len(ElementTree.fromstring(theirs)) + len(ACTIONS)
    assert thunar.without_ours(merged) == theirs
    assert thunar.merged(merged, "gphotosfs") == merged


def test_our_actions_are_known_again_when_thunar_has_written_the_file() -> None:
    rest = thunar.without_ours(REWRITTEN)

    assert "gphotosfs" not in rest
    assert rest.count("<action>") == 1
    assert "<name>Theirs</name>" in rest


@pytest.mark.parametrize("short", ["<actions/>", "<actions />"])
def test_an_empty_list_may_be_written_short(short: str) -> None:
    merged = thunar.merged(f"<!-- mine -->\n{short}\n<!-- too -->", "gphotosfs")

    assert len(ElementTree.fromstring(merged)) == len(ACTIONS)
    assert merged.startswith("<!-- mine -->")
    assert merged.endswith("<!-- too -->")


def test_what_is_commented_out_is_not_ours() -> None:
    commented = f"<actions><!-- {ACTION.replace('1-1', 'gphotosfs-open')} --></actions>"

    assert not thunar.has_ours(commented)
    assert thunar.without_ours(commented) == commented


def test_a_command_is_written_as_xml() -> None:
    merged = thunar.merged(thunar.EMPTY, "'/opt/a & b/gphotosfs'")

    assert "<command>'/opt/a &amp; b/gphotosfs' --notify pin --no-wait -- %F</command>" in merged


@pytest.mark.parametrize("text", ["", "no XML", "<actions>", "<things></things>"])
def test_a_file_that_is_something_else_is_left_alone(text: str) -> None:
    with pytest.raises(ConfigError):
        thunar.merged(text, "gphotosfs")
