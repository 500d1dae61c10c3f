-- What all replicas know together of the CAs (global), what one certificate met at them, and when
-- an order's CAA records were last seen to allow its CA.

-- How a CA answers. The row is also locked by whoever counts requests against its limits.
CREATE TABLE padlock.ca_states (
  ca text PRIMARY KEY CHECK (ca <> ''),
  failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),  -- in a row
  failure_time timestamptz
) WITH (fillfactor = 50);  -- room for each next state beside the last

-- An index entry is small; a set of a hundred names is not.
CREATE FUNCTION padlock.ca_subject(subject text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN length(subject) > 300
              THEN 'sha256:' || encode(sha256(convert_to(subject, 'UTF8')), 'hex')
              ELSE subject END;

-- Our requests that count against a limit of the CA, each as long as any limit counts it.
CREATE TABLE padlock.ca_uses (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ca text NOT NULL,
  scope text NOT NULL
    CHECK (scope IN ('AUTHORITY', 'ACCOUNT', 'REGISTERED_DOMAIN', 'NAME_SET', 'FAILED_VALIDATIONS')),
  subject text NOT NULL CHECK (length(subject) <= 300),
  time timestamptz NOT NULL,
  drop_time timestamptz NOT NULL
);
CREATE INDEX ca_uses_subject ON padlock.ca_uses (ca, scope, subject, time);
CREATE INDEX ca_uses_drop_time ON padlock.ca_uses (drop_time);

-- What a CA has refused for a while, by its 429.
CREATE TABLE padlock.ca_waits (
  ca text NOT NULL,
  scope text NOT NULL
    CHECK (scope IN ('AUTHORITY', 'ACCOUNT', 'REGISTERED_DOMAIN', 'NAME_SET', 'FAILED_VALIDATIONS')),
  subject text NOT NULL CHECK (length(subject) <= 300),
  end_time timestamptz NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (ca, scope, subject)
);
CREATE INDEX ca_waits_end_time ON padlock.ca_waits (end_time);

GRANT SELECT, INSERT, UPDATE, DELETE ON padlock.ca_states, padlock.ca_uses, padlock.ca_waits
  TO padlock_cert;
GRANT SELECT ON padlock.ca_states, padlock.ca_uses, padlock.ca_waits TO padlock_read;

ALTER TABLE padlock.certificates ADD COLUMN ca_failures jsonb NOT NULL DEFAULT '[]';
ALTER TABLE padlock.orders ADD COLUMN caa_check_time timestamptz;
GRANT SELECT (caa_check_time) ON padlock.orders TO padlock_read;
