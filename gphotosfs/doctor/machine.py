"""What is wrong on this machine. One table of checks; none of them asks anybody."""

import os
import platform
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from shlex import quote
from typing import Final

from gphotosfs import __version__
from gphotosfs.config import Profile, Settings, read_config_file, settings_from
from gphotosfs.doctor.finding import Finding, failed, fine, warning
from gphotosfs.errors import ConfigError
from gphotosfs.google.sign_in.token_file import is_readable_by_others

# What a cache needs to be of any use: some photos and the head of a film.
_CACHE_LEAST_BYTES: Final = 100 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where the checks look."""

    profile: Profile
    mounts: Iterable[Path]
    """Our mount points, dead ones too."""
    dead: Callable[[Path], bool]
    """Whether nobody serves a mount any more, or who does is stuck."""
    dev_fuse: Path = Path("/dev/fuse")
    fuse_conf: Path = Path("/etc/fuse.conf")
    search_path: str | None = None
    """Where programs are looked for; None: in $PATH."""
    is_root: bool = False


def examine_machine(machine: Machine) -> list[Finding]:
    """What each check finds."""
    return [finding for check in CHECKS for finding in check(machine)]


def versions(_: Machine) -> list[Finding]:
    """Who takes part, for a report of a bug."""
    parts = [
        f"gphotosfs {__version__}",
        f"Python {platform.python_version()}",
        *(f"{name} {metadata.version(name)}" for name in ("pyfuse3", "trio", "httpx")),
        f"Linux {platform.release()}",
    ]
    return [fine("versions", ", ".join(parts))]


def config(machine: Machine) -> list[Finding]:
    """Whether `config.toml` can be used."""
    path = machine.profile.config_path
    try:
        settings_from(read_config_file(path), {})
    except ConfigError as exc:
        return [failed("config.toml", str(exc), f"mend it in {path}")]
    return [fine("config.toml", "usable" if path.exists() else "none, so the defaults hold")]


def fuse_device(machine: Machine) -> list[Finding]:
    """Whether FUSE file systems can be mounted here at all."""
    path = machine.dev_fuse
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError:
        return [
            failed(
                str(path),
                "does not exist: the kernel's module is not loaded, or this is a container",
                "modprobe fuse; in a container: --device /dev/fuse --cap-add SYS_ADMIN",
            )
        ]
    except OSError as exc:
        return [failed(str(path), f"can't be opened: {exc.strerror}", f"as root: chmod 666 {path}")]
    return [fine(str(path), "can be opened")]


def fusermount3(machine: Machine) -> list[Finding]:
    """Whether the program is there that mounts for users."""
    program = shutil.which("fusermount3", path=machine.search_path)
    if program is None:
        return [
            failed("fusermount3", "is not installed", "on Debian and Ubuntu: apt install fuse3")
        ]
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if not machine.is_root and not Path(program).stat().st_mode & 0o4000:
        return [
            failed(
                "fusermount3",
                f"{program} is not setuid root, so users can't mount",
                f"as root: chmod u+s {program}",
            )
        ]
    return [fine("fusermount3", said.stdout.strip().rpartition(" ")[2] or "is installed")]


def user_allow_other(machine: Machine) -> list[Finding]:
    """Whether others may be let in, if that is wanted."""
    lines = machine.fuse_conf.read_text().splitlines() if machine.fuse_conf.is_file() else []
    is_allowed = machine.is_root or "user_allow_other" in (line.strip() for line in lines)
    settings = _settings(machine)
    if is_allowed:
        return [fine("allow_other", "may be used")]
    if settings.allow_other or settings.allow_root:
        return [
            failed(
                "allow_other",
                f"config.toml asks for it, and {machine.fuse_conf} does not allow it to users",
                f"as root: echo user_allow_other >> {machine.fuse_conf}",
            )
        ]
    return [fine("allow_other", "may not be used, and is not asked for")]


def folders(machine: Machine) -> list[Finding]:
    """Whether our folders are one's own and nobody else's to look into."""
    profile = machine.profile
    found = [
        finding
        for folder in (profile.config_dir, profile.data_dir, profile.cache_dir, profile.state_dir)
        for finding in _folder(folder)
    ]
    return found or [fine("folders", "are one's own")]


def _folder(folder: Path) -> list[Finding]:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return []
    except OSError as exc:
        return [
            failed("folders", f"{folder} can't be looked at: {exc.strerror}", _own(folder.parent))
        ]
    mode = status.st_mode & 0o777
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return [failed("folders", f"{folder} can't be written", _own(folder))]
    if mode & 0o077:
        what = f"others can look into {folder} ({mode:04o})"
        return [failed("folders", what, f"chmod 700 {quote(str(folder))}")]
    return []


def _own(folder: Path) -> str:
    """What lets a folder be used again by the one whose it should be."""
    where = quote(str(folder))
    try:
        status = folder.stat()
    except OSError:
        return f"as root: chown -R $USER {where}"
    if not stat.S_ISDIR(status.st_mode):
        return f"move {where} away: it is no folder"
    is_own = status.st_uid == os.geteuid()
    return f"chmod 700 {where}" if is_own else f"as root: chown -R $USER {where}"


def secrets(machine: Machine) -> list[Finding]:
    """Whether nobody else can read the tokens."""
    path = machine.profile.credentials_path
    try:
        mode = path.stat().st_mode & 0o777
    except OSError:
        return []  # what that means is said where Google is asked
    if is_readable_by_others(path, mode):
        return [
            failed(
                "tokens", f"others can read {path} ({mode:04o})", f"chmod 600 {quote(str(path))}"
            )
        ]
    return [fine("tokens", f"only you can read {path}")]


def cache_space(machine: Machine) -> list[Finding]:
    """Whether the cache has room to grow."""
    settings = _settings(machine)
    folder = machine.profile.cache_dir
    while not os.path.exists(folder):  # noqa: PTH110 - says no where Path.exists() raises
        folder = folder.parent
    disk = shutil.disk_usage(folder)
    keep_free = settings.cache_min_free.of(disk.total)
    room = disk.free - keep_free
    if room < _CACHE_LEAST_BYTES:
        return [
            warning(
                "cache",
                f"the disk has {disk.free >> 20} MiB free, of which {keep_free >> 20} stay free: "
                "photos are fetched anew each time",
                f"make room on the disk of {folder}, or lower cache_min_free in config.toml",
            )
        ]
    return [fine("cache", f"has room for {min(room, settings.cache_size_bytes) >> 20} MiB")]


def dead_mounts(machine: Machine) -> list[Finding]:
    """Whether each mount is served by somebody."""
    paths = list(machine.mounts)
    found = [
        failed(
            "mounts",
            f"nobody answers at {path} any more: its daemon ended or is stuck",
            f"gphotosfs unmount --force {quote(str(path))}",
        )
        for path in paths
        if machine.dead(path)
    ]
    return found or [fine("mounts", f"{len(paths)}, all alive" if paths else "none")]


def _settings(machine: Machine) -> Settings:
    """The profile's settings; the defaults where they can't be used, which another check tells."""
    try:
        return settings_from(read_config_file(machine.profile.config_path), {})
    except ConfigError:
        return Settings()


CHECKS: Final[tuple[Callable[[Machine], list[Finding]], ...]] = (
    versions,
    config,
    fuse_device,
    fusermount3,
    user_allow_other,
    folders,
    secrets,
    cache_space,
    dead_mounts,
)
