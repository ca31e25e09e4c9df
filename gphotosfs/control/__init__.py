"""How commands and further mounts of a profile talk to the daemon that may write.

What needs an event loop is in `client` and `server`, to be imported from there: most commands make one
call and end, and trio takes as long to load as all the rest of such a command.
"""

from gphotosfs.control.lock import ProfileLock, note_socket, socket_of
from gphotosfs.control.mounts import (
    Mounted,
    MountRecord,
    mounted_at,
    mounts,
    record_of,
    recorded_mounts,
)
from gphotosfs.control.one_call import call

__all__ = [
    "MountRecord",
    "Mounted",
    "ProfileLock",
    "call",
    "mounted_at",
    "mounts",
    "note_socket",
    "record_of",
    "recorded_mounts",
    "socket_of",
]
