"""Unix sockets at any path."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A short name for the path, good inside the context.

    unix(7): a socket's path has 108 bytes, which a long XDG folder exceeds. Through an open
    descriptor of its folder every path is short.

    Raises:
        OSError: the folder can't be opened.
    """
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
