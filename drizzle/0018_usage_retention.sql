-- Written by hand: months of details go as a whole. The ledger and the rollups, which hold nobody's data, stay.

CREATE FUNCTION drop_token_usage_partitions(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
-- Whoever writes at this moment goes first: it is tried again.
SET lock_timeout = '5s'
AS $$
DECLARE
  part record;
  first_kept date := date_trunc('month', before)::date;
  dropped integer := 0;
BEGIN
  IF before > current_date - interval '6 months' THEN
    RAISE EXCEPTION 'details of the last six months are kept: % is too late', before USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR part IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.token_usage'::regclass AND c.relname ~ '^token_usage_\d{4}_\d{2}$'
      AND to_date(right(c.relname, 7), 'YYYY_MM') < first_kept
  LOOP
    EXECUTE format('DROP TABLE %I', part.relname);
    dropped := dropped + 1;
  END LOOP;
  DELETE FROM token_usage_default WHERE created_at < first_kept::timestamp AT TIME ZONE 'UTC';
  RETURN dropped;
END
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION drop_token_usage_partitions(date) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION drop_token_usage_partitions(date) TO connected_apps_app;
