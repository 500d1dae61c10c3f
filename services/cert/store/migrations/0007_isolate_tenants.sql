-- Who sees what. The service's role sees the rows of the tenant that its transaction names
-- (set_config('padlock.tenant', …, true)), none without; not even the owner sees more.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenants', 'work', 'domains', 'certificates', 'orders',
                              'authorizations', 'issuances', 'events', 'evidence'] LOOP
    EXECUTE pg_catalog.format('ALTER TABLE padlock.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE pg_catalog.format('ALTER TABLE padlock.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE pg_catalog.format(
      'CREATE POLICY one_tenant ON padlock.%I USING (tenant = current_setting(''padlock.tenant'', true))',
      name);
    EXECUTE pg_catalog.format(
      'CREATE POLICY read_all ON padlock.%I FOR SELECT TO padlock_read USING (true)', name);
    EXECUTE pg_catalog.format(
      'GRANT SELECT, INSERT, UPDATE, DELETE ON padlock.%I TO padlock_cert', name);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON padlock.claims, padlock.acme_accounts, padlock.order_urls,
  padlock.commits TO padlock_cert;

-- The claiming role works for all tenants, on the table of due work alone.
CREATE POLICY claim_all ON padlock.work TO padlock_claim USING (true);
GRANT SELECT ON padlock.work TO padlock_claim;
GRANT UPDATE (due_time, lease_token, lease_expire_time, claims, wake_time) ON padlock.work
  TO padlock_claim;

-- People who look: everything but keys.
GRANT SELECT ON padlock.tenants, padlock.work, padlock.domains, padlock.certificates,
  padlock.authorizations, padlock.events, padlock.evidence, padlock.claims, padlock.order_urls
  TO padlock_read;
GRANT SELECT (tenant, id, certificate, ca, names, request_id, new_order_sent, order_url,
  finalize_url, delegation_target, csr_der, finalize_sent, expire_time, finding, intent_time)
  ON padlock.orders TO padlock_read;
GRANT SELECT (tenant, id, certificate, order_id, ca, serial, issuer, names, not_before, not_after,
  chain_pem, create_time) ON padlock.issuances TO padlock_read;
GRANT SELECT (ca, url) ON padlock.acme_accounts TO padlock_read;
