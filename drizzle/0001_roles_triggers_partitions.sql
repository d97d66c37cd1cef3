-- Written by hand: what drizzle cannot say. Roles and grants, append-only triggers, monthly partitions.

-- The application role. Where the hosting made it already (with a login and password), it is left as it is.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'connected_apps_app') THEN
    CREATE ROLE connected_apps_app NOLOGIN;
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE EXCEPTION 'The role connected_apps_app is missing and this owner may not create roles. As a superuser type: CREATE ROLE connected_apps_app LOGIN PASSWORD ''…'';';
END
$$;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO connected_apps_app;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO connected_apps_app;
--> statement-breakpoint
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO connected_apps_app;
--> statement-breakpoint
-- A table of a later migration is usable at once; one that must not be says so in its own migration.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO connected_apps_app;
--> statement-breakpoint
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO connected_apps_app;
--> statement-breakpoint
-- What is written once stays: the application may add to the ledger and the audit log and read them, no more.
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entries, audit_log, loss_reports FROM connected_apps_app;
--> statement-breakpoint
-- And nobody else may either, the owner included: the triggers hold where privileges do not.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER loss_reports_append_only BEFORE UPDATE OR DELETE ON loss_reports
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER loss_reports_no_truncate BEFORE TRUNCATE ON loss_reports
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- A row that fits no month lands here instead of being refused.
CREATE TABLE token_usage_default PARTITION OF token_usage DEFAULT;
--> statement-breakpoint
-- Makes the months from `months_back` before to `months_ahead` after the given day. Runs as the owner, because the
-- application may not create tables; it takes no text from the caller.
CREATE FUNCTION ensure_token_usage_partitions(around date, months_back integer, months_ahead integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  month date;
  name text;
  made integer := 0;
  lower_end timestamptz;
  upper_end timestamptz;
BEGIN
  FOR month IN
    SELECT generate_series(
      date_trunc('month', around) - make_interval(months => least(months_back, 24)),
      date_trunc('month', around) + make_interval(months => least(months_ahead, 24)),
      interval '1 month')::date
  LOOP
    name := 'token_usage_' || to_char(month, 'YYYY_MM');
    IF to_regclass('public.' || name) IS NULL THEN
      lower_end := month::timestamp AT TIME ZONE 'UTC';
      upper_end := (month + interval '1 month') AT TIME ZONE 'UTC';
      IF EXISTS (SELECT FROM token_usage_default WHERE created_at >= lower_end AND created_at < upper_end) THEN
        -- Rows that came before their month was made: they move into it, or it could never be made.
        EXECUTE format('CREATE TABLE %I (LIKE token_usage INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
        EXECUTE format(
          'WITH moved AS (DELETE FROM token_usage_default WHERE created_at >= %L AND created_at < %L RETURNING *)
           INSERT INTO %I SELECT * FROM moved', lower_end, upper_end, name);
        EXECUTE format(
          'ALTER TABLE token_usage ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, lower_end, upper_end);
      ELSE
        EXECUTE format(
          'CREATE TABLE %I PARTITION OF token_usage FOR VALUES FROM (%L) TO (%L)', name, lower_end, upper_end);
      END IF;
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION ensure_token_usage_partitions(date, integer, integer) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION ensure_token_usage_partitions(date, integer, integer) TO connected_apps_app;
--> statement-breakpoint
SELECT ensure_token_usage_partitions(current_date, 3, 3);
--> statement-breakpoint
INSERT INTO metering_partitions (partition) SELECT generate_series(0, 63);
