-- Step 6: a photo that is known from archives and from Google is one item (joining.py).

-- Of an item that was joined to an older one: the older one's number, under which both are shown from
-- then on. NULL: it is shown under its own.
ALTER TABLE item ADD COLUMN joined_to INTEGER;
CREATE INDEX item_joined_to ON item (joined_to) WHERE joined_to IS NOT NULL;

-- Of the older one: the item whose id, bytes and size it shows; NULL: its own.
ALTER TABLE item ADD COLUMN bytes_of INTEGER;

-- By which an item finds those of the same second.
CREATE INDEX item_created ON item (created_ns) WHERE created_ns IS NOT NULL;

-- The reading of the archives that vouches for an entry, as its revision tells the listing that does;
-- 0: none. Of those in media/ only the one in media/all counts.
ALTER TABLE entry ADD COLUMN run INTEGER NOT NULL DEFAULT 0;
UPDATE entry SET run = (SELECT value FROM fact WHERE name = 'takeout_run')
    WHERE revision = 0 AND inode IN (SELECT inode FROM takeout_file) AND directory IN (
        SELECT inode FROM directory
        WHERE kind IN ('all', 'favorites', 'videos', 'takeout-album', 'archive', 'trash', 'person'));

-- 1: what Google would show of it: a photo or video with a sidecar, of which there is no edited copy.
ALTER TABLE takeout_file ADD COLUMN is_original INTEGER NOT NULL DEFAULT 0;
-- As the head of the file says; NULL: not looked yet, 0: it does not say.
ALTER TABLE takeout_file ADD COLUMN width INTEGER;
ALTER TABLE takeout_file ADD COLUMN height INTEGER;

-- Items in archives that may be one with an item of Google's: somebody has to look.
CREATE TABLE candidate (inode INTEGER PRIMARY KEY) STRICT;

-- Who pins a file pins whatever may become its bytes.
DROP VIEW needed;
CREATE VIEW needed (inode) AS
    SELECT i.inode FROM picked AS i JOIN pick AS p ON p.id = i.pick WHERE p.state <> 'removing'
    UNION ALL
    SELECT i.inode FROM pinned AS i JOIN pin AS p ON p.id = i.pin WHERE p.state <> 'removing'
    UNION ALL
    SELECT m.inode FROM item AS m JOIN pinned AS i ON i.inode = m.joined_to
    JOIN pin AS p ON p.id = i.pin WHERE p.state <> 'removing';
