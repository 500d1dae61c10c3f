-- What callers choose: how a domain is validated, and how a certificate is made.

ALTER TABLE padlock.domains
  ADD COLUMN method text NOT NULL DEFAULT 'DELEGATION'
    CONSTRAINT domains_method_check CHECK (method IN ('DELEGATION', 'TXT', 'HTTP'));

ALTER TABLE padlock.certificates
  ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';
