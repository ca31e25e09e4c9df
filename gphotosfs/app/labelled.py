"""What a mount is called beside the disks in a file manager, and its icon there.

GVfs looks for `.xdg-volume-info` in the root of every mount that it shows. For the mounts of ordinary
users there is no other way: of the options `x-gvfs-name` and `x-gvfs-icon` it reads those in fstab alone
(`apply_options_from_fstab` in its monitor/udisks2/gvfsudisks2volume.c, and only this file goes before
them). So there is one in each mount's root, which no listing shows, and the icon beside it.
"""

from importlib import resources
from typing import Final

from gphotosfs.app.switching import SwitchingTree
from gphotosfs.config import MountRequest
from gphotosfs.model import Inode, Node
from gphotosfs.views.virtual import VOLUME_ICON, VOLUME_INFO

# Our handles and the tree's are in one table of the kernel's; the tree counts from 1.
_FIRST_HANDLE: Final = 1 << 62


class LabelledTree(SwitchingTree):
    """The tree of one mount, with the files that this mount alone has in its root."""

    def __init__(self) -> None:
        super().__init__()
        self._root: Inode | None = None
        self._texts: dict[Inode, bytes] = {}
        self._nodes: dict[bytes, Node] = {}

    def label(self, root: Inode, request: MountRequest, *, now_ns: int) -> None:
        """Have those files from now on."""
        self._root = root
        own = {VOLUME_INFO: volume_info(request), VOLUME_ICON: icon()}
        self._texts = {file.inode: text for file, text in own.items()}
        self._nodes = {
            file.name: Node(file.inode, False, now_ns, now_ns, len(text))
            for file, text in own.items()
        }

    async def lookup(self, parent: Inode, name: bytes) -> Node | None:
        """What a name stands for; None if the directory does not have it."""
        if parent == self._root and name in self._nodes:
            return self._nodes[name]
        return await super().lookup(parent, name)

    async def stat(self, inode: Inode, *, probe: bool = True, patient: bool = False) -> Node:
        """A node with its exact size if that can be had in time."""
        if inode in self._texts:
            return next(node for node in self._nodes.values() if node.inode == inode)
        return await super().stat(inode, probe=probe, patient=patient)

    async def open(self, inode: Inode, *, unattended: bool = False) -> int:
        """A handle for reading a file."""
        if inode in self._texts:
            return _FIRST_HANDLE + inode
        return await super().open(inode, unattended=unattended)

    async def read(self, handle: int, offset: int, size: int) -> bytes | bytearray | memoryview:
        """Bytes of an open file."""
        if handle < _FIRST_HANDLE:
            return await super().read(handle, offset, size)
        return self._texts[Inode(handle - _FIRST_HANDLE)][offset : offset + size]

    def close(self, handle: int) -> None:
        """Close a handle."""
        if handle < _FIRST_HANDLE:
            super().close(handle)


def volume_info(request: MountRequest) -> bytes:
    """The file that GVfs reads (`on_xdg_volume_info_loaded` in its common/gvfsmountinfo.c)."""
    icon = request.icon
    shown = f"Icon={_escaped(icon)}" if icon else f"IconFile={VOLUME_ICON.name.decode()}"
    return f"[Volume Info]\nName={_escaped(request.label)}\n{shown}\n".encode("utf-8", "replace")


def icon() -> bytes:
    """Our icon, an SVG."""
    return (resources.files("gphotosfs.desktop") / "files" / "gphotosfs.svg").read_bytes()


def _escaped(text: str) -> str:
    # As a GKeyFile has it: https://specifications.freedesktop.org/desktop-entry-spec, Value types.
    for character, written in (("\\", r"\\"), ("\n", r"\n"), ("\t", r"\t"), ("\r", r"\r")):
        text = text.replace(character, written)
    return text.replace(" ", r"\s", 1) if text.startswith(" ") else text
