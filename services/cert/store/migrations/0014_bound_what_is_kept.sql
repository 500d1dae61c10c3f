-- What is over is looked for by its age, and dropped some time later.

CREATE INDEX work_over ON padlock.work (tenant, kind, start_time) WHERE due_time IS NULL;
CREATE INDEX issuances_not_after ON padlock.issuances (tenant, not_after);

-- Who works for all tenants must know them, and no more of them than their names.
CREATE POLICY list_all ON padlock.tenants FOR SELECT TO padlock_claim USING (true);
GRANT SELECT (tenant) ON padlock.tenants TO padlock_claim;
