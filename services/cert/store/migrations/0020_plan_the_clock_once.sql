-- A function in SQL that reads a table is planned at each call, which costs more than many a
-- statement that calls it; one in PL/pgSQL once for each connection.
CREATE OR REPLACE FUNCTION padlock.padlock_now() RETURNS timestamptz
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN (SELECT now() + c.time_offset FROM padlock.clock AS c);
END
$$;

CREATE OR REPLACE FUNCTION padlock.padlock_clock() RETURNS timestamptz
  LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN (SELECT clock_timestamp() + c.time_offset FROM padlock.clock AS c);
END
$$;
