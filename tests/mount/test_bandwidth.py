"""The option `bwlimit`, from the command line to the line."""

import time

from gphotosfs.simulator.process import Running
from tests.mount.mounting import Home, content


def test_a_timetable_holds_a_film_back(home: Home, simulator: Running) -> None:
    """The same speed from two times of the day on, so that it holds whenever this runs."""
    film = next(item for item in simulator.items() if item["fps"])
    expected = content(simulator, film)
    speed_bytes = len(expected) // 2
    speed = f"{speed_bytes}B"
    with home.mounted("-o", f'bwlimit="00:00,{speed} 12:00,{speed}"') as mount:
        began_s = time.monotonic()
        assert (mount / "media/all" / film["filename"]).read_bytes() == expected
        # Two seconds for all of it; what comes first need not be waited for.
        assert time.monotonic() - began_s > 1.0
