-- Step 7: of a second, and of a name as well, there may be any number of items in archives or at Google: a box
-- of slides has one time, and whoever means harm can give a million photos one name.

DROP INDEX item_created;
CREATE INDEX item_of_google ON item (name, created_ns) WHERE source <> 'takeout';
CREATE INDEX item_of_archives ON item (name, created_ns) WHERE source = 'takeout';
