-- Step 3: items whose bytes lie in archives of Google Takeout.

-- Where an item's bytes are. A row goes when the archives no longer hold them; the item's row stays.
CREATE TABLE takeout_file (
    inode        INTEGER PRIMARY KEY,
    run          INTEGER NOT NULL,      -- the reading of the archives that saw it last
    archive      INTEGER NOT NULL,      -- its number in the register
    path         TEXT NOT NULL,         -- in the archive
    packing      TEXT NOT NULL,         -- stored | deflated | file
    start        INTEGER NOT NULL,      -- where it is in the archive; what of it, the packing says
    packed_bytes INTEGER NOT NULL,
    size_bytes   INTEGER NOT NULL,
    crc          INTEGER                -- CRC-32; NULL: the archive does not say
) STRICT;

-- What an item is recognised by in a later export: its address in Google Photos, or its bytes with title
-- and time. Rows are never deleted, so that an item that comes back has its inode again.
CREATE TABLE takeout_key (
    key   TEXT PRIMARY KEY,
    inode INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE takeout_album (
    key         TEXT PRIMARY KEY,       -- its folder's name in the archives
    run         INTEGER NOT NULL,
    directory   INTEGER NOT NULL UNIQUE,
    title       TEXT NOT NULL,
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;
