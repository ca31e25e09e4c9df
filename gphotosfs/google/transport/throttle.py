"""Shares a limited line among all bodies."""

from collections.abc import Callable

import trio


class Throttle:
    """Lets so many bytes a second pass, over all who take."""

    def __init__(self, limit: Callable[[], float | None]) -> None:
        """`limit` gives the bytes a second that are allowed at the moment; None: any."""
        self._limit = limit
        self._free_at_s = float("-inf")

    async def take(self, count: int, *, urgent: bool) -> None:
        """Wait until so many bytes may have come.

        What is urgent (the head of a file, which a person waits for) passes at once, and those behind
        it wait longer.
        """
        bytes_per_s = self._limit()
        if bytes_per_s is None:
            return
        begins_s = max(trio.current_time(), self._free_at_s)
        self._free_at_s = begins_s + count / bytes_per_s
        if not urgent:
            await trio.sleep_until(self._free_at_s)
