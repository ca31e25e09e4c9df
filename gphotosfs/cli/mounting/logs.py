"""Where log records go."""

import logging
import logging.handlers
import os
import sys
from pathlib import Path
from typing import Final

from gphotosfs.config import LogLevel
from gphotosfs.errors import ConfigError

# One day of a busy mount at level info is well below a megabyte; two files are kept.
_LOG_FILE_MAX_BYTES: Final = 10 << 20

_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"

# sd-daemon(3): journald takes the level from a number in angle brackets, and adds the time.
_JOURNAL_LEVELS: Final = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}


class _JournalFormatter(logging.Formatter):
    """Lines as journald wants them on stderr."""

    def format(self, record: logging.LogRecord) -> str:
        text = f"{record.name}: {super().format(record)}"
        level = _JOURNAL_LEVELS.get(record.levelno, 6)
        return "\n".join(f"<{level}>{line}" for line in text.splitlines())


def log_to(path: Path | None, level: LogLevel) -> None:
    """Log to a file of at most 20 MB in all, or to stderr.

    Raises:
        ConfigError: the file can't be written.
    """
    if path is not None:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            handler: logging.Handler = logging.handlers.RotatingFileHandler(
                path, maxBytes=_LOG_FILE_MAX_BYTES, backupCount=1
            )
        except OSError as exc:
            raise ConfigError(f"the log {path} can't be written: {exc.strerror}") from exc
        handler.setFormatter(logging.Formatter(_FORMAT))
    else:
        handler = logging.StreamHandler(sys.stderr)
        to_journal = "JOURNAL_STREAM" in os.environ
        handler.setFormatter(_JournalFormatter() if to_journal else logging.Formatter(_FORMAT))
    # Others only from WARNING on: httpx logs every address at INFO, and base URLs are secrets.
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("gphotosfs").setLevel(level.upper())
