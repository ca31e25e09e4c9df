"""Where a profile's files are, and how a mount's source names it."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import platformdirs

from gphotosfs.errors import ConfigError

_APP: Final = "gphotosfs"

# A profile's name is a folder's, and part of the ASCII source that the kernel shows.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Folders:
    """Our folder in each place that the XDG rules know."""

    config: Path
    data: Path
    cache: Path
    state: Path
    runtime: Path
    session: Path | None = None
    """The runtime folder of this user's session where this process is in none."""

    @classmethod
    def of_user(cls) -> Self:
        """The folders of whoever runs this, from the XDG variables or their defaults."""
        state = platformdirs.user_state_path(_APP)
        # Unset under cron, at boot and in containers, and somebody else's after su; then the socket lives
        # in the state folder.
        given = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
        in_session = given.is_absolute() and _is_own(given)
        return cls(
            config=platformdirs.user_config_path(_APP),
            data=platformdirs.user_data_path(_APP),
            cache=platformdirs.user_cache_path(_APP),
            state=state,
            runtime=given / _APP if in_session else state,
            session=None if in_session else Path(f"/run/user/{os.geteuid()}") / _APP,
        )

    @property
    def thumbnails(self) -> Path:
        """The folder in which all programs of a user keep thumbnails."""
        return self.cache.parent / "thumbnails"


@dataclass(frozen=True, slots=True)
class Profile:
    """One account with its settings, catalogue and cache.

    Raises:
        ConfigError: the name can't be one.
    """

    name: str = "default"
    folders: Folders = field(default_factory=Folders.of_user)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"{self.name!r} can't name a profile; use letters, digits, dots, _ and -"
            )

    @property
    def config_dir(self) -> Path:
        """Tokens and `config.toml`."""
        return self.folders.config / self.name

    @property
    def data_dir(self) -> Path:
        """What can't be had again: the catalogue, and the bytes of picked photos."""
        return self.folders.data / self.name

    @property
    def cache_dir(self) -> Path:
        """Blocks and their index, nothing else."""
        return self.folders.cache / self.name

    @property
    def state_dir(self) -> Path:
        """Logs and quota ledgers, of all profiles."""
        return self.folders.state

    @property
    def runtime_dir(self) -> Path:
        """The control socket."""
        return self.folders.runtime / self.name

    @property
    def credentials_path(self) -> Path:
        """The tokens, 0600; for a service those that systemd hands it, if it does.

        (`LoadCredential=gphotosfs-PROFILE:…`, https://systemd.io/CREDENTIALS)
        """
        handed = os.environ.get("CREDENTIALS_DIRECTORY")
        if handed and (given := Path(handed, f"{_APP}-{self.name}")).exists():
            return given
        return self.config_dir / "credentials.json"

    @property
    def config_path(self) -> Path:
        """The settings that hold for every mount of the profile."""
        return self.config_dir / "config.toml"

    @property
    def lock_path(self) -> Path:
        """Held by the one process that may write the profile's catalogue and cache."""
        return self.data_dir / "lock"

    @property
    def control_path(self) -> Path:
        """The socket of that process."""
        return self.runtime_dir / "control.sock"

    @property
    def log_path(self) -> Path:
        """The log of mounts in the background."""
        return self.state_dir / f"{self.name}.log"

    def make_dirs(self) -> None:
        """Make sure that every folder is there and is nobody else's to look into.

        Raises:
            ConfigError: one can't be made. The cache is done without where it must be.
        """
        folders = self.folders
        for folder in (
            *(folders.config, folders.data, folders.state, folders.runtime),
            *(self.config_dir, self.data_dir, self.runtime_dir),
        ):
            make_private_dir(folder)
        with suppress(ConfigError):
            make_private_dir(folders.cache)
            make_private_dir(self.cache_dir)


def signed_in_profiles(folders: Folders) -> list[str]:
    """The names of the profiles that have a sign-in, whether or not it is still good."""
    found = folders.config.glob("*/credentials.json")
    return sorted(path.parent.name for path in found if _NAME.fullmatch(path.parent.name))


def known_profiles(folders: Folders) -> list[str]:
    """The names of the profiles that have been used, be it only for archives of Takeout."""
    found = [*folders.config.glob("*/"), *folders.data.glob("*/")]
    return sorted({path.name for path in found if path.is_dir() and _NAME.fullmatch(path.name)})


def make_private_dir(path: Path) -> None:
    """Make the folder, and take it from all others where it was there already.

    Raises:
        ConfigError: that is not possible.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as exc:
        raise ConfigError(f"the folder {path} can't be made: {exc.strerror}") from exc


def _is_own(folder: Path) -> bool:
    """Whether a folder belongs to who runs this, or could be made in one that does."""
    existing = next(path for path in (folder, *folder.parents) if os.path.exists(path))  # noqa: PTH110 - says no where Path.exists() raises
    return existing.stat().st_uid == os.geteuid() and os.access(existing, os.W_OK)


def parse_source(source: str) -> tuple[str, str]:
    """The profile's name and the path within the tree, "" for all of it, of PROFILE[:PATH].

    Raises:
        ConfigError: the path goes up.
    """
    name, _, path = source.partition(":")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise ConfigError(f"the source {source!r} may not go up with '..'")
    return name or "default", "/".join(parts)
