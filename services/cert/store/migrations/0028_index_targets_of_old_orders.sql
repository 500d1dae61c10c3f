-- Targets are their authorizations' now: nearly every order's own is empty. With the empty ones in
-- the index, PostgreSQL expected half of all orders at any target, and read the table instead.
CREATE INDEX orders_own_target
  ON padlock.orders (tenant, delegation_target) WHERE delegation_target <> '';
