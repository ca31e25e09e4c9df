"""Makes the demo's export of Takeout and has the mount show it: a process of its own.

    python -m gphotosfs.demo.export FOLDER CONTROL_SOCKET

Drawing its pictures takes some seconds, for which nobody should wait who wants to look around.
"""

import calendar
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from gphotosfs.control import call
from gphotosfs.errors import NotMountedError
from gphotosfs.simulator.library.items import EVENT_ITEMS, SECOND_NS
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.takeout.exports import Quirks, export

# Another seed than the simulated Google's, and older than all that it shows: what only Takeout has.
_SEED: Final = 39  # some mountains and some sea; photos alone but for one film
_NEWEST_NS: Final = calendar.timegm((2015, 10, 4, 17, 0, 0)) * SECOND_NS
_DAYS: Final = 2200
_EVENTS: Final = ("A week in the Pyrenees 2014", "Grandma's 70th, Brittany 2010")

_PIXELS_MAX: Final = 300_000
"""34 ms of computing a photo; as many pixels as the simulated Google's take four times as long."""

_QUIRKS: Final = Quirks(edited_every=10, trash_every=20)


def library() -> World:
    """What the export is made of: two albums of what was there before everything else."""
    items = len(_EVENTS) * EVENT_ITEMS
    world = World(
        _SEED,
        items=items,
        album_sizes=(),
        newest_ns=_NEWEST_NS,
        days=_DAYS,
        pixels_max=_PIXELS_MAX,
    )
    for event, title in enumerate(_EVENTS):
        members = range(event * EVENT_ITEMS, (event + 1) * EVENT_ITEMS)
        world.new_album(title, [world.at(number).id for number in members])
    return world


def main() -> None:
    """Make it, and add it to what is mounted; if nothing is any more, nobody wants it."""
    folder, control_path = map(Path, sys.argv[1:])
    made = export(library(), folder, _QUIRKS)
    with suppress(NotMountedError):
        call(control_path, "takeout_add", paths=[str(path) for path in made.paths])


if __name__ == "__main__":
    main()
