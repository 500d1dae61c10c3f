-- A watcher of one domain that resumes far behind reads that domain's events alone.
CREATE INDEX events_domain ON padlock.events (tenant, domain, number) WHERE domain <> '';
