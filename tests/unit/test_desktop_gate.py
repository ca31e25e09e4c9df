"""Who goes next."""

import pytest
import trio
import trio.testing

from gphotosfs.desktop.gate import Gate, Rank, Urgency

ASKED, OPENED, LATER = (Rank(urgency) for urgency in Urgency)


async def order_of(gate: Gate, ranks: dict[str, Rank]) -> list[str]:
    """In what order these come in who wait for one place."""
    came: list[str] = []

    async def come(name: str, rank: Rank) -> None:
        async with gate.place(rank):
            came.append(name)
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery, gate.place(ASKED):
        for name, rank in ranks.items():
            nursery.start_soon(come, name, rank)
            await trio.testing.wait_all_tasks_blocked()
    return came


async def test_the_most_urgent_goes_first() -> None:
    ranks = {"later": LATER, "opened": OPENED, "asked": ASKED}
    assert await order_of(Gate(1), ranks) == ["asked", "opened", "later"]


async def test_what_was_opened_later_goes_before_what_was_opened_earlier() -> None:
    ranks = {str(n): Rank(Urgency.OPENED, -n) for n in (1, 3, 2)}
    assert await order_of(Gate(1), ranks) == ["3", "2", "1"]


async def test_among_equals_who_came_first_goes_first() -> None:
    assert await order_of(Gate(1), dict.fromkeys("abc", OPENED)) == ["a", "b", "c"]


async def test_no_more_are_in_than_there_are_places() -> None:
    gate = Gate(3)
    turns = [gate.queue(OPENED) for _ in range(5)]
    assert [turn.has_come.is_set() for turn in turns] == [True, True, True, False, False]
    assert gate.waiting() == 2
    gate.leave(turns[1])
    assert turns[3].has_come.is_set()
    assert gate.waiting() == 1


@pytest.mark.parametrize("ends_first", [True, False])
async def test_who_gives_up_takes_no_place(ends_first: bool) -> None:
    """Whether the wait is given up before the turn has come or at that very moment."""
    gate = Gate(1)
    first, second, third = (gate.queue(OPENED) for _ in range(3))
    for turn in (first, second) if ends_first else (second, first):
        gate.leave(turn)
    assert third.has_come.is_set()
    gate.leave(third)
    assert gate.queue(OPENED).has_come.is_set()
