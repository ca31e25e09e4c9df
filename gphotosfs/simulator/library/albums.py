"""The albums that a library begins with."""

from collections.abc import Iterator, Sequence
from typing import Final

from gphotosfs.simulator.library.items import EVENT_ITEMS, Generator, moment

# What an event of a theme was, in the order in which they are used up.
_TITLES: Final = {
    "sea": ("Summer by the sea", "Lisbon and the coast", "Sailing"),
    "mountains": ("Hiking in the Alps", "Norway", "A week in the Dolomites"),
    "city": ("Paris", "Rome", "New York"),
    "forest": ("Autumn walks", "Camping", "Black Forest"),
    "home": ("Garden", "Birthday", "The new house"),
    "night": ("Fireworks", "Northern lights", "Night walks"),
}
_NICE_ALBUMS: Final = 10
_COLLECTED_ITEMS: Final = 60


def nice(library: Generator) -> Iterator[tuple[str, Sequence[int]]]:
    """Titles and members of some albums as a family has them: trips, and two collections."""
    if not library.count:
        return
    events = -(-library.count // EVENT_ITEMS)
    used = dict.fromkeys(_TITLES, 0)
    made = 0
    for event in range(min(events, 100)):
        members = range(event * EVENT_ITEMS, min((event + 1) * EVENT_ITEMS, library.count))
        theme = library.theme(members[0])
        if made == _NICE_ALBUMS - 2 or used[theme] == len(_TITLES[theme]):
            continue
        year = moment(library.created_ns(members[0])).year
        yield f"{_TITLES[theme][used[theme]]} {year}", members
        used[theme] += 1
        made += 1
    near = range(min(library.count, 5000))
    family = [n for n in near if library.theme(n) == "home"]
    best = [n for n in near if library.favorite(n)]
    for title, found in (("Family", family), ("Best of all", best)):
        if found:
            yield title, found[:_COLLECTED_ITEMS]


def of_sizes(sizes: Sequence[int], count: int) -> Iterator[tuple[str, Sequence[int]]]:
    """An album for each size, over consecutive items that begin anew where the library ends.

    Raises:
        ValueError: an album is larger than the library.
    """
    start = 0
    for number, size in enumerate(sizes):
        if size > count:
            raise ValueError(f"an album of {size} items in a library of {count}")
        if start + size > count:
            start = 0
        yield f"Album {number} of {size}", range(start, start + size)
        start += size
