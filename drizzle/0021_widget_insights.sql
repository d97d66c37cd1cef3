CREATE TABLE "insight_readers" (
	"customer_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "insight_readers_customer_id_user_id_pk" PRIMARY KEY("customer_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "insight_reports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"from_day" date NOT NULL,
	"to_day" date NOT NULL,
	"asked_by" uuid,
	"status" varchar(8) DEFAULT 'waiting' NOT NULL,
	"reason" varchar(40),
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"usage_id" uuid,
	"tokens" bigint,
	"figures" jsonb,
	"monthly_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ready_at" timestamp with time zone,
	CONSTRAINT "insight_reports_once" UNIQUE("customer_id","from_day","to_day"),
	CONSTRAINT "insight_reports_days" CHECK ("insight_reports"."from_day" <= "insight_reports"."to_day"),
	CONSTRAINT "insight_reports_status" CHECK ("insight_reports"."status" in ('waiting', 'ready'))
);
--> statement-breakpoint
CREATE TABLE "widget_events" (
	"customer_id" uuid NOT NULL,
	"usage_id" uuid NOT NULL,
	"app_id" uuid NOT NULL,
	"kind" varchar(6) NOT NULL,
	"sku" varchar(100) DEFAULT '' NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	CONSTRAINT "widget_events_customer_id_usage_id_kind_sku_pk" PRIMARY KEY("customer_id","usage_id","kind","sku"),
	CONSTRAINT "widget_events_kind" CHECK ("widget_events"."kind" in ('open', 'result', 'view', 'choose', 'cart')),
	CONSTRAINT "widget_events_sku" CHECK (("widget_events"."sku" = '') = ("widget_events"."kind" in ('open', 'result')))
);
--> statement-breakpoint
ALTER TABLE "insight_readers" ADD CONSTRAINT "insight_readers_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "insight_readers" ADD CONSTRAINT "insight_readers_membership" FOREIGN KEY ("user_id","customer_id") REFERENCES "public"."memberships"("user_id","customer_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "insight_reports" ADD CONSTRAINT "insight_reports_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "widget_events" ADD CONSTRAINT "widget_events_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "widget_events" ADD CONSTRAINT "widget_events_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "insight_reports_due" ON "insight_reports" USING btree ("due_at") WHERE "insight_reports"."status" = 'waiting';--> statement-breakpoint
CREATE INDEX "widget_events_period" ON "widget_events" USING btree ("customer_id","kind","opened_at");--> statement-breakpoint
CREATE INDEX "widget_events_age" ON "widget_events" USING brin ("opened_at");