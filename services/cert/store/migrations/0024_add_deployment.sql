-- What was issued for a certificate and no consumer has confirmed to serve yet: since when, from
-- when on that is overdue, until when what was served before is valid, and whether an event has
-- told of it. The times are unset while nothing is awaited.
ALTER TABLE padlock.certificates
  ADD COLUMN awaited_issuances jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN awaited_issue_time timestamptz,
  ADD COLUMN awaited_overdue_time timestamptz,
  ADD COLUMN awaited_served_until timestamptz,
  ADD COLUMN awaited_told boolean NOT NULL DEFAULT false;
