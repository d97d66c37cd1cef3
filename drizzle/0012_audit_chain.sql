-- Written by hand: what drizzle cannot say about the chain of the audit log.

-- Every line from now on is part of its brand's chain. Lines from before are left as they are.
ALTER TABLE audit_log ADD CONSTRAINT audit_log_chained CHECK (seq IS NOT NULL AND hash IS NOT NULL) NOT VALID;
--> statement-breakpoint
-- The end of a chain moves forward only, and is never taken away.
REVOKE DELETE, TRUNCATE ON audit_heads FROM connected_apps_app;
--> statement-breakpoint
CREATE FUNCTION audit_head_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.customer_id <> OLD.customer_id OR NEW.seq < OLD.seq THEN
    RAISE EXCEPTION 'audit_heads moves forward: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER audit_heads_move_on BEFORE UPDATE ON audit_heads
  FOR EACH ROW EXECUTE FUNCTION audit_head_moves_on();
--> statement-breakpoint
CREATE TRIGGER audit_heads_kept BEFORE DELETE ON audit_heads
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_heads_no_truncate BEFORE TRUNCATE ON audit_heads
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
