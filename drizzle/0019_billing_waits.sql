ALTER TABLE "stripe_customers" ADD COLUMN "forget_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stripe_customers" ADD COLUMN "forgotten_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "customer_billing" ADD COLUMN "confirming_plan_id" varchar(50);--> statement-breakpoint
ALTER TABLE "customer_billing" ADD COLUMN "confirming_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "customer_billing" ADD CONSTRAINT "customer_billing_confirming_plan_id_billing_plans_id_fk" FOREIGN KEY ("confirming_plan_id") REFERENCES "public"."billing_plans"("id") ON DELETE no action ON UPDATE no action;