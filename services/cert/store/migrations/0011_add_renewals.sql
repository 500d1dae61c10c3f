-- When each issuance is renewed: by the CA's window (RFC 9773) or by its lifetime.
CREATE TABLE padlock.renewals (
  tenant text NOT NULL,
  issuance text NOT NULL,
  ca text NOT NULL,
  account_url text NOT NULL,  -- of the account that ordered it; '' where that is not known
  renewal_id text NOT NULL,   -- RFC 9773, 4.1; '' where the CA cannot be asked
  not_before timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  draw double precision NOT NULL CHECK (draw >= 0 AND draw < 1),
  window_start timestamptz,
  window_end timestamptz,
  explanation_url text NOT NULL,
  refresh_time timestamptz NOT NULL,  -- when to ask the CA next
  PRIMARY KEY (tenant, issuance),
  FOREIGN KEY (tenant, issuance) REFERENCES padlock.issuances (tenant, id) ON DELETE CASCADE,
  CONSTRAINT renewals_window_check CHECK ((window_start IS NULL) = (window_end IS NULL)
                                          AND window_start < window_end)
);

ALTER TABLE padlock.renewals ENABLE ROW LEVEL SECURITY;
ALTER TABLE padlock.renewals FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON padlock.renewals USING (tenant = current_setting('padlock.tenant', true));
CREATE POLICY read_all ON padlock.renewals FOR SELECT TO padlock_read USING (true);
GRANT SELECT, INSERT, UPDATE ON padlock.renewals TO padlock_cert;
GRANT SELECT ON padlock.renewals TO padlock_read;

-- not_after of the issuance in use; null as well for those from before, until they are looked at.
ALTER TABLE padlock.certificates ADD COLUMN expire_time timestamptz;

-- Since when a domain's records have been gone while its certificate is in force.
ALTER TABLE padlock.domains ADD COLUMN trouble_time timestamptz;

-- The key to which an account is being rolled over (RFC 8555, 7.3.5). Until it takes the place of
-- the other one, either may be the one that the CA knows.
ALTER TABLE padlock.acme_accounts
  ADD COLUMN next_key_id text,
  ADD COLUMN next_key_octets bytea,  -- sealed
  ADD CONSTRAINT acme_accounts_next_key_check
    CHECK ((next_key_id IS NULL) = (next_key_octets IS NULL));
