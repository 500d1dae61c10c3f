-- When the holder of a claim was told that another tenant claims the hostname too.
ALTER TABLE padlock.claims ADD COLUMN notice_time timestamptz;
