"""What `gphotosfs takeout` says while it works."""

from typing import Any

import pytest

from gphotosfs.cli.takeout import how_far


@pytest.mark.parametrize(
    "progress, said",
    [
        ({}, "reading the archives"),
        ({"looked_at": 12_000}, "reading the archives: 12,000 files looked at"),
        (
            {"come_to": ["t-001.tgz", 3 << 29, 5 << 30]},
            "going through t-001.tgz, once: 1.5 GiB of 5.0 GiB",
        ),
    ],
)
def test_how_far_a_reading_is_in_words(progress: dict[str, Any], said: str) -> None:
    assert how_far(progress) == said
