-- Step 4: what a person wants to have here without a network.

-- A directory or a file that was pinned; the row is deleted when it is unpinned.
CREATE TABLE pin (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    inode    INTEGER UNIQUE,            -- NULL: it only holds what is about to be deleted
    path     TEXT NOT NULL,             -- as it was named, below the tree's root
    state    TEXT NOT NULL,             -- model.PinState
    begun_ns INTEGER NOT NULL
) STRICT;

-- The items that a pin stands for, in the order in which they are fetched.
CREATE TABLE pinned (
    id    INTEGER PRIMARY KEY,
    pin   INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    UNIQUE (pin, inode)
) STRICT;
CREATE INDEX pinned_inode ON pinned (inode);

-- 1: the Library's row shows that these are the bytes of an older version; another is to be fetched.
ALTER TABLE kept ADD COLUMN is_outdated INTEGER NOT NULL DEFAULT 0;

-- Items of which somebody wants the bytes to be kept, once for each who does.
CREATE VIEW needed (inode) AS
    SELECT i.inode FROM picked AS i JOIN pick AS p ON p.id = i.pick WHERE p.state <> 'removing'
    UNION ALL
    SELECT i.inode FROM pinned AS i JOIN pin AS p ON p.id = i.pin WHERE p.state <> 'removing';
