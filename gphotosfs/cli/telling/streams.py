"""Standard streams that can be relied on, whoever started the program."""

import os
import sys
from typing import Final

_STREAMS: Final = (0, 1, 2)


def open_standard_streams() -> None:
    """Give /dev/null to the standard streams that are closed.

    Else the next file or pipe that is opened would get such a number, and what goes into the background
    or writes a message would close it or write into it; and Python has None for the stream.
    """
    for descriptor in _STREAMS:
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


def discard_output() -> None:
    """Let what is still to be written to standard output go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
