-- What was asked of the CA for an issuance, and how it went; state and due time are in padlock.work
-- under the issuance's id.
ALTER TABLE padlock.issuances
  ADD COLUMN revocation_reason integer CHECK (revocation_reason IN (0, 1, 3, 4, 5)),
  ADD COLUMN revocation_actor text,
  ADD COLUMN revocation_request_id text,
  ADD COLUMN revocation_request_time timestamptz,
  ADD COLUMN revoke_time timestamptz,
  ADD COLUMN revocation_finding jsonb,
  ADD CONSTRAINT issuances_revocation_check
    CHECK ((revocation_reason IS NULL) = (revocation_request_time IS NULL)
           AND (revoke_time IS NULL OR revocation_reason IS NOT NULL));

-- One kind of work more; what is true of the others' states stays as it is.
DO $$
DECLARE
  rule text;
BEGIN
  SELECT pg_catalog.pg_get_expr(conbin, conrelid) INTO STRICT rule
  FROM pg_catalog.pg_constraint
  WHERE conrelid = 'padlock.work'::regclass AND conname = 'work_state_check';
  ALTER TABLE padlock.work DROP CONSTRAINT work_state_check;
  EXECUTE pg_catalog.format(
    'ALTER TABLE padlock.work ADD CONSTRAINT work_state_check CHECK (CASE kind '
    'WHEN ''revocation'' THEN state IN (''PENDING'', ''COMPLETED'', ''FAILED'') ELSE %s END)', rule);
END
$$;

-- Keys that others are known to have, by the SHA-256 of their subjectPublicKeyInfo, whosever they
-- were: nothing more is issued for them.
CREATE TABLE padlock.compromised_keys (
  key_hash text PRIMARY KEY CHECK (key_hash <> ''),
  time timestamptz NOT NULL
);

GRANT SELECT, INSERT ON padlock.compromised_keys TO padlock_cert;
GRANT SELECT ON padlock.compromised_keys TO padlock_read;
GRANT SELECT (revocation_reason, revocation_actor, revocation_request_id, revocation_request_time,
  revoke_time, revocation_finding) ON padlock.issuances TO padlock_read;
