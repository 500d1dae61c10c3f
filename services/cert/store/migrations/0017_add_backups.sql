-- A backup is a certificate of its own, from another CA, that stands by for another one.

ALTER TABLE padlock.certificates
  ADD COLUMN backup text,                          -- the one that stands by for this one
  ADD COLUMN backup_of text,                       -- set on a backup
  ADD COLUMN avoided_ca text NOT NULL DEFAULT '',  -- of a backup: where it is not ordered
  ADD COLUMN backup_use_time timestamptz,          -- since when a backup's issuance is served here
  ADD CONSTRAINT certificates_backup_check CHECK (backup_of IS NULL OR backup IS NULL);
-- A certificate has one at a time.
CREATE UNIQUE INDEX certificates_backup_key ON padlock.certificates (tenant, backup)
  WHERE backup IS NOT NULL;
