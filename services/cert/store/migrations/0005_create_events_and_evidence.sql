-- What happened, per tenant, numbered without gaps in the order of commits.
CREATE TABLE padlock.events (
  tenant text NOT NULL,
  number bigint NOT NULL,
  time timestamptz NOT NULL,
  type text NOT NULL CHECK (type <> ''),
  domain text NOT NULL,
  certificate text NOT NULL,
  order_id text NOT NULL,
  actor text NOT NULL,
  request_id text NOT NULL,
  message text NOT NULL,
  attempt integer NOT NULL,
  PRIMARY KEY (tenant, number)
);

-- What the checks saw; only the latest attempts of each subject.
CREATE TABLE padlock.evidence (
  tenant text NOT NULL,
  subject_id text NOT NULL,
  attempt integer NOT NULL,
  time timestamptz NOT NULL,
  decision text NOT NULL,
  answers jsonb NOT NULL,
  PRIMARY KEY (tenant, subject_id, attempt)
);
