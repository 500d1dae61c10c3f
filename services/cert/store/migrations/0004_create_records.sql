-- The records themselves. State and due time of each are in padlock.work under the same id.

CREATE TABLE padlock.domains (
  tenant text NOT NULL,
  id text NOT NULL,
  hostname text NOT NULL,
  wildcard boolean NOT NULL,
  claim_value text NOT NULL,
  delegation_target text NOT NULL,
  canary_value text NOT NULL,
  certificate text NOT NULL,
  idempotency_key text NOT NULL,
  request_id text NOT NULL,
  live boolean NOT NULL,  -- not DELETING or DELETED: the hostname may be added again
  finding jsonb,
  create_time timestamptz NOT NULL,
  prove_time timestamptz,
  check_time timestamptz,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX domains_hostname_key ON padlock.domains (tenant, hostname) WHERE live;
CREATE UNIQUE INDEX domains_idempotency_key ON padlock.domains (tenant, idempotency_key)
  WHERE idempotency_key <> '';
CREATE INDEX domains_list ON padlock.domains (tenant, create_time, id) WHERE live;

CREATE TABLE padlock.certificates (
  tenant text NOT NULL,
  id text NOT NULL,
  domain text NOT NULL,
  names jsonb NOT NULL,
  request_id text NOT NULL,
  order_id text,
  issuance text,
  renew_time timestamptz,
  failed_orders integer NOT NULL,
  finding jsonb,
  create_time timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX certificates_list ON padlock.certificates (tenant, create_time, id);

CREATE TABLE padlock.orders (
  tenant text NOT NULL,
  id text NOT NULL,
  certificate text NOT NULL,
  ca text NOT NULL,
  names jsonb NOT NULL,
  request_id text NOT NULL,
  new_order_sent boolean NOT NULL,
  order_url text NOT NULL,
  finalize_url text NOT NULL,
  delegation_target text NOT NULL,
  key_id text,
  key_octets bytea,  -- sealed
  csr_der bytea NOT NULL,
  finalize_sent boolean NOT NULL,
  expire_time timestamptz,
  finding jsonb,
  intent_time timestamptz NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, certificate) REFERENCES padlock.certificates (tenant, id),
  CONSTRAINT orders_key_check CHECK ((key_id IS NULL) = (key_octets IS NULL))
);
CREATE UNIQUE INDEX orders_order_url_key ON padlock.orders (order_url) WHERE order_url <> '';
CREATE INDEX orders_certificate ON padlock.orders (tenant, certificate);
CREATE INDEX orders_delegation_target ON padlock.orders (tenant, delegation_target);

CREATE TABLE padlock.authorizations (
  tenant text NOT NULL,
  order_id text NOT NULL,
  position integer NOT NULL,
  url text NOT NULL,
  identifier text NOT NULL,
  wildcard boolean NOT NULL,
  challenge_url text NOT NULL,
  txt_value text NOT NULL,
  valid boolean NOT NULL,
  PRIMARY KEY (tenant, order_id, position),
  FOREIGN KEY (tenant, order_id) REFERENCES padlock.orders (tenant, id)
);

CREATE TABLE padlock.issuances (
  tenant text NOT NULL,
  id text NOT NULL,
  certificate text NOT NULL,
  order_id text NOT NULL,
  ca text NOT NULL,
  serial text NOT NULL,
  issuer text NOT NULL,
  names jsonb NOT NULL,
  not_before timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  chain_pem text NOT NULL,
  key_id text NOT NULL,
  key_octets bytea NOT NULL,  -- sealed
  create_time timestamptz NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, certificate) REFERENCES padlock.certificates (tenant, id),
  FOREIGN KEY (tenant, order_id) REFERENCES padlock.orders (tenant, id)
);
-- An order brings one certificate, however often its last step is repeated.
CREATE UNIQUE INDEX issuances_order_key ON padlock.issuances (tenant, order_id);
CREATE INDEX issuances_certificate ON padlock.issuances (tenant, certificate);
