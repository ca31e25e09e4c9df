"""Whatever happens at Google and in between, the tree agrees with a model of plain dicts."""

import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import trio
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gphotosfs import errors
from gphotosfs.app.core import Core
from gphotosfs.model import Inode, Node
from gphotosfs.simulator.library.items import Item, day
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import listing, running_core
from tests.stepwise import Stepwise

SECOND_NS: Final = 1_000_000_000
DAY_NS: Final = 86_400 * SECOND_NS
NEWEST_NS: Final = 1_795_000_000 * SECOND_NS

FILENAMES: Final = (
    "a.jpg", "A.JPG", "b.jpg", "a/b.jpg", "a／b.jpg", "", ".", "..", "caf\u00e9.jpg", "cafe\u0301.jpg",
    "x" * 300 + ".jpg", "x" * 301 + ".jpg", "no extension", "new\nline.jpg", "README.txt", ".hidden",
    "\U0001f600" * 80,
)  # fmt: skip
TITLES: Final = (
    "Trips", "Trips/Paris", "Trips/Rome", "Trips/Rome/Forum", "/Trips", "Trips/", "", "Holiday", ".git",
    "..", "t" * 400, "\u6f22" * 100, "a／b", "a/b",
)  # fmt: skip

numbers = st.integers(0, 10_000)
days = st.sampled_from((0, 1, 2, 31, 366, 20_000, 60_000))


@dataclass
class Known:
    """What programs have seen so far, which binds us for ever."""

    inodes: dict[str, Inode] = field(default_factory=dict)
    """By item id, or kind and path of a directory."""
    owners: dict[Inode, str] = field(default_factory=dict)
    names: dict[tuple[Inode, str], tuple[str, object]] = field(default_factory=dict)
    """(directory, item or album): its name, and what it was made of."""

    def note_inode(self, identity: str, inode: Inode) -> None:
        assert self.inodes.setdefault(identity, inode) == inode
        assert self.owners.setdefault(inode, identity) == identity

    def note_name(self, directory: Inode, identity: str, name: str, basis: object) -> None:
        seen = self.names.get((directory, identity))
        if seen is not None and seen[1] == basis:
            assert seen[0] == name
        self.names[directory, identity] = (name, basis)

    def forget(self, identity: str, is_kept: Callable[[Inode], bool] = lambda _: False) -> None:
        """It left directories at Google, so that it may be called otherwise when it comes back."""
        self.names = {
            key: seen for key, seen in self.names.items() if key[1] != identity or is_kept(key[0])
        }


@dataclass
class Reading:
    """An open file, and which versions its bytes may be."""

    handle: int
    item_id: str
    versions: list[bytes]


class TreeMachine(RuleBasedStateMachine):
    """One profile, its library at Google, and everything that may happen to both."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="gphotosfs-test-"))
        self.world = World(
            items=12, album_sizes=[5, 3], cheap_bytes=True,
            photo_bytes=20_000, video_bytes=400_000, days=400,
        )  # fmt: skip
        self.nested = False
        self.toggles = 0
        self.online = True
        self.known = Known()
        self.directories = [""]
        self.versions: dict[str, list[bytes]] = {}
        self.open: list[Reading] = []
        self.service: SimulatedGoogle | None = None
        self.loop = Stepwise(self._core)

    def _core(self) -> AbstractAsyncContextManager[Core]:
        self.service = SimulatedGoogle(self.world)
        # A token is renewed in a thread, which a virtual clock would outrun.
        self.service.options.access_token_life_s = 1e9
        return running_core(self.folder, self.service, nest_albums=self.nested)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # what went wrong before is to be seen first
                self.photos.faults.clear()
                self.loop.do(self._agree)
        finally:
            self.loop.close()
            shutil.rmtree(self.folder)

    @property
    def photos(self) -> SimulatedGoogle:
        assert self.service is not None
        return self.service

    # --- what happens at Google ---------------------------------------------------------------

    @rule(filename=st.sampled_from(FILENAMES), back=days, favorite=st.booleans())
    def add(self, filename: str, back: int, favorite: bool) -> None:
        self.world.add_item(
            filename=filename, created_ns=NEWEST_NS - back * DAY_NS, favorite=favorite
        )

    @rule(number=numbers)
    def remove(self, number: int) -> None:
        if (item := self._an_item(number)) is not None:
            self.world.remove_item(item.id)
            self.known.forget(item.id)

    @rule(number=numbers, back=days)
    def redate(self, number: int, back: int) -> None:
        if (item := self._an_item(number)) is not None:
            self.world.edit_item(item.id, created_ns=NEWEST_NS - back * DAY_NS)

    @rule(number=numbers, filename=st.sampled_from(FILENAMES))
    def rename(self, number: int, filename: str) -> None:
        if (item := self._an_item(number)) is not None:
            self.world.edit_item(item.id, filename=filename)

    @rule(number=numbers, text=st.sampled_from(("", "Grüße")))
    def describe(self, number: int, text: str) -> None:
        if (item := self._an_item(number)) is not None:
            self.world.edit_item(item.id, description=text)

    @rule(number=numbers)
    def like_or_not(self, number: int) -> None:
        if (item := self._an_item(number)) is not None:
            self.world.edit_item(item.id, favorite=not item.favorite)
            favorites = self.known.inodes.get("favorites")
            self.known.forget(item.id, lambda directory: directory != favorites)

    @rule(number=numbers)
    def change_bytes(self, number: int) -> None:
        if (item := self._an_item(number)) is not None:
            self._note_version(item)
            self._note_version(self.world.change_bytes(item.id))

    @rule(title=st.sampled_from(TITLES), first=numbers, count=st.integers(0, 4))
    def new_album(self, title: str, first: int, count: int) -> None:
        items = list(self.world.items())
        first %= max(1, len(items))
        self.world.new_album(title, [item.id for item in items[first : first + count]])

    @rule(number=numbers, title=st.sampled_from(TITLES))
    def rename_album(self, number: int, title: str) -> None:
        if albums := self.world.albums():
            self.world.rename_album(albums[number % len(albums)].id, title)

    @rule(number=numbers)
    def remove_album(self, number: int) -> None:
        if albums := self.world.albums():
            self.world.remove_album(albums[number % len(albums)].id)

    @rule(number=numbers, which=numbers)
    def add_to_album(self, number: int, which: int) -> None:
        item = self._an_item(which)
        if item is not None and (albums := self.world.albums()):
            self.world.add_to_album(albums[number % len(albums)].id, item.id)

    @rule(number=numbers, which=numbers)
    def remove_from_album(self, number: int, which: int) -> None:
        if albums := [album for album in self.world.albums() if album.members]:
            album = albums[number % len(albums)]
            item = self.world.at(album.members[which % len(album.members)])
            self.world.remove_from_album(album.id, item.id)
            directory = self.known.inodes.get(f"album {album.id}")
            self.known.forget(item.id, lambda one: one != directory)

    # --- what happens here --------------------------------------------------------------------

    @rule(number=numbers)
    def visit(self, number: int) -> None:
        """List a directory that exists, or did."""
        path = self.directories[number % len(self.directories)]
        self.loop.do(lambda core: self._tolerant(self._look(core, path)))

    @rule(number=numbers)
    def refresh(self, number: int) -> None:
        path = self.directories[number % len(self.directories)]
        self.loop.do(lambda core: self._tolerant(core.refresh(path)))

    @rule(seconds=st.sampled_from((1, 20, 400, 4000)))
    def wait(self, seconds: int) -> None:
        """Listings get stale, failures are forgotten, base URLs die."""

        async def work(_: Core) -> None:
            await trio.sleep(seconds)

        self.loop.do(work)

    @rule(number=numbers)
    def stat(self, number: int) -> None:
        async def work(core: Core) -> None:
            inode = self._some_file(number)
            if inode is None:
                return
            node = await core.tree.stat(inode)
            assert not node.is_directory
            assert node.size_bytes > 0
            if node.size_is_exact:
                sizes = {len(one) for one in self._versions(self.known.owners[inode])}
                assert node.size_bytes in sizes

        self.loop.do(work)

    @rule(number=numbers)
    def open_file(self, number: int) -> None:
        async def work(core: Core) -> None:
            inode = self._some_file(number)
            if inode is not None:
                handle = await core.tree.open(inode)
                identity = self.known.owners[inode]
                self.open.append(Reading(handle, identity, self._versions(identity)))

        self.loop.do(lambda core: self._tolerant(work(core)))

    @precondition(lambda self: self.open)
    @rule(number=numbers, offset=st.integers(0, 450_000), size=st.sampled_from((1, 4096, 1 << 17)))
    def read(self, number: int, offset: int, size: int) -> None:
        """Every byte ever read from one handle is of one version."""
        reading = self.open[number % len(self.open)]

        async def work(core: Core) -> None:
            got = bytes(await core.tree.read(reading.handle, offset, size))
            versions = {*reading.versions, *self._versions(reading.item_id)}
            reading.versions = [one for one in versions if one[offset : offset + size] == got]
            assert reading.versions

        self.loop.do(lambda core: self._tolerant(work(core)))

    @precondition(lambda self: self.open)
    @rule(number=numbers)
    def close_file(self, number: int) -> None:
        reading = self.open.pop(number % len(self.open))

        async def work(core: Core) -> None:
            core.tree.close(reading.handle)

        self.loop.do(work)

    @rule(toggle=st.booleans())
    def restart(self, toggle: bool) -> None:
        self.loop.close()
        self.open.clear()
        self.online = True
        now_s = self.loop.now_s
        if toggle:
            self.nested = not self.nested
            self.toggles += 1
        self.loop = Stepwise(self._core, now_s + 1)

    @rule()
    def lose_or_find_the_network(self) -> None:
        if self.online:
            self.photos.faults.add("reset", times=None)
        else:
            self.photos.faults.clear()
        self.online = not self.online

    @precondition(lambda self: self.online)
    @rule()
    def agree(self) -> None:
        """After everything was listed anew, the tree is what Google has."""
        self.loop.do(self._agree)

    @invariant()
    def nothing_is_left_over(self) -> None:
        async def work(core: Core) -> None:
            assert core.gauges()["open_files"] == len(self.open)

        self.loop.do(work)

    # --- the model ----------------------------------------------------------------------------

    async def _agree(self, core: Core) -> None:
        await trio.sleep(61)  # a host that failed is left alone for up to half a minute
        await core.refresh("")
        for path in ("albums", "media", "media/all", "favorites", "videos", "recent"):
            await core.refresh(path)
        found = await self._walk(core, "", refreshing=True)
        links: dict[Inode, int] = {}
        for inodes in found.values():
            for inode in inodes:
                links[inode] = links.get(inode, 0) + 1
        expected = self._expected()
        shown = {
            place: sorted(self.known.owners[inode] for inode in inodes)
            for place, inodes in found.items()
            if inodes
        }
        assert shown == {place: sorted(ids) for place, ids in expected.items() if ids}
        assert {place for place in found if place.startswith("album ")} == {
            place for place in expected if place.startswith("album ")
        }
        for inode, count in links.items():
            assert core.tree.node(inode).links == count

    async def _walk(self, core: Core, path: str, *, refreshing: bool) -> dict[str, list[Inode]]:
        """Every directory, as what it is, with the files in it."""
        inode = await core.tree.resolve(path)
        place = await self._place(core, inode, path)
        if refreshing and place.startswith("album "):
            await core.refresh(path)
        found: dict[str, list[Inode]] = {place: []}
        for name, node in (await self._look(core, path)).items():
            if node.is_directory:
                found |= await self._walk(core, f"{path}/{name}".strip("/"), refreshing=refreshing)
            elif name != "README.txt" or node.inode >= 64:
                found[place].append(node.inode)
        return found

    async def _look(self, core: Core, path: str) -> dict[str, Node]:
        """A directory's entries, each of which must be what it was before."""
        directory = await core.tree.resolve(path)
        place = await self._place(core, directory, path)
        self.known.note_inode(place, directory)
        found = await listing(core, path)
        for name, node in found.items():
            _check_legal(name)
            inner = f"{path}/{name}".strip("/")
            if node.is_directory:
                below = await self._place(core, node.inode, inner)
                self.known.note_inode(below, node.inode)
                title = await self._title(core, node.inode)
                # With nest_albums, a slash in a title is part of a way.
                basis = (title, self.toggles if "/" in title else 0)
                self.known.note_name(directory, below, name, basis)
                if inner not in self.directories:
                    self.directories.append(inner)
            elif node.inode >= 64:
                identity = (await core.tree.attribute(node.inode, b"user.gphotos.id")).decode()
                self.known.note_inode(identity, node.inode)
                self.known.note_name(directory, identity, name, _basis(core, node.inode))
            again = await core.tree.lookup(directory, name.encode())
            assert again is not None
            assert again.inode == node.inode
        return found

    async def _place(self, core: Core, inode: Inode, path: str) -> str:
        """What a directory is, whatever it is called."""
        try:
            return f"album {(await core.tree.attribute(inode, b'user.gphotos.id')).decode()}"
        except errors.NoAttributeError:
            return path

    async def _title(self, core: Core, inode: Inode) -> str:
        try:
            return (await core.tree.attribute(inode, b"user.gphotos.title")).decode()
        except errors.NoAttributeError:
            return ""

    def _expected(self) -> dict[str, set[str]]:
        """Every directory with the ids of its items, as Google has it."""
        places: dict[str, set[str]] = {}
        items = list(self.world.items())

        def put(place: str, ids: Iterable[str]) -> None:
            places.setdefault(place, set()).update(ids)

        for item in items:
            assert item.created_ns is not None
            taken = day(item.created_ns)
            put("media/all", [item.id])
            put(f"media/by-year/{taken:%Y}", [item.id])
            put(f"media/by-month/{taken:%Y}/{taken:%Y-%m}", [item.id])
            put(f"media/by-day/{taken:%Y}/{taken:%Y-%m-%d}", [item.id])
            put("recent", [item.id])
            if item.favorite:
                put("favorites", [item.id])
            if item.is_video:
                put("videos", [item.id])
        for album in self.world.albums():
            put(f"album {album.id}", [self.world.at(number).id for number in album.members])
        return places

    async def _tolerant(self, work: Awaitable[object]) -> None:
        """Every failure has its class; anything else is a bug."""
        try:
            await work
        except errors.InternalError:
            raise
        except errors.GPhotosError:
            pass

    def _an_item(self, number: int) -> Item | None:
        items = list(self.world.items())
        return items[number % len(items)] if items else None

    def _some_file(self, number: int) -> Inode | None:
        files = [i for i, owner in self.known.owners.items() if owner in self._ids()]
        return files[number % len(files)] if files else None

    def _ids(self) -> set[str]:
        return {item.id for item in self.world.items()}

    def _exists(self, identity: str) -> bool:
        return identity in self._ids()

    def _note_version(self, item: Item) -> None:
        content = self.world.bytes_of(item.id, "dv" if item.is_video else "d")
        versions = self.versions.setdefault(item.id, [])
        if content not in versions:
            versions.append(content)

    def _versions(self, identity: str) -> list[bytes]:
        if self._exists(identity):
            self._note_version(self.world.item(identity))
        return self.versions.get(identity, [])


def _basis(core: Core, inode: Inode) -> object:
    """What may change a file's name: its own one and its time, as the catalogue has them."""
    row = core.store.read.execute(
        "SELECT filename, mime_type, created_ns FROM item WHERE inode = ?", (inode,)
    ).fetchone()
    return tuple(row)


def _check_legal(name: str) -> None:
    assert 0 < len(name.encode()) <= 255
    assert "/" not in name
    assert "\0" not in name
    assert name not in {".", ".."}
    assert unicodedata.normalize("NFC", name) == name


TestTree = TreeMachine.TestCase
TestTree.settings = settings(
    max_examples=100,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
