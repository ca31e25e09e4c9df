"""Google Photos as files: a FUSE file system for Linux."""

from typing import Final

__version__: Final = "0.1.0"
