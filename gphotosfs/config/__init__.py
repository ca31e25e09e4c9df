"""Settings, profiles and what a mount is asked for."""

from gphotosfs.config.fstab import options_in_fstab
from gphotosfs.config.mount_options import MountOptions, parse_mount_options
from gphotosfs.config.pages import sign_in_page
from gphotosfs.config.profile import (
    Folders,
    Profile,
    known_profiles,
    make_private_dir,
    parse_source,
    signed_in_profiles,
)
from gphotosfs.config.request import MountRequest
from gphotosfs.config.settings import (
    OPTIONS,
    LogLevel,
    Option,
    Place,
    Settings,
    Sizes,
    Thumbnails,
    read_config_file,
    settings_from,
)
from gphotosfs.config.values import Amount

__all__ = [
    "OPTIONS",
    "Amount",
    "Folders",
    "LogLevel",
    "MountOptions",
    "MountRequest",
    "Option",
    "Place",
    "Profile",
    "Settings",
    "Sizes",
    "Thumbnails",
    "known_profiles",
    "make_private_dir",
    "options_in_fstab",
    "parse_mount_options",
    "parse_source",
    "read_config_file",
    "settings_from",
    "sign_in_page",
    "signed_in_profiles",
]
