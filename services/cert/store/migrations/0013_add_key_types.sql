-- Keys of several types, two at once (the second is RSA), and those that stay with their callers.

ALTER TABLE padlock.orders
  ADD COLUMN key_type text NOT NULL DEFAULT 'ECDSA_P256'
    CONSTRAINT orders_key_type_check CHECK (key_type IN ('ECDSA_P256', 'RSA_2048', 'CALLERS'));

ALTER TABLE padlock.issuances
  ADD COLUMN key_type text NOT NULL DEFAULT 'ECDSA_P256'
    CONSTRAINT issuances_key_type_check CHECK (key_type IN ('ECDSA_P256', 'RSA_2048', 'CALLERS')),
  ALTER COLUMN key_id DROP NOT NULL,
  ALTER COLUMN key_octets DROP NOT NULL,
  ADD CONSTRAINT issuances_key_check
    CHECK ((key_id IS NULL) = (key_octets IS NULL) AND (key_id IS NULL) = (key_type = 'CALLERS'));

ALTER TABLE padlock.certificates
  ADD COLUMN second_issuance text,
  ADD COLUMN second_renew_time timestamptz;

GRANT SELECT (key_type) ON padlock.orders, padlock.issuances TO padlock_read;
