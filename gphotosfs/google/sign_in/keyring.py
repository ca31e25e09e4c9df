"""Secrets in the desktop's keyring: the Secret Service of GNOME, KDE and KeePassXC."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # an optional dependency
    from secretstorage import Collection


class KeyringError(OSError):
    """The keyring can't be used; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.strerror = message


class Keyring(Protocol):
    """Keeps one text for each file that stands for it."""

    def secret(self, file: Path) -> str | None:
        """The text, None if there is none.

        Raises:
            KeyringError: the keyring can't be used, or is locked.
        """

    def keep(self, file: Path, secret: str) -> None:
        """Keep the text in place of what there was.

        Raises:
            KeyringError: the keyring can't be used, or stays locked.
        """

    def forget(self, file: Path) -> None:
        """Remove the text if there is one.

        Raises:
            KeyringError: the keyring can't be used, or stays locked.
        """


class SecretService:
    """The keyring of the session, over D-Bus."""

    def secret(self, file: Path) -> str | None:
        """The text, None if there is none; a locked keyring is not asked to be opened.

        For it is a daemon that asks, which may have nobody to type a password.

        Raises:
            KeyringError: the keyring can't be used, or is locked.
        """
        with _collection() as collection:
            for item in collection.search_items(_attributes(file)):
                if item.is_locked():
                    raise KeyringError("it is locked; unlock it by logging in to the desktop")
                return item.get_secret().decode()
        return None

    def keep(self, file: Path, secret: str) -> None:
        """Keep the text; a locked keyring asks for its password.

        Raises:
            KeyringError: the keyring can't be used, or stays locked.
        """
        with _collection() as collection:
            _unlock(collection)
            collection.create_item(
                f"gphotosfs ({file.parent.name})", _attributes(file), secret.encode(), replace=True
            )

    def forget(self, file: Path) -> None:
        """Remove the text; a locked keyring asks for its password.

        Raises:
            KeyringError: the keyring can't be used, or stays locked.
        """
        with _collection() as collection:
            for item in collection.search_items(_attributes(file)):
                _unlock(collection)
                item.delete()


def _attributes(file: Path) -> dict[str, str]:
    return {"application": "gphotosfs", "file": str(file)}


def _unlock(collection: "Collection") -> None:
    if collection.is_locked() and collection.unlock():
        raise KeyringError("it stays locked")


@contextmanager
def _collection() -> Iterator["Collection"]:
    try:
        import secretstorage
    except ImportError as exc:
        raise KeyringError("it needs one more package: pip install 'gphotosfs[keyring]'") from exc
    try:
        connection = secretstorage.dbus_init()
    except secretstorage.SecretServiceNotAvailableException as exc:
        raise KeyringError("this session has none (no D-Bus)") from exc
    try:
        yield secretstorage.get_default_collection(connection)
    except secretstorage.SecretServiceNotAvailableException as exc:
        raise KeyringError("this session has none (no Secret Service)") from exc
    except secretstorage.SecretStorageException as exc:
        raise KeyringError(f"it refuses: {type(exc).__name__}") from exc
    finally:
        connection.close()
