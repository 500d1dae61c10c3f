-- Due work by share of the tenants, so that one with very much of it does not stand before the
-- others. The expression is that of the claim in postgres_work_queue.cc; PostgreSQL's hash
-- partitioning relies on the same function, so it stays what it is.
CREATE INDEX work_due_by_share ON padlock.work ((hashtextextended(tenant, 0) & 255), due_time)
  WHERE due_time IS NOT NULL;
