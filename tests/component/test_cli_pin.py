"""`gphotosfs pin`, `unpin` and `pinned` against a daemon that says what the test wants."""

import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gphotosfs import errors
from gphotosfs.cli.pin import is_over
from tests.component.cli_kit import Run, answering

State = dict[str, Any]

HERE: State = {
    "id": 1,
    "path": "albums/Rome",
    "state": "here",
    "begun_at_s": 1795348800,
    "items": 4,
    "here": 4,
    "in_archives": 0,
    "failed": 0,
    "gone": 0,
    "size_bytes": 3 << 20,
    "left_bytes": 0,
    "problem": "",
    "obstacle": "",
}
HALF = HERE | {"state": "fetching", "here": 2, "size_bytes": 1 << 20, "left_bytes": 2 << 20}
LISTING = HERE | {"state": "listing", "here": 0, "items": 0, "size_bytes": 0}


class Daemon:
    """Answers with the states it was given, one after the other; the last one stays."""

    def __init__(self, *states: State | Exception, room_bytes: int = 1 << 30) -> None:
        self.states = list(states)
        self.room_bytes = room_bytes
        self.calls: list[tuple[str, Any]] = []

    def _next(self) -> State:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, Exception):
            raise state
        return state

    async def _begin(self, paths: list[str]) -> Any:
        self.calls.append(("begin", paths))
        first = self._next()
        others = [HERE | {"id": at, "path": path} for at, path in enumerate(paths[1:], 2)]
        return {"pins": [first, *others], "room_bytes": self.room_bytes}

    async def _states(self, ids: list[int]) -> Any:
        self.calls.append(("states", ids))
        state = self._next()
        return [state] if state else []

    async def _list(self) -> Any:
        return self.states

    async def _remove(self, paths: list[str], only_gone: bool) -> int:
        self.calls.append(("remove", (paths, only_gone)))
        return 3 << 20

    def running(self, tmp_path: Path) -> AbstractAsyncContextManager[Run]:
        """The daemon; what comes back runs a command."""
        answers: dict[str, Callable[..., Awaitable[Any]]] = {
            "pin_begin": self._begin,
            "pin_states": self._states,
            "pin_list": self._list,
            "pin_remove": self._remove,
        }
        return answering(tmp_path, answers)


async def pin(tmp_path: Path, daemon: Daemon, *arguments: str) -> Result:
    async with daemon.running(tmp_path) as run:
        return await run("pin", "-p", "default", *(arguments or ("albums/Rome",)))


async def test_it_is_told_how_far_it_is_and_how_it_ended(tmp_path: Path) -> None:
    daemon = Daemon(LISTING, HALF, HERE)
    result = await pin(tmp_path, daemon)

    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "looking what is in it",
        "2 of 4 are here, 1.0 MiB",
        "4 of 4 are here, 3.0 MiB",
        "albums/Rome is kept offline: 4 photos and videos, 3.0 MiB.",
    ]
    assert daemon.calls == [("begin", ["albums/Rome"]), ("states", [1]), ("states", [1])]


@pytest.mark.parametrize(
    "state, last",
    [
        (HERE, "albums/Rome is kept offline: 4 photos and videos, 3.0 MiB."),
        (
            HERE | {"in_archives": 4, "size_bytes": 0},
            "albums/Rome is here already: 4 photos and videos in Takeout archives.",
        ),
        (
            HERE | {"items": 0, "here": 0, "size_bytes": 0},
            "albums/Rome is kept offline; nothing is in it yet.",
        ),
        (HERE | {"path": ""}, "/ is kept offline: 4 photos and videos, 3.0 MiB."),
    ],
)
async def test_a_notification_has_room_for_the_result(
    tmp_path: Path, state: State, last: str
) -> None:
    result = await pin(tmp_path, Daemon(state), "--quiet", "albums/Rome")

    assert (result.exit_code, result.output) == (0, f"{last}\n")


async def test_several_are_one_result(tmp_path: Path) -> None:
    result = await pin(tmp_path, Daemon(HERE), "-q", "albums/Rome", "favorites")

    assert result.output == (
        "albums/Rome and 1 more are kept offline: 8 photos and videos, 6.0 MiB.\n"
    )


async def test_without_waiting_it_returns_at_once(tmp_path: Path) -> None:
    daemon = Daemon(HALF)
    result = await pin(tmp_path, daemon, "--no-wait", "albums/Rome")

    assert result.exit_code == 0
    assert result.output == (
        "albums/Rome will be kept offline: 2 of 4 are here, 1.0 MiB. "
        "The rest comes while the profile is mounted.\n"
    )
    assert len(daemon.calls) == 1


async def test_without_waiting_an_album_may_not_be_listed_yet(tmp_path: Path) -> None:
    result = await pin(tmp_path, Daemon(LISTING), "--no-wait", "albums/Rome")

    assert result.output == (
        "albums/Rome will be kept offline. It comes while the profile is mounted.\n"
    )


@pytest.mark.parametrize("obstacle, code", [("disk", 1), ("quota", 1), ("sign-in", 3)])
async def test_what_does_not_pass_soon_ends_the_command(
    tmp_path: Path, obstacle: str, code: int
) -> None:
    stuck = HALF | {"obstacle": obstacle, "problem": "it is so"}
    result = await pin(tmp_path, Daemon(stuck), "-q", "albums/Rome")

    assert result.exit_code == code
    assert result.output == (
        "gphotosfs: albums/Rome: 2 of 4 are here, 1.0 MiB (it is so). "
        "The rest comes while the profile is mounted.\n"
    )


async def test_the_network_is_waited_for_a_while(tmp_path: Path) -> None:
    stuck = HALF | {"obstacle": "network", "problem": "no network"}
    result = await pin(tmp_path, Daemon(stuck, stuck, HALF, HERE))

    assert result.exit_code == 0
    assert result.output.count("no network") == 1
    assert not is_over(stuck, 59.5)
    assert is_over(stuck, 60.5)


async def test_what_can_not_be_had_is_a_failure_when_all_else_is_here(tmp_path: Path) -> None:
    result = await pin(
        tmp_path, Daemon(HALF | {"here": 3, "failed": 1, "problem": "it is gone"}), "-q", "x"
    )

    assert result.exit_code == 1
    assert "3 of 4 are here, 1.0 MiB (it is gone)" in result.output


async def test_too_little_room_is_told_at_once(tmp_path: Path) -> None:
    result = await pin(tmp_path, Daemon(HALF, HERE, room_bytes=1 << 20))

    assert result.output.splitlines()[0] == (
        "This disk has room for 1.0 MiB of the 2.0 MiB that are still to come; what fits is fetched."
    )


@pytest.mark.parametrize(
    "error, code",
    [
        (errors.NoEntryError("there is no 'Rom'; near it: 'Rome'"), 1),
        (errors.ConfigError("it can't be pinned"), 2),
        (errors.SignInError("sign in again: gphotosfs login"), 3),
    ],
)
async def test_errors_are_one_line(tmp_path: Path, error: Exception, code: int) -> None:
    result = await pin(tmp_path, Daemon(error))

    assert (result.exit_code, result.output) == (code, f"gphotosfs: {error}\n")


async def test_somebody_else_unpins_it_meanwhile(tmp_path: Path) -> None:
    result = await pin(tmp_path, Daemon(HALF, {}), "-q", "albums/Rome")

    assert (result.exit_code, result.output) == (1, "gphotosfs: it was unpinned meanwhile\n")


async def test_a_path_outside_of_every_mount_is_not_mounted(tmp_path: Path) -> None:
    async with Daemon(HERE).running(tmp_path) as run:
        result = await run("pin", str(tmp_path))

    assert result.exit_code == 4
    assert result.output.startswith(f"gphotosfs: {tmp_path} is in no gphotosfs mount; ")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    "arguments, removed, said",
    [
        (["a", "b"], (["a", "b"], False), "a and 1 more are kept offline no longer; 3.0 MiB freed."),
        (["--gone", "a"], (["a"], True), "What has left a is kept offline no longer; 3.0 MiB freed."),
    ],
)  # fmt: skip
async def test_unpinning_says_what_it_freed(
    tmp_path: Path, arguments: list[str], removed: object, said: str
) -> None:
    daemon = Daemon(HERE)
    async with daemon.running(tmp_path) as run:
        result = await run("unpin", "-p", "default", *arguments)

    assert (result.exit_code, result.output) == (0, f"{said}\n")
    assert daemon.calls == [("remove", removed)]


async def test_the_list_says_how_far_each_is(tmp_path: Path) -> None:
    daemon = Daemon(
        HERE | {"gone": 2},
        HALF | {"path": "", "in_archives": 1, "problem": "no network"},
        LISTING | {"path": "favorites"},
    )
    async with daemon.running(tmp_path) as run:
        result = await run("pinned")
        as_json = json.loads((await run("pinned", "--json")).output)

    assert result.output.splitlines() == [
        "albums/Rome: 4 photos and videos (3.0 MiB), 2 have left it since (unpin --gone)",
        "/: 2 photos and videos (1.0 MiB), 1 of them in Takeout archives, 2 still to come, no network",
        "favorites: 0 photos and videos (0 bytes), not listed to the end yet",
    ]
    assert as_json == daemon.states
