import pytest

from gphotosfs.config.bandwidth import parse_bandwidth
from gphotosfs.errors import ConfigError


@pytest.mark.parametrize(
    "text, bytes_per_s",
    [
        ("512K", 524288),
        ("2M", 2 << 20),
        ("0.5G", 1 << 29),
        ("100", 102400),
        ("300B", 300),
        ("off", None),
    ],
)
def test_a_speed_holds_all_day(text: str, bytes_per_s: float | None) -> None:
    assert {parse_bandwidth(text).at(minute) for minute in range(1440)} == {bytes_per_s}


def test_a_timetable_holds_from_its_times_on_and_over_midnight() -> None:
    table = parse_bandwidth("19:00,off 08:00,512K 12:30,1M")

    assert table.at(8 * 60 - 1) is None
    assert table.at(8 * 60) == 512 << 10
    assert table.at(12 * 60 + 30) == 1 << 20
    assert table.at(19 * 60) is None
    assert table.at(0) is None


@pytest.mark.parametrize(
    "text", ["", "fast", "0", "-1M", "25:00,1M", "08:00", "08:00,", "1M 2M", "8,1M"]
)
def test_what_is_no_speed_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no speed"):
        parse_bandwidth(text)
