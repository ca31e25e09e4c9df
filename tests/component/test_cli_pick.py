"""`gphotosfs pick` against a daemon that says what the test wants."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gphotosfs import errors
from tests.component.cli_kit import Run, answering

STATE = {
    "name": "Trip",
    "state": "over",
    "page_url": "",
    "begun_at_s": 1795348800,
    "ends_at_s": None,
    "items": 4,
    "here": 4,
    "size_bytes": 3 << 20,
    "lost": 0,
    "problem": "",
}
WAITING = STATE | {
    "state": "waiting", "page_url": "https://photos.google.com/picker/x", "items": 0, "here": 0,
}  # fmt: skip


class Daemon:
    """Answers with the states it was given, one after the other; the last one stays."""

    def __init__(self, *states: Any) -> None:
        self.states = list(states)
        self.calls: list[tuple[str, str]] = []

    async def _next(self, call: str, name: str) -> Any:
        self.calls.append((call, name))
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, Exception):
            raise state
        return state

    def running(self, tmp_path: Path) -> AbstractAsyncContextManager[Run]:
        """The daemon; what comes back runs a command."""

        async def listed() -> Any:
            return await self._next("list", "")

        async def removed(name: str) -> int:
            self.calls.append(("remove", name))
            return 3 << 20

        answers: dict[str, Callable[..., Awaitable[Any]]] = {
            "pick_begin": partial(self._next, "begin"),
            "pick_state": partial(self._next, "state"),
            "pick_list": listed,
            "pick_remove": removed,
        }
        return answering(tmp_path, answers)


async def test_the_page_is_told_and_then_how_far_it_is(tmp_path: Path) -> None:
    half = STATE | {"state": "fetching", "here": 2}
    daemon = Daemon(WAITING, half, STATE)
    async with daemon.running(tmp_path) as run:
        result = await run("pick", "--no-browser", "--name", "Trip")

    assert result.exit_code == 0, result.output
    lines = [line.strip() for line in result.output.splitlines() if line.strip()]
    assert lines == [
        "Choose photos on this page, in any browser, and press Done:",
        "https://photos.google.com/picker/x",
        "waiting for you to choose",
        "2 of 4 are here, 3.0 MiB",
        "4 of 4 are here, 3.0 MiB",
        "4 photos and videos are in picked/Trip (3.0 MiB).",
    ]
    assert daemon.calls == [("begin", "Trip"), ("state", "Trip"), ("state", "Trip")]


async def test_what_was_lost_is_a_failure_that_is_told(tmp_path: Path) -> None:
    async with Daemon(STATE | {"here": 3, "lost": 1}).running(tmp_path) as run:
        result = await run("pick", "--no-browser")

    assert result.exit_code == 1
    assert "1 photo or video of picked/Trip could not be had" in result.output


async def test_nothing_picked_is_a_failure(tmp_path: Path) -> None:
    async with Daemon(WAITING, errors.NoEntryError("no such pick")).running(tmp_path) as run:
        result = await run("pick", "--no-browser")

    assert result.exit_code == 1
    assert result.output.endswith("gphotosfs: nothing was picked\n")


async def test_a_sign_in_that_is_not_for_picking_is_told_what_to_do(tmp_path: Path) -> None:
    refused = errors.PermissionRefusedError("insufficient authentication scopes")
    async with Daemon(refused).running(tmp_path) as run:
        result = await run("pick", "--no-browser")

    assert result.exit_code == 3
    assert "gphotosfs login --source both" in result.output


async def test_what_holds_it_up_is_told_once(tmp_path: Path) -> None:
    stuck = STATE | {"state": "fetching", "here": 0, "problem": "no network"}
    async with Daemon(stuck, stuck, stuck, STATE).running(tmp_path) as run:
        result = await run("pick", "--no-browser")

    assert result.output.count("no network") == 1


async def test_the_list_says_how_far_each_is(tmp_path: Path) -> None:
    under_way = STATE | {"name": "B", "state": "fetching", "here": 1, "problem": "no network"}
    lost = STATE | {"name": "C", "here": 2, "lost": 2}
    async with Daemon([STATE, under_way, lost, WAITING]).running(tmp_path) as run:
        result = await run("pick", "list")

    assert result.output.splitlines() == [
        "Trip: 4 photos and videos (3.0 MiB)",
        "B: 1 photo or video (3.0 MiB), 3 still to come, no network",
        "C: 2 photos and videos (3.0 MiB), 2 lost when the session ended",
        "Trip: waits for you at https://photos.google.com/picker/x",
    ]


@pytest.mark.parametrize(
    "arguments, answer, removes, last",
    [
        (["remove", "Trip"], "y\n", True, "3.0 MiB freed"),
        (["remove", "Trip"], "n\n", False, "Nothing was deleted."),
        (["remove", "Trip", "--yes"], "", True, "3.0 MiB freed"),
        (["-p", "default", "remove", "-y", "Trip"], "", True, "3.0 MiB freed"),
    ],
)
async def test_removing_asks_unless_told(
    tmp_path: Path, arguments: list[str], answer: str, removes: bool, last: str
) -> None:
    daemon = Daemon(STATE)
    async with daemon.running(tmp_path) as run:
        result = await run("pick", *arguments, answer=answer)

    assert result.exit_code == 0, result.output
    assert (("remove", "Trip") in daemon.calls) == removes
    assert result.output.splitlines()[-1] == last
