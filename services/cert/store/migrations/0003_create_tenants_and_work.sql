-- A tenant's head row: its delegation id and where its events are. Locked last in a transaction,
-- so that event numbers follow the order of commits.
CREATE TABLE padlock.tenants (
  tenant text PRIMARY KEY CHECK (tenant <> ''),
  delegation_id text UNIQUE CHECK (delegation_id <> ''),
  epoch text NOT NULL DEFAULT gen_random_uuid()::text,
  last_event_number bigint NOT NULL DEFAULT 0
);

-- What is to be done: one narrow row per domain, certificate and order, with state and due time
-- together, so that a step cannot store the one without the other.
CREATE TABLE padlock.work (
  tenant text NOT NULL CHECK (tenant <> ''),
  kind text NOT NULL,
  id text NOT NULL,
  state text NOT NULL,
  tries integer NOT NULL CHECK (tries >= 0),
  start_time timestamptz NOT NULL,
  due_time timestamptz,
  lease_token uuid,
  lease_expire_time timestamptz,
  claims integer NOT NULL DEFAULT 0,
  -- The earliest due time that somebody other than the holder stored while the lease was held.
  wake_time timestamptz,
  PRIMARY KEY (tenant, kind, id),
  CONSTRAINT work_state_check CHECK (CASE kind
    WHEN 'domain' THEN state IN ('PENDING', 'ACTIVE', 'FAILED', 'DELETING', 'DELETED')
    WHEN 'certificate' THEN
      state IN ('AWAITING_DOMAIN', 'ORDERING', 'ACTIVE', 'RENEWING', 'FAILED', 'DELETED')
    WHEN 'order' THEN
      state IN ('INTENDED', 'PUBLISHING', 'PROPAGATING', 'VALIDATING', 'FINALIZING', 'WITHDRAWING',
                'COMPLETED', 'CLOSING', 'FAILED')
    ELSE false END),
  CONSTRAINT work_due_time_check
    CHECK ((due_time IS NULL) = (state IN ('FAILED', 'DELETED', 'COMPLETED'))
           AND (due_time IS NULL OR isfinite(due_time))),
  CONSTRAINT work_lease_check CHECK ((lease_token IS NULL) = (lease_expire_time IS NULL))
) WITH (fillfactor = 70);  -- room for claims, which then touch no index

CREATE INDEX work_due ON padlock.work (due_time) WHERE due_time IS NOT NULL;
