"""docs/RELIABILITY.md names the tests of faults, all of them and no others."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def defined_in(pattern: str) -> set[str]:
    files = (ROOT / "tests").glob(pattern)
    return {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())}


def test_every_fault_is_in_the_table_and_every_row_is_a_test() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/RELIABILITY.md").read_text()))

    assert named - defined_in("*/test_*.py") == set()
    assert defined_in("mount/test_faults_*.py") | defined_in("component/test_faults_*.py") <= named
