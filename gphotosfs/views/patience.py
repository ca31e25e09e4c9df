"""How long those may wait together who wait for the same thing, one after another or side by side."""


class Patience:
    """A time that is used up while anybody waits; waiting side by side counts once."""

    def __init__(self, total_s: float) -> None:
        self._left_s = total_s
        self._waiters = 0
        self._since_s = 0.0

    def left_s(self, now_s: float) -> float:
        """What is left of it, by the wall clock."""
        waiting_s = now_s - self._since_s if self._waiters else 0.0
        return max(0.0, self._left_s - waiting_s)

    def begin_wait(self, now_s: float) -> None:
        """Somebody begins to wait."""
        if self._waiters == 0:
            self._since_s = now_s
        self._waiters += 1

    def end_wait(self, now_s: float) -> None:
        """Somebody has what he waited for, or gives up."""
        self._waiters -= 1
        if self._waiters == 0:
            self._left_s -= now_s - self._since_s
