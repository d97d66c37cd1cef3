ALTER TABLE "ledger_entries" DROP CONSTRAINT "ledger_entries_customer_id_customers_id_fk";
--> statement-breakpoint
ALTER TABLE "token_usage" DROP CONSTRAINT "token_usage_customer_id_customers_id_fk";
--> statement-breakpoint
ALTER TABLE "token_usage" DROP CONSTRAINT "token_usage_app_id_apps_id_fk";
--> statement-breakpoint
-- What the drain writes is kept by what it writes under: nobody takes away an account, and an account keeps its brand.
REVOKE DELETE, TRUNCATE ON metering_accounts FROM connected_apps_app;
--> statement-breakpoint
CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is kept: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER metering_accounts_kept BEFORE DELETE ON metering_accounts
  FOR EACH ROW EXECUTE FUNCTION refuse_removal();
--> statement-breakpoint
CREATE TRIGGER metering_accounts_no_truncate BEFORE TRUNCATE ON metering_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
