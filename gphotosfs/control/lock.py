"""Who may write a profile's catalogue and cache."""

import fcntl
import os
from pathlib import Path
from typing import Self

from gphotosfs.config import Profile, make_private_dir
from gphotosfs.errors import StoreError


def note_socket(profile: Profile) -> None:
    """Leave in the lock's file where its holder listens, which is the caller.

    Raises:
        OSError: it can't be written.
    """
    profile.lock_path.write_text(str(profile.control_path))


def socket_of(profile: Profile) -> Path:
    """Where the profile's writer listens, if there is one.

    Not where this process would: XDG_RUNTIME_DIR is set in a session and not at boot, under cron or su.
    """
    try:
        noted = profile.lock_path.read_text()
    except (OSError, UnicodeDecodeError):
        noted = ""
    return Path(noted) if noted.startswith("/") else profile.control_path


class ProfileLock:
    """Held by the one process that writes; it ends with that process, however that ends.

    It is an flock, so a fork shares it: take it after going to the background.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def try_acquire(cls, path: Path) -> Self | None:
        """The lock, or None where another process has it.

        Raises:
            StoreError: the file can't be made, or its file system knows no locks.
        """
        make_private_dir(path.parent)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise StoreError(f"the lock {path} can't be made: {exc.strerror}") from exc
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as exc:
            os.close(descriptor)
            raise StoreError(f"the lock {path} can't be taken: {exc.strerror}") from exc
        return cls(descriptor)

    def release(self) -> None:
        """Let another process have it; the file stays, since removing it would make two of one."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
