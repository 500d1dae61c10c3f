-- What cannot belong to one tenant. Everything else could be distributed by tenant.

-- Who has proven the right to a hostname: exclusive.
CREATE TABLE padlock.claims (
  hostname text PRIMARY KEY,
  tenant text NOT NULL CHECK (tenant <> ''),
  domain text NOT NULL,
  prove_time timestamptz NOT NULL
);

-- Our accounts at the CAs.
CREATE TABLE padlock.acme_accounts (
  ca text PRIMARY KEY,
  key_id text NOT NULL,
  key_octets bytea NOT NULL,  -- sealed
  url text NOT NULL
);

-- Every order that the CAs made for us, whosever it is: an order listed by a CA and not here was
-- made by a newOrder whose answer was lost.
CREATE TABLE padlock.order_urls (
  order_url text PRIMARY KEY CHECK (order_url <> ''),
  order_id text NOT NULL UNIQUE
);

-- The last transaction of each client connection. Whoever lost the connection during COMMIT locks
-- its row, which waits for that very transaction to end, and sees whether the sequence was
-- written. (pg_xact_status cannot tell: a crash may hand the transaction's number out again.)
CREATE TABLE padlock.commits (
  client uuid PRIMARY KEY,
  sequence bigint NOT NULL,
  time timestamptz NOT NULL
) WITH (fillfactor = 50);  -- room for each next sequence beside the last
