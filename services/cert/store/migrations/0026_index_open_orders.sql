-- A CA may answer newOrder with an order that the account has open for the same names, so there is
-- one at a time for them. Found without reading all of a tenant's orders.
CREATE INDEX orders_open_names ON padlock.orders (tenant, ca, jsonb_hash_extended(names, 0))
  WHERE new_order_sent AND NOT finalize_sent;
