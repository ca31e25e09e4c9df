"""As whom a mount runs that root has started: never as root for a profile that is not root's."""

import os
import pwd
from pathlib import Path

from gphotosfs.cli.mounting.daemons import resolved
from gphotosfs.config import Profile
from gphotosfs.control import mounted_at
from gphotosfs.errors import ConfigError


def owner_of(profile: str, mountpoint: Path) -> int:
    """The uid that a mount runs as for which root has named nobody.

    It is whoever owns the profile's folder among root's own folders (set by XDG variables, they may
    be anybody's). Where there is none it is the owner of the mount point, in whose home the profile
    is looked for then; fusermount3 would let nobody else mount there.

    Raises:
        ConfigError: the name can't be a profile's.
    """
    folder = Profile(profile).config_dir
    if folder.is_dir():
        return folder.stat().st_uid
    path = resolved(mountpoint)
    mounted = mounted_at(path)
    if mounted is not None and mounted.user_id is not None:  # left by a daemon that was killed
        return mounted.user_id
    return path.stat().st_uid if path.exists() else os.geteuid()


def become(uid: int) -> None:
    """Go on as this user, for good: groups, environment and all; root's capabilities are gone then.

    Raises:
        ConfigError: there is no such user, or whoever runs this is neither that user nor root.
    """
    if uid == os.geteuid():
        return
    try:
        user = pwd.getpwuid(uid)
    except KeyError as exc:
        raise ConfigError(f"option run_as: there is no user with the number {uid}") from exc
    if os.geteuid() != 0:
        raise ConfigError(f"only root can mount as another user (run_as={user.pw_name})")
    os.initgroups(user.pw_name, user.pw_gid)
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    # capabilities(7): leaving uid 0 for all three empties the permitted and effective sets.
    os.setresuid(uid, uid, uid)
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        del os.environ[name]
    os.environ |= {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name}
    # pam_systemd(8) makes it when the user logs in, and removes it with the last session.
    runtime = Path(f"/run/user/{uid}")
    if os.access(runtime, os.W_OK):
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
