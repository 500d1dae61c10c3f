-- One clock for all replicas. Its offset is zero but in tests.

CREATE TABLE padlock.clock (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  time_offset interval NOT NULL DEFAULT interval '0'
);
INSERT INTO padlock.clock DEFAULT VALUES;

-- Fixed for the transaction.
CREATE FUNCTION padlock.padlock_now() RETURNS timestamptz
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (SELECT now() + c.time_offset FROM padlock.clock AS c);

-- Moves on within the transaction: for leases, which must not start in the past because a
-- transaction was opened early. Use it as (SELECT padlock.padlock_clock()), read once a statement.
CREATE FUNCTION padlock.padlock_clock() RETURNS timestamptz
  LANGUAGE sql VOLATILE
  RETURN (SELECT clock_timestamp() + c.time_offset FROM padlock.clock AS c);

GRANT SELECT ON padlock.clock TO padlock_cert, padlock_claim, padlock_read;
