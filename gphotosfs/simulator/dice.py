"""Random-looking numbers that need no state: the same question always gets the same answer."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1


def roll(seed: int, number: int, salt: int) -> int:
    """64 well-mixed bits out of three numbers (the finisher of splitmix64)."""
    x = (
        seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + salt * 0x8CB92BA72F3D8DD7
    ) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def pick(values: Sequence[T], seed: int, number: int, salt: int) -> T:
    """One of the values."""
    return values[roll(seed, number, salt) % len(values)]
