from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gphotosfs.config import values
from gphotosfs.config.values import Amount
from gphotosfs.errors import ConfigError


@pytest.mark.parametrize(
    "text, size_bytes",
    [("1", 1), ("512K", 512 << 10), ("10G", 10 << 30), ("1.5TiB", 3 << 39), ("20mb", 20 << 20)],
)
def test_sizes_are_binary(text: str, size_bytes: int) -> None:
    assert values.parse_size_bytes(text) == size_bytes


@pytest.mark.parametrize(
    "text, seconds",
    [("30", 30), ("30s", 30), ("5m", 300), ("1h30m", 5400), ("500ms", 0.5), ("7d", 604800)],
)
def test_durations_add_up(text: str, seconds: float) -> None:
    assert values.parse_duration_s(text) == seconds


def test_an_amount_is_a_share_or_a_size() -> None:
    assert values.parse_amount("5%").of(200) == 10
    assert values.parse_amount("1K").of(200) == 1024
    assert values.parse_amount("0") == Amount()


@pytest.mark.parametrize(
    "parse, text",
    [
        (values.parse_size_bytes, "0"),
        (values.parse_size_bytes, "ten"),
        (values.parse_size_bytes, "-1G"),
        (values.parse_size_bytes, "10 Gallons"),
        (values.parse_amount, "100%"),
        (values.parse_amount, "%"),
        (values.parse_duration_s, "5 minutes"),
        (values.parse_duration_s, "m"),
        (values.parse_duration_s, "99999999999"),
        (values.parse_deadline_s, "0s"),
        (values.parse_count, "0"),
        (values.parse_count, "many"),
        (values.parse_mode, "888"),
        (values.parse_mode, "7777"),
        (values.parse_flag, "perhaps"),
        (values.parse_path, "here/log"),
        (values.parse_word, "a b"),
        (values.parse_user, "no such user"),
        (values.parse_user, "root\0"),
        (values.parse_user, str(2**32 - 1)),
        (values.parse_user, "9" * 5000),
        (values.parse_group, "no such group"),
        (values.parse_group, "99999999999999999999"),
        (values.parse_path, "/var/log/a\0b"),
        (values.parse_address, "ftp://host"),
        (values.parse_address, "http://[::"),
        (values.parse_address, "host:80"),
        (values.parse_address, ""),
    ],
)
def test_nonsense_is_named(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text)


def test_users_and_groups_go_by_name_or_number() -> None:
    assert values.parse_user("root") == 0
    assert values.parse_group("root") == 0
    assert values.parse_user("4711") == 4711


@given(st.text(max_size=12))
def test_no_text_breaks_a_parser(text: str) -> None:
    """Whatever is written, the answer is a value or a ConfigError."""
    for kind in (
        *(values.FLAG, values.SIZE, values.AMOUNT, values.DURATION, values.COUNT, values.MODE),
        *(values.USER, values.GROUP, values.PATH, values.WORD, values.ADDRESS),
    ):
        try:
            kind.parse(text)
        except ConfigError as exc:
            assert str(exc)  # noqa: PT017 - either outcome is fine, but an error says something
