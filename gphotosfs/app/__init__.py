"""The application: the one place where objects are made and joined."""

from gphotosfs.app.daemon import run

__all__ = ["run"]
