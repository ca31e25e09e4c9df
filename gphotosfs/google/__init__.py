"""Talks to Google: sign-in, the Library API, base URLs. The only package that speaks HTTP."""

import sys

# httpx brings a command line of its own, and with it rich and pygments: nearly half of the 0.13 s that
# it takes to load. Where that part can't be imported httpx does without it (httpx/__init__.py, 0.28).
_COMMAND_LINE = "httpx._main"
if "httpx" not in sys.modules:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment] # what says: there is no such module
    import httpx as httpx  # before any module of ours does

    del sys.modules[_COMMAND_LINE]
