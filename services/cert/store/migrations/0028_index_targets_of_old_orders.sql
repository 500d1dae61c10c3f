-- Targets are their authorizations' now. An order has one only if it is from before that: while the
-- index held the empty one of all others too, PostgreSQL took each for the target of half the table.
DROP INDEX padlock.orders_delegation_target;
CREATE INDEX orders_delegation_target
  ON padlock.orders (tenant, delegation_target) WHERE delegation_target <> '';
