"""The library of the simulated Google: items and albums from a seed, and whatever changes them."""

import bisect
import dataclasses
import hashlib
import heapq
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gphotosfs.simulator.content import Content, Noise, Whole, read_all
from gphotosfs.simulator.dice import pick, roll
from gphotosfs.simulator.library import albums, awkward, files, ids
from gphotosfs.simulator.library.items import KINDS, NEWEST_NS, SECOND_NS, THEMES, Generator, Item

# (minus the capture time, number): ascending is the timeline from new to old. Items without a time
# come last.
Place = tuple[int, int]

_UNDATED: Final = 1 << 80

# Drawn pictures are kept, so that a HEAD, its GET and a second range draw once.
DRAWN_BYTES: Final = 128 << 20


@dataclass(frozen=True, slots=True)
class Album:
    """One album: items in the order in which they were added."""

    number: int
    id: str
    title: str
    members: Sequence[int]
    owner: int = 0
    cover: int | None = None
    """The item that was chosen as its picture; None: the first member."""


class UnknownIdError(KeyError):
    """There is no such item or album."""


class World:
    """A library that is computed from its numbers; only what was changed is stored.

    Args:
        seed: the same seed gives the same library, to the byte.
        items: how many, not counting the awkward ones.
        album_sizes: an album for each, over consecutive items; None: some nice ones with titles.
        awkward: adds items and albums with hostile names, titles and times.
        kinds: how many of a hundred items are of which MIME type.
        cheap_bytes: bodies are noise behind a small picture instead of real pictures and films.
        photo_bytes: about how long a cheap photo is (half to one and a half times).
        video_bytes: the same for a cheap video.
        newest_ns: when about the newest item was taken.
        days: how long before that the oldest item was taken.
        pixels_max: larger cameras' photos are scaled down to this, since drawing takes time.
        drawn_bytes: how much of what was drawn is kept in memory.
        drawn_folder: where what was drawn is kept for the next time; None: nowhere.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        items: int = 250,
        album_sizes: Sequence[int] | None = None,
        awkward: bool = False,
        kinds: dict[str, int] = KINDS,
        cheap_bytes: bool = False,
        photo_bytes: int = 3_000_000,
        video_bytes: int = 300_000_000,
        newest_ns: int = NEWEST_NS,
        days: int = 3650,
        pixels_max: int | None = None,
        drawn_bytes: int = DRAWN_BYTES,
        drawn_folder: Path | None = None,
    ) -> None:
        self.seed = seed
        self._generator = Generator(
            seed=seed,
            count=items,
            newest_ns=newest_ns,
            days=days,
            kinds=tuple(kind for kind, share in kinds.items() for _ in range(share)),
            photo_bytes=photo_bytes,
            video_bytes=video_bytes,
            pixels_max=pixels_max,
            cheap=cheap_bytes,
        )
        self._next_item = items
        self._newest_ns = self._generator.created_ns(0)
        # Items that were added or changed, and where the ones stand that are not in their place.
        self._stored: dict[int, Item] = {}
        self._off_line: set[int] = set()
        self._placed: list[Place] = []
        self._removed: set[int] = set()
        self._albums: dict[int, Album] = {}
        self._next_album = 0
        self._given: dict[int, Content] = {}
        self._drawn: OrderedDict[tuple[Item, str], Content] = OrderedDict()
        self._drawn_bytes = 0
        self._drawn_bytes_max = drawn_bytes
        self._drawn_folder = drawn_folder
        # The server draws in threads; the rest of a world is its event loop's alone.
        self._drawn_lock = threading.Lock()
        if album_sizes is None:
            for title, members in albums.nice(self._generator):
                self._put_album(title, members)
        else:
            for title, members in albums.of_sizes(album_sizes, items):
                self._put_album(title, members)
        if awkward:
            self._add_awkward()

    # --- looking ------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._next_item - len(self._removed)

    def item(self, item_id: str) -> Item:
        """The item of this id.

        Raises:
            UnknownIdError: it never was, or was removed.
        """
        number = ids.decode(self.seed, "item", item_id, ids.ITEM_ID_BYTES)
        if number is None or not 0 <= number < self._next_item or number in self._removed:
            raise UnknownIdError(item_id)
        return self.at(number)

    def at(self, number: int) -> Item:
        """The item of this number, which must exist or have existed."""
        stored = self._stored.get(number)
        if stored is not None:
            return stored
        return self._generator.item(number)

    def was_removed(self, number: int) -> bool:
        """Whether there once was an item of this number."""
        return number in self._removed

    def items(self) -> Iterator[Item]:
        """Every item, newest first."""
        return (self.at(number) for _, number in self.timeline())

    def album(self, album_id: str) -> Album:
        """The album of this id.

        Raises:
            UnknownIdError: it never was, or was removed.
        """
        number = ids.decode(self.seed, "album", album_id, ids.ALBUM_ID_BYTES)
        if number is None or number not in self._albums:
            raise UnknownIdError(album_id)
        return self._albums[number]

    def albums(self) -> list[Album]:
        """Every album, in the order in which they were made."""
        return list(self._albums.values())

    def timeline(
        self, after: Place | None = None, *, oldest_first: bool = False
    ) -> Iterator[Place]:
        """The places of all items behind (not at) the given one, newest first unless told."""
        count = self._generator.count
        line = range(count)
        if oldest_first:
            first = (
                count if after is None else bisect.bisect_left(line, after, key=self._base_place)
            )
            last = len(self._placed) if after is None else bisect.bisect_left(self._placed, after)
            base = (self._base_place(n) for n in reversed(line[:first]) if n not in self._off_line)
            return heapq.merge(base, reversed(self._placed[:last]), reverse=True)
        first = 0 if after is None else bisect.bisect_right(line, after, key=self._base_place)
        placed = 0 if after is None else bisect.bisect_right(self._placed, after)
        base = (self._base_place(n) for n in line[first:] if n not in self._off_line)
        return heapq.merge(base, self._placed[placed:])

    def traits(self, number: int) -> tuple[str, bool, bool, int]:
        """MIME type, favourite, archived and owner: what searches need, without the rest."""
        stored = self._stored.get(number)
        if stored is not None:
            return stored.mime_type, stored.favorite, stored.archived, stored.owner
        made = self._generator
        return made.mime_type(number), made.favorite(number), made.archived(number), 0

    @staticmethod
    def dated(minus_ns: int) -> int | None:
        """The capture time that a place's first part stands for."""
        return None if minus_ns == _UNDATED else -minus_ns

    # --- bytes --------------------------------------------------------------------------------

    def content(self, item: Item, variant: str) -> Content:
        """What a base URL with this parameter serves: "d", "dv", or sizes such as "w256-h256-c".

        Raises:
            ValueError: the parameter means nothing for this item.
        """
        whole = (variant == "dv") if item.is_video else (variant == "d")
        if whole and item.number in self._given:
            return self._given[item.number]
        if item.cheap and whole:
            kind = "video/mp4" if item.is_video else "image/jpeg"
            return Noise(kind, item.size_bytes, roll(self.seed, item.motif, item.number))
        key = (item, variant)
        with self._drawn_lock:
            found = self._drawn.get(key)
            if found is not None:
                self._drawn.move_to_end(key)
                return found
        drawn = self._draw(item, variant)
        with self._drawn_lock:
            if key not in self._drawn:
                self._drawn[key] = drawn
                self._drawn_bytes += drawn.size_bytes
            while self._drawn_bytes > self._drawn_bytes_max and len(self._drawn) > 1:
                self._drawn_bytes -= self._drawn.popitem(last=False)[1].size_bytes
        return drawn

    def _draw(self, item: Item, variant: str) -> Whole:
        if self._drawn_folder is None:
            return Whole(*files.render(item, variant))
        # A picture depends on nothing but these, and on the code that draws it.
        name = hashlib.sha256(f"{item} {variant}".encode()).hexdigest()
        path = self._drawn_folder / name
        if not path.exists():
            kind, data = files.render(item, variant)
            whole = path.with_name(f"{name}.{threading.get_ident()}")
            whole.write_bytes(kind.encode() + b"\n" + data)
            whole.rename(path)
        found, _, data = path.read_bytes().partition(b"\n")
        return Whole(found.decode(), data)

    def draw_all(self) -> None:
        """Draw every item, newest first, as far as drawn ones are kept. For a thread of its own."""
        for item in self.items():
            if self._drawn_bytes > self._drawn_bytes_max * 3 // 4:
                return
            self.content(item, "dv" if item.is_video else "d")

    def bytes_of(self, item_id: str, variant: str) -> bytes:
        """The exact bytes that a base URL of the item serves with this parameter."""
        return read_all(self.content(self.item(item_id), variant))

    def size_of(self, item_id: str, variant: str) -> int:
        """The length of those bytes."""
        return self.content(self.item(item_id), variant).size_bytes

    # --- changing: what the user does elsewhere -------------------------------------------------

    def add_item(self, **fields: Any) -> Item:
        """A new item; every field of `Item` may be given, the rest is made up.

        Unless `created_ns` is given, it is newer than what the library began with.
        """
        number = self._next_item
        self._next_item += 1
        self._newest_ns += 60 * SECOND_NS
        mime_type = fields.get("mime_type", "image/jpeg")
        video = mime_type.startswith("video/")
        made: dict[str, Any] = {
            "filename": f"VID_{number:06}.mp4" if video else f"IMG_{number:06}.jpg",
            "mime_type": mime_type,
            "width": 640 if video else 1600,
            "height": 360 if video else 1200,
            "created_ns": self._newest_ns,
            "camera_make": "Google",
            "camera_model": "Pixel 8",
            "fps": 24.0 if video else 0.0,
            "theme": pick(THEMES, self.seed, number, 24),
            "motif": roll(self.seed, number, 23),
            "cheap": self._generator.cheap,
            "size_bytes": self._generator.video_bytes if video else self._generator.photo_bytes,
        }
        item = Item(number=number, id=self._generator.id(number), **(made | fields))
        self._store(item)
        return item

    def add_file(self, path: str, **fields: Any) -> Item:
        """A new item with the bytes of a file, which is read now."""
        data = Path(path).read_bytes()
        item = self.add_item(filename=Path(path).name, size_bytes=len(data), **fields)
        self._given[item.number] = Whole(item.mime_type, data)
        return item

    def edit_item(self, item_id: str, **changes: Any) -> Item:
        """Change any field: describe it, archive it, make it a favourite, move it in time."""
        before = self.item(item_id)
        self._forget_place(before)
        after = dataclasses.replace(before, **changes)
        self._store(after)
        return after

    def change_bytes(self, item_id: str) -> Item:
        """As if edited in the web interface: the same item shows other bytes, of another length."""
        item = self.item(item_id)
        return self.edit_item(item_id, motif=item.motif + 1, size_bytes=item.size_bytes + 4096)

    def remove_item(self, item_id: str) -> None:
        """Delete it, from all albums as well."""
        item = self.item(item_id)
        self._forget_place(item)
        self._off_line.add(item.number)
        self._removed.add(item.number)
        for album in self.albums():
            if item.number in album.members:
                self._drop_member(album, item.number)

    def new_album(self, title: str = "", item_ids: Iterable[str] = (), owner: int = 0) -> Album:
        """A new album, at the end of the list."""
        return self._put_album(title, [self.item(item_id).number for item_id in item_ids], owner)

    def add_to_album(self, album_id: str, *item_ids: str) -> Album:
        """Append items; one that is in it already stays where it is."""
        album = self.album(album_id)
        new = [self.item(item_id).number for item_id in item_ids]
        members = list(dict.fromkeys([*album.members, *new]))
        return self._replace_album(album, members=members)

    def remove_from_album(self, album_id: str, item_id: str) -> Album:
        """Take an item out of an album; it stays in the library."""
        return self._drop_member(self.album(album_id), self.item(item_id).number)

    def rename_album(self, album_id: str, title: str) -> Album:
        """Give an album another title."""
        return self._replace_album(self.album(album_id), title=title)

    def set_cover(self, album_id: str, item_id: str) -> Album:
        """Choose the picture that stands for an album."""
        return self._replace_album(self.album(album_id), cover=self.item(item_id).number)

    def remove_album(self, album_id: str) -> None:
        """Delete an album; its items stay."""
        del self._albums[self.album(album_id).number]

    # --- inside -------------------------------------------------------------------------------

    def _base_place(self, number: int) -> Place:
        return -self._generator.created_ns(number), number

    def _store(self, item: Item) -> None:
        self._stored[item.number] = item
        self._off_line.add(item.number)
        bisect.insort(self._placed, place_of(item))

    def _forget_place(self, item: Item) -> None:
        if item.number in self._stored:
            self._placed.remove(place_of(item))

    def _put_album(self, title: str, members: Sequence[int], owner: int = 0) -> Album:
        number = self._next_album
        self._next_album += 1
        album_id = ids.encode(self.seed, "album", number, ids.ALBUM_ID_BYTES)
        self._albums[number] = Album(number, album_id, title, members, owner)
        return self._albums[number]

    def _replace_album(self, album: Album, **changes: Any) -> Album:
        self._albums[album.number] = dataclasses.replace(album, **changes)
        return self._albums[album.number]

    def _drop_member(self, album: Album, number: int) -> Album:
        members = [member for member in album.members if member != number]
        cover = None if album.cover == number else album.cover
        return self._replace_album(album, members=members, cover=cover)

    def _add_awkward(self) -> None:
        added = [self.add_item(**fields) for fields in awkward.items(self._generator.created_ns(0))]
        for title in awkward.ALBUM_TITLES:
            self._put_album(title, [item.number for item in added[::3]])
        self._put_album("Every awkward name", [item.number for item in added])
        self._put_album("Nothing in it", [])


def place_of(item: Item) -> Place:
    """Where the item stands in the timeline."""
    return (_UNDATED if item.created_ns is None else -item.created_ns), item.number
