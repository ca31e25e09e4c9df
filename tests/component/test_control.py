# ruff: noqa: ASYNC240 - looking at a socket file in a temporary folder waits for nobody
import json
import os
import shutil
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.control import ProfileLock, call, frames
from gphotosfs.control.client import Client, connect
from gphotosfs.control.server import Handler, serve
from gphotosfs.control.socket_path import short_path

Asked = Callable[[trio.SocketStream], Awaitable[None]]


@asynccontextmanager
async def serving(path: Path, handlers: dict[str, Handler]) -> AsyncIterator[Client]:
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: serve(path, handlers, task_status=task_status))
        async with connect(path) as client:
            yield client
        nursery.cancel_scope.cancel()


async def double(number: int) -> int:
    return 2 * number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "control.sock"


async def test_a_call_returns_what_the_handler_does(path: Path) -> None:
    async with serving(path, {"double": double}) as client:
        assert await client.call("double", number=21) == 42


async def test_bytes_travel_beside_the_answer(path: Path) -> None:
    block = os.urandom(frames.PAYLOAD_MAX_BYTES)

    async def read(offset: int) -> tuple[dict[str, int], bytes]:
        return {"offset": offset}, block

    async with serving(path, {"read": read}) as client:
        assert await client.call_for_bytes("read", offset=7) == ({"offset": 7}, block)


async def test_names_that_are_no_unicode_come_through(path: Path) -> None:
    async def echo(name: str) -> str:
        return name

    async with serving(path, {"echo": echo}) as client:
        assert (
            os.fsencode(await client.call("echo", name=os.fsdecode(b"a\xff.jpg"))) == b"a\xff.jpg"
        )


@pytest.mark.parametrize(
    "error",
    [
        errors.SignInError("sign in again"),
        errors.QuotaError("used up", retry_at_s=12.5),
        errors.ServiceDisabledError("enable it", activation_url="https://example.test"),
    ],
)
async def test_an_error_arrives_as_its_class(path: Path, error: errors.GPhotosError) -> None:
    async def fail() -> None:
        raise error

    async with serving(path, {"fail": fail}) as client:
        with pytest.raises(type(error)) as caught:
            await client.call("fail")

    assert str(caught.value) == str(error)
    assert vars(caught.value) == vars(error)


async def test_a_bug_in_a_handler_leaves_the_others_working(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    async with serving(path, {"fail": fail, "double": double}) as client:
        with pytest.raises(errors.InternalError):
            await client.call("fail")
        with pytest.raises(errors.InternalError, match="knows no call"):
            await client.call("no such call")
        with pytest.raises(errors.InternalError):
            await client.call("double", colour="red")

        assert await client.call("double", number=2) == 4

    assert caplog.text.count("bug in the control call") == 2


async def test_a_slow_call_holds_up_no_other(path: Path) -> None:
    """One connection, one call that waits for the second: answers come in any order."""
    second_done = trio.Event()

    async def slow() -> str:
        await second_done.wait()
        return "slow"

    async def quick() -> str:
        second_done.set()
        return "quick"

    order: list[str] = []

    async with serving(path, {"slow": slow, "quick": quick}) as client:

        async def note(name: str) -> None:
            order.append(await client.call(name))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(note, "slow")
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(note, "quick")

    assert order == ["quick", "slow"]


async def test_many_large_answers_at_once_stay_apart(path: Path) -> None:
    async def read(index: int) -> tuple[int, bytes]:
        return index, bytes([index]) * frames.PAYLOAD_MAX_BYTES

    async with serving(path, {"read": read}) as client:

        async def check(index: int) -> None:
            value, payload = await client.call_for_bytes("read", index=index)
            assert (value, set(payload)) == (index, {index})

        async with trio.open_nursery() as nursery:
            for index in range(20):
                nursery.start_soon(check, index)


async def test_a_call_that_nobody_waits_for_is_cancelled_in_the_daemon(path: Path) -> None:
    started, cancelled = trio.Event(), trio.Event()

    async def stall() -> None:
        try:
            started.set()
            await trio.sleep_forever()
        finally:
            cancelled.set()

    async with serving(path, {"stall": stall, "double": double}) as client:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.call, "stall")
            await started.wait()
            nursery.cancel_scope.cancel()
        await cancelled.wait()

        assert await client.call("double", number=1) == 2


async def test_a_client_that_leaves_takes_its_calls_along(path: Path) -> None:
    started, cancelled = trio.Event(), trio.Event()

    async def stall() -> None:
        try:
            started.set()
            await trio.sleep_forever()
        finally:
            cancelled.set()

    async with serving(path, {"stall": stall}), connect(path) as leaving:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(leaving.call, "stall")
            await started.wait()
            nursery.cancel_scope.cancel()
        await cancelled.wait()


async def test_calls_fail_when_the_daemon_ends(path: Path) -> None:
    started, ended = trio.Event(), trio.Event()
    daemon = trio.CancelScope()
    refused = []

    async def stall() -> None:
        started.set()
        await trio.sleep_forever()

    async def run_daemon(task_status: trio.TaskStatus[None]) -> None:
        with daemon:
            await serve(path, {"stall": stall}, task_status=task_status)
        ended.set()

    async def ask(client: Client) -> None:
        with pytest.raises(errors.NotMountedError):
            await client.call("stall")
        refused.append(client)

    async with trio.open_nursery() as nursery:
        await nursery.start(run_daemon)
        async with connect(path) as client, trio.open_nursery() as callers:
            callers.start_soon(ask, client)
            callers.start_soon(ask, client)
            await started.wait()
            daemon.cancel()
            await ended.wait()
            await ask(client)

    assert len(refused) == 3


async def test_the_bodys_own_error_comes_out_as_it_is(path: Path) -> None:
    """Whoever uses a connection catches single errors, not groups."""
    with trio.fail_after(60):
        async with trio.open_nursery() as daemon:
            await daemon.start(lambda task_status: serve(path, {}, task_status=task_status))
            with pytest.raises(errors.OfflineError):
                async with connect(path):
                    raise errors.OfflineError("no network")
            daemon.cancel_scope.cancel()


async def test_a_command_calls_without_a_loop(path: Path) -> None:
    async def fail() -> None:
        raise errors.QuotaError("used up", retry_at_s=1.0)

    async with serving(path, {"double": double, "fail": fail}):
        assert await trio.to_thread.run_sync(lambda: call(path, "double", number=4)) == 8
        with pytest.raises(errors.QuotaError):
            await trio.to_thread.run_sync(lambda: call(path, "fail"))


async def test_a_daemon_that_does_not_answer_is_not_waited_for_for_ever(path: Path) -> None:
    async with serving(path, {"stall": trio.sleep_forever}):
        with pytest.raises(errors.DeadlineError):
            await trio.to_thread.run_sync(lambda: call(path, "stall", timeout_s=0.01))


async def test_a_socket_that_was_taken_away_is_there_again(
    path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """A user's last session takes the runtime folder along (systemd-logind); the mount goes on."""
    async with serving(path, {"double": double}) as client:
        shutil.rmtree(path.parent)
        path.parent.write_text("it can't be made anew for a while")
        await trio.sleep(10)
        path.parent.unlink()
        await trio.sleep(10)
        async with connect(path) as other:
            assert await other.call("double", number=1) == 2
        assert await client.call("double", number=2) == 4
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "header",
    [
        b'{"id":[],"call":"double"}',
        b'{"id":{},"call":"double"}',
        b'{"id":null}',
        b'{"cancel":[]}',
        b"{}",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"\xff",
    ],
)
async def test_a_client_that_sends_nonsense_ends_its_own_connection_alone(
    path: Path, header: bytes
) -> None:
    async with serving(path, {"double": double, "stall": trio.sleep_forever}) as client:
        with short_path(path) as name:
            broken = await trio.open_unix_socket(name)
        async with broken:
            await broken.send_all(frames.LENGTHS.pack(len(header), 0) + header)
            assert await broken.receive_some() == b""
        assert await client.call("double", number=1) == 2


async def test_two_calls_of_one_number_end_their_connection_alone(path: Path) -> None:
    async with serving(path, {"double": double, "stall": trio.sleep_forever}) as client:
        with short_path(path) as name:
            broken = await trio.open_unix_socket(name)
        async with broken:
            await broken.send_all(2 * frames.pack({"id": 7, "call": "stall"}))
            assert await broken.receive_some() == b""
        assert await client.call("double", number=1) == 2


async def test_nobody_answers(path: Path) -> None:
    with pytest.raises(errors.NotMountedError):
        call(path, "status")
    with pytest.raises(errors.NotMountedError):
        async with connect(path):
            pass


async def test_the_socket_is_private_and_replaces_a_stale_one(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("what a killed daemon left")

    async with serving(path, {"double": double}) as client:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert await client.call("double", number=1) == 2

    assert not path.exists()


async def test_a_socket_at_which_somebody_answers_is_left_to_them(path: Path) -> None:
    """Two data folders with one runtime folder have a lock each; commands would ask the wrong daemon."""
    async with serving(path, {"double": double}) as client:
        with pytest.raises(errors.StoreError, match="XDG_RUNTIME_DIR"):
            await serve(path, {})

        assert await client.call("double", number=1) == 2
        async with connect(path) as other:
            assert await other.call("double", number=2) == 4


async def test_a_path_longer_than_a_socket_address_is_served(tmp_path: Path) -> None:
    path = tmp_path / ("long" * 30) / "control.sock"

    async with serving(path, {"double": double}) as client:
        assert await client.call("double", number=1) == 2
        assert await trio.to_thread.run_sync(lambda: call(path, "double", number=1)) == 2


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 64,
        frames.LENGTHS.pack(4, 0) + b"oops",
        frames.LENGTHS.pack(2, 0) + b"[]",
        frames.LENGTHS.pack(2, 0) + b"{}",
        frames.LENGTHS.pack(200, 0) + b"{",
    ],
)
async def test_garbage_ends_that_connection_only(path: Path, garbage: bytes) -> None:
    async with serving(path, {"double": double}) as client:
        async with await trio.open_unix_socket(path) as rude:
            await rude.send_all(garbage)
            await rude.send_eof()
            assert await rude.receive_some() == b""

        assert await client.call("double", number=1) == 2


def test_an_unknown_error_is_still_an_error() -> None:
    error = frames.unpack_error({"id": 1, "error": "json", "message": "new"})

    assert isinstance(error, errors.InternalError)


def test_frames_hold_what_was_put_in() -> None:
    packed = frames.pack({"a": "ü"}, b"xyz")
    header_bytes, payload_bytes = frames.unpack_lengths(packed[: frames.LENGTHS.size])

    assert json.loads(packed[8 : 8 + header_bytes]) == {"a": "ü"}
    assert packed[-payload_bytes:] == b"xyz"


def test_one_process_at_a_time_writes(tmp_path: Path) -> None:
    path = tmp_path / "data" / "lock"

    first = ProfileLock.try_acquire(path)
    assert first is not None
    assert ProfileLock.try_acquire(path) is None
    first.release()

    again: Any = ProfileLock.try_acquire(path)
    assert again is not None
    again.release()
