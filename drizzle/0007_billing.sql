CREATE TABLE "billing_reports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"checked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"purchases" integer NOT NULL,
	"paid_cents" bigint NOT NULL,
	"tokens_bought" bigint NOT NULL,
	"tokens_granted" bigint NOT NULL,
	"balance" bigint NOT NULL,
	"findings" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "overage_settings" (
	"customer_id" uuid PRIMARY KEY NOT NULL,
	"mode" varchar(10) NOT NULL,
	"threshold" bigint,
	"pack_id" varchar(50),
	"monthly_limit_cents" integer,
	"cooldown_minutes" integer,
	"low_balance_tokens" bigint,
	"alert_daily_tokens" bigint,
	"alert_monthly_tokens" bigint,
	"stopped_at" timestamp with time zone,
	"stopped_reason" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "overage_settings_mode" CHECK ("overage_settings"."mode" in ('stop', 'top_up')),
	CONSTRAINT "overage_settings_top_up" CHECK ("overage_settings"."mode" = 'stop' or ("overage_settings"."threshold" is not null and "overage_settings"."pack_id" is not null and "overage_settings"."monthly_limit_cents" is not null and "overage_settings"."cooldown_minutes" is not null))
);
--> statement-breakpoint
CREATE TABLE "purchase_reversals" (
	"id" varchar(100) PRIMARY KEY NOT NULL,
	"purchase_id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"kind" varchar(10) NOT NULL,
	"status" varchar(40) NOT NULL,
	"amount_cents" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "purchase_reversals_amount" CHECK ("purchase_reversals"."amount_cents" >= 0)
);
--> statement-breakpoint
CREATE TABLE "stripe_customers" (
	"customer_id" uuid PRIMARY KEY NOT NULL,
	"encrypted_id" text NOT NULL,
	"blind_index" varchar(43) NOT NULL,
	"revision" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stripe_customers_blind_index_unique" UNIQUE("blind_index")
);
--> statement-breakpoint
CREATE TABLE "stripe_events" (
	"id" varchar(100) PRIMARY KEY NOT NULL,
	"type" varchar(100) NOT NULL,
	"object_id" varchar(255),
	"livemode" boolean NOT NULL,
	"status" varchar(10) NOT NULL,
	"payload" jsonb,
	"customer_id" uuid,
	"attempts" integer DEFAULT 1 NOT NULL,
	"error" text,
	"next_attempt_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"processed_at" timestamp with time zone,
	CONSTRAINT "stripe_events_status" CHECK ("stripe_events"."status" in ('done', 'ignored', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "token_purchases" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"kind" varchar(10) NOT NULL,
	"origin" varchar(20) NOT NULL,
	"plan_id" varchar(50),
	"pack_id" varchar(50),
	"tokens_purchased" bigint NOT NULL,
	"price_cents" integer NOT NULL,
	"status" varchar(20) DEFAULT 'pending' NOT NULL,
	"business_key" varchar(200),
	"stripe_payment_intent_id" varchar(100),
	"stripe_invoice_id" varchar(100),
	"stripe_subscription_id" varchar(100),
	"period_start" timestamp with time zone,
	"period_end" timestamp with time zone,
	"grant_id" uuid,
	"refunded_cents" integer DEFAULT 0 NOT NULL,
	"disputed_cents" integer DEFAULT 0 NOT NULL,
	"tokens_revoked" bigint DEFAULT 0 NOT NULL,
	"failure" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp with time zone,
	CONSTRAINT "token_purchases_business_key_unique" UNIQUE("business_key"),
	CONSTRAINT "token_purchases_stripe_payment_intent_id_unique" UNIQUE("stripe_payment_intent_id"),
	CONSTRAINT "token_purchases_grant_id_unique" UNIQUE("grant_id"),
	CONSTRAINT "token_purchases_kind" CHECK (("token_purchases"."kind" = 'pack') = ("token_purchases"."pack_id" is not null) and ("token_purchases"."kind" = 'plan') = ("token_purchases"."plan_id" is not null)),
	CONSTRAINT "token_purchases_tokens" CHECK ("token_purchases"."tokens_purchased" > 0 or ("token_purchases"."kind" = 'plan' and "token_purchases"."tokens_purchased" = 0)),
	CONSTRAINT "token_purchases_price" CHECK ("token_purchases"."price_cents" >= 0 and "token_purchases"."refunded_cents" >= 0 and "token_purchases"."disputed_cents" >= 0),
	CONSTRAINT "token_purchases_revoked" CHECK ("token_purchases"."tokens_revoked" between 0 and "token_purchases"."tokens_purchased"),
	CONSTRAINT "token_purchases_status" CHECK ("token_purchases"."status" in ('pending', 'completed', 'failed', 'refunded')),
	CONSTRAINT "token_purchases_granted" CHECK (("token_purchases"."grant_id" is not null) = ("token_purchases"."status" in ('completed', 'refunded') and "token_purchases"."tokens_purchased" > 0))
);
--> statement-breakpoint
ALTER TABLE "customer_billing" ADD COLUMN "stripe_subscription_id" varchar(100);--> statement-breakpoint
ALTER TABLE "customer_billing" ADD COLUMN "pending_plan_id" varchar(50);--> statement-breakpoint
ALTER TABLE "customer_billing" ADD COLUMN "cancel_at_period_end" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "customer_billing" ADD COLUMN "grace_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "customer_billing" ADD COLUMN "unsettled" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "billing_reports" ADD CONSTRAINT "billing_reports_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "overage_settings" ADD CONSTRAINT "overage_settings_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "overage_settings" ADD CONSTRAINT "overage_settings_pack_id_token_packs_id_fk" FOREIGN KEY ("pack_id") REFERENCES "public"."token_packs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "purchase_reversals" ADD CONSTRAINT "purchase_reversals_purchase_id_token_purchases_id_fk" FOREIGN KEY ("purchase_id") REFERENCES "public"."token_purchases"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stripe_customers" ADD CONSTRAINT "stripe_customers_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "token_purchases" ADD CONSTRAINT "token_purchases_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "token_purchases" ADD CONSTRAINT "token_purchases_plan_id_billing_plans_id_fk" FOREIGN KEY ("plan_id") REFERENCES "public"."billing_plans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "token_purchases" ADD CONSTRAINT "token_purchases_pack_id_token_packs_id_fk" FOREIGN KEY ("pack_id") REFERENCES "public"."token_packs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "token_purchases" ADD CONSTRAINT "token_purchases_grant_id_grant_intents_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."grant_intents"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "billing_reports_customer" ON "billing_reports" USING btree ("customer_id","checked_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "purchase_reversals_purchase" ON "purchase_reversals" USING btree ("purchase_id");--> statement-breakpoint
CREATE INDEX "stripe_events_failed" ON "stripe_events" USING btree ("next_attempt_at") WHERE "stripe_events"."status" = 'failed';--> statement-breakpoint
CREATE INDEX "stripe_events_received" ON "stripe_events" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "token_purchases_customer" ON "token_purchases" USING btree ("customer_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "token_purchases_subscription" ON "token_purchases" USING btree ("stripe_subscription_id");--> statement-breakpoint
CREATE UNIQUE INDEX "token_purchases_one_top_up" ON "token_purchases" USING btree ("customer_id") WHERE "token_purchases"."origin" = 'top_up' and "token_purchases"."status" = 'pending';--> statement-breakpoint
ALTER TABLE "customer_billing" ADD CONSTRAINT "customer_billing_pending_plan_id_billing_plans_id_fk" FOREIGN KEY ("pending_plan_id") REFERENCES "public"."billing_plans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_billing" ADD CONSTRAINT "customer_billing_stripe_subscription_id_unique" UNIQUE("stripe_subscription_id");