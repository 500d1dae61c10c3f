-- A CA may answer newOrder with an order that the account has open for the same names, so there is
-- one at a time for them. Found without reading all of a tenant's orders: by a column, since row-level
-- security lets no index be searched by a function that might tell what it is given. Orders of before
-- have none.
ALTER TABLE padlock.orders ADD COLUMN names_digest text;
CREATE INDEX orders_open_names ON padlock.orders (tenant, ca, names_digest) WHERE new_order_sent;
