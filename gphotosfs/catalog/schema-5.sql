-- Step 5: previews, which have sizes of their own.

ALTER TABLE item ADD COLUMN preview_bytes INTEGER;  -- exact; NULL: not known yet
