-- What was sent to a CA between a backup and its restoration is not known: `padlock-cert recover`
-- notes when it ran, and the CA's limits count as used up at that moment.
ALTER TABLE padlock.ca_states ADD COLUMN recover_time timestamptz;
