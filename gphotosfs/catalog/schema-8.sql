-- Step 8: an archive more has all of them read again, and of most items that tells nothing new.

-- A digest of what the archives told of an item when it was last shown; NULL: not all of them could be read.
ALTER TABLE takeout_file ADD COLUMN told TEXT;
