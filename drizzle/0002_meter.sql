CREATE TABLE "drift_reports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"checked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"took_ms" integer NOT NULL,
	"findings" jsonb NOT NULL,
	"breaches" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reservations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"app_id" varchar(20) NOT NULL,
	"status" varchar(10) NOT NULL,
	"tokens_reserved" bigint NOT NULL,
	"parts" jsonb NOT NULL,
	"unlimited" boolean NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"tokens_consumed" bigint,
	"usage_id" uuid,
	"resolved_at" timestamp with time zone,
	"balance_after" bigint,
	CONSTRAINT "reservations_status" CHECK ("reservations"."status" in ('held', 'settled', 'released')),
	CONSTRAINT "reservations_tokens" CHECK ("reservations"."tokens_reserved" > 0 and "reservations"."tokens_consumed" between 0 and "reservations"."tokens_reserved")
);
--> statement-breakpoint
CREATE TABLE "spend_caps" (
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"scope" varchar(20) NOT NULL,
	"daily" bigint,
	"monthly" bigint,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "spend_caps_customer_id_mode_scope_pk" PRIMARY KEY("customer_id","mode","scope"),
	CONSTRAINT "spend_caps_some" CHECK ("spend_caps"."daily" is not null or "spend_caps"."monthly" is not null),
	CONSTRAINT "spend_caps_tokens" CHECK (coalesce("spend_caps"."daily", 0) >= 0 and coalesce("spend_caps"."monthly", 0) >= 0)
);
--> statement-breakpoint
ALTER TABLE "grant_intents" DROP CONSTRAINT "grant_intents_tokens";--> statement-breakpoint
DROP INDEX "grant_intents_unapplied";--> statement-breakpoint
ALTER TABLE "grant_intents" ADD COLUMN "kind" varchar(10) DEFAULT 'grant' NOT NULL;--> statement-breakpoint
ALTER TABLE "grant_intents" ADD COLUMN "target" uuid;--> statement-breakpoint
ALTER TABLE "grant_intents" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "grant_intents" ADD COLUMN "refused_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "metering_accounts" ADD COLUMN "look_up_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "token_usage" ADD COLUMN "refunded_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "spend_caps" ADD CONSTRAINT "spend_caps_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "drift_reports_checked" ON "drift_reports" USING btree ("checked_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "reservations_held" ON "reservations" USING btree ("customer_id","mode") WHERE "reservations"."status" = 'held';--> statement-breakpoint
CREATE INDEX "grant_intents_open" ON "grant_intents" USING btree ("customer_id","mode") WHERE "grant_intents"."applied_at" is null and "grant_intents"."refused_at" is null;--> statement-breakpoint
CREATE INDEX "ledger_entries_idempotency" ON "ledger_entries" USING btree ("idempotency_hash") WHERE "ledger_entries"."idempotency_hash" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_entries_resolution" ON "ledger_entries" USING btree ("reservation_id") WHERE "ledger_entries"."kind" in ('settle', 'release');--> statement-breakpoint
ALTER TABLE "grant_intents" ADD CONSTRAINT "grant_intents_kind" CHECK ("grant_intents"."kind" in ('grant', 'refund', 'expiry', 'adjustment'));--> statement-breakpoint
ALTER TABLE "grant_intents" ADD CONSTRAINT "grant_intents_once" CHECK ("grant_intents"."applied_at" is null or "grant_intents"."refused_at" is null);--> statement-breakpoint
ALTER TABLE "grant_intents" ADD CONSTRAINT "grant_intents_tokens" CHECK ("grant_intents"."tokens" > 0 or "grant_intents"."kind" = 'expiry');