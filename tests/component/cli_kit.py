"""Commands against a daemon that says what the test wants."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import trio
from click.testing import CliRunner, Result

from gphotosfs.cli.main import main
from gphotosfs.config import Folders, Profile
from gphotosfs.control import ProfileLock
from gphotosfs.control.server import serve

Run = Callable[..., Awaitable[Result]]


@asynccontextmanager
async def answering(
    tmp_path: Path, answers: Mapping[str, Callable[..., Awaitable[Any]]]
) -> AsyncIterator[Run]:
    """A daemon with these answers; what comes back runs a command in a thread.

    `answer` is what a person types.
    """
    names = ("config", "data", "cache", "state", "runtime")
    folders = {name: tmp_path / name / "gphotosfs" for name in names}
    profile = Profile("default", Folders(**folders))
    profile.make_dirs()
    variables = {f"XDG_{n.upper()}_HOME": str(tmp_path / n) for n in names[:-1]}
    variables["XDG_RUNTIME_DIR"] = str(tmp_path / "runtime")

    async def run(*arguments: str, answer: str = "") -> Result:
        runner = CliRunner(env=variables)
        return await trio.to_thread.run_sync(partial(runner.invoke, main, arguments, answer))

    lock = ProfileLock.try_acquire(profile.lock_path)
    assert lock is not None
    with lock:
        async with trio.open_nursery() as nursery:
            await nursery.start(serve, profile.control_path, answers)
            yield run
            nursery.cancel_scope.cancel()
