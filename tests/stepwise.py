"""A trio loop on virtual time that runs only while it is asked to, for tests that are not async.

Hypothesis' state machines have plain functions for rules. Each hands a coroutine to the loop and gets
its result; between two rules nothing runs and no time passes, while tasks in the background stay.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

import outcome
import trio
from trio.testing import MockClock

T = TypeVar("T")
C = TypeVar("C")


class Stepwise(Generic[C]):
    """Runs what is asked inside an async context that stays entered from step to step."""

    def __init__(
        self, context: Callable[[], AbstractAsyncContextManager[C]], now_s: float = 0.0
    ) -> None:
        """`now_s` is where the loop's clock begins."""
        self._ticks: deque[Callable[[], object]] = deque()
        self._asked: deque[tuple[Callable[[C], Awaitable[Any]], list[outcome.Outcome[Any]]]]
        self._asked = deque()
        self._wake: trio.Event | None = None
        self._ended: list[outcome.Outcome[None]] = []
        self._leaving = False
        # Hypothesis runs a failing example again and wants the same to happen.
        trio._core._run._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc]
        trio._core._run._r.seed(0)
        self._clock = MockClock(autojump_threshold=0)
        self._clock.jump(now_s)
        trio.lowlevel.start_guest_run(
            self._serve,
            context,
            run_sync_soon_threadsafe=self._ticks.append,
            done_callback=self._ended.append,
            clock=self._clock,
            # Ctrl-C is pytest's.
            host_uses_signal_set_wakeup_fd=True,
        )

    @property
    def now_s(self) -> float:
        """What the loop's clock shows."""
        return self._clock.current_time()

    def do(self, function: Callable[[C], Awaitable[T]]) -> T:
        """What the function returns, or raises, once it has."""
        results: list[outcome.Outcome[T]] = []
        self._asked.append((function, results))
        self._pump(lambda: bool(results))
        return results[0].unwrap()

    def close(self) -> None:
        """Leave the context and end the loop."""
        self._leaving = True
        self._pump(lambda: bool(self._ended))
        self._ended[0].unwrap()

    def _pump(self, is_done: Callable[[], bool]) -> None:
        if self._wake is not None:
            self._wake.set()
        while not is_done() and not self._ended:
            self._ticks.popleft()()
        if not is_done():
            self._ended[0].unwrap()

    async def _serve(self, context: Callable[[], AbstractAsyncContextManager[C]]) -> None:
        async with context() as inner:
            while not self._leaving:
                while self._asked:
                    function, results = self._asked.popleft()
                    results.append(await outcome.acapture(function, inner))
                self._wake = trio.Event()
                if not self._leaving and not self._asked:
                    await self._wake.wait()
