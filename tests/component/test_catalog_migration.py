"""A catalogue of an older format is brought up to ours, with all that it knew."""

import sqlite3
from importlib import resources
from pathlib import Path

from gphotosfs.catalog import entries, takeout
from gphotosfs.catalog.store import MIGRATIONS, Store
from gphotosfs.model import Inode, ItemSource
from gphotosfs.views.layout import plant_tree


def catalogue_of_format(path: Path, version: int) -> None:
    """A catalogue as that version left it, with one item in it."""
    db = sqlite3.connect(path)
    for script in MIGRATIONS[:version]:
        db.executescript(script)
    db.execute(f"PRAGMA user_version = {version}")
    db.executemany("INSERT INTO fact VALUES (?, ?)", [("client_id", "1-a"), ("next_inode", 70)])
    db.execute(
        "INSERT INTO item (inode, id, filename, name, mime_type, kind, first_seen_ns, processing,"
        " camera, details, size_bytes) VALUES"
        " (64, 'x', 'a.jpg', CAST('a.jpg' AS BLOB), 'image/jpeg', 'photo', 5, 'ready', '', '{}', 77)"
    )
    db.commit()
    db.close()


def test_items_of_the_first_format_are_the_librarys(tmp_path: Path) -> None:
    catalogue_of_format(tmp_path / "catalog.db", 1)

    store = Store(tmp_path / "catalog.db", "1-a")

    item = entries.item(store.read, Inode(64))
    assert item is not None
    assert (item.source, item.size_bytes) == (ItemSource.LIBRARY, 77)
    assert store.read.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
    store.close()


def test_what_archives_showed_before_is_theirs_still(tmp_path: Path) -> None:
    """Entries did not say then that the archives vouch for them."""
    path = tmp_path / "catalog.db"
    catalogue_of_format(path, 5)
    db = sqlite3.connect(path)
    db.executescript("""
        INSERT INTO fact VALUES ('takeout_run', 3);
        INSERT INTO takeout_file VALUES (64, 3, 1, 'a.jpg', 'stored', 0, 77, 77, 5);
        INSERT INTO directory (inode, kind, key, parent, first_seen_ns) VALUES (4, 'all', '', 3, 0);
        INSERT INTO entry (directory, name, inode, revision) VALUES (4, CAST('a.jpg' AS BLOB), 64, 0);
    """)
    db.close()

    store = Store(path, "1-a")
    store.prepare(plant_tree, 0)
    kept = entries.places(store.read, Inode(64))
    run, _, _ = store.prepare(takeout.begin_run, [], 0)
    store.prepare(takeout.end_run, run)

    assert kept == [(Inode(4), b"a.jpg")]
    assert entries.places(store.read, Inode(64)) == []
    store.close()


def test_every_script_is_a_migration() -> None:
    """None is forgotten in the list."""
    folder = resources.files("gphotosfs.catalog")
    scripts = [one for one in folder.iterdir() if one.name.endswith(".sql")]

    assert len(scripts) == len(MIGRATIONS)
