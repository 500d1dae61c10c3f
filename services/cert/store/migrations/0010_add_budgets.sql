-- How many more rechecks may be asked for (core/budget.h); and calls that make a certificate of
-- several names may be repeated.

CREATE TABLE padlock.budgets (
  tenant text NOT NULL CHECK (tenant <> ''),
  subject text NOT NULL,
  remaining double precision NOT NULL,
  time timestamptz NOT NULL,
  PRIMARY KEY (tenant, subject)
);
ALTER TABLE padlock.budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE padlock.budgets FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON padlock.budgets
  USING (tenant = current_setting('padlock.tenant', true));
CREATE POLICY read_all ON padlock.budgets FOR SELECT TO padlock_read USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON padlock.budgets TO padlock_cert;
GRANT SELECT ON padlock.budgets TO padlock_read;

ALTER TABLE padlock.certificates ADD COLUMN idempotency_key text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX certificates_idempotency_key ON padlock.certificates (tenant, idempotency_key)
  WHERE idempotency_key <> '';
