"""What the command line hands to the application."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from gphotosfs.config.profile import Profile
from gphotosfs.config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class MountRequest:
    """Everything that is said when something is mounted."""

    profile: Profile
    settings: Settings
    path: str
    """The directory of the tree that becomes the mount's root, "" for the tree's own."""
    mountpoint: Path
    """Absolute, all links resolved."""
    source: str
    """As given."""
    handed_on: tuple[str, ...] = ()
    """Options for libfuse as they are."""
    links: tuple[Path, ...] = ()
    """Other absolute paths of the mount point, by which programs may come to it."""
    for_desktop: Mapping[str, str] = field(default_factory=dict)
    """Options that begin with x-gvfs-, by name, percent-encoded."""

    @property
    def label(self) -> str:
        """What a file manager calls the mount beside its disks."""
        if given := self.for_desktop.get("x-gvfs-name"):
            return unquote(given)
        if self.path.startswith("album-id="):
            return self.mountpoint.name
        if self.path:
            return PurePosixPath(self.path).name
        name = self.profile.name
        return "Google Photos" if name == "default" else f"Google Photos ({name})"

    @property
    def icon(self) -> str:
        """The icon that it has there, as themes call it; "" for ours."""
        return unquote(self.for_desktop.get("x-gvfs-icon", ""))

    def fuse_options(self, fsname: str) -> set[str]:
        """Everything that libfuse is told, with the source that mount tables shall show.

        The name must be ASCII, as pyfuse3 wants it.
        """
        settings = self.settings
        options = {
            "ro",
            # Takes the mount away even after kill -9, which would leave it dead.
            "auto_unmount",
            f"subtype={settings.subtype}",
            # libfuse splits at commas that are not escaped.
            "fsname=" + fsname.replace("\\", "\\\\").replace(",", "\\,"),
            *(option.replace("\\", "\\\\").replace(",", "\\,") for option in self.handed_on),
            *(
                f"{name}={value}".removesuffix("=").replace(",", "%2C")
                for name, value in self.for_desktop.items()
            ),
        }
        if settings.allow_other:
            options.add("allow_other")
        if settings.allow_root:
            options.add("allow_root")
        # Where somebody else may come in, the kernel checks the modes. Not otherwise: it would ask for
        # the attributes before each open of a file whose size is an estimate, and so for the size (a
        # HEAD, with 6.18), although the first range that `open` fetches tells it for nothing.
        if settings.allow_other or settings.allow_root:
            options.add("default_permissions")
        return options
