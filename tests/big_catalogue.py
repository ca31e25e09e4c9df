"""A catalogue of as many items as wanted, written by the code that lists a library.

As a program it fills the catalogue of a profile, so that a mount of a million items can be tried
without listing them:

    python -m tests.big_catalogue CATALOGUE_FILE CLIENT_ID 1000000
"""

import sys
import time
from pathlib import Path
from typing import Final

from gphotosfs.catalog import entries, listings
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.store import Connection, Store, fact, set_fact
from gphotosfs.model import DirectoryKind, ItemId, ListingKind, MediaItem
from gphotosfs.views.layout import plant_tree

PAGE: Final = 100
NEWEST_NS: Final = 1_795_000_000 * 10**9
APART_NS: Final = 300 * 10**9
"""A million photos, one each five minutes, are nine years and a half."""


def item(number: int) -> MediaItem:
    """Photo `number`, 0 being the newest; names repeat after 4,000 as those of cameras do."""
    identity = f"A{number:094d}"
    return MediaItem(
        id=ItemId(identity),
        filename=f"IMG_{number % 4000:04}.JPG",
        mime_type="image/jpeg",
        created_ns=NEWEST_NS - number * APART_NS,
        width=4032,
        height=3024,
        product_url=f"https://photos.google.com/lr/photo/{identity}",
        camera_make="Google",
        camera_model="Pixel 8",
        focal_length_mm=6.9,
        aperture_f=1.68,
        iso=50,
        exposure_s=0.001,
    )


def fill(store: Store, count: int, *, first: int = 0, is_last: bool = False) -> None:
    """List `count` items into the timeline from number `first` on, a transaction a page.

    `is_last` ends the run, so that the timeline is whole.
    """
    for start in range(first, first + count, PAGE):
        end = min(start + PAGE, first + count)
        store.prepare(_page, start, end, is_last and end == first + count)


def _page(db: Connection, start: int, end: int, is_end: bool) -> None:
    home = entries.directory_of(db, DirectoryKind.ALL)
    assert home is not None
    run = listings.begin(db, ListingKind.TIMELINE, "", home.inode)
    listings.add_to_timeline(db, map(item, range(start, end)), run.revision, NEWEST_NS)
    db.execute("UPDATE listing SET page_token = ? WHERE id = ?", (str(end), run.id))
    if is_end:
        listings.end_run(db, run, time.time_ns(), Changes())


def fill_quickly(store: Store, count: int) -> None:
    """The same as `fill`, all at once and by SQL: a million items in half a minute.

    The first item of each day goes the usual way, and so makes the directories; the others are like
    the first of all, but for their numbers, names and times.
    """
    a_day = 86_400 * 10**9 // APART_NS
    offset = (NEWEST_NS % (86_400 * 10**9)) // APART_NS
    firsts = [0, *range(offset + 1, count, a_day)]
    for start in range(0, len(firsts), PAGE):
        store.prepare(_first_ones, firsts[start : start + PAGE])
    store.prepare(_other_ones, count)


def _first_ones(db: Connection, numbers: list[int]) -> None:
    home = entries.directory_of(db, DirectoryKind.ALL)
    assert home is not None
    run = listings.begin(db, ListingKind.TIMELINE, "", home.inode)
    listings.add_to_timeline(db, map(item, numbers), run.revision, NEWEST_NS)


def _other_ones(db: Connection, count: int) -> None:
    run = listings.listing_of(db, ListingKind.TIMELINE)
    assert run is not None
    inode = fact(db, "next_inode")
    columns = (
        "mime_type, kind, first_seen_ns, width, height, processing, camera, details, size_bytes"
    )
    db.execute(
        f"""
        INSERT INTO item (inode, id, filename, name, created_ns, {columns})
        WITH RECURSIVE number(n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ?)
        SELECT ? + row_number() OVER (ORDER BY n), printf('A%094d', n), printf('IMG_%07d.JPG', n),
            CAST(printf('IMG_%07d.JPG', n) AS BLOB), ? - n * ?, {columns}
        FROM number, (SELECT * FROM item WHERE id = ?)
        WHERE printf('A%094d', n) NOT IN (SELECT id FROM item)
        """,
        (count, inode - 1, NEWEST_NS, APART_NS, item(0).id),
    )
    set_fact(db, "next_inode", db.execute("SELECT max(inode) + 1 FROM item").fetchone()[0])
    for kind, pattern in (("all", ""), ("year", "%Y"), ("month", "%Y-%m"), ("day", "%Y-%m-%d")):
        db.execute(
            """
            INSERT INTO entry (directory, name, inode, revision)
            SELECT d.inode, i.name, i.inode, ? FROM item AS i JOIN directory AS d
            ON d.kind = ? AND d.key = strftime(?, i.created_ns / 1000000000, 'unixepoch')
            WHERE i.inode >= ? ORDER BY i.inode
            """,
            (run.revision, kind, pattern, inode),
        )
    listings.end_run(db, run, NEWEST_NS, Changes())


def main() -> None:
    """Fill the catalogue that the arguments name."""
    path, client_id, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    began_s = time.monotonic()
    store = Store(path, client_id)
    store.prepare(plant_tree, time.time_ns())
    fill_quickly(store, count)
    store.close()
    taken_s = time.monotonic() - began_s
    sys.stdout.write(f"{count} items in {taken_s:.0f} s, {path.stat().st_size >> 20} MiB\n")


if __name__ == "__main__":
    main()
