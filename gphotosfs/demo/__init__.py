"""The demo: a profile to be thrown away, a simulated Google, and an export of Takeout."""

from gphotosfs.demo.profile import PREFIX, Demo, profile_of_demo

__all__ = ["PREFIX", "Demo", "profile_of_demo"]
