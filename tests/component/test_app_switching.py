"""Files that stay open while another process becomes the profile's writer."""

import pytest
import trio
import trio.testing

from gphotosfs import errors
from gphotosfs.app.switching import SwitchingTree
from gphotosfs.model import Entry, Inode, Node, Picture, Place, Usage

PHOTO = Inode(100)


class OneFile:
    """A tree of one file, which counts what is open."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.opened_times = 0
        self.open_handles: set[int] = set()
        self.ended = False

    async def _answer(self) -> None:
        await trio.sleep(0.1)
        if self.ended:
            raise errors.NotMountedError("it has ended")

    async def lookup(self, parent: Inode, name: bytes) -> Node | None:
        raise NotImplementedError

    async def stat(self, inode: Inode, *, probe: bool = True, patient: bool = False) -> Node:
        await self._answer()
        return Node(inode, False, 0, 0, len(self.content))

    async def opened(self, directory: Inode) -> None:
        raise NotImplementedError

    async def entries(self, directory: Inode, after: int | None, most: int = 256) -> list[Entry]:
        raise NotImplementedError

    async def open(self, inode: Inode, *, unattended: bool = False) -> int:
        await self._answer()
        self.opened_times += 1
        self.open_handles.add(self.opened_times)
        return self.opened_times

    async def read(self, handle: int, offset: int, size: int) -> bytes:
        await self._answer()
        assert handle in self.open_handles
        return self.content[offset : offset + size]

    def close(self, handle: int) -> None:
        self.open_handles.remove(handle)

    async def attribute_names(self, inode: Inode) -> list[bytes]:
        raise NotImplementedError

    async def attribute(self, inode: Inode, name: bytes) -> bytes:
        raise NotImplementedError

    async def usage(self) -> Usage:
        raise NotImplementedError

    async def root(self, path: str) -> tuple[Inode, str]:
        raise NotImplementedError

    async def picture(self, inode: Inode, longest_px: int) -> Picture:
        raise NotImplementedError

    async def places(self, inode: Inode) -> list[Place]:
        raise NotImplementedError

    async def known_files(self, after: Inode) -> list[Node]:
        raise NotImplementedError


async def test_reads_side_by_side_open_a_file_once_after_a_switch(
    autojump_clock: trio.testing.MockClock,
) -> None:
    first, second = OneFile(b"0123456789"), OneFile(b"0123456789")
    tree = SwitchingTree()
    tree.serve_from(first)
    handle = await tree.open(PHOTO)
    first.ended = True
    found: dict[int, bytes] = {}

    async def read(offset: int) -> None:
        found[offset] = bytes(await tree.read(handle, offset, 2))

    async with trio.open_nursery() as nursery:
        for offset in range(0, 10, 2):
            nursery.start_soon(read, offset)
        await trio.sleep(1)
        tree.serve_from(second)

    assert found == {0: b"01", 2: b"23", 4: b"45", 6: b"67", 8: b"89"}
    assert second.opened_times == 1
    tree.close(handle)
    assert second.open_handles == set()


async def test_a_file_that_is_another_after_a_switch_is_stale(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """No reader gets the beginning of one version and the end of another."""
    first, second = OneFile(b"0123456789"), OneFile(b"something longer")
    tree = SwitchingTree()
    tree.serve_from(first)
    handle = await tree.open(PHOTO)
    assert await tree.read(handle, 0, 4) == b"0123"

    tree.serve_from(second)

    with pytest.raises(errors.ContentChangedError):
        await tree.read(handle, 4, 4)
    with pytest.raises(errors.ContentChangedError):
        await tree.read(handle, 4, 4)
    tree.close(handle)
    assert second.open_handles == set()
