DROP INDEX "alert_crossings_customer";--> statement-breakpoint
DROP INDEX "billing_reports_customer";--> statement-breakpoint
DROP INDEX "token_purchases_customer";--> statement-breakpoint
DROP INDEX "drift_reports_checked";--> statement-breakpoint
DROP INDEX "chat_posts_customer";--> statement-breakpoint
DROP INDEX "notifications_person";--> statement-breakpoint
CREATE INDEX "alert_crossings_customer" ON "alert_crossings" USING btree ("customer_id","opened_at");--> statement-breakpoint
CREATE INDEX "billing_reports_customer" ON "billing_reports" USING btree ("customer_id","checked_at");--> statement-breakpoint
CREATE INDEX "token_purchases_customer" ON "token_purchases" USING btree ("customer_id","created_at");--> statement-breakpoint
CREATE INDEX "drift_reports_checked" ON "drift_reports" USING btree ("checked_at");--> statement-breakpoint
CREATE INDEX "chat_posts_customer" ON "chat_posts" USING btree ("customer_id","created_at");--> statement-breakpoint
CREATE INDEX "notifications_person" ON "notifications" USING btree ("user_id","customer_id","created_at");