"""What the command line hands to the application."""

from dataclasses import dataclass
from pathlib import Path

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
