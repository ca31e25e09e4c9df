"""A further mount of a profile: its tree is the first one's, asked over the control socket.

`RemoteTree` is the asking side, `handlers` the answering one. Files are read without handles on the
writer's side, by inode and length, so nothing is left behind when a mount ends, and a mount survives
the end of the writer.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from typing import Any, Final

import trio

from gphotosfs import errors
from gphotosfs.catalog.places import Changes
from gphotosfs.control.client import Client
from gphotosfs.control.server import Handler
from gphotosfs.lanes import Lane, current_lane, in_lane
from gphotosfs.model import Entry, Inode, Node, Picture, Place, Usage
from gphotosfs.views.tree import BATCH, Tree

IDLE_S: Final = 30.0
"""So long a file that another mount reads stays open here after its last read."""

NEWS_KEPT: Final = 100
"""Changes are told page by page, and a mount asks again within a round trip of the socket."""


class RemoteTree:
    """The writer's tree, with the methods that `fuse/` asks."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._handles: dict[int, tuple[Inode, int, bytes | None]] = {}
        self._numbers = itertools.count(1)
        self._seen: int | None = None

    async def lookup(self, parent: Inode, name: bytes) -> Node | None:
        """What a name stands for; None if the directory does not have it."""
        found = await self._client.call("tree_lookup", parent=parent, name=_text(name))
        return None if found is None else Node(*found)

    async def stat(self, inode: Inode, *, probe: bool = True, patient: bool = False) -> Node:
        """A node with its exact size if that can be had in time; nobody is asked without `probe`."""
        stat = await self._client.call("tree_stat", inode=inode, probe=probe, patient=patient)
        return Node(*stat)

    async def opened(self, directory: Inode) -> None:
        """A program opens a directory."""
        await self._client.call("tree_opened", directory=directory)

    async def entries(self, directory: Inode, after: int | None, most: int = BATCH) -> list[Entry]:
        """The next entries behind a cookie, at least one unless at the end."""
        rows = await self._client.call("tree_entries", directory=directory, after=after, most=most)
        return [Entry(cookie, _bytes(name), Node(*node)) for cookie, name, node in rows]

    async def open(self, inode: Inode, *, unattended: bool = False) -> int:
        """A handle for reading a file."""
        (size_bytes, is_text), content = await self._client.call_for_bytes(
            "tree_open", inode=inode, unattended=unattended
        )
        number = next(self._numbers)
        self._handles[number] = (inode, size_bytes, content if is_text else None)
        return number

    async def read(self, handle: int, offset: int, size: int) -> bytes | bytearray | memoryview:
        """Bytes of an open file."""
        inode, size_bytes, content = self._handles[handle]
        if content is not None:
            return content[offset : offset + size]
        _, data = await self._client.call_for_bytes(
            "tree_read", inode=inode, size_bytes=size_bytes, offset=offset, size=size
        )
        return data

    def close(self, handle: int) -> None:
        """Close a handle."""
        del self._handles[handle]

    async def attribute_names(self, inode: Inode) -> list[bytes]:
        """The names of the extended attributes."""
        return [_bytes(n) for n in await self._client.call("tree_attribute_names", inode=inode)]

    async def attribute(self, inode: Inode, name: bytes) -> bytes:
        """The value of an extended attribute."""
        return _bytes(await self._client.call("tree_attribute", inode=inode, name=_text(name)))

    async def picture(self, inode: Inode, longest_px: int) -> Picture:
        """A file made small, in the lane of the task that asks."""
        (mime_type, width, height), content = await self._client.call_for_bytes(
            "tree_picture", inode=inode, longest_px=longest_px, lane=current_lane()
        )
        return Picture(content, mime_type, width, height)

    async def places(self, inode: Inode) -> list[Place]:
        """Everywhere a file or directory is shown."""
        found = await self._client.call("tree_places", inode=inode)
        return [Place(Inode(d), cookie, _bytes(path)) for d, cookie, path in found]

    async def known_files(self, after: Inode) -> list[Node]:
        """The photos and videos with the next larger numbers."""
        return [Node(*node) for node in await self._client.call("tree_known_files", after=after)]

    async def usage(self) -> Usage:
        """How many files are known, and how much room they take."""
        return Usage(*await self._client.call("tree_usage"))

    async def root(self, path: str) -> tuple[Inode, str]:
        """The directory that becomes a mount's root, and its path in ASCII."""
        inode, in_ascii = await self._client.call("tree_root", path=path)
        return Inode(inode), in_ascii

    async def changes(self) -> tuple[Changes, list[Inode]]:
        """What changed since the last call, as soon as something did: names, and files' bytes.

        The first call comes back at once, with nothing.
        """
        answer = await self._client.call("tree_changes", seen=self._seen)
        self._seen, appeared, vanished, renewed = answer
        changes = Changes(
            appeared=[(Inode(d), _bytes(n)) for d, n in appeared],
            vanished=[(Inode(d), _bytes(n), Inode(i)) for d, n, i in vanished],
        )
        return changes, [Inode(i) for i in renewed]


class News:
    """Changes of the tree, for every mount of the profile that asks what there is since it last did."""

    def __init__(self) -> None:
        self._told: deque[tuple[Changes, list[Inode]]] = deque(maxlen=NEWS_KEPT)
        self._count = 0
        self._more = trio.Event()

    def tell(self, changes: Changes, renewed: Iterable[Inode] = ()) -> None:
        """Hand on what changed."""
        self._told.append((changes, list(renewed)))
        self._count += 1
        self._more.set()
        self._more = trio.Event()

    async def since(self, seen: int | None) -> tuple[int, list[tuple[Changes, list[Inode]]]]:
        """What was told behind that number, as soon as there is something, and the last one's number.

        None asks for the number alone. Who has missed more than is kept has the kernel's timeouts.
        """
        if seen is None:
            return self._count, []
        while self._count <= seen:
            await self._more.wait()
        missed = min(self._count - seen, len(self._told))
        return self._count, list(self._told)[-missed:]


class Readers:
    """The files that other mounts read, open for as long as they are read."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._open: dict[Inode, tuple[int, int, float]] = {}

    async def run(self) -> None:
        """Close what is not read any more."""
        while True:
            await trio.sleep(IDLE_S)
            before_s = trio.current_time() - IDLE_S
            for inode in [i for i, (_, _, used_s) in self._open.items() if used_s < before_s]:
                self._tree.close(self._open.pop(inode)[0])

    async def read(self, inode: Inode, size_bytes: int, offset: int, size: int) -> bytes:
        """Bytes of a file that has that length.

        Raises:
            ContentChangedError: it has another one by now.
            RemoteError: the bytes could not be had; the subclass says why.
        """
        handle, known_bytes, _ = self._open.get(inode, (0, 0, 0.0))
        if not handle or known_bytes != size_bytes:
            handle, known_bytes = await self.open(inode)
        if known_bytes != size_bytes:
            raise errors.ContentChangedError("the file has another length now")
        self._open[inode] = (handle, known_bytes, trio.current_time())
        return bytes(await self._tree.read(handle, offset, size))

    async def open(self, inode: Inode, *, unattended: bool = False) -> tuple[int, int]:
        """A handle on a file, and its length."""
        handle = await self._tree.open(inode, unattended=unattended)
        size_bytes = self._tree.node(inode).size_bytes
        former = self._open.pop(inode, None)
        self._open[inode] = (handle, size_bytes, trio.current_time())
        if former is not None:
            self._tree.close(former[0])
        return handle, size_bytes


def handlers(tree: Tree, news: News, readers: Readers) -> Mapping[str, Handler]:
    """The answering side, for the control socket, to which a tuple is a value with bytes behind it."""

    async def lookup(parent: Inode, name: str) -> Any:
        found = await tree.lookup(parent, _bytes(name))
        return None if found is None else list(astuple(found))

    async def stat(inode: Inode, probe: bool, patient: bool) -> Any:
        return list(astuple(await tree.stat(inode, probe=probe, patient=patient)))

    async def entries(directory: Inode, after: int | None, most: int = BATCH) -> Any:
        found = await tree.entries(directory, after, most)
        return [(one.cookie, _text(one.name), astuple(one.node)) for one in found]

    async def open_(inode: Inode, unattended: bool) -> Any:
        text = tree.text(inode)
        if text is not None:
            return (len(text), True), text
        _, size_bytes = await readers.open(inode, unattended=unattended)
        return (size_bytes, False), b""

    async def read(inode: Inode, size_bytes: int, offset: int, size: int) -> Any:
        return None, await readers.read(inode, size_bytes, offset, size)

    async def root(path: str) -> Any:
        # A list: what a handler returns as a tuple is a value and bytes.
        return list(await tree.root(path))

    async def picture(inode: Inode, longest_px: int, lane: int) -> Any:
        with in_lane(Lane(lane)):
            found = await tree.picture(inode, longest_px)
        return (found.mime_type, found.width, found.height), found.content

    async def places(inode: Inode) -> Any:
        return [(d, cookie, _text(path)) for d, cookie, path in await tree.places(inode)]

    async def known_files(after: Inode) -> Any:
        return [astuple(node) for node in await tree.known_files(after)]

    async def names(inode: Inode) -> Any:
        return [_text(name) for name in await tree.attribute_names(inode)]

    async def attribute(inode: Inode, name: str) -> Any:
        return _text(await tree.attribute(inode, _bytes(name)))

    async def usage() -> Any:
        return list(await tree.usage())

    async def changes(seen: int | None) -> Any:
        count, told = await news.since(seen)
        return [
            count,
            [(d, _text(n)) for found, _ in told for d, n in found.appeared],
            [(d, _text(n), i) for found, _ in told for d, n, i in found.vanished],
            [inode for _, renewed in told for inode in renewed],
        ]

    answers: dict[str, Callable[..., Any]] = {
        "lookup": lookup,
        "stat": stat,
        "opened": tree.opened,
        "entries": entries,
        "open": open_,
        "read": read,
        "picture": picture,
        "places": places,
        "known_files": known_files,
        "attribute_names": names,
        "attribute": attribute,
        "usage": usage,
        "root": root,
        "changes": changes,
    }
    return {f"tree_{name}": answer for name, answer in answers.items()}


# Names are bytes and JSON is text: what is not UTF-8 travels as lone surrogates.
def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
