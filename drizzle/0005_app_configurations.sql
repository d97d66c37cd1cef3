CREATE TABLE "configuration_versions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"configuration" jsonb NOT NULL,
	"restored_from" integer,
	"actor_type" varchar(10) NOT NULL,
	"actor_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "configuration_versions_number" UNIQUE("customer_id","app_id","version")
);
--> statement-breakpoint
CREATE TABLE "token_packs" (
	"id" varchar(50) PRIMARY KEY NOT NULL,
	"tokens" integer NOT NULL,
	"price_cents" integer NOT NULL,
	"stripe_price_id" varchar(100),
	"is_active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "token_packs_stripe_price_id_unique" UNIQUE("stripe_price_id"),
	CONSTRAINT "token_packs_figures" CHECK ("token_packs"."tokens" > 0 and "token_packs"."price_cents" > 0)
);
--> statement-breakpoint
ALTER TABLE "apps" ALTER COLUMN "configuration_schema" SET DATA TYPE json;--> statement-breakpoint
ALTER TABLE "apps" ALTER COLUMN "configuration_schema" SET DEFAULT '{}'::json;--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "about" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "access" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "changelog" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "customer_apps" ADD COLUMN "version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "customer_apps" ADD COLUMN "draft" jsonb;--> statement-breakpoint
ALTER TABLE "customer_apps" ADD COLUMN "draft_by" uuid;--> statement-breakpoint
ALTER TABLE "customer_apps" ADD COLUMN "draft_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "customer_apps" ADD COLUMN "revision" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "configuration_versions" ADD CONSTRAINT "configuration_versions_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "configuration_versions" ADD CONSTRAINT "configuration_versions_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;