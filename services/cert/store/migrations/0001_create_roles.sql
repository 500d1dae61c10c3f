-- The roles that the service connects as. Where the migrating role may not create roles, an
-- administrator has made them before.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['padlock_cert', 'padlock_claim', 'padlock_read'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = name) THEN
      BEGIN
        EXECUTE pg_catalog.format('CREATE ROLE %I LOGIN', name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another database of this server was migrated at the same moment
      END;
    END IF;
  END LOOP;
END
$$;

GRANT USAGE ON SCHEMA padlock TO padlock_cert, padlock_claim, padlock_read;
GRANT SELECT ON padlock.schema_migrations TO padlock_cert, padlock_claim, padlock_read;
