CREATE TABLE "app_versions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"app_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"fields" jsonb NOT NULL,
	"before" jsonb NOT NULL,
	"reason" varchar(300) NOT NULL,
	"restored_from" integer,
	"staff_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "app_versions_number" UNIQUE("app_id","version")
);
--> statement-breakpoint
CREATE TABLE "feature_flag_brands" (
	"name" varchar(60) NOT NULL,
	"customer_id" uuid NOT NULL,
	CONSTRAINT "feature_flag_brands_name_customer_id_pk" PRIMARY KEY("name","customer_id")
);
--> statement-breakpoint
CREATE TABLE "feature_flags" (
	"name" varchar(60) PRIMARY KEY NOT NULL,
	"state" varchar(4) NOT NULL,
	"reason" varchar(300) NOT NULL,
	"staff_id" uuid NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "feature_flags_state" CHECK ("feature_flags"."state" in ('on', 'off', 'some'))
);
--> statement-breakpoint
CREATE TABLE "sign_dismissals" (
	"customer_id" uuid NOT NULL,
	"sign" varchar(120) NOT NULL,
	"reason" varchar(300) NOT NULL,
	"staff_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sign_dismissals_customer_id_sign_pk" PRIMARY KEY("customer_id","sign")
);
--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "shipped" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "edited" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "draft" jsonb;--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "draft_by" uuid;--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "draft_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "revision" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "billing_plans" ADD COLUMN "shipped" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "billing_plans" ADD COLUMN "edited" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "app_versions" ADD CONSTRAINT "app_versions_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feature_flag_brands" ADD CONSTRAINT "feature_flag_brands_name_feature_flags_name_fk" FOREIGN KEY ("name") REFERENCES "public"."feature_flags"("name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feature_flag_brands" ADD CONSTRAINT "feature_flag_brands_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_dismissals" ADD CONSTRAINT "sign_dismissals_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sign_dismissals_at" ON "sign_dismissals" USING btree ("created_at");