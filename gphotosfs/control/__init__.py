"""How commands and further mounts of a profile talk to the daemon that may write."""

from gphotosfs.control.client import Client, call, connect
from gphotosfs.control.lock import ProfileLock
from gphotosfs.control.mounts import (
    Mounted,
    MountRecord,
    mounted_at,
    mounts,
    record_of,
    recorded_mounts,
)
from gphotosfs.control.server import Handler, serve

__all__ = [
    "Client",
    "Handler",
    "MountRecord",
    "Mounted",
    "ProfileLock",
    "call",
    "connect",
    "mounted_at",
    "mounts",
    "record_of",
    "recorded_mounts",
    "serve",
]
