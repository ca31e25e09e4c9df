"""How many entries are looked up for one answer to `readdir`."""

import pytest

from gphotosfs.fuse.fitting import ENTRIES_MAX, Fitting


def read(fitting: Fitting, entries: int, fits: int) -> tuple[int, int]:
    """How many entries are looked up, and in how many answers, by a kernel of which so many fit."""
    looked_up = answers = 0
    while entries:
        offered = min(entries, fitting.count)
        taken = min(offered, fits)
        fitting.learn(offered, taken)
        looked_up, answers, entries = looked_up + offered, answers + 1, entries - taken
    return looked_up, answers


@pytest.mark.parametrize("fits", [1, 7, 24, 190, 1000])
def test_little_more_is_looked_up_than_is_taken(fits: int) -> None:
    looked_up, answers = read(Fitting(), 10_000, fits)

    # One more each time shows that no more fits.
    most_for_each = 2 if fits == 1 else 1.2
    assert looked_up <= 10_000 * most_for_each + ENTRIES_MAX
    assert answers <= 10_000 / min(fits, ENTRIES_MAX) + 1


def test_another_program_with_a_larger_buffer_gets_as_much_as_it_takes() -> None:
    fitting = Fitting()
    read(fitting, 1000, 24)

    assert read(fitting, 10_000, 190)[1] <= 10_000 / 190 + 4
