-- Step 2: what a person picked on Google's page, and whose bytes are kept for good.

-- library | picker: the latter as long as the Library does not show the item as well.
ALTER TABLE item ADD COLUMN source TEXT NOT NULL DEFAULT 'library';

-- One visit to Google's page for picking photos; the row is deleted when the pick is removed.
CREATE TABLE pick (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       BLOB NOT NULL UNIQUE,    -- of its directory in picked/
    state      TEXT NOT NULL,           -- model.PickState
    session    TEXT NOT NULL,           -- Google's id
    page_url   TEXT NOT NULL,           -- where the person picks; '' once they did
    begun_ns   INTEGER NOT NULL,
    expires_ns INTEGER                  -- when the session ends; NULL: Google did not say
) STRICT;

CREATE TABLE picked (
    pick  INTEGER NOT NULL,
    inode INTEGER NOT NULL,             -- of an item
    PRIMARY KEY (pick, inode)
) STRICT, WITHOUT ROWID;
CREATE INDEX picked_inode ON picked (inode);

-- Items whose bytes lie in the profile's data folder, where nothing is evicted.
CREATE TABLE kept (
    inode      INTEGER PRIMARY KEY,
    size_bytes INTEGER NOT NULL
) STRICT;
