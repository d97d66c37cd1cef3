CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"customer_id" uuid NOT NULL,
	"actor_type" varchar(10) NOT NULL,
	"actor_id" text NOT NULL,
	"action" varchar(60) NOT NULL,
	"subject" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "apps" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"catalog_id" varchar(20) NOT NULL,
	"name" varchar(100) NOT NULL,
	"slug" varchar(50) NOT NULL,
	"description" text,
	"category" varchar(50) NOT NULL,
	"token_cost" integer NOT NULL,
	"variable_price" boolean DEFAULT false NOT NULL,
	"status" varchar(20) DEFAULT 'available' NOT NULL,
	"features" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"configuration_schema" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"documentation_url" varchar(255),
	"icon_url" varchar(255),
	"pricing_tier" varchar(20) DEFAULT 'starter' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "apps_catalog_id_unique" UNIQUE("catalog_id"),
	CONSTRAINT "apps_slug_unique" UNIQUE("slug"),
	CONSTRAINT "apps_token_cost" CHECK ("apps"."token_cost" > 0),
	CONSTRAINT "apps_status" CHECK ("apps"."status" in ('available', 'beta', 'deprecated', 'disabled')),
	CONSTRAINT "apps_pricing_tier" CHECK ("apps"."pricing_tier" in ('starter', 'professional', 'enterprise'))
);
--> statement-breakpoint
CREATE TABLE "customer_apps" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"status" varchar(20) DEFAULT 'active' NOT NULL,
	"configuration" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"embed_code" text,
	"activated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "customer_apps_customer_app" UNIQUE("customer_id","app_id"),
	CONSTRAINT "customer_apps_status" CHECK ("customer_apps"."status" in ('active', 'paused', 'disabled'))
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"key_id" varchar(40) NOT NULL,
	"customer_id" uuid NOT NULL,
	"name" varchar(60) NOT NULL,
	"kind" varchar(2) NOT NULL,
	"mode" varchar(4) NOT NULL,
	"hmac" varchar(43) NOT NULL,
	"public_key" text,
	"last_four" varchar(4) NOT NULL,
	"origins" text[] DEFAULT '{}' NOT NULL,
	"app_permissions" text[],
	"scopes" text[] DEFAULT '{}' NOT NULL,
	"rate_limit" integer DEFAULT 1000 NOT NULL,
	"rate_burst" integer DEFAULT 1000 NOT NULL,
	"version" bigint DEFAULT 1 NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "api_keys_key_id_unique" UNIQUE("key_id"),
	CONSTRAINT "api_keys_hmac_unique" UNIQUE("hmac"),
	CONSTRAINT "api_keys_kind" CHECK ("api_keys"."kind" in ('pk', 'sk')),
	CONSTRAINT "api_keys_mode" CHECK ("api_keys"."mode" in ('live', 'test')),
	CONSTRAINT "api_keys_public" CHECK (("api_keys"."kind" = 'pk') = ("api_keys"."public_key" is not null)),
	CONSTRAINT "api_keys_rate" CHECK ("api_keys"."rate_limit" > 0 and "api_keys"."rate_burst" > 0)
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"id" uuid PRIMARY KEY NOT NULL,
	"partition" smallint NOT NULL,
	"stream_id" varchar(40) NOT NULL,
	"reason" varchar(10) NOT NULL,
	"error" text NOT NULL,
	"customer_id" uuid,
	"mode" varchar(4),
	"epoch" bigint,
	"seq" bigint,
	"delta" bigint,
	"balance_after" bigint,
	"fields" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	"resolution" text,
	CONSTRAINT "dead_letters_reason" CHECK ("dead_letters"."reason" in ('poison', 'fork'))
);
--> statement-breakpoint
CREATE TABLE "grant_intents" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"source" varchar(10) NOT NULL,
	"tokens" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"business_key" varchar(200) NOT NULL,
	"applied_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "grant_intents_business_key_unique" UNIQUE("business_key"),
	CONSTRAINT "grant_intents_tokens" CHECK ("grant_intents"."tokens" > 0),
	CONSTRAINT "grant_intents_source" CHECK ("grant_intents"."source" in ('plan', 'pack', 'refund', 'adjustment'))
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"source" varchar(10) NOT NULL,
	"tokens" bigint NOT NULL,
	"remaining" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"granted_at" timestamp with time zone NOT NULL,
	CONSTRAINT "grants_remaining" CHECK ("grants"."remaining" between 0 and "grants"."tokens")
);
--> statement-breakpoint
CREATE TABLE "ledger_entries" (
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"epoch" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"operation_id" varchar(80) NOT NULL,
	"kind" varchar(10) NOT NULL,
	"tokens" bigint NOT NULL,
	"delta" bigint NOT NULL,
	"balance_after" bigint NOT NULL,
	"grant_parts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"app_id" varchar(20),
	"price" bigint,
	"usage_id" uuid,
	"grant_id" uuid,
	"reservation_id" uuid,
	"expires_at" timestamp with time zone,
	"reverses" varchar(80),
	"idempotency_hash" varchar(43),
	"request_hash" varchar(43),
	"occurred_at" timestamp with time zone NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ledger_entries_customer_id_mode_epoch_seq_pk" PRIMARY KEY("customer_id","mode","epoch","seq"),
	CONSTRAINT "ledger_entries_operation" UNIQUE("customer_id","mode","operation_id"),
	CONSTRAINT "ledger_entries_tokens" CHECK ("ledger_entries"."tokens" >= 0),
	CONSTRAINT "ledger_entries_balance" CHECK ("ledger_entries"."balance_after" >= 0),
	CONSTRAINT "ledger_entries_position" CHECK ("ledger_entries"."epoch" > 0 and "ledger_entries"."seq" > 0),
	CONSTRAINT "ledger_entries_kind" CHECK ("ledger_entries"."kind" in ('grant', 'usage', 'hold', 'settle', 'release', 'refund', 'expiry', 'adjustment'))
);
--> statement-breakpoint
CREATE TABLE "loss_reports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"epoch" bigint NOT NULL,
	"reason" text NOT NULL,
	"window_from" timestamp with time zone,
	"window_to" timestamp with time zone DEFAULT now() NOT NULL,
	"tokens_lost" bigint
);
--> statement-breakpoint
CREATE TABLE "metering_accounts" (
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"partition" smallint NOT NULL,
	"epoch" bigint DEFAULT 0 NOT NULL,
	"seq" bigint DEFAULT 0 NOT NULL,
	"balance" bigint DEFAULT 0 NOT NULL,
	"unlimited" boolean DEFAULT false NOT NULL,
	"forked" boolean DEFAULT false NOT NULL,
	"retire" boolean DEFAULT false NOT NULL,
	"epoch_started_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "metering_accounts_customer_id_mode_pk" PRIMARY KEY("customer_id","mode"),
	CONSTRAINT "metering_accounts_balance" CHECK ("metering_accounts"."balance" >= 0),
	CONSTRAINT "metering_accounts_partition_range" CHECK ("metering_accounts"."partition" between 0 and 63)
);
--> statement-breakpoint
CREATE TABLE "metering_partitions" (
	"partition" smallint PRIMARY KEY NOT NULL,
	"generation" bigint DEFAULT 1 NOT NULL,
	"redis_run_id" varchar(64),
	"last_drained_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "token_usage" (
	"id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"app_id" uuid NOT NULL,
	"tokens_consumed" bigint NOT NULL,
	"key_id" varchar(40),
	"session_id" varchar(100),
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"ip_address" "inet",
	"user_agent" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "token_usage_id_created_at_pk" PRIMARY KEY("id","created_at"),
	CONSTRAINT "token_usage_tokens" CHECK ("token_usage"."tokens_consumed" > 0)
) PARTITION BY RANGE ("created_at");
--> statement-breakpoint
CREATE TABLE "usage_analytics_daily" (
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"app_id" uuid NOT NULL,
	"date" date NOT NULL,
	"tokens_consumed" bigint DEFAULT 0 NOT NULL,
	"sessions_count" integer DEFAULT 0 NOT NULL,
	"unique_users" integer,
	"avg_processing_time_ms" numeric(10, 2),
	"processing_time_count" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "usage_analytics_daily_customer_id_mode_app_id_date_pk" PRIMARY KEY("customer_id","mode","app_id","date")
);
--> statement-breakpoint
CREATE TABLE "customers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" varchar(100) NOT NULL,
	"slug" varchar(50) NOT NULL,
	"time_zone" varchar(64) DEFAULT 'UTC' NOT NULL,
	"rate_limit" integer DEFAULT 10000 NOT NULL,
	"rate_burst" integer DEFAULT 100 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "customers_slug_unique" UNIQUE("slug"),
	CONSTRAINT "customers_rate" CHECK ("customers"."rate_limit" > 0 and "customers"."rate_burst" > 0)
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"user_id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"role" varchar(20) NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_user_id_customer_id_pk" PRIMARY KEY("user_id","customer_id"),
	CONSTRAINT "memberships_role" CHECK ("memberships"."role" in ('admin', 'manager', 'viewer'))
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" varchar(254) NOT NULL,
	"name" varchar(100) NOT NULL,
	"password_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "billing_plans" (
	"id" varchar(50) PRIMARY KEY NOT NULL,
	"name" varchar(100) NOT NULL,
	"description" text,
	"tokens_per_month" integer NOT NULL,
	"price_cents" integer NOT NULL,
	"billing_cycle" varchar(20) DEFAULT 'monthly' NOT NULL,
	"stripe_price_id" varchar(100),
	"features" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "billing_plans_stripe_price_id_unique" UNIQUE("stripe_price_id"),
	CONSTRAINT "billing_plans_tokens" CHECK ("billing_plans"."tokens_per_month" >= -1),
	CONSTRAINT "billing_plans_price" CHECK ("billing_plans"."price_cents" >= 0),
	CONSTRAINT "billing_plans_cycle" CHECK ("billing_plans"."billing_cycle" in ('monthly', 'yearly'))
);
--> statement-breakpoint
CREATE TABLE "customer_billing" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"plan_id" varchar(50) NOT NULL,
	"billing_cycle_start" timestamp with time zone,
	"billing_cycle_end" timestamp with time zone,
	"status" varchar(20) DEFAULT 'active' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "customer_billing_customer_id_unique" UNIQUE("customer_id"),
	CONSTRAINT "customer_billing_status" CHECK ("customer_billing"."status" in ('active', 'past_due', 'canceled', 'unpaid'))
);
--> statement-breakpoint
ALTER TABLE "customer_apps" ADD CONSTRAINT "customer_apps_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_apps" ADD CONSTRAINT "customer_apps_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grant_intents" ADD CONSTRAINT "grant_intents_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_id_grant_intents_id_fk" FOREIGN KEY ("id") REFERENCES "public"."grant_intents"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "metering_accounts" ADD CONSTRAINT "metering_accounts_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "token_usage" ADD CONSTRAINT "token_usage_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "token_usage" ADD CONSTRAINT "token_usage_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_analytics_daily" ADD CONSTRAINT "usage_analytics_daily_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_analytics_daily" ADD CONSTRAINT "usage_analytics_daily_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_billing" ADD CONSTRAINT "customer_billing_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_billing" ADD CONSTRAINT "customer_billing_plan_id_billing_plans_id_fk" FOREIGN KEY ("plan_id") REFERENCES "public"."billing_plans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_customer" ON "audit_log" USING btree ("customer_id","id");--> statement-breakpoint
CREATE INDEX "idx_customer_apps_status" ON "customer_apps" USING btree ("status");--> statement-breakpoint
CREATE INDEX "api_keys_customer" ON "api_keys" USING btree ("customer_id","created_at");--> statement-breakpoint
CREATE INDEX "dead_letters_stream" ON "dead_letters" USING btree ("partition","stream_id");--> statement-breakpoint
CREATE INDEX "dead_letters_open" ON "dead_letters" USING btree ("customer_id","mode") WHERE "dead_letters"."resolved_at" is null;--> statement-breakpoint
CREATE INDEX "grant_intents_unapplied" ON "grant_intents" USING btree ("customer_id","mode") WHERE "grant_intents"."applied_at" is null;--> statement-breakpoint
CREATE INDEX "grants_left" ON "grants" USING btree ("customer_id","mode") WHERE "grants"."remaining" > 0;--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_entries_grant" ON "ledger_entries" USING btree ("grant_id") WHERE "ledger_entries"."kind" = 'grant';--> statement-breakpoint
CREATE INDEX "metering_accounts_partition" ON "metering_accounts" USING btree ("partition");--> statement-breakpoint
CREATE INDEX "idx_token_usage_customer_created" ON "token_usage" USING btree ("customer_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "memberships_customer" ON "memberships" USING btree ("customer_id");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_expires" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email" ON "users" USING btree (lower("email"));