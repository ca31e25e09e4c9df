"""What fstab(5) says of a mount point."""

import re
from pathlib import Path
from typing import Final

_FSTAB: Final = Path("/etc/fstab")


def options_in_fstab(mountpoint: Path, fstab: Path = _FSTAB) -> str:
    """The options in the line of a mount point, "" if it has none.

    mount(8) keeps those that begin with `x-` to itself; whoever wants to know them reads them here.
    """
    try:
        lines = fstab.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        fields = line.split()
        if len(fields) >= 4 and not fields[0].startswith("#"):
            # fstab(5): a blank is written as an octal escape, \040.
            where = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[1])
            if Path(where) == mountpoint:
                return fields[3]
    return ""
