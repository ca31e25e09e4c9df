"""The application: the one place where objects are made and joined."""

from gphotosfs.app.daemon import run
from gphotosfs.app.running import run_loop
from gphotosfs.app.writer import reach

__all__ = ["reach", "run", "run_loop"]
