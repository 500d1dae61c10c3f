-- Ends the transaction of a holder whose lease is lost, so that a statement which makes sure of the
-- lease can travel with the COMMIT. The SQLSTATE is ours: no class of PostgreSQL's begins with PL.
CREATE FUNCTION padlock.require_lease(held boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF held IS NOT TRUE THEN
    RAISE EXCEPTION 'the lease is lost' USING ERRCODE = 'PL001';
  END IF;
END
$$;
