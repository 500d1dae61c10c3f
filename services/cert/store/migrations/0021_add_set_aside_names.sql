-- The names that a partial certificate does without for a while, with the reason of each and when it
-- is tried again.
ALTER TABLE padlock.certificates ADD COLUMN set_aside jsonb NOT NULL DEFAULT '[]';
