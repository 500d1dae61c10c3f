-- Renewals of hosts that lead to our own edge are validated over HTTP, whatever the domain's method.

ALTER TABLE padlock.orders ADD COLUMN http_first boolean;  -- null: it was not looked where they lead
ALTER TABLE padlock.certificates
  ADD COLUMN avoids_http boolean NOT NULL DEFAULT false;  -- that has failed since the last issuance

GRANT SELECT (http_first) ON padlock.orders TO padlock_read;
