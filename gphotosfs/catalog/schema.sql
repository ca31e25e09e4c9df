-- The catalogue: what the library contains, as far as it has been listed.
--
-- It holds what can't be had again: inode numbers and names that programs have seen, and sizes that
-- cost a request each. Times are nanoseconds since 1970, UTC. Names are bytes, as the kernel has them.
-- A change of this file is a new step in store.py's MIGRATIONS.

-- One row a fact about the catalogue itself: next_inode, client_id.
CREATE TABLE fact (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- A photo or video. A row is never deleted: an item that comes back has its inode and its size again.
CREATE TABLE item (
    inode           INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    filename        TEXT NOT NULL,      -- as Google gives it; '' where it gives none
    name            BLOB NOT NULL,      -- the file name made of it (names.py), before any tag
    mime_type       TEXT NOT NULL,
    kind            TEXT NOT NULL,      -- photo | video
    created_ns      INTEGER,            -- capture time; NULL: Google knows none
    first_seen_ns   INTEGER NOT NULL,   -- shown as the time of an item without capture time
    width           INTEGER,
    height          INTEGER,
    processing      TEXT NOT NULL,      -- ready | processing | failed
    camera          TEXT NOT NULL,      -- "make model", for the estimate of sizes
    details         TEXT NOT NULL,      -- JSON: what only extended attributes show
    size_bytes      INTEGER             -- exact; NULL: not known yet
) STRICT;

-- A directory. A row is never deleted either, for the sake of its inode.
CREATE TABLE directory (
    inode       INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL,          -- model.DirectoryKind
    key         TEXT NOT NULL,          -- album id, year, month, day; '' where the kind has only one
    parent      INTEGER NOT NULL,
    first_seen_ns INTEGER NOT NULL,     -- shown as its time until an item in it is known
    newest_ns   INTEGER,                -- the time of its newest item, of those below it as well
    UNIQUE (kind, key)
) STRICT;

-- A name in a directory. `id` orders a directory and is its cookie, so it is never used twice.
CREATE TABLE entry (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    directory INTEGER NOT NULL,
    name      BLOB NOT NULL,
    inode     INTEGER NOT NULL,         -- of an item or a directory
    revision  INTEGER NOT NULL          -- the run of the directory's listing that saw it last
) STRICT;
CREATE UNIQUE INDEX entry_name ON entry (directory, name);
CREATE UNIQUE INDEX entry_inode ON entry (inode, directory);
CREATE INDEX entry_order ON entry (directory);  -- with the row id behind it, as every index of SQLite

-- A sequence of pages that Google hands out, and how far we are with it.
CREATE TABLE listing (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL,         -- model.ListingKind
    key          TEXT NOT NULL,         -- the album's id; '' where the kind has only one
    home         INTEGER NOT NULL,      -- the directory whose entries carry this listing's revisions
    revision     INTEGER NOT NULL,      -- of the run under way, else of the last one; 0 before the first
    running      INTEGER NOT NULL,      -- 1 while a run is under way, also across restarts
    page_token   TEXT,                  -- where the run goes on; NULL: at the beginning
    completed_ns INTEGER,               -- when a run last came to its end; NULL: never
    fresh_ns     INTEGER,               -- when it was last known to be what Google has
    signature    TEXT NOT NULL,         -- an album's row in albums.list when it was last complete
    UNIQUE (kind, key)
) STRICT;

-- A range of days of the timeline's run that is under way (spans.py); deleted when it is done.
CREATE TABLE span (
    id         INTEGER PRIMARY KEY,
    first_day  TEXT NOT NULL,           -- 2024-05-03; both ends inclusive
    last_day   TEXT NOT NULL,
    page_token TEXT,                    -- where it goes on; NULL: at its newest end
    stop_day   TEXT NOT NULL            -- days before this one belong to another span by now
) STRICT;

CREATE TABLE album (
    id           TEXT PRIMARY KEY,
    directory    INTEGER NOT NULL UNIQUE,
    title        TEXT NOT NULL,
    item_count   INTEGER NOT NULL,
    cover        TEXT NOT NULL,
    product_url  TEXT NOT NULL,
    is_writeable INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The latest measured sizes, from which those of other items are estimated; pruned to a few thousand.
CREATE TABLE measured (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    mime_type  TEXT NOT NULL,
    camera     TEXT NOT NULL,
    height     INTEGER NOT NULL,
    pixels     INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL
) STRICT;
