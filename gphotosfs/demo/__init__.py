"""The demo: a profile to be thrown away, a simulated Google, and an export of Takeout."""

from gphotosfs.demo.profile import Demo

__all__ = ["Demo"]
