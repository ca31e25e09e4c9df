"""Files that are in no library: those in `.gphotosfs`, and the README.txt of an empty view.

Their inodes are fixed and below the catalogue's first free one.
"""

from typing import Final, NamedTuple

from gphotosfs.model import ROOT, DirectoryKind, Inode
from gphotosfs.views import layout


class Virtual(NamedTuple):
    """A virtual file or directory."""

    inode: Inode
    parent: Inode
    name: bytes
    is_directory: bool = False


CONTROL: Final = Virtual(Inode(32), ROOT, b".gphotosfs", is_directory=True)
STATUS: Final = Virtual(Inode(33), CONTROL.inode, b"status.json")
METRICS: Final = Virtual(Inode(34), CONTROL.inode, b"metrics")

# In the root of each mount, which answers for them itself: app/labelled.py.
VOLUME_INFO: Final = Virtual(Inode(35), ROOT, b".xdg-volume-info")
VOLUME_ICON: Final = Virtual(Inode(36), ROOT, b".VolumeIcon.svg")

README: Final = b"README.txt"

# What file managers and shells look for in every directory, some of them dozens of times a minute
# (seen: Nautilus and Thunar ask 45 times in 20 s for .Trash-UID), and, in the root of a mount, what GVfs
# takes it for by: /usr/share/mime/treemagic of shared-mime-info has the names, but for those that an
# album may well be called.
_PROBED: Final = frozenset(
    (b".Trash", b".Trashes", b".hidden", b".directory", b".sh_thumbnails", b".thumbnails", b".comments",
     b".git", b".hg", b".svn", b".nomedia", b".metadata", b".trackerignore", b".localized",
     b".DS_Store", b".fseventsd", b".Spotlight-V100", b"desktop.ini", b"Thumbs.db", b".xdg-volume-info",
     b"autorun.inf", b"AutoRun.inf", b".autorun", b"autorun", b"autorun.sh", b"autorun.exe",
     b"BDMV", b"BDAV", b"AACS", b"VIDEO_TS", b"VIDEO_TS.IFO", b"AUDIO_TS", b"HVDVD_TS", b".kobo", b".ostree")
)  # fmt: skip

_REASONS: Final = {
    DirectoryKind.ALBUMS: "This sign-in sees no album.",
    DirectoryKind.FAVORITES: "This sign-in sees no favourite.",
    DirectoryKind.VIDEOS: "This sign-in sees no video.",
}

_NOTHING_PICKED: Final = b"""\
Nothing has been picked yet.

Google lets you choose photos and videos of your whole library on a page of its own, and hands over
what you tick there: up to 2,000 at a time, as often as you like. They are copied to this machine and
stay here until you remove them:

    gphotosfs pick

Each time makes a directory in here.
"""

_OR_PICK: Final = """\
Or choose photos of your whole library on a page of Google's; they stand here as well then:

    gphotosfs pick

"""

_SHOW_PICKS: Final = frozenset(
    {DirectoryKind.ALL, DirectoryKind.BY_YEAR, DirectoryKind.BY_MONTH, DirectoryKind.BY_DAY}
)

_READMES: Final = {
    Inode(40 + fixed.inode): fixed
    for fixed in layout.FIXED
    if fixed.kind not in {DirectoryKind.ROOT, DirectoryKind.MEDIA}
}

_BY_NAME: Final = {(one.parent, one.name): one for one in (CONTROL, STATUS, METRICS)}
_BY_INODE: Final = {one.inode: one for one in (CONTROL, STATUS, METRICS)}


def named(parent: Inode, name: bytes) -> Virtual | None:
    """The virtual file of this name, but for a README.txt; None if there is none."""
    return _BY_NAME.get((parent, name))


def is_probed(name: bytes) -> bool:
    """Whether programs ask for this name on the off chance, so that it is worth no request.

    An album may be called so all the same, and is then found like any other.
    """
    return name in _PROBED or name.startswith(b".Trash-")


def numbered(inode: Inode) -> Virtual | None:
    """The virtual file with this number; None if it is none's."""
    found = _BY_INODE.get(inode)
    if found is None and inode in _READMES:
        found = Virtual(inode, _READMES[inode].inode, README)
    return found


def readme_in(directory: Inode) -> Virtual | None:
    """The README.txt that a root view shows while it is empty; None for any other directory."""
    return numbered(Inode(40 + directory)) if Inode(40 + directory) in _READMES else None


def readme_text(inode: Inode) -> bytes:
    """Why a view is empty, and what fills it."""
    if _READMES[inode].kind is DirectoryKind.PICKED:
        return _NOTHING_PICKED
    reason = _REASONS.get(_READMES[inode].kind, "This sign-in sees no photo.")
    or_pick = _OR_PICK if _READMES[inode].kind in _SHOW_PICKS else ""
    return f"""\
{reason}

Google shows a program only what was uploaded through the same OAuth client; since 2025-03-31 no
program sees the whole library any more. So this is empty until something is uploaded with the client
id that you signed in with, or until you sign in with the one that uploaded before:

    gphotosfs login

{or_pick}What is known at the moment, and when it was looked up:

    gphotosfs status
""".encode()
