-- Each authorization is answered as its domain's method has it, at its domain's own place.

-- An empty target of a row from before is its order's, whose domain was the only one.
ALTER TABLE padlock.authorizations
  ADD COLUMN domain text NOT NULL DEFAULT '',
  ADD COLUMN method text NOT NULL DEFAULT 'DELEGATION'
    CONSTRAINT authorizations_method_check CHECK (method IN ('DELEGATION', 'TXT', 'HTTP')),
  ADD COLUMN delegation_target text NOT NULL DEFAULT '',
  ADD COLUMN key_authorization text NOT NULL DEFAULT '';
CREATE INDEX authorizations_delegation_target
  ON padlock.authorizations (tenant, delegation_target) WHERE delegation_target <> '';

-- The http-01 tokens that are answered, whosever they are (RFC 8555, 8.3): a CA comes without a
-- tenant, and knows only the host and the token. They are there as long as their order wants them.
CREATE TABLE padlock.http_tokens (
  token text NOT NULL CHECK (token <> ''),
  order_id text NOT NULL,
  hostname text NOT NULL,
  key_authorization text NOT NULL,
  PRIMARY KEY (token, order_id)
);
CREATE INDEX http_tokens_order ON padlock.http_tokens (order_id);
GRANT SELECT, INSERT, DELETE ON padlock.http_tokens TO padlock_cert;

-- The domains of a certificate of several names. One that belongs to a single domain has no rows
-- here: certificates.domain is that domain.
CREATE TABLE padlock.certificate_domains (
  tenant text NOT NULL,
  certificate text NOT NULL,
  position integer NOT NULL,
  domain text NOT NULL,
  PRIMARY KEY (tenant, certificate, position),
  FOREIGN KEY (tenant, certificate) REFERENCES padlock.certificates (tenant, id)
);
CREATE INDEX certificate_domains_domain ON padlock.certificate_domains (tenant, domain);
ALTER TABLE padlock.certificate_domains ENABLE ROW LEVEL SECURITY;
ALTER TABLE padlock.certificate_domains FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON padlock.certificate_domains
  USING (tenant = current_setting('padlock.tenant', true));
CREATE POLICY read_all ON padlock.certificate_domains FOR SELECT TO padlock_read USING (true);
GRANT SELECT, INSERT, DELETE ON padlock.certificate_domains TO padlock_cert;
GRANT SELECT ON padlock.certificate_domains TO padlock_read;
